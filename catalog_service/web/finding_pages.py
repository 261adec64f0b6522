"""Pages of one data, one source (Art. 15): findings, one finding with its evidence and decision, uses of a data set.

Not here: what is found and decided (services.matching), who uses what (services.uses).
"""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.catalog.errors import InvalidError, WuxiError
from catalog_service.catalog.finding import DuplicateOutcome
from catalog_service.catalog.principal import Action, Principal, is_permitted
from catalog_service.services import browsing, matching, uses
from catalog_service.services.platform import Platform
from catalog_service.store.matching import FindingQuery
from catalog_service.web.forms import CsrfDep, see
from catalog_service.web.identity import PUBLIC, PrincipalDep, needs
from catalog_service.web.language import page_language
from catalog_service.web.rendering import render

_SLUG = r"^[a-z][a-z0-9_]{0,62}$"
_METHODS = ["GET", "HEAD"]
_UNPROCESSABLE = 422
FindingId = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$")]
seeing = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.SEE_DRAFTS), CsrfDep])
deciding = APIRouter(
    include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.DECIDE_DUPLICATE), CsrfDep]
)
public = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
ROUTERS = (seeing, deciding, public)


class DecisionForm(BaseModel):
    """How a finding ends."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    csrf: str
    outcome: DuplicateOutcome
    law: Annotated[str, Field(max_length=400)] = ""
    article: Annotated[str, Field(max_length=200)] = ""
    reason: Annotated[str, Field(max_length=2_000)] = ""


@seeing.api_route("/desk/findings", methods=_METHODS)
def show_findings(
    request: Request,
    principal: PrincipalDep,
    waiting: Annotated[bool, Query()] = False,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Findings, those that wait for a decision first."""
    query = FindingQuery(is_open=True if waiting else None, page=page)
    found = matching.findings(_platform(request), principal, query)
    return render(request, "findings.html", {"page": found, "waiting": waiting})


@seeing.api_route("/desk/findings/{finding_id}", methods=_METHODS)
def show_finding(request: Request, principal: PrincipalDep, finding_id: FindingId) -> Response:
    """One finding: both fields, evidence, sample, decision or the form for it."""
    return _finding(request, principal, finding_id)


@deciding.post("/desk/findings/{finding_id}")
def decide(request: Request, principal: PrincipalDep, finding_id: FindingId, form: Annotated[DecisionForm, Form()]) -> Response:
    """Take a decision and show it; where something is missing, show the form again with the reason."""
    given = form.model_dump(include={"law", "article", "reason"})
    try:
        matching.decide(_platform(request), principal, finding_id, form.outcome, **given)
    except InvalidError as error:
        return _finding(request, principal, finding_id, error, form.model_dump())
    return see(f"/desk/findings/{finding_id}")


@public.api_route("/datasets/{agency}/{name}/uses", methods=_METHODS)
def show_uses(
    request: Request,
    principal: PrincipalDep,
    agency: Annotated[str, Path(pattern=_SLUG)],
    name: Annotated[str, Path(pattern=_SLUG)],
    field: Annotated[str | None, Query(pattern=_SLUG)] = None,
) -> Response:
    """Who uses which field, and whom a change would touch."""
    platform, dataset_id = _platform(request), f"{agency}/{name}"
    schema = {one.name: one for one in browsing.schema(platform, dataset_id).fields}
    context = {"impact": uses.impact(platform, principal, dataset_id, field), "titles": schema, "field": field}
    return render(request, "uses.html", context | {"detail": browsing.detail(platform, dataset_id)})


def _finding(
    request: Request,
    principal: Principal,
    finding_id: str,
    error: WuxiError | None = None,
    given: dict[str, object] | None = None,
) -> Response:
    found = matching.finding(_platform(request), principal, finding_id)
    is_shared = found.decision is not None and found.decision.outcome is DuplicateOutcome.SHARE
    context = {
        "finding": found,
        "outcomes": tuple(DuplicateOutcome),
        "may_decide": is_permitted(principal, Action.DECIDE_DUPLICATE, agency=found.field.agency),
        "prefill": matching.share_prefill(_platform(request), principal, finding_id) if is_shared else None,
        "problems": [one.to(page_language(request)) for one in (error.problems if error else ())],
        "given": given or {},
    }
    return render(request, "finding.html", context, status=_UNPROCESSABLE if error else 200)


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform
