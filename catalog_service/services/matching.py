"""One data, one source, in the catalog (Art. 15): comparing entries with all published ones, and deciding on what is found.

Here: findings from submission to decision. Not here: the comparison itself (matching), keeping the index (field_index), who
uses what (uses).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from pydantic import computed_field

from catalog_service.catalog.access import LegalBasis
from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.errors import ConflictError, ForbiddenError, Problem, problem
from catalog_service.catalog.finding import (
    DuplicateDecision,
    DuplicateOutcome,
    FieldRef,
    Finding,
    masked,
    pair_id,
    require_complete,
)
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import CITY_WIDE, PERMITTED, Action, Principal, authorize
from catalog_service.catalog.record import CatalogRecord
from catalog_service.catalog.schema import Field
from catalog_service.matching.index import Match
from catalog_service.matching.profiles import EntryProfile
from catalog_service.services.field_index import field_index, profile_of
from catalog_service.services.platform import Platform
from catalog_service.services.reading import agency_of
from catalog_service.store.database import Transaction
from catalog_service.store.matching import PAGE_SIZE, FindingQuery

_SHOWN = 20
"""Findings that a refused approval names one by one."""


class FindingPage(Model):
    """A page of findings and how many there are in all."""

    items: tuple[Finding, ...]
    total: int
    page: int
    page_count: int


class SharePrefill(Model):
    """What a share request (Art. 20) begins with, out of decided findings."""

    dataset: str
    columns: tuple[str, ...]
    purpose: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def form(self) -> str:
        """Address of the form in which all this is filled in already."""
        given = urlencode([*(("columns", name) for name in self.columns), ("purpose", self.purpose)])
        return f"/datasets/{self.dataset}/request?{given}"


def examine(transaction: Transaction, dataset: Dataset, *, by_age: bool = False) -> Sequence[Problem]:
    """Compare an entry with all published ones and store what is found; a check of submissions that keeps nothing back.

    Undecided findings keep the entry from being approved (see `undecided`). What is found is the entry's to explain; `by_age`,
    of two that are published already the younger one's.
    """
    if dataset.delivery is None:
        return ()
    index = field_index(transaction)
    with index.lock:
        published = index.refreshed(transaction)
        agencies = transaction.catalog.agencies()
        own = profile_of(transaction, dataset, agency_of(agencies, dataset.agency)[0])
        matches = published.search(own, eligible=_eligible(transaction, dataset))
    _store(transaction, dataset, matches, by_age=by_age)
    return ()


def undecided(transaction: Transaction, dataset_id: str) -> Sequence[Problem]:
    """Return a problem for each finding on the entry that waits for a decision."""
    waiting = transaction.matching.of_dataset(dataset_id, open_only=True)
    found = [_undecided(one) for one in waiting[:_SHOWN]]
    if len(waiting) > _SHOWN:
        rest = len(waiting) - _SHOWN
        found.append(problem("more-undecided", f"另有 {rest} 项疑似重复采集待决定", f"{rest} more findings wait", article=15))
    return found


def undecided_of(transaction: Transaction, dataset: Dataset) -> Sequence[Problem]:
    """Do as `undecided`, as a check of approvals."""
    return undecided(transaction, dataset.id)


def findings(platform: Platform, principal: Principal, question: FindingQuery) -> FindingPage:
    """Return findings, those that wait first; an agency sees those in which it has a part.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the role is not enough, or it is another agency's.
    """
    reaches_all = principal.id.startswith("operator:") or bool(principal.roles & CITY_WIDE & PERMITTED[Action.SEE_DRAFTS])
    asked = question if reaches_all else question.model_copy(update={"agency": principal.agency})
    authorize(principal, Action.SEE_DRAFTS, agency=asked.agency)
    with platform.database.reading() as transaction:
        items, total = transaction.matching.find(asked)
    return FindingPage(items=items, total=total, page=asked.page, page_count=max(1, -(-total // PAGE_SIZE)))


def finding(platform: Platform, principal: Principal, finding_id: str) -> Finding:
    """Return one finding with its evidence.

    Raises:
        NotFoundError: there is none of this id.
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the role is not enough, or neither side is the agency's own.
    """
    authorize(principal, Action.SEE_DRAFTS)
    with platform.database.reading() as transaction:
        found = transaction.matching.get(finding_id)
    _authorize_part(principal, Action.SEE_DRAFTS, found)
    return found


def decide(
    platform: Platform,
    principal: Principal,
    finding_id: str,
    outcome: DuplicateOutcome,
    *,
    law: str = "",
    article: str = "",
    reason: str = "",
) -> Finding:
    """End a finding with a logged decision. Who becomes the source of record is decided by the authority.

    Raises:
        NotFoundError: there is none of this id.
        InvalidError: the law, or the reason, is missing.
        ConflictError: it was decided already, on the same evidence.
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the role is not enough, or the entry is another agency's.
    """
    authorize(principal, Action.DECIDE_DUPLICATE)
    basis = LegalBasis(law=law, article=article) if law.strip() else None
    decision = DuplicateDecision(
        outcome=outcome, basis=basis, reason=reason, decided_by=principal.name, decided_at=dt.datetime.now(dt.UTC)
    )
    with platform.database.transaction() as transaction:
        found = transaction.matching.get(finding_id)
        authorize(principal, Action.DECIDE_DUPLICATE, agency=found.field.agency)
        _require_authority(principal, outcome)
        require_complete(decision)
        if not found.is_open:
            raise ConflictError(
                problem(
                    "already-decided", "该疑点已作出决定；证据变化后将重新提出", "this finding is decided already", article=15
                )
            )
        decided = found.model_copy(update={"decision": decision})
        transaction.matching.put(decided)
        details = {"existing": f"{found.existing.dataset}#{found.existing.field}", "outcome": outcome.value}
        details |= {"field": found.field.field, "finding": found.id, "law": law, "article": article, "reason": reason}
        transaction.ledger.append(entry_by(principal, "decide_duplicate", found.field.dataset, details=details))
    return decided


def share_prefill(platform: Platform, principal: Principal, finding_id: str) -> SharePrefill:
    """Return the beginning of a share request: all fields of the same data set for which sharing was decided.

    Raises:
        NotFoundError: there is none of this id.
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: neither side is the agency's own.
    """
    authorize(principal, Action.SEE_DRAFTS)
    with platform.database.reading() as transaction:
        found = transaction.matching.get(finding_id)
        _authorize_part(principal, Action.SEE_DRAFTS, found)
        others = transaction.matching.of_dataset(found.field.dataset, open_only=False)
    columns = [found.existing.field]
    columns += [
        one.existing.field
        for one in others
        if one.existing.dataset == found.existing.dataset
        and one.decision is not None
        and one.decision.outcome is DuplicateOutcome.SHARE
    ]
    purpose = f"《{found.field.dataset_title}》不再重复采集已有信息项（一数一源）"
    return SharePrefill(dataset=found.existing.dataset, columns=tuple(dict.fromkeys(columns)), purpose=purpose)


def _eligible(transaction: Transaction, dataset: Dataset) -> Callable[[EntryProfile], bool]:
    """Leave out what is declared already: sources of the same golden records, in their order."""
    fellows = set()
    for other in transaction.catalog.dependents(dataset.id):
        if isinstance(other.derivation, Golden):
            fellows |= set(other.upstream)
    return lambda entry: entry.id not in fellows


def _store(transaction: Transaction, dataset: Dataset, matches: Sequence[Match], *, by_age: bool) -> None:
    waiting = transaction.matching.open_about(dataset.id)
    concerned = {dataset.id, *(one.dataset for one in matches), *(one.field.dataset for one in waiting)}
    records = transaction.catalog.records(concerned)
    agencies = transaction.catalog.agencies()
    fresh: dict[str, Finding] = {}
    for match in matches:
        other = records[match.dataset].dataset
        field, existing = dataset.schema_.field(match.field), other.schema_.field(match.other)
        if _is_declared(dataset, field, other, existing):
            continue
        judgement = match.judgement
        sides = [
            FieldRef(
                dataset=entry.id,
                field=one.name,
                title=one.title,
                dataset_title=entry.title,
                agency=entry.agency,
                agency_name=agency_of(agencies, entry.agency)[0],
            )
            for entry, one in ((dataset, field), (other, existing))
        ]
        if by_age and dataset.id in records and _age(records[dataset.id]) < _age(records[other.id]):
            sides.reverse()
        id_ = pair_id((dataset.id, field.name), (other.id, existing.name))
        fresh[id_] = Finding(
            id=id_,
            field=sides[0],
            existing=sides[1],
            score=round(judgement.score, 4),
            evidence=judgement.evidence,
            samples=tuple(masked(value) for value in judgement.samples),
            is_copy=judgement.is_copy,
            found_at=dt.datetime.now(dt.UTC),
        )
    known = transaction.matching.known(fresh)
    for id_, one in fresh.items():
        transaction.matching.put(known[id_].merged_with(one) if id_ in known else one)
    judged = (one.id for one in waiting if _is_judged(one, dataset, records, by_age=by_age))
    transaction.matching.drop(set(judged) - fresh.keys())


def _is_judged(finding: Finding, dataset: Dataset, records: Mapping[str, CatalogRecord], *, by_age: bool) -> bool:
    """Tell whether both fields of a finding were compared: of a submitted entry all its own, else those that are published."""
    if not by_age:
        return finding.field.dataset == dataset.id
    if finding.field.dataset == dataset.id:
        return finding.field.field in dataset.schema_.names
    other = records.get(finding.field.dataset)
    return other is not None and finding.field.field in other.dataset.schema_.names


def _age(record: CatalogRecord) -> tuple[dt.datetime, str]:
    return record.created_at, record.id


def _is_declared(dataset: Dataset, field: Field, other: Dataset, existing: Field) -> bool:
    """Tell whether the catalog says already why both have it: one refers to the other, or it is the key by which they join."""
    targets = {(one.reference.dataset, one.reference.field) for one in (field, existing) if one.reference is not None}
    if (other.id, existing.name) in targets or (dataset.id, field.name) in targets:
        return True
    if field.reference is not None and field.reference == existing.reference:
        return True
    return field.name in dataset.schema_.key and existing.name in other.schema_.key


def _undecided(one: Finding) -> Problem:
    existing = one.existing
    return problem(
        "undecided-duplicate",
        f"信息项“{one.field.title}”与{existing.agency_name}《{existing.dataset_title}》的“{existing.title}”疑似重复采集"
        f"（评分 {one.score:.2f}），请先决定：通过共享获取、作为源头，或依法另行采集（疑点编号 {one.id}）",
        f"field “{one.field.title}” seems to be collected already: “{existing.title}” of {existing.dataset} "
        f"(score {one.score:.2f}); decide first: obtain by sharing, become the source of record, or collect by law ({one.id})",
        field=f"schema.{one.field.field}",
        article=15,
    )


def _authorize_part(principal: Principal, action: Action, found: Finding) -> None:
    """Allow both agencies that have a part in a finding."""
    mine = found.existing.agency if principal.agency == found.existing.agency else found.field.agency
    authorize(principal, action, agency=mine)


def _require_authority(principal: Principal, outcome: DuplicateOutcome) -> None:
    if outcome is DuplicateOutcome.SOURCE and not principal.roles & PERMITTED[Action.DECIDE_DUPLICATE] & CITY_WIDE:
        raise ForbiddenError(
            problem(
                "source-by-authority",
                "信息项的源头由大数据行政主管部门确定，请提请主管部门决定",
                "the source of record is determined by the big-data authority; ask it to decide",
                article=15,
            )
        )
