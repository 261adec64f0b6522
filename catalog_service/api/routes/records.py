"""Catalog work (Art. 14): drafts, submission, review, publication, revisions, history. For agencies and the authority.

Every change names the edition it is based on, by `If-Match` or in its body; a stale one is answered 409 with the difference.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Response, UploadFile

from catalog_service.api.dependencies import LANGUAGE, DatasetId, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.api.record_models import (
    AsOfOut,
    BatchIn,
    ComparisonParameters,
    Day,
    DeskParameters,
    DraftIn,
    EditionDep,
    EventIn,
    tagged,
)
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.history import DeskEntry, Target
from catalog_service.catalog.life_cycle import TRANSITIONS
from catalog_service.catalog.principal import Action
from catalog_service.services import desk, life_cycle
from catalog_service.services.draft_import import DraftReport, import_drafts
from catalog_service.web.receiving import received

router = APIRouter(prefix="/api/v1/records", tags=["catalog work"], dependencies=LANGUAGE)
SEEING, EDITING = needs(Action.SEE_DRAFTS), needs(Action.EDIT_ENTRY)
CHANGING = needs(*{one.action for one in TRANSITIONS.values()})


@router.get(
    "", operation_id="list_records", summary="目录工作台 / entries at work", responses=errors(401, 403), dependencies=[SEEING]
)
def list_records(
    platform: PlatformDep, principal: PrincipalDep, parameters: Annotated[DeskParameters, Query()]
) -> desk.DeskPage:
    """Entries in any state: an agency's people see their own, the authority and inspectors all."""
    return desk.find(platform, principal, parameters.query())


@router.post(
    "",
    operation_id="create_record",
    summary="新建草稿 / begin a draft",
    status_code=201,
    responses=errors(401, 403, 409, 413),
    dependencies=[EDITING],
)
def create_record(platform: PlatformDep, principal: PrincipalDep, body: DraftIn, response: Response) -> DeskEntry:
    """Store a new draft, which may be incomplete but for `agency` and `name`."""
    return tagged(response, life_cycle.save_draft(platform, principal, body.root, edition=0))


@router.get(
    "/as-of",
    operation_id="get_catalog_as_of",
    summary="某日的目录 / the catalog of a day",
    responses=errors(),
    dependencies=[PUBLIC],
)
def get_catalog_as_of(platform: PlatformDep, day: Day) -> AsOfOut:
    """All entries that were published at the end of that day in Wuxi."""
    found = desk.catalog_as_of(platform, day)
    return AsOfOut(day=day, total=len(found), items=found)


@router.post(
    "/batches",
    operation_id="change_records",
    summary="批量提交、批量审核 / submit or review in bulk",
    responses=errors(401, 403, 404, 409, 413),
    dependencies=[CHANGING],
)
def change_records(platform: PlatformDep, principal: PrincipalDep, body: BatchIn) -> life_cycle.BatchReport:
    """Let one event happen to several entries: to each wholly or not at all, with a report for all."""
    return life_cycle.perform(platform, principal, body.events, body.targets, body.reasons)


@router.post(
    "/imports",
    operation_id="import_records",
    summary="从文件导入草稿 / drafts out of a catalog file",
    responses=errors(401, 403, 413),
    dependencies=[EDITING],
)
def import_records(platform: PlatformDep, principal: PrincipalDep, file: UploadFile) -> DraftReport:
    """Save the entries of a workbook, ZIP, YAML or JSON file as drafts, and report every fault with sheet, row and column."""
    with received(platform, file) as path:
        return import_drafts(platform, principal, path)


@router.get(
    "/{agency}/{name}",
    operation_id="get_record",
    summary="工作中的条目 / an entry at work",
    responses=errors(401, 403, 404),
    dependencies=[SEEING],
)
def get_record(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, response: Response) -> desk.DeskView:
    """Content, what it lacks, what differs from what is published, and what may be done; `ETag` names the edition."""
    found = desk.view(platform, principal, dataset_id)
    tagged(response, found.entry)
    return found


@router.put(
    "/{agency}/{name}",
    operation_id="save_record",
    summary="保存草稿 / save the draft",
    responses=errors(401, 403, 404, 409, 413),
    dependencies=[EDITING],
)
def save_record(
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset_id: DatasetId,
    edition: EditionDep,
    body: DraftIn,
    response: Response,
) -> DeskEntry:
    """Store the draft anew, whole; agency and name are those of the address."""
    return tagged(response, life_cycle.save_draft(platform, principal, body.named(dataset_id), edition=edition))


@router.post(
    "/{agency}/{name}/events",
    operation_id="change_record",
    summary="提交、审核、发布、修订、暂停、撤回 / submit, review, publish, revise, suspend, withdraw",
    responses=errors(401, 403, 404, 409),
    dependencies=[CHANGING],
)
def change_record(
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset_id: DatasetId,
    edition: EditionDep,
    body: EventIn,
    response: Response,
) -> DeskEntry:
    """Let an event of the life cycle happen to an entry."""
    target = Target(dataset_id=dataset_id, edition=edition)
    return tagged(response, life_cycle.perform(platform, principal, body.events, [target], body.reasons).done[0])


@router.get(
    "/{agency}/{name}/history",
    operation_id="get_record_history",
    summary="变更历史 / history",
    responses=errors(401, 403, 404),
    dependencies=[SEEING],
)
def get_record_history(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId) -> desk.HistoryView:
    """Who did what and why, the first change first."""
    return desk.history(platform, principal, dataset_id)


@router.get(
    "/{agency}/{name}/difference",
    operation_id="compare_record",
    summary="版本比较 / compare two editions",
    responses=errors(401, 403, 404),
    dependencies=[SEEING],
)
def compare_record(
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset_id: DatasetId,
    parameters: Annotated[ComparisonParameters, Query()],
) -> desk.ComparisonView:
    """Item by item: added, removed, changed."""
    return desk.comparison(platform, principal, dataset_id, before=parameters.before, after=parameters.after)


@router.get(
    "/{agency}/{name}/as-of",
    operation_id="get_record_as_of",
    summary="某日的条目 / an entry of a day",
    responses=errors(404),
    dependencies=[PUBLIC],
)
def get_record_as_of(platform: PlatformDep, dataset_id: DatasetId, day: Day) -> Dataset:
    """The entry as it was published at the end of that day in Wuxi."""
    return desk.as_of(platform, dataset_id, day)
