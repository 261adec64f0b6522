"""Objections, demands, showcases (Art. 26, 27): anybody raises them, agencies and the authority answer."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.identity import PUBLIC, SIGNED_IN, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.demand import DemandEvent, DemandState, DemandWish, Showcase, ShowcaseEvent, ShowcaseWish
from catalog_service.catalog.model import DatasetId, Slug
from catalog_service.catalog.objection import CaseNumberText, ObjectionEvent, ObjectionState, ObjectionWish
from catalog_service.catalog.principal import Action
from catalog_service.services import demands, objections, showcases
from catalog_service.services.demands import DemandPage, DemandView
from catalog_service.services.objections import ObjectionPage, ObjectionView
from catalog_service.services.showcases import ShowcaseView

router = APIRouter(prefix="/api/v1", tags=["interaction"], dependencies=LANGUAGE)
Number = Annotated[CaseNumberText, Path(description="编号 / number of the case")]
CaseId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
SEEING, HANDLING = needs(Action.SEE_CASES), needs(Action.HANDLE_OBJECTION)
ANSWERING, ASSIGNING = needs(Action.HANDLE_DEMAND, Action.ASSIGN_DEMAND), needs(Action.ASSIGN_DEMAND)


class ObjectionStepIn(BaseModel):
    """One step; to correct names the delivery that corrected the data."""

    model_config = ConfigDict(extra="forbid")

    event: ObjectionEvent
    reason: Annotated[str, Field(max_length=2_000)] = ""
    delivery: Annotated[str, Field(max_length=64)] = ""


class DemandStepIn(BaseModel):
    """One step; to assign names the agency, to open names the data set."""

    model_config = ConfigDict(extra="forbid")

    event: DemandEvent
    reason: Annotated[str, Field(max_length=2_000)] = ""
    agency: Slug | None = None
    dataset: DatasetId | None = None


class ShowcaseStepIn(BaseModel):
    """List it, or not."""

    model_config = ConfigDict(extra="forbid")

    event: ShowcaseEvent
    reason: Annotated[str, Field(max_length=2_000)] = ""


class ShowcasesOut(BaseModel):
    """Listed showcases."""

    items: tuple[Showcase, ...]


class ShowcaseCasesOut(BaseModel):
    """Showcases with what can be done with them."""

    items: tuple[ShowcaseView, ...]


def origin_of(request: Request) -> str:
    """Return the network address that a stranger's filings are counted by."""
    return request.client.host[:64] if request.client else "unknown"


@router.post(
    "/objections",
    status_code=201,
    dependencies=[PUBLIC],
    responses=errors(404, 429),
    summary="提出异议，无需账户；凭编号查询 / raise an objection; follow it by its number",
)
def file_objection(request: Request, platform: PlatformDep, principal: PrincipalDep, wish: ObjectionWish) -> ObjectionView:
    """Raise an objection; follow it by its number."""
    return objections.file(platform, principal, wish, origin=origin_of(request))


@router.get(
    "/objections",
    dependencies=[SEEING],
    responses=errors(403),
    summary="异议：本机构数据的，主管部门看全部 / objections against an agency's data; the authority sees all",
)
def list_objections(
    platform: PlatformDep,
    principal: PrincipalDep,
    state: ObjectionState | None = None,
    dataset: DatasetId | None = None,
    *,
    is_overdue: bool = False,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9a-f-]{36}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ObjectionPage:
    """Objections against an agency's data; the authority sees all."""
    return objections.list_objections(
        platform, principal, state=state, dataset=dataset, is_overdue=is_overdue, cursor=cursor, limit=limit
    )


@router.get(
    "/objections/{number}",
    dependencies=[PUBLIC],
    responses=errors(404),
    summary="凭编号查询异议 / follow an objection by its number",
)
def follow_objection(platform: PlatformDep, principal: PrincipalDep, number: Number) -> ObjectionView:
    """Follow an objection by its number."""
    return objections.follow(platform, principal, number)


@router.post(
    "/objections/{number}/steps",
    dependencies=[HANDLING],
    responses=errors(403, 404, 409),
    summary="受理、核实、更正或说明理由不予更正 / accept, verify, correct, or reject with reasons",
)
def act_on_objection(platform: PlatformDep, principal: PrincipalDep, number: Number, step: ObjectionStepIn) -> ObjectionView:
    """Accept, verify, correct, or reject with reasons."""
    return objections.act(platform, principal, number, step.event, reason=step.reason, delivery=step.delivery)


@router.post(
    "/demands",
    status_code=201,
    dependencies=[PUBLIC],
    responses=errors(403, 404, 429),
    summary="提出开放需求，无需账户 / say what should be opened",
)
def post_demand(request: Request, platform: PlatformDep, principal: PrincipalDep, wish: DemandWish) -> DemandView:
    """Say what should be opened."""
    return demands.post(platform, principal, wish, origin=origin_of(request))


@router.get(
    "/demands",
    dependencies=[PUBLIC],
    responses=errors(),
    summary="公开的需求，票数多的在前 / public demands, those with most votes first",
)
def list_demands(platform: PlatformDep, principal: PrincipalDep) -> DemandPage:
    """Public demands, those with most votes first."""
    return demands.list_public(platform, principal)


@router.get(
    "/demand-cases",
    dependencies=[SEEING],
    responses=errors(403),
    summary="待办的需求：本机构的，主管部门看全部 / demands to be answered",
)
def list_demand_cases(platform: PlatformDep, principal: PrincipalDep, state: DemandState | None = None) -> DemandPage:
    """Demands to be answered."""
    return demands.list_cases(platform, principal, state=state)


@router.get(
    "/demands/{number}", dependencies=[PUBLIC], responses=errors(404), summary="凭编号查询需求 / follow a demand by its number"
)
def follow_demand(platform: PlatformDep, principal: PrincipalDep, number: Number) -> DemandView:
    """Follow a demand by its number."""
    return demands.follow(platform, principal, number)


@router.post(
    "/demands/{number}/votes",
    dependencies=[SIGNED_IN],
    responses=errors(403, 404),
    summary="附议，每个账户一次 / vote, once per account",
)
def vote(platform: PlatformDep, principal: PrincipalDep, number: Number) -> DemandView:
    """Vote, once per account."""
    return demands.vote(platform, principal, number)


@router.post(
    "/demands/{number}/steps",
    dependencies=[ANSWERING],
    responses=errors(403, 404, 409),
    summary="分办、答复、开放或说明理由不予采纳 / assign, answer, open, or decline with reasons",
)
def act_on_demand(platform: PlatformDep, principal: PrincipalDep, number: Number, step: DemandStepIn) -> DemandView:
    """Assign, answer, open, or decline with reasons."""
    more = {"agency": step.agency or "", "dataset": step.dataset or ""}
    return demands.act(platform, principal, number, step.event, reason=step.reason, **more)


@router.post(
    "/showcases",
    status_code=201,
    dependencies=[SIGNED_IN],
    responses=errors(403, 404),
    summary="提交利用成果 / submit what was made of open data",
)
def submit_showcase(platform: PlatformDep, principal: PrincipalDep, wish: ShowcaseWish) -> Showcase:
    """Submit what was made of open data."""
    return showcases.submit(platform, principal, wish)


@router.get("/showcases", dependencies=[PUBLIC], responses=errors(), summary="展示的利用成果 / listed showcases")
def list_showcases(platform: PlatformDep, dataset: DatasetId | None = None) -> ShowcasesOut:
    """Listed showcases."""
    return ShowcasesOut(items=showcases.listed(platform, dataset=dataset))


@router.get(
    "/showcase-cases", dependencies=[ASSIGNING], responses=errors(403), summary="待审核的成果 / showcases to be decided on"
)
def list_showcase_cases(platform: PlatformDep, principal: PrincipalDep) -> ShowcaseCasesOut:
    """Showcases to be decided on."""
    return ShowcaseCasesOut(items=showcases.waiting(platform, principal))


@router.post(
    "/showcases/{id_}/steps",
    dependencies=[ASSIGNING],
    responses=errors(403, 404, 409),
    summary="展示或不采用 / list it, or not",
)
def act_on_showcase(platform: PlatformDep, principal: PrincipalDep, id_: CaseId, step: ShowcaseStepIn) -> Showcase:
    """List it, or not."""
    return showcases.act(platform, principal, id_, step.event, reason=step.reason)
