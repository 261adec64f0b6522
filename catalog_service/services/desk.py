"""The desk of those who compile and review the catalog (Art. 14): what there is to do, an entry at work, its history.

Here: reading. Not here: changing (life_cycle), entries as everybody sees them (browsing).
"""

import datetime as dt
from collections.abc import Sequence

from catalog_service.catalog.classification import Place
from catalog_service.catalog.comparison import Difference, compare
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import InvalidError, NotFoundError, Problem, problem
from catalog_service.catalog.history import Change, DeskEntry, DeskQuery, Document
from catalog_service.catalog.life_cycle import TRANSITIONS, Event, allowed
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import CITY_WIDE, PERMITTED, Action, Principal, authorize, is_permitted
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.formats.classification import shipped_classification
from catalog_service.services import submission
from catalog_service.services.clocks import LOCAL, local_day
from catalog_service.services.platform import Platform
from catalog_service.services.submission import normal
from catalog_service.store.database import Transaction


class DeskPage(Model):
    """One page of entries, how many are in each state in all, and where the next page begins."""

    items: tuple[DeskEntry, ...]
    counts: dict[RecordState, int]
    next_after: str | None


class DeskView(Model):
    """An entry at work: where it stands, its content, what it lacks, what differs from what readers have, what can be done."""

    entry: DeskEntry
    document: Document
    """What is worked on, or what readers have where nothing is."""
    problems: tuple[Problem, ...]
    """What keeps it from being submitted, or from being published, as it stands."""
    differences: tuple[Difference, ...]
    """From what readers have to what is worked on; empty where one of them is missing."""
    returned: Change | None
    """The last return, while it is unanswered."""
    events: tuple[Event, ...]
    """What this principal may do now."""


class HistoryView(Model):
    """Who did what to an entry, the first change first."""

    entry: DeskEntry
    changes: tuple[Change, ...]


class ComparisonView(Model):
    """What differs between two editions of an entry."""

    dataset_id: str
    before: int
    after: int
    differences: tuple[Difference, ...]


def visible_agency(principal: Principal, agency: str | None) -> str | None:
    """Return the agency whose drafts are asked for; for an agency's own people it is theirs.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: drafts of that agency are not for the principal.
    """
    roles = principal.roles & PERMITTED[Action.SEE_DRAFTS]
    chosen = agency if agency is not None or roles & CITY_WIDE else principal.agency
    authorize(principal, Action.SEE_DRAFTS, agency=chosen)
    return chosen


def find(platform: Platform, principal: Principal, query: DeskQuery) -> DeskPage:
    """Return the entries that the principal may see at work, and how many are in each state.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: drafts, or those of that agency, are not for the principal.
    """
    asked = query.model_copy(update={"agency": visible_agency(principal, query.agency)})
    with platform.database.reading() as transaction:
        found = transaction.desk.find_all(asked)
        counts = transaction.desk.counts(asked.model_copy(update={"states": ()}))
    items = tuple(found[: query.limit])
    return DeskPage(items=items, counts=counts, next_after=items[-1].dataset_id if len(found) > query.limit else None)


def view(platform: Platform, principal: Principal, dataset_id: str) -> DeskView:
    """Return an entry at work.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: drafts of that agency are not for the principal.
        NotFoundError: there is no such entry.
    """
    agency = dataset_id.partition("/")[0]
    authorize(principal, Action.SEE_DRAFTS, agency=agency)
    with platform.database.reading() as transaction:
        entry = transaction.desk.entry(dataset_id)
        live = _live(transaction, entry)
        draft = transaction.desk.draft(dataset_id)
        document = draft if draft is not None else live or transaction.desk.document_at(dataset_id, entry.edition)
        problems = () if entry.work is None else _problems(transaction, entry, document)
        returned = _returned(transaction, entry)
    return DeskView(
        entry=entry,
        document=document,
        problems=tuple(problems),
        differences=() if live is None or draft is None else compare(live, normal(draft)),
        returned=returned,
        events=tuple(one for one in allowed(entry.standing) if is_permitted(principal, TRANSITIONS[one].action, agency=agency)),
    )


def history(platform: Platform, principal: Principal, dataset_id: str) -> HistoryView:
    """Return who did what to an entry.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: drafts of that agency are not for the principal.
        NotFoundError: there is no such entry.
    """
    authorize(principal, Action.SEE_DRAFTS, agency=dataset_id.partition("/")[0])
    with platform.database.reading() as transaction:
        return HistoryView(entry=transaction.desk.entry(dataset_id), changes=transaction.desk.changes(dataset_id))


def comparison(platform: Platform, principal: Principal, dataset_id: str, *, before: int, after: int) -> ComparisonView:
    """Return what differs between an entry after two of its changes, named by their editions.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: drafts of that agency are not for the principal.
        NotFoundError: there is no such entry or edition.
    """
    authorize(principal, Action.SEE_DRAFTS, agency=dataset_id.partition("/")[0])
    with platform.database.reading() as transaction:
        entry = transaction.desk.entry(dataset_id)
        for edition in (before, after):
            if not 0 < edition <= entry.edition:
                zh, en = f"{dataset_id} 没有第 {edition} 稿", f"{dataset_id} has no edition {edition}"
                raise NotFoundError(problem("unknown-edition", zh, en))
        old, new = (normal(transaction.desk.document_at(dataset_id, one)) for one in (before, after))
    return ComparisonView(dataset_id=dataset_id, before=before, after=after, differences=compare(old, new))


def as_of(platform: Platform, dataset_id: str, day: dt.date) -> Dataset:
    """Return an entry as it was published at the end of a day in Wuxi (today: now). What was published is public.

    Raises:
        NotFoundError: it was not published then.
    """
    with platform.database.reading() as transaction:
        transaction.desk.entry(dataset_id)
        found = transaction.desk.live_at(_end_of(day), dataset_id)
    if not found:
        zh, en = f"{day} 公共数据目录中没有 {dataset_id}", f"the catalog had no entry {dataset_id} on {day}"
        raise NotFoundError(problem("not-published-then", zh, en, article=14))
    return found[0]


def catalog_as_of(platform: Platform, day: dt.date) -> tuple[Dataset, ...]:
    """Return the entries that were published at the end of a day in Wuxi, in order of their ids."""
    with platform.database.reading() as transaction:
        return transaction.desk.live_at(_end_of(day))


def edition_of(platform: Platform, principal: Principal, dataset_id: str) -> int:
    """Return the edition of an entry as it stands, for somebody who decides at the terminal upon what is there now.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: drafts of that agency are not for the principal.
        NotFoundError: there is no such entry.
    """
    authorize(principal, Action.SEE_DRAFTS, agency=dataset_id.partition("/")[0])
    with platform.database.reading() as transaction:
        return transaction.desk.entry(dataset_id).edition


def places() -> tuple[Place, ...]:
    """Return the places of the classification, for those who choose one."""
    return tuple(shipped_classification().places.values())


def _live(transaction: Transaction, entry: DeskEntry) -> Document | None:
    if entry.live_version is None:
        return None
    dataset = transaction.catalog.version(entry.dataset_id, entry.live_version)
    return dataset.model_dump(mode="json", by_alias=True, exclude_none=True)


def _problems(transaction: Transaction, entry: DeskEntry, document: Document) -> Sequence[Problem]:
    """Return what keeps a draft from being submitted, a submission from being published."""
    try:
        dataset = submission.completed(document)
    except InvalidError as error:
        return error.problems
    is_draft = entry.work in {RecordState.DRAFT, RecordState.RETURNED}
    world = submission.reviewed_world(transaction) if is_draft else transaction.catalog.snapshot()
    return submission.gates([dataset], world).get(dataset.id, [])


def _returned(transaction: Transaction, entry: DeskEntry) -> Change | None:
    """Return the last return since the last submission."""
    for change in reversed(transaction.desk.changes(entry.dataset_id)):
        if change.event is Event.RETURN:
            return change
        if change.event is not Event.SAVE:
            return None
    return None


def _end_of(day: dt.date) -> dt.datetime:
    """Return the first instant after a day in Wuxi; for today, now, for what happens later today is not known yet."""
    now = dt.datetime.now(dt.UTC)
    if day >= local_day(now):
        return now + dt.timedelta(seconds=1)
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), LOCAL)
