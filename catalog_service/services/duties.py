"""更新义务 (Art. 14): what opens, moves and closes the duty to update an entry within working days.

Here: reports of changes, detection, closing, counting again. Not here: showing duties (duty_views), how days are counted
(catalog.working_days), publishing (the life cycle calls `entry_published`).
"""

import datetime as dt
from collections.abc import Iterable

from catalog_service.catalog.access import LegalBasis
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.duty import (
    DutyCause,
    DutyEvent,
    DutyEventKind,
    DutyState,
    Element,
    ElementChange,
    FunctionChange,
    UpdateDuty,
)
from catalog_service.catalog.errors import ConflictError, InvalidError, NotFoundError, problem
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import clocks
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction

PLATFORM = Principal(id="platform", name="平台自动处理")
"""Who opens and moves what nobody in particular does."""
_HEADER_FAULTS = frozenset({"unknown-column", "missing-column", "unnamed-column", "duplicate-column"})
_SHOWN = 20


def report_change(platform: Platform, principal: Principal, change: ElementChange) -> UpdateDuty:
    """Report that elements of an entry changed; the entry must be updated within the days of the rule set (Art. 14).

    Raises:
        NotFoundError: there is no such entry.
        InvalidError: it lies in the future, or before the Measures.
        ConflictError: the same change runs already.
    """
    authorize(principal, Action.REPORT_CHANGE, agency=_agency(change.dataset))
    reported = change.model_copy(update={"cause": DutyCause.REPORTED, "origin": ""})
    with platform.database.transaction() as transaction:
        transaction.desk.entry(reported.dataset)
        opened = _Opening(transaction, principal, reported.happened_on).open(reported)
        if opened is None:
            raise ConflictError(
                problem(
                    "duty-runs",
                    f"{reported.dataset} 的同一要素调整已有未完成的更新义务，期限不重新起算",
                    f"a duty for the same change of {reported.dataset} runs already; its deadline stays",
                    article=14,
                )
            )
        return opened


def register_function_change(
    platform: Platform,
    principal: Principal,
    agency: str,
    *,
    description: str,
    document: str,
    happened_on: dt.date,
    datasets: Iterable[str] = (),
) -> tuple[FunctionChange, tuple[UpdateDuty, ...]]:
    """Register that an agency's functions changed: a duty for each affected entry (none named: all it has published).

    An entry that does not exist yet may be named too; its duty is done when it is published.

    Raises:
        NotFoundError: there is no such agency.
        InvalidError: no entry is affected, one belongs to another agency, or the day is not possible.
    """
    authorize(principal, Action.REPORT_CHANGE, agency=agency)
    with platform.database.transaction() as transaction:
        if agency not in transaction.catalog.registry().agency:
            zh, en = f"机构 {agency} 未登记，请先登记机构", f"agency {agency} is not registered; register it first"
            raise NotFoundError(problem("unknown-agency", zh, en, field="agency", article=14))
        affected = tuple(dict.fromkeys(datasets)) or _published(transaction, agency)
        _require_own(agency, affected)
        change = FunctionChange(
            id=new_id(),
            agency=agency,
            description=description,
            document=document,
            happened_on=happened_on,
            datasets=affected,
            registered_at=dt.datetime.now(dt.UTC),
            registered_by=principal.name,
        )
        transaction.duties.add_function_change(change)
        details = {"document": document, "happened_on": str(happened_on), "entries": len(affected)}
        transaction.ledger.append(entry_by(principal, "register_function_change", f"agency:{agency}", details=details))
        reason = f"{description}（{document}）"
        opening = _Opening(transaction, principal, happened_on)
        opened = [
            opening.open(_change(one, DutyCause.FUNCTIONS, Element.OTHER, reason, happened_on, change.id)) for one in affected
        ]
    return change, tuple(one for one in opened if one is not None)


def report_law_revised(
    platform: Platform, principal: Principal, law: str, *, reason: str, happened_on: dt.date
) -> tuple[UpdateDuty, ...]:
    """Report that a law was revised: a duty for each published entry that names it as a legal basis.

    Raises:
        InvalidError: no published entry rests on it, or the day is not possible.
    """
    authorize(principal, Action.MANAGE_RULE_SETS)
    name = _law_name(law)
    with platform.database.transaction() as transaction:
        affected = [one.id for one in transaction.catalog.snapshot().datasets if name in _laws(one)]
        if not affected:
            zh, en = f"没有以《{name}》为依据的已发布条目，请核对名称", f"no published entry rests on {name}; check its name"
            raise InvalidError(problem("law-not-cited", zh, en, field="law", article=14))
        details = {"reason": reason, "happened_on": str(happened_on), "entries": len(affected)}
        transaction.ledger.append(entry_by(principal, "report_law_revised", f"law:{name}"[:400], details=details))
        opening = _Opening(transaction, principal, happened_on)
        opened = [
            opening.open(_change(one, DutyCause.LAW_REVISED, Element.BASIS, reason, happened_on, name)) for one in affected
        ]
    return tuple(one for one in opened if one is not None)


def observe_delivery(platform: Platform, delivery: Delivery) -> UpdateDuty | None:
    """Open a duty where a rejected delivery has other columns than its entry; None where it has not, or one runs already."""
    columns = [one for one in delivery.problems if one.code in _HEADER_FAULTS]
    if not columns:
        return None
    names = "、".join(dict.fromkeys(one.where.field or one.message.zh for one in columns[:_SHOWN]))
    reason = f"报送文件 {delivery.file_name} 的列与目录条目不符：{names}"[:2_000]
    day = clocks.local_day(delivery.received_at)
    with platform.database.transaction() as transaction:
        change = _change(delivery.dataset, DutyCause.DELIVERY, Element.CONTENT, reason, day, delivery.id)
        return _Opening(transaction, PLATFORM, day).open(change)


def entry_published(transaction: Transaction, dataset_id: str, at: dt.datetime) -> None:
    """Close the duties of an entry of which a new version was just published; the life cycle calls this."""
    entry = transaction.desk.find(dataset_id)
    version = 0 if entry is None or entry.live is not RecordState.PUBLISHED else entry.live_version or 0
    for duty in transaction.duties.running(dataset_id):
        if version > duty.version:
            _close(transaction, PLATFORM, duty, DutyState.DONE, f"已发布第 {version} 版", at)


def entry_withdrawn(transaction: Transaction, dataset_id: str, at: dt.datetime) -> None:
    """Close the duties of an entry that was just withdrawn; the life cycle calls this."""
    for duty in transaction.duties.running(dataset_id):
        if duty.version:
            _close(transaction, PLATFORM, duty, DutyState.DONE, "条目已撤回", at)


def dismiss(platform: Platform, principal: Principal, duty_id: str, reason: str) -> UpdateDuty:
    """Close a duty without an update, as the authority found that none is needed.

    Raises:
        NotFoundError: there is no such duty.
        ConflictError: it is closed already.
    """
    authorize(principal, Action.DISMISS_DUTY)
    with platform.database.transaction() as transaction:
        duty = transaction.duties.get(duty_id)
        if duty.closed is not None:
            zh, en = f"该更新义务{duty.closed.zh}，不能再核销", f"the duty is {duty.closed.en} already"
            raise ConflictError(problem("duty-closed", zh, en, article=14))
        return _close(transaction, principal, duty, DutyState.DISMISSED, reason, dt.datetime.now(dt.UTC))


def count_again(transaction: Transaction, principal: Principal, note: str) -> int:
    """Count every running deadline again, as the calendar changed; return how many moved or became definite."""
    calendar, now, moved = clocks.calendar_in(transaction), dt.datetime.now(dt.UTC), 0
    for duty in transaction.duties.running():
        before = duty.deadline
        after = calendar.deadline(before.received, before.count)
        if after == before:
            continue
        moved += 1
        event = DutyEvent(at=now, kind=DutyEventKind.MOVED, by=principal.name, note=note, before=before, after=after)
        transaction.duties.save(duty.model_copy(update={"deadline": after}), event)
        details = {"before": str(before.due), "after": str(after.due), "dataset": duty.dataset, "note": note}
        transaction.ledger.append(entry_by(principal, "move_deadline", f"duty:{duty.id}", details=details))
    return moved


class _Opening:
    """Opens duties for what happened on one day; calendar and rules are read once."""

    def __init__(self, transaction: Transaction, principal: Principal, happened_on: dt.date) -> None:
        _require_past(happened_on)
        transaction.catalog.lock()
        self._transaction = transaction
        self._principal = principal
        self._rule_set = clocks.rule_sets_in(transaction).in_force(happened_on).id
        self._deadline = clocks.deadline_in(transaction, DutyKind.ENTRY_UPDATE, happened_on)

    def open(self, change: ElementChange) -> UpdateDuty | None:
        """Open a duty; None where one runs for the same cause and elements, whose clock goes on."""
        for one in self._transaction.duties.running(change.dataset):
            if (one.cause, set(one.elements)) == (change.cause, set(change.elements)):
                return None
        entry, now, by = self._transaction.desk.find(change.dataset), dt.datetime.now(dt.UTC), self._principal.name
        duty = UpdateDuty(
            id=new_id(),
            dataset=change.dataset,
            agency=_agency(change.dataset),
            cause=change.cause,
            elements=change.elements,
            reason=change.reason,
            origin=change.origin,
            rule_set=self._rule_set,
            deadline=self._deadline,
            version=0 if entry is None else entry.live_version or 0,
            opened_at=now,
            opened_by=by,
        )
        event = DutyEvent(at=now, kind=DutyEventKind.OPENED, by=by, note=duty.reason, after=duty.deadline)
        self._transaction.duties.save(duty, event)
        details = {"duty": duty.id, "cause": duty.cause.value, "due": str(duty.deadline.due), "rule_set": duty.rule_set}
        self._transaction.ledger.append(entry_by(self._principal, "open_duty", duty.dataset, details=details))
        return duty


def _close(
    transaction: Transaction, principal: Principal, duty: UpdateDuty, state: DutyState, closing: str, at: dt.datetime
) -> UpdateDuty:
    changes = {"closed": state, "closed_at": at, "closed_on": clocks.local_day(at), "closing": closing}
    closed = duty.model_copy(update=changes)
    kind = DutyEventKind.DONE if state is DutyState.DONE else DutyEventKind.DISMISSED
    event = DutyEvent(at=at, kind=kind, by=principal.name, note=closing, after=duty.deadline)
    transaction.duties.save(closed, event)
    details = {"duty": duty.id, "state": state.value, "closing": closing, "is_late": closed.was_late}
    transaction.ledger.append(entry_by(principal, "close_duty", duty.dataset, details=details))
    return closed


def _change(dataset: str, cause: DutyCause, element: Element, reason: str, day: dt.date, origin: str) -> ElementChange:
    return ElementChange(
        dataset=dataset,
        cause=cause,
        elements=(element,),
        reason=reason[:2_000],
        happened_on=day,
        origin=f"{cause.value}:{origin}",
    )


def _require_past(day: dt.date) -> None:
    if day > clocks.local_day(dt.datetime.now(dt.UTC)):
        zh, en = f"{day} 尚未到来，请填写实际发生日期", f"{day} has not come yet; give the day on which it happened"
        raise InvalidError(problem("in-the-future", zh, en, field="happened_on"))


def _require_own(agency: str, datasets: Iterable[str]) -> None:
    foreign = [one for one in datasets if _agency(one) != agency]
    if foreign:
        zh, en = f"{'、'.join(foreign)} 不属于机构 {agency}", f"{', '.join(foreign)} are not entries of agency {agency}"
        raise InvalidError(problem("foreign-entry", zh, en, field="datasets", article=14))


def _published(transaction: Transaction, agency: str) -> tuple[str, ...]:
    catalog = transaction.catalog.snapshot()
    found = tuple(one.id for one in catalog.datasets if one.agency == agency)
    if not found:
        zh = f"机构 {agency} 没有已发布的目录条目，请在 datasets 中列明受影响或需新编制的条目"
        en = f"agency {agency} has no published entries; name in datasets those that are affected or must be compiled"
        raise InvalidError(problem("no-entries", zh, en, field="datasets", article=14))
    return found


def _laws(dataset: Dataset) -> set[str]:
    bases: tuple[LegalBasis | None, ...] = (dataset.basis.statute, dataset.sharing.basis, dataset.opening.basis)
    return {_law_name(one.law) for one in bases if one is not None}


def _law_name(law: str) -> str:
    return law.strip().strip("《》").strip()


def _agency(dataset_id: str) -> str:
    return dataset_id.partition("/")[0]
