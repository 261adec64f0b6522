"""Duties to update entries (Art. 14), completeness of entries (Art. 13): for agencies and the authority."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, DatasetId, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.duty import DutyQuery, Element, ElementChange, FunctionChange, Reason, UpdateDuty
from catalog_service.catalog.errors import Language
from catalog_service.catalog.model import DatasetId as EntryId
from catalog_service.catalog.model import Line, Slug
from catalog_service.catalog.principal import Action
from catalog_service.services import duties, duty_views
from catalog_service.services.entry_completeness import EntryCompleteness, entry_completeness

router = APIRouter(prefix="/api/v1", tags=["duties"], dependencies=LANGUAGE)
DutyId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
SEEING, REPORTING = needs(Action.SEE_DUTIES), needs(Action.REPORT_CHANGE)


class ChangeIn(BaseModel):
    """A change of elements of an entry."""

    model_config = ConfigDict(extra="forbid")

    dataset: EntryId
    elements: tuple[Element, ...] = Field(min_length=1, max_length=len(Element))
    reason: Reason
    happened_on: dt.date


class DutyParameters(DutyQuery):
    """Which duties; everything given must hold."""

    lang: Language | None = None

    def query(self) -> DutyQuery:
        """Return the question that they are."""
        return DutyQuery.model_validate(self.model_dump(exclude={"lang"}))


class FunctionChangeIn(BaseModel):
    """A change of an agency's functions; no data sets: all that it has published."""

    model_config = ConfigDict(extra="forbid")

    agency: Slug
    description: Reason
    document: Line
    happened_on: dt.date
    datasets: tuple[EntryId, ...] = Field(default=(), max_length=2_000)


class FunctionChangeOut(BaseModel):
    """A registered change of functions and the duties that it opened."""

    change: FunctionChange
    duties: tuple[UpdateDuty, ...]


class RevisionIn(BaseModel):
    """A law that was revised."""

    model_config = ConfigDict(extra="forbid")

    law: Line
    reason: Reason
    happened_on: dt.date


class DutiesOut(BaseModel):
    """Duties that were opened."""

    items: tuple[UpdateDuty, ...]
    total: int


class FunctionChangesOut(BaseModel):
    """Registered changes of functions."""

    items: tuple[FunctionChange, ...]
    total: int


class DismissalIn(BaseModel):
    """Why no update is needed."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


@router.get(
    "/duties",
    operation_id="list_duties",
    summary="更新义务 / duties to update",
    responses=errors(401, 403),
    dependencies=[SEEING],
)
def list_duties(
    platform: PlatformDep, principal: PrincipalDep, parameters: Annotated[DutyParameters, Query()]
) -> duty_views.DutyPage:
    """Soonest due first: an agency's own, or those of all for the authority, inspectors and the government."""
    return duty_views.list_duties(platform, principal, parameters.query())


@router.post(
    "/duties",
    operation_id="report_change",
    summary="报告要素调整 / report a changed element",
    status_code=201,
    responses=errors(401, 403, 404, 409),
    dependencies=[REPORTING],
)
def report_change(platform: PlatformDep, principal: PrincipalDep, body: ChangeIn) -> UpdateDuty:
    """Opens the duty to update the entry within the working days of the rule set (15 by Article 14)."""
    return duties.report_change(platform, principal, ElementChange.model_validate(dict(body)))


@router.get(
    "/duties/function-changes",
    operation_id="list_function_changes",
    summary="职能变化 / changes of functions",
    responses=errors(401, 403),
    dependencies=[SEEING],
)
def list_function_changes(
    platform: PlatformDep, principal: PrincipalDep, agency: Annotated[Slug | None, Query()] = None
) -> FunctionChangesOut:
    """Newest first."""
    found = duty_views.function_changes(platform, principal, agency)
    return FunctionChangesOut(items=found, total=len(found))


@router.post(
    "/duties/function-changes",
    operation_id="register_function_change",
    summary="登记职能变化 / register a change of functions",
    status_code=201,
    responses=errors(401, 403, 404),
    dependencies=[REPORTING],
)
def register_function_change(platform: PlatformDep, principal: PrincipalDep, body: FunctionChangeIn) -> FunctionChangeOut:
    """Opens a duty for each affected entry; an entry that must be compiled newly is named by its future id."""
    change, opened = duties.register_function_change(platform, principal, **dict(body))
    return FunctionChangeOut(change=change, duties=opened)


@router.post(
    "/duties/law-revisions",
    operation_id="report_law_revised",
    summary="登记法律依据修订 / a revised law",
    status_code=201,
    responses=errors(401, 403),
    dependencies=[needs(Action.MANAGE_RULE_SETS)],
)
def report_law_revised(platform: PlatformDep, principal: PrincipalDep, body: RevisionIn) -> DutiesOut:
    """Opens a duty for each published entry that names the law as a legal basis."""
    opened = duties.report_law_revised(platform, principal, body.law, reason=body.reason, happened_on=body.happened_on)
    return DutiesOut(items=opened, total=len(opened))


@router.get(
    "/duties/{id}",
    operation_id="get_duty",
    summary="更新义务及期限逐日计算 / a duty with its day count",
    responses=errors(401, 403, 404),
    dependencies=[SEEING],
)
def get_duty(platform: PlatformDep, principal: PrincipalDep, id: DutyId) -> duty_views.DutyDetail:  # noqa: A002
    """The deadline as counted now, day by day, and its history with the count before and after each move."""
    return duty_views.show_duty(platform, principal, id)


@router.post(
    "/duties/{id}/dismissal",
    operation_id="dismiss_duty",
    summary="核销更新义务 / dismiss a duty",
    responses=errors(401, 403, 404, 409),
    dependencies=[needs(Action.DISMISS_DUTY)],
)
def dismiss_duty(platform: PlatformDep, principal: PrincipalDep, id: DutyId, body: DismissalIn) -> UpdateDuty:  # noqa: A002
    """The authority found that no update is needed."""
    return duties.dismiss(platform, principal, id, body.reason)


@router.get(
    "/datasets/{agency}/{name}/completeness",
    operation_id="get_completeness",
    summary="编制要求与完整度 / completeness",
    responses=errors(401, 403, 404),
    dependencies=[PUBLIC],
)
def get_completeness(
    platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, *, draft: bool = False
) -> EntryCompleteness:
    """What the entry (or, for those who work on it, its draft) lacks by the compilation requirements in force."""
    return entry_completeness(platform, principal, dataset_id, is_draft=draft)
