"""Compiling the catalog (Art. 13, 14): import, publish, withdraw, show, list.

Here: which entries may be stored and published. Not here: reading files (formats), the faults of one entry (catalog).

An entry is published only together with all it rests on: agency, code lists, references and sources must be published
or be published with it. What is published never silently changes or disappears through an import.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from catalog_service.catalog.catalog import dataset_problems
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import ConflictError, InvalidError, NotFoundError, Problem, problem
from catalog_service.catalog.history import Act, Target
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.life_cycle import Event
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize, operator
from catalog_service.catalog.record import CatalogRecord, SearchPage, SearchQuery
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.formats.documents import read_document
from catalog_service.formats.entries import CatalogDocument
from catalog_service.services import matching, submission
from catalog_service.services.coding import with_codes
from catalog_service.services.life_cycle import Batch
from catalog_service.services.platform import Platform
from catalog_service.services.standing import judge, with_entries
from catalog_service.store.database import Transaction
from catalog_service.store.entries import Entries

PLATFORM = operator("platform")
"""Who acts where nobody is named: the platform's own set-up."""

EVERY_AGENCY = "*"
"""No agency's slug: what is authorized for it reaches the entries of all."""


class ImportCounts(Model):
    """What became of the entries of a file; `read == added + updated + unchanged + refused`, always."""

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    """Faulty, or a change that may not be made to a published entry; nothing of it was stored."""
    published: int = 0
    """Of those read: now published."""
    draft: int = 0
    """Of those read: stored as drafts."""


class ImportReport(Model):
    """The outcome of one import."""

    counts: ImportCounts
    agencies: int
    """Agencies registered or changed."""
    code_lists: int
    """Code lists stored or changed."""
    problems: tuple[Problem, ...]
    """Why entries were refused, or stay drafts, with file and row."""
    notices: tuple[Problem, ...]
    """What was tidied up or left out of entries that were stored."""


def import_catalog(
    platform: Platform,
    path: Path,
    *,
    publish: bool,
    principal: Principal = PLATFORM,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> ImportReport:
    """Store the good entries of a catalog file, and publish those in good standing if `publish`, as the authority does.

    The same file again changes nothing. An entry with legal faults is kept as a draft; a published entry keeps its
    published content where the new one has faults, or where `publish` is not asked for. A revision under way gives way.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the principal may not compile, or not publish, entries of every agency.
        NotFoundError: there is no such file.
        TooLargeError: the file is larger than a catalog can be.
    """
    authorize(principal, Action.EDIT_ENTRY, agency=EVERY_AGENCY)
    if publish:
        authorize(principal, Action.PUBLISH_ENTRY)
    with platform.database.reading() as transaction:
        registered = transaction.catalog.registry().agencies
    document = read_document(path, registered)
    with platform.database.transaction() as transaction:
        transaction.catalog.lock()
        document = with_codes(document, transaction.catalog)
        return _Import(transaction, document, principal, publish=publish).run(progress)


def publish_entry(platform: Platform, dataset_id: str, *, principal: Principal = PLATFORM) -> CatalogRecord:
    """Publish one entry at once, without review, as the operator of the platform does.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the principal may not compile and publish entries of every agency.
        NotFoundError: there is no such entry.
        InvalidError: it has faults, rests on entries that are not published, or seems to be collected already (Art. 15).
    """
    authorize(principal, Action.EDIT_ENTRY, agency=EVERY_AGENCY)
    authorize(principal, Action.PUBLISH_ENTRY)
    with platform.database.transaction() as transaction:
        transaction.catalog.lock()
        transaction.desk.entry(dataset_id)
        draft = transaction.desk.draft(dataset_id)
        dataset = transaction.catalog.record(dataset_id).dataset if draft is None else submission.completed(draft)
        _, faults = judge([dataset], transaction.catalog.snapshot())
        if waiting := [*faults.get(dataset_id, ()), *matching.undecided(transaction, dataset_id)]:
            raise InvalidError(waiting)
        return put_directly(transaction, dataset, RecordState.PUBLISHED, Act(event=Event.PUBLISH, principal=principal))


def withdraw_entry(platform: Platform, dataset_id: str, *, principal: Principal = PLATFORM, reasons: str = "") -> CatalogRecord:
    """Withdraw one entry from the published catalog, at whatever edition it is.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the principal may not.
        NotFoundError: there is no such entry.
        ConflictError: published entries rest on it, or it is withdrawn already.
    """
    authorize(principal, Action.WITHDRAW_ENTRY, agency=dataset_id.partition("/")[0])
    with platform.database.transaction() as transaction:
        edition = transaction.desk.entry(dataset_id).edition
        target = Target(dataset_id=dataset_id, edition=edition)
        Batch(transaction, principal, (Event.WITHDRAW,), reasons or "由平台运维撤回").run([target])
        return transaction.catalog.record(dataset_id)


def put_directly(transaction: Transaction, dataset: Dataset, state: RecordState, act: Act) -> CatalogRecord:
    """Store an entry in a state without review; what is told of a publication is told of this one too."""
    record = transaction.catalog.put_dataset(dataset, state=state, act=act)
    transaction.ledger.append(entry_by(act.principal, f"entry_{act.event.value}", dataset.id, details={"state": state.value}))
    if state is RecordState.PUBLISHED:
        for hook in submission.PUBLICATION_HOOKS:
            hook(transaction, act.principal, transaction.desk.entry(dataset.id))
    return record


def show(platform: Platform, dataset_id: str, *, state: RecordState | None = RecordState.PUBLISHED) -> CatalogRecord:
    """Return one entry if it is in `state` (None: in any; only for those who may see drafts).

    Raises:
        NotFoundError: there is no such entry in this state.
    """
    with platform.database.reading() as transaction:
        record = transaction.catalog.record(dataset_id)
    if state is not None and record.state is not state:
        raise NotFoundError(
            problem("unknown-dataset", f"公共数据目录中没有 {dataset_id}", f"the catalog has no entry {dataset_id}", article=13)
        )
    return record


def list_entries(platform: Platform, query: SearchQuery, *, state: RecordState = RecordState.PUBLISHED) -> SearchPage:
    """Return the entries in `state` that answer a question, a page at a time.

    Raises:
        InvalidError: the cursor is not one of this question.
    """
    with platform.database.reading() as transaction:
        return transaction.catalog.search(query, state=state)


class _Import:
    """One import into one transaction."""

    def __init__(self, transaction: Transaction, document: CatalogDocument, principal: Principal, *, publish: bool) -> None:
        self._transaction = transaction
        self._act = Act(event=Event.IMPORT, principal=principal)
        self._entries: Entries = transaction.catalog
        self._document = document
        self._publish = publish
        self._stored = self._entries.snapshot(None)
        self._registry = self._entries.registry()
        self._states = self._entries.states()
        self._problems: list[Problem] = list(document.problems)

    def run(self, progress: Callable[[int, int], object]) -> ImportReport:
        """Register, judge, store, and report."""
        agencies, code_lists = self._register()
        self._registry = self._entries.registry()
        standing = self._good_standing() if self._publish else frozenset[str]()
        if not self._publish:
            self._report_drafts()
        if self._document.refused:
            self._report_refused()
        return ImportReport(
            counts=self._store(standing, progress),
            agencies=agencies,
            code_lists=code_lists,
            problems=tuple(self._problems),
            notices=self._document.notices,
        )

    def _register(self) -> tuple[int, int]:
        """Store changed agencies and code lists; an agency that cannot be registered is reported."""
        agencies = 0
        for agency in self._document.catalog.agencies:
            if self._stored.agency.get(agency.slug) == agency:
                continue
            try:
                self._entries.put_agencies([agency])
                agencies += 1
            except ConflictError as error:
                self._report(agency.slug, error.problems)
        changed = [one for one in self._document.catalog.code_lists if self._stored.code_list.get(one.name) != one]
        self._entries.put_code_lists(changed)
        return agencies, len(changed)

    def _is_unchanged(self, dataset: Dataset) -> bool:
        return self._stored.dataset.get(dataset.id) == dataset

    def _is_published(self, dataset_id: str) -> bool:
        return self._states.get(dataset_id) is RecordState.PUBLISHED

    def _good_standing(self) -> frozenset[str]:
        """Return the ids of the imported entries that can be published together; report what keeps the others back."""
        published = [one for one in self._stored.datasets if self._is_published(one.id)]
        imported = self._document.catalog.datasets
        candidates = [one for one in imported if not (self._is_published(one.id) and self._is_unchanged(one))]
        asked = self._transaction.matching.waiting()
        waiting = {one.id: matching.undecided(self._transaction, one.id) for one in candidates if one.id in asked}
        judged = [one for one in candidates if one.id not in waiting]
        standing, faults = judge(judged, with_entries(self._registry, published))
        for one in candidates:
            self._report(one.id, waiting.get(one.id, faults.get(one.id, ())))
        return standing

    def _report_drafts(self) -> None:
        world = with_entries(with_entries(self._registry, self._stored.datasets), self._document.catalog.datasets)
        for one in self._document.catalog.datasets:
            self._report(one.id, dataset_problems(one, world))

    def _report_refused(self) -> None:
        """Report what else is wrong with entries whose form is: whoever mends them is to know it all."""
        world = self._registry
        for more in (self._stored.datasets, [one.dataset for one in self._document.refused], self._document.catalog.datasets):
            world = with_entries(world, more)
        self._problems += self._document.rest(lambda one: dataset_problems(one, world))

    def _store(self, standing: frozenset[str], progress: Callable[[int, int], object]) -> ImportCounts:
        counts = dict.fromkeys(ImportCounts.model_fields, 0)
        counts["read"] = self._document.read
        counts["refused"] = self._document.read - len(self._document.catalog.datasets)
        datasets = self._document.catalog.datasets
        for done, dataset in enumerate(datasets):
            progress(done, len(datasets))
            outcome, state = self._put(dataset, is_good=dataset.id in standing)
            counts[outcome] += 1
            if state is not None and state.value in counts:
                counts[state.value] += 1
        return ImportCounts(**counts)

    def _put(self, dataset: Dataset, *, is_good: bool) -> tuple[str, RecordState | None]:
        """Store one entry; return the count it belongs to and its state now (None: refused)."""
        before = self._states.get(dataset.id)
        is_same = self._is_unchanged(dataset)
        if before is not None and is_same and not is_good:
            return "unchanged", before
        if before is RecordState.PUBLISHED and not is_good:
            self._report(dataset.id, [_keeps_published(dataset, asked=self._publish)])
            return "refused", None
        state = RecordState.PUBLISHED if is_good else RecordState.DRAFT
        put_directly(self._transaction, dataset, state, self._act)
        return ("added" if before is None else "updated"), state

    def _report(self, key: str, problems: Iterable[Problem]) -> None:
        for one in problems:
            where = self._document.place(key, one.where.field)
            self._problems.append(one.at(**where.model_dump(exclude_none=True)))


def _keeps_published(dataset: Dataset, *, asked: bool) -> Problem:
    if asked:
        zh, en = "新内容有上述问题，已发布的内容保持不变", "the new content has faults; the published content stays"
    else:
        zh, en = (
            "该条目已发布，修改内容须同时发布（--publish）或先撤回",
            "the entry is published; publish the change too (--publish) or withdraw it first",
        )
    return problem("published-entry-kept", f"{dataset.id}：{zh}", f"{dataset.id}: {en}", article=14)
