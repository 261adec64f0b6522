"""Drafts out of a catalog file (Art. 14): what agencies wrote in the workbook, YAML, JSON or CSV comes onto their desk.

Here: entries become drafts or revisions, each wholly or not at all; new code lists are registered; nothing is published.
Not here: reading files (formats), the authority's import that publishes and registers agencies (compiling).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import dataset_problems
from catalog_service.catalog.classification import code_problems
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Problem, WuxiError, problem
from catalog_service.catalog.history import Act
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.life_cycle import Event, Standing, step
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.formats.classification import shipped_classification
from catalog_service.formats.documents import read_document
from catalog_service.formats.entries import MAX_BYTES as MAX_CATALOG_BYTES
from catalog_service.formats.entries import CatalogDocument
from catalog_service.services.moving import Move
from catalog_service.services.platform import Platform
from catalog_service.services.standing import with_entries
from catalog_service.services.submission import authorize_entry, normal, reviewed_world
from catalog_service.store.database import Transaction

__all__ = ["MAX_CATALOG_BYTES", "DraftReport", "import_drafts"]


class DraftReport(Model):
    """What became of the entries of a file; `read == saved + unchanged + refused`, always."""

    read: int
    saved: int
    unchanged: int
    refused: int
    ids: tuple[str, ...]
    """Of the entries that were saved."""
    problems: tuple[Problem, ...]
    """Every fault of the file, why entries were left as they were, and what keeps drafts from being submitted: with sheet, row
    and column."""
    notices: tuple[Problem, ...]


def import_drafts(platform: Platform, principal: Principal, path: Path) -> DraftReport:
    """Save the entries of a file as drafts, or as drafts of revisions where they are published.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the principal compiles no entries.
        NotFoundError: there is no such file.
        TooLargeError: the file is larger than a catalog can be.
    """
    authorize(principal, Action.EDIT_ENTRY, agency=principal.agency)
    with platform.database.reading() as transaction:
        registered = transaction.catalog.registry().agencies
    document = read_document(path, registered)
    problems, saved, unchanged = list(document.problems), [], 0
    kept: list[Dataset] = []
    with platform.database.transaction() as transaction:
        transaction.catalog.lock()
        problems += _register_code_lists(transaction, principal, document)
        for dataset in document.catalog.datasets:
            try:
                is_new = _save(transaction, principal, dataset)
            except WuxiError as error:
                problems += _placed(document, dataset, error.problems)
                continue
            kept.append(dataset)
            if is_new:
                saved.append(dataset.id)
            else:
                unchanged += 1
        problems += _before_submission(transaction, document, kept)
    return DraftReport(
        read=document.read,
        saved=len(saved),
        unchanged=unchanged,
        refused=document.read - len(saved) - unchanged,
        ids=tuple(saved),
        problems=tuple(problems),
        notices=(*document.notices, *_left_out(document, registered)),
    )


def _register_code_lists(transaction: Transaction, principal: Principal, document: CatalogDocument) -> Iterator[Problem]:
    """Register the code lists that are new; yield those that others may use already and that the file would change."""
    known = transaction.catalog.registry().code_list
    for one in document.catalog.code_lists:
        if one.name not in known:
            transaction.catalog.put_code_lists([one])
            transaction.ledger.append(entry_by(principal, "register_code_list", one.name))
        elif known[one.name] != one:
            zh = f"代码表 {one.name} 已登记，内容不同，未作修改；请改用其他标识，或由大数据主管部门修改"
            en = f"the code list {one.name} is registered with other content, which stays; choose another name"
            where = document.places[one.name].model_dump(exclude_none=True)
            yield problem("code-list-differs", zh, en, **where)


def _left_out(document: CatalogDocument, registered: Iterable[Agency]) -> Iterator[Problem]:
    """Yield what of the file is not for this import."""
    known = {one.slug: one for one in registered}
    for one in document.catalog.agencies:
        if known.get(one.slug) != one:
            zh = f"机构 {one.slug} 的登记信息未导入；内设机构和责任人请在“机构登记信息”页填写，其余由大数据主管部门登记"
            en = f"what the file says of the agency {one.slug} was left out; its registration has a page of its own"
            yield problem("agency-left-out", zh, en, **document.places[one.slug].model_dump(exclude_none=True))


def _before_submission(transaction: Transaction, document: CatalogDocument, kept: Iterable[Dataset]) -> Iterator[Problem]:
    """Yield what drafts still need, and what else is wrong with entries that were refused."""
    named = [*document.catalog.datasets, *(one.dataset for one in document.refused)]
    world = with_entries(with_entries(reviewed_world(transaction), named), document.catalog.datasets)

    def lacking(one: Dataset) -> list[Problem]:
        return [*dataset_problems(one, world), *code_problems(one, shipped_classification())]

    for dataset in kept:
        yield from _placed(document, dataset, lacking(dataset))
    yield from document.rest(lacking)


def _placed(document: CatalogDocument, dataset: Dataset, found: Iterable[Problem]) -> Iterator[Problem]:
    return (one.at(**document.place(dataset.id, one.where.field).model_dump(exclude_none=True)) for one in found)


def _save(transaction: Transaction, principal: Principal, dataset: Dataset) -> bool:
    """Save one entry; return False where that is what it says already."""
    authorize_entry(principal, Action.EDIT_ENTRY, dataset.agency)
    content = dataset.model_dump(mode="json", by_alias=True, exclude_none=True)
    entry = transaction.desk.find(dataset.id)
    if entry is not None and normal(transaction.desk.document_at(dataset.id, entry.edition)) == content:
        return False
    if entry is not None and entry.work is None:
        entry = Move(transaction, Act(event=Event.REVISE, principal=principal)).make(entry, None)
    standing = step(Standing() if entry is None else entry.standing, Event.SAVE, dataset.id)
    Move(transaction, Act(event=Event.SAVE, principal=principal)).save(entry, dataset.id, standing, content)
    return True
