"""What stands between a draft and the catalog (Art. 13–16, 19, 22, 31): the form, the gates of law, the checks of other topics.

A draft may be incomplete; a submission may not. The gates of law come first, over all entries of one submission together
(`services.standing`); then each check registered here. Not here: the checks themselves, the moves (life_cycle).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import ValidationError

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.classification import code_problems
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import ForbiddenError, InvalidError, Problem, Where, problem
from catalog_service.catalog.history import DeskEntry, Document
from catalog_service.catalog.principal import PERMITTED, Action, Principal, authorize, is_permitted
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.formats.classification import shipped_classification
from catalog_service.formats.faults import translate
from catalog_service.services import blocking, duties, matching, rectification
from catalog_service.services.standing import Faults, judge, with_entries
from catalog_service.store.database import Transaction

SubmissionCheck = Callable[[Transaction, Dataset], Sequence[Problem]]
"""Looks at one entry that is to be submitted, or approved, and returns what keeps it back; it may store what it found."""

EntryHook = Callable[[Transaction, Principal, DeskEntry], None]
"""Told of what just happened to an entry, in the same transaction."""


def _codes(transaction: Transaction, dataset: Dataset) -> Sequence[Problem]:
    """Return what is wrong with the place in the classification and with the resource code."""
    found = list(code_problems(dataset, shipped_classification()))
    owner = transaction.catalog.code_owners([dataset.code]).get(dataset.code) if dataset.code else None
    if owner not in {None, dataset.id}:
        zh = f"资源代码 {dataset.code} 属于 {owner}；请留空，由平台生成"
        en = f"the resource code {dataset.code} belongs to {owner}; leave it empty, the platform makes it"
        found.append(problem("code-taken", zh, en, field="code", article=13))
    return found


SUBMISSION_CHECKS: tuple[SubmissionCheck, ...] = (_codes, blocking.exploding_blocks, matching.examine)
"""Run when an entry is submitted, after the gates of law."""

APPROVAL_CHECKS: tuple[SubmissionCheck, ...] = (matching.undecided_of,)
"""Run when an entry is approved, after the gates of law."""


def _end_duties(transaction: Transaction, _: Principal, entry: DeskEntry) -> None:
    if entry.edition > 1:  # nobody owes an update of an entry that has just begun
        duties.entry_published(transaction, entry.dataset_id, entry.updated_at)


def _drop_duties(transaction: Transaction, _: Principal, entry: DeskEntry) -> None:
    duties.entry_withdrawn(transaction, entry.dataset_id, entry.updated_at)


def _drop_issues(transaction: Transaction, _: Principal, entry: DeskEntry) -> None:
    rectification.entry_withdrawn(transaction, entry.dataset_id)


PUBLICATION_HOOKS: tuple[EntryHook, ...] = (_end_duties,)
"""Run after an entry was published, by review or directly."""

WITHDRAWAL_HOOKS: tuple[EntryHook, ...] = (_drop_duties, _drop_issues)
"""Run after an entry was withdrawn."""

IN_REVIEW = (RecordState.SUBMITTED, RecordState.APPROVED)


def authorize_entry(principal: Principal, action: Action, agency: str) -> None:
    """Return where `principal` may do `action` to an entry of `agency`; else refuse.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the role is not enough, or the entry is in another agency's catalog (Art. 14).
    """
    if principal.roles & PERMITTED[action] and not is_permitted(principal, action, agency=agency):
        zh = (
            f"公共管理服务机构只能编制、提交本机构的公共数据目录；该条目属于 {agency}，请由该机构编制，或在本机构目录中另行编制"
        )
        en = (
            f"an agency compiles and submits its own catalog only; this entry belongs to {agency}: "
            "let that agency compile it, or compile one in your own catalog"
        )
        raise ForbiddenError(problem("foreign-catalog", zh, en, field="agency", article=14))
    authorize(principal, action, agency=agency)


def completed(document: Mapping[str, object]) -> Dataset:
    """Return the entry that a draft has become.

    Raises:
        InvalidError: it lacks something, or says something impossible; every fault is named with its place.
    """
    try:
        return Dataset.model_validate(document)
    except ValidationError as error:
        faults = translate(error, document, lambda _: Where())
        raise InvalidError(one.model_copy(update={"article": one.article or 13}) for one in faults) from error


def classified(dataset: Dataset, agency: Agency | None) -> Dataset:
    """Return an entry with a place in the classification, by rule where its agency chose none: no code goes without one."""
    if dataset.classification or dataset.code:
        return dataset
    place = shipped_classification().proposed(dataset, agency)
    return dataset.model_copy(update={"classification": place}) if place else dataset


def normal(document: Document) -> Document:
    """Return a document with every default said, so that two ways to say the same compare equal."""
    try:
        return Dataset.model_validate(document).model_dump(mode="json", by_alias=True, exclude_none=True)
    except ValidationError:
        return document


def gates(candidates: Iterable[Dataset], world: Catalog) -> Faults:
    """Return what keeps candidates from joining `world` together, by id."""
    _, faults = judge(candidates, world)
    return faults


def reviewed_world(transaction: Transaction) -> Catalog:
    """Return the published catalog, and with it what is under review: a submission may rest on either."""
    published = transaction.catalog.snapshot()
    submitted = transaction.desk.in_work(IN_REVIEW)
    return with_entries(published, [Dataset.model_validate(one) for one in submitted.values()])


def checked(checks: Iterable[SubmissionCheck], transaction: Transaction, dataset: Dataset) -> list[Problem]:
    """Return what the checks have against an entry."""
    return [found for check in checks for found in check(transaction, dataset)]
