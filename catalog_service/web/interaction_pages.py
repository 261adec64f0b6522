"""Pages of objections, demands and showcases (Art. 26, 27): for everybody, and for those who answer.

Not here: what may be done (services).
"""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.catalog.demand import Channel, DemandEvent, DemandWish, ShowcaseEvent, ShowcaseWish
from catalog_service.catalog.model import Line
from catalog_service.catalog.objection import (
    Address,
    CaseNumberText,
    ObjectionEvent,
    ObjectionKind,
    ObjectionWish,
    Short,
    Words,
)
from catalog_service.catalog.principal import Action, is_permitted
from catalog_service.services import browsing, demands, objections, showcases
from catalog_service.services.platform import Platform
from catalog_service.web.forms import CsrfDep, see
from catalog_service.web.identity import PUBLIC, SIGNED_IN, PrincipalDep, needs
from catalog_service.web.rendering import render


def _router(access: Any) -> APIRouter:  # noqa: ANN401  # FastAPI's Depends has no public type
    return APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[access, CsrfDep])


public, signed_in = _router(PUBLIC), _router(SIGNED_IN)
handling = _router(needs(Action.SEE_CASES))
assigning = _router(needs(Action.ASSIGN_DEMAND))
ROUTERS = (public, signed_in, handling, assigning)
Number = Annotated[CaseNumberText, Path()]
Slug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
Note = Annotated[str, Field(max_length=2_000)]


class _In(BaseModel):
    """A form: what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid")

    csrf: str


class ObjectionForm(_In):
    """What a reporter says."""

    kind: ObjectionKind
    description: Words
    field: str = ""
    row: Short = ""
    expected: Short = ""
    contact: Address = ""


class ObjectionStepForm(_In):
    """A step of whoever handles an objection."""

    event: ObjectionEvent
    reason: Note = ""
    delivery: str = ""


class DemandForm(_In):
    """What somebody wants."""

    title: Line
    description: Words
    dataset: Annotated[str, Field(max_length=127)] = ""
    channel: Channel = Channel.PLATFORM
    contact: Address = ""


class DemandStepForm(_In):
    """A step of whoever handles a demand."""

    event: DemandEvent
    reason: Note = ""
    agency: str = ""
    dataset: str = ""


class ShowcaseForm(_In):
    """What somebody made of open data; data sets separated by spaces or lines."""

    title: Line
    author: Line
    description: Words
    address: str = ""
    datasets: Annotated[str, Field(max_length=2_600)]


class ShowcaseStepForm(_In):
    """A decision on a showcase."""

    event: ShowcaseEvent
    reason: Note = ""


@public.get("/datasets/{agency}/{name}/objection")
def show_objection_form(request: Request, agency: Slug, name: Slug) -> Response:
    """The form to object to data."""
    dataset_id = f"{agency}/{name}"
    context = {"detail": browsing.detail(_platform(request), dataset_id), "kinds": list(ObjectionKind)}
    return render(request, "objection_new.html", context | {"schema": browsing.schema(_platform(request), dataset_id)})


@public.post("/datasets/{agency}/{name}/objection")
def file_objection(
    request: Request, principal: PrincipalDep, agency: Slug, name: Slug, form: Annotated[ObjectionForm, Form()]
) -> Response:
    """File an objection and show its number."""
    given = form.model_dump(exclude={"csrf"}) | {"dataset": f"{agency}/{name}", "field": form.field or None}
    made = objections.file(_platform(request), principal, ObjectionWish.model_validate(given), origin=_origin(request))
    return see(f"/objections/{made.number}?new=1")


@public.get("/objections")
def find_objection(request: Request, principal: PrincipalDep, number: Annotated[str, Query(max_length=40)] = "") -> Response:
    """Where one enters a number; those who handle objections see theirs."""
    if number:
        return see(f"/{'demands' if number.strip().upper().startswith('X') else 'objections'}/{number.strip().upper()}")
    may_handle = is_permitted(principal, Action.SEE_CASES)
    page = objections.list_objections(_platform(request), principal) if may_handle else None
    return render(request, "objections.html", {"page": page})


@public.get("/objections/{number}")
def show_objection(request: Request, principal: PrincipalDep, number: Number, new: int = 0) -> Response:
    """An objection, how it stands, and for those who handle it the next steps."""
    platform = _platform(request)
    one = objections.follow(platform, principal, number)
    may_correct = ObjectionEvent.CORRECT in one.possible
    deliveries = objections.corrections(platform, principal, number) if may_correct else ()
    return render(request, "objection.html", {"one": one, "is_new": bool(new), "deliveries": deliveries})


@handling.post("/objections/{number}/steps")
def act_on_objection(
    request: Request, principal: PrincipalDep, number: Number, form: Annotated[ObjectionStepForm, Form()]
) -> Response:
    """Take one step."""
    objections.act(_platform(request), principal, number, form.event, reason=form.reason, delivery=form.delivery)
    return see(f"/objections/{number}")


@public.get("/demands")
def show_demands(request: Request, principal: PrincipalDep) -> Response:
    """Public demands, and the form to post one."""
    may_enter = is_permitted(principal, Action.ASSIGN_DEMAND)
    context = {"page": demands.list_public(_platform(request), principal), "channels": list(Channel) if may_enter else []}
    context["cases"] = demands.list_cases(_platform(request), principal) if is_permitted(principal, Action.SEE_CASES) else None
    return render(request, "demands.html", context)


@public.post("/demands")
def post_demand(request: Request, principal: PrincipalDep, form: Annotated[DemandForm, Form()]) -> Response:
    """Post a demand and show its number."""
    wish = DemandWish.model_validate(form.model_dump(exclude={"csrf"}) | {"dataset": form.dataset.strip() or None})
    made = demands.post(_platform(request), principal, wish, origin=_origin(request))
    return see(f"/demands/{made.number}?new=1")


@public.get("/demands/{number}")
def show_demand(request: Request, principal: PrincipalDep, number: Number, new: int = 0) -> Response:
    """A demand, how it stands, and for those who handle it the next steps."""
    one = demands.follow(_platform(request), principal, number)
    agencies = browsing.agencies(_platform(request)) if DemandEvent.ASSIGN in one.possible else ()
    return render(request, "demand.html", {"one": one, "is_new": bool(new), "agencies": agencies})


@signed_in.post("/demands/{number}/votes")
def vote(request: Request, principal: PrincipalDep, number: Number) -> Response:
    """Vote for a demand."""
    demands.vote(_platform(request), principal, number)
    return see(f"/demands/{number}")


@handling.post("/demands/{number}/steps")
def act_on_demand(
    request: Request, principal: PrincipalDep, number: Number, form: Annotated[DemandStepForm, Form()]
) -> Response:
    """Take one step."""
    given = {"reason": form.reason, "agency": form.agency, "dataset": form.dataset.strip()}
    demands.act(_platform(request), principal, number, form.event, **given)
    return see(f"/demands/{number}")


@public.get("/showcases")
def show_showcases(request: Request, principal: PrincipalDep, sent: int = 0) -> Response:
    """What people made of open data; those who decide see what waits."""
    platform = _platform(request)
    may_decide = is_permitted(principal, Action.ASSIGN_DEMAND)
    context = {"items": showcases.listed(platform), "may_submit": not principal.is_anonymous, "is_sent": bool(sent)}
    return render(request, "showcases.html", context | {"cases": showcases.waiting(platform, principal) if may_decide else ()})


@signed_in.post("/showcases")
def submit_showcase(request: Request, principal: PrincipalDep, form: Annotated[ShowcaseForm, Form()]) -> Response:
    """Submit a showcase."""
    given = form.model_dump(exclude={"csrf"}) | {"datasets": form.datasets.split()}
    showcases.submit(_platform(request), principal, ShowcaseWish.model_validate(given))
    return see("/showcases?sent=1")


@assigning.post("/showcases/{id_}/steps")
def act_on_showcase(request: Request, principal: PrincipalDep, id_: Id, form: Annotated[ShowcaseStepForm, Form()]) -> Response:
    """List a showcase, or not."""
    showcases.act(_platform(request), principal, id_, form.event, reason=form.reason)
    return see("/showcases")


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


def _origin(request: Request) -> str:
    return request.client.host[:64] if request.client else "unknown"
