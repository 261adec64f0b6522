"""Registers (Art. 9, 10, 12): exchange channels, development plans, standards."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, SLUG, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.principal import Action
from catalog_service.catalog.register import ExchangeChannel, Plan, PlanStep, Standard, StandardLink
from catalog_service.services import planning, registers

router = APIRouter(prefix="/api/v1", tags=["registers"], dependencies=LANGUAGE)
Id = Annotated[str, Path(pattern=SLUG)]
Edition = Annotated[int, Field(ge=1, le=2**31 - 1, description="所依据的版次 / edition that the change is based on")]
CHANNELS, PLANS = needs(Action.MANAGE_CHANNELS), needs(Action.MANAGE_PLANS)


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class IntegrationIn(_In):
    """What is planned and done to integrate a channel."""

    edition: Edition
    integration: registers.Integration


class StepIn(_In):
    """The station that a plan reached."""

    edition: Edition
    step: PlanStep


class PlanIn(_In):
    """A changed plan."""

    edition: Edition
    plan: Plan


class StandardIn(_In):
    """A standard; with the edition it is based on where it is registered already."""

    edition: Edition | None = None
    standard: Standard


class LinkIn(_In):
    """What rests on a standard, or does no longer."""

    link: StandardLink
    remove: bool = False


class LinkOut(BaseModel):
    """Whether anything changed."""

    changed: bool


class ChannelsOut(BaseModel):
    """Registered channels."""

    items: tuple[registers.ChannelView, ...]
    total: int


class StandardsOut(BaseModel):
    """Registered standards."""

    items: tuple[planning.StandardView, ...]
    total: int


@router.get(
    "/channels",
    operation_id="list_channels",
    summary="共享交换通道 / exchange channels",
    responses=errors(401, 403),
    dependencies=[needs(Action.SEE_CHANNELS)],
)
def list_channels(platform: PlatformDep, principal: PrincipalDep) -> ChannelsOut:
    """Existing direct channels and how far their integration is; the least integrated first."""
    found = registers.list_channels(platform, principal)
    return ChannelsOut(items=found, total=len(found))


@router.post(
    "/channels",
    operation_id="register_channel",
    summary="登记已建通道 / register an existing channel",
    status_code=201,
    responses=errors(401, 403, 404, 409),
    dependencies=[CHANNELS],
)
def register_channel(platform: PlatformDep, principal: PrincipalDep, body: ExchangeChannel) -> registers.ChannelView:
    """A channel built on or after 2020-05-01 is refused (Art. 12)."""
    return registers.register_channel(platform, principal, body)


@router.put(
    "/channels/{id}/integration",
    operation_id="integrate_channel",
    summary="整合方案与进展 / integration of a channel",
    responses=errors(401, 403, 404, 409),
    dependencies=[CHANNELS],
)
def integrate_channel(
    platform: PlatformDep,
    principal: PrincipalDep,
    id: Id,  # noqa: A002
    body: IntegrationIn,
) -> registers.ChannelView:
    """Plan, milestones and their progress, or the day on which the channel was closed."""
    return registers.integrate_channel(platform, principal, id, body.integration, body.edition)


@router.get("/plans", operation_id="list_plans", summary="发展规划 / plans", responses=errors(), dependencies=[PUBLIC])
def list_plans(platform: PlatformDep, principal: PrincipalDep) -> planning.PlanHierarchy:
    """The city's plans, those of its districts, and the districts that have filed none; for the public the published ones."""
    return planning.plans(platform, principal)


@router.post(
    "/plans",
    operation_id="register_plan",
    summary="登记规划 / register a plan",
    status_code=201,
    responses=errors(401, 403, 404, 409),
    dependencies=[PLANS],
)
def register_plan(platform: PlatformDep, principal: PrincipalDep, body: Plan) -> planning.PlanView:
    """A plan that is being drafted, by the authority of its jurisdiction."""
    return planning.register_plan(platform, principal, body)


@router.put(
    "/plans",
    operation_id="revise_plan",
    summary="修改编制中的规划 / revise a plan",
    responses=errors(401, 403, 404, 409),
    dependencies=[PLANS],
)
def revise_plan(platform: PlatformDep, principal: PrincipalDep, body: PlanIn) -> planning.PlanView:
    """While it is being drafted."""
    return planning.revise_plan(platform, principal, body.plan, body.edition)


@router.post(
    "/plans/{id}/steps",
    operation_id="advance_plan",
    summary="规划批准、公布、备案 / advance a plan",
    responses=errors(401, 403, 404, 409),
    dependencies=[PLANS],
)
def advance_plan(platform: PlatformDep, principal: PrincipalDep, id: Id, body: StepIn) -> planning.PlanView:  # noqa: A002
    """Approved by its own government, published, and a district's filed to the city (Art. 9)."""
    return planning.advance_plan(platform, principal, id, body.step, body.edition)


@router.get("/standards", operation_id="list_standards", summary="标准 / standards", responses=errors(), dependencies=[PUBLIC])
def list_standards(platform: PlatformDep) -> StandardsOut:
    """Standards and technical specifications, and what rests on each (Art. 10)."""
    found = planning.standards(platform)
    return StandardsOut(items=found, total=len(found))


@router.put(
    "/standards",
    operation_id="put_standard",
    summary="登记或修改标准 / register or change a standard",
    responses=errors(401, 403, 404, 409),
    dependencies=[PLANS],
)
def put_standard(platform: PlatformDep, principal: PrincipalDep, body: StandardIn) -> planning.StandardView:
    """Without an edition it is registered, with one changed."""
    return planning.put_standard(platform, principal, body.standard, body.edition)


@router.post(
    "/standards/links",
    operation_id="link_standard",
    summary="规则与标准的关联 / link to a standard",
    responses=errors(401, 403, 404),
    dependencies=[PLANS],
)
def link_standard(platform: PlatformDep, principal: PrincipalDep, body: LinkIn) -> LinkOut:
    """A rule, a rule set or a data element rests on a standard, or does no longer."""
    return LinkOut(changed=planning.link_standard(platform, principal, body.link, remove=body.remove))
