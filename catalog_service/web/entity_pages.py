"""Pages of base databases (Art. 15, 18, 26): one record and why, its history, conflicts of sources, pairs to review.

Not here: who may see what (services).
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from catalog_service.catalog.entity import PairState
from catalog_service.catalog.errors import NotFoundError
from catalog_service.catalog.model import Line
from catalog_service.catalog.principal import Action, Principal
from catalog_service.catalog.record import PrintableText
from catalog_service.catalog.survivorship import Rule
from catalog_service.services import conflicts, entities, entity_decisions, pair_review
from catalog_service.services.platform import Platform
from catalog_service.web.formatting import start_of_day
from catalog_service.web.forms import CsrfDep, see
from catalog_service.web.identity import PUBLIC, PrincipalDep, needs
from catalog_service.web.rendering import render

public = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
seeing = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.SEE_FAILED_ROWS)])
reviewing = APIRouter(
    include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.DECIDE_LINKAGE), CsrfDep]
)
ROUTERS = (public, seeing, reviewing)
_METHODS = ["GET", "HEAD"]
Slug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Day = Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]


class ReviewForm(BaseModel):
    """A decision on a pair."""

    model_config = ConfigDict(extra="forbid")

    csrf: str
    pair: str
    state: Literal["same", "different"]
    reason: Line


class RevocationForm(BaseModel):
    """The revocation of a decision."""

    model_config = ConfigDict(extra="forbid")

    csrf: str
    decision: str


@public.api_route("/entities/{agency}/{name}", methods=_METHODS)
def show_entity(
    request: Request,
    principal: PrincipalDep,
    agency: Slug,
    name: Slug,
    key: Annotated[list[PrintableText], Query(max_length=8)] = [],  # noqa: B006  # FastAPI copies it
    on: Day = "",
) -> Response:
    """One record with the provenance of each value and its history; a form to look it up where no key is given."""
    platform, dataset_id = _platform(request), f"{agency}/{name}"
    context = {
        "dataset": entities.golden_entry(platform, dataset_id),
        "key": key,
        "on": on,
        "rules": {r.value: r for r in Rule},
    }
    found = {} if not any(key) else _found(platform, principal, dataset_id, tuple(key), on)
    return render(request, "entity.html", {"entity": None, "history": None, "missing": None, **context, **found})


@seeing.api_route("/entities/{agency}/{name}/conflicts", methods=_METHODS)
def show_conflicts(request: Request, principal: PrincipalDep, agency: Slug, name: Slug) -> Response:
    """Conflicts per source, their rows, and the objections held against them."""
    platform, dataset_id = _platform(request), f"{agency}/{name}"
    report = conflicts.report(platform, principal, dataset_id)
    held = conflicts.objections(platform, principal, dataset_id)
    context = {"dataset": entities.golden_entry(platform, dataset_id), "report": report, "objections": held}
    return render(request, "entity_conflicts.html", context)


@reviewing.api_route("/entities/{agency}/{name}/review", methods=_METHODS)
def show_review(request: Request, principal: PrincipalDep, agency: Slug, name: Slug) -> Response:
    """Pairs that linkage leaves to people, and what was decided about entities."""
    platform, dataset_id = _platform(request), f"{agency}/{name}"
    context = {
        "dataset": entities.golden_entry(platform, dataset_id),
        "review": pair_review.review(platform, principal, dataset_id),
        "decisions": entity_decisions.decisions(platform, principal, dataset_id),
    }
    return render(request, "entity_review.html", context)


@reviewing.post("/entities/{agency}/{name}/decisions/revoke")
def revoke(
    request: Request, principal: PrincipalDep, agency: Slug, name: Slug, form: Annotated[RevocationForm, Form()]
) -> Response:
    """Revoke a decision on identity."""
    dataset_id = f"{agency}/{name}"
    entity_decisions.revoke(_platform(request), principal, dataset_id, form.decision)
    return see(f"/entities/{dataset_id}/review")


@reviewing.post("/entities/{agency}/{name}/review")
def decide(
    request: Request, principal: PrincipalDep, agency: Slug, name: Slug, form: Annotated[ReviewForm, Form()]
) -> Response:
    """Remember a decision on a pair."""
    state = PairState.SAME if form.state == "same" else PairState.DIFFERENT
    dataset_id = f"{agency}/{name}"
    entity_decisions.decide_pair(_platform(request), principal, form.pair, state, reason=form.reason, dataset_id=dataset_id)
    return see(f"/entities/{dataset_id}/review")


def _found(platform: Platform, principal: Principal, dataset_id: str, key: tuple[str, ...], on: str) -> dict[str, object]:
    day = start_of_day(on)
    history = entities.history(platform, principal, dataset_id, key)
    try:
        shown = entities.show(platform, principal, dataset_id, key, on=None if day is None else day.date())
    except NotFoundError as error:
        # An entity that was absorbed, or is no more, still has a history.
        return {"history": history, "missing": error.problems[0].message}
    return {"entity": shown, "history": history}


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform
