"""Rule sets, the calendar of working days and deadlines (Art. 13, 14, 20, 24); what is in force is public."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.principal import Action
from catalog_service.catalog.record import PrintableText
from catalog_service.catalog.ruleset import Adoption, DutyKind, RuleSet, RuleSets
from catalog_service.catalog.working_days import Deadline, HolidayNotice
from catalog_service.services import clocks, holiday_notices, rule_sets

router = APIRouter(prefix="/api/v1", tags=["rule sets"], dependencies=LANGUAGE)
MANAGING = needs(Action.MANAGE_RULE_SETS)


class RuleSetIn(BaseModel):
    """A rule set as YAML, as those that come with the platform are written."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=50_000)
    file: PrintableText = "rule-set.yaml"


class AdoptionIn(BaseModel):
    """From when on events follow a rule set."""

    model_config = ConfigDict(extra="forbid")

    from_day: dt.date
    verification: str = Field(default="", max_length=2_000)


class NoticesOut(BaseModel):
    """Holiday notices that were taken in."""

    items: tuple[HolidayNotice, ...]
    total: int


class MovedOut(BaseModel):
    """How many running deadlines a notice moved or made definite."""

    moved: int


@router.get(
    "/rule-sets", operation_id="list_rule_sets", summary="规则集 / rule sets", responses=errors(), dependencies=[PUBLIC]
)
def list_rule_sets(platform: PlatformDep) -> RuleSets:
    """All rule sets with their deadlines and compilation requirements, and from when each is adopted."""
    return rule_sets.show_rule_sets(platform)


@router.get(
    "/rule-sets/in-force",
    operation_id="get_rule_set_in_force",
    summary="某日适用的规则集 / the rule set of a day",
    responses=errors(),
    dependencies=[PUBLIC],
)
def get_rule_set_in_force(platform: PlatformDep, day: dt.date | None = None) -> RuleSet:
    """The rule set that events of a day (default: today) follow."""
    return clocks.rule_sets(platform).in_force(day or clocks.today(platform))


@router.post(
    "/rule-sets",
    operation_id="register_rule_set",
    summary="登记规则集 / register a rule set",
    status_code=201,
    responses=errors(401, 403, 409),
    dependencies=[MANAGING],
)
def register_rule_set(platform: PlatformDep, principal: PrincipalDep, body: RuleSetIn) -> RuleSet:
    """It is in force only once it is adopted; every fault is reported with line and field."""
    return rule_sets.register_rule_set(platform, principal, body.text, body.file)


@router.post(
    "/rule-sets/{id}/adoptions",
    operation_id="adopt_rule_set",
    summary="采用规则集 / adopt a rule set",
    status_code=201,
    responses=errors(401, 403, 404),
    dependencies=[MANAGING],
)
def adopt_rule_set(
    platform: PlatformDep,
    principal: PrincipalDep,
    id: Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{2,62}$")],  # noqa: A002
    body: AdoptionIn,
) -> Adoption:
    """Events from that day on follow it; what happened before keeps its deadline."""
    return rule_sets.adopt_rule_set(platform, principal, id, body.from_day, verification=body.verification)


@router.get(
    "/calendar/deadline",
    operation_id="count_deadline",
    summary="逐日计算期限 / count a deadline",
    responses=errors(),
    dependencies=[PUBLIC],
)
def count_deadline(
    platform: PlatformDep, kind: DutyKind, happened_on: Annotated[dt.date, Query(le=dt.date(2100, 12, 31))]
) -> Deadline:
    """When a duty that arises on a day is due, counted day by day; `is_provisional` where holidays are not published yet."""
    return clocks.deadline(platform, kind, happened_on)


@router.get(
    "/calendar/notices",
    operation_id="list_holiday_notices",
    summary="放假通知 / holiday notices",
    responses=errors(),
    dependencies=[PUBLIC],
)
def list_holiday_notices(platform: PlatformDep) -> NoticesOut:
    """Notices that were taken in beside the calendar of the program."""
    found = holiday_notices.notices(platform)
    return NoticesOut(items=found, total=len(found))


@router.post(
    "/calendar/notices",
    operation_id="take_in_holiday_notice",
    summary="登记放假通知 / take in a holiday notice",
    status_code=201,
    responses=errors(401, 403),
    dependencies=[MANAGING],
)
def take_in_holiday_notice(platform: PlatformDep, principal: PrincipalDep, body: HolidayNotice) -> MovedOut:
    """Every running deadline is counted again, and each that moves is logged with its count before and after."""
    return MovedOut(moved=holiday_notices.take_in(platform, principal, body))
