"""整改 (Art. 25, 32): what opens, closes and escalates the issues of rules that data fail.

Here: taking in the outcome of a check in the transaction that makes it visible, the steps of agency and authority, the daily
escalation. Not here: what must be open (catalog.rectification), showing issues (rectification_views), mails
(rectification_notices).
"""

import datetime as dt
from collections.abc import Sequence

from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.procedure import step
from catalog_service.catalog.quality import QualityRun
from catalog_service.catalog.rectification import (
    RECTIFICATION_MOVES,
    Rectification,
    RectificationEvent,
    RectificationState,
    StepEvent,
    Verdict,
    changes,
    observe,
    pardon,
    responsible,
)
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.services import clocks
from catalog_service.services.casework import Parties, advance, record
from catalog_service.services.duties import PLATFORM
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.rectification_notices import found, tell_of_escalation, tell_of_opening
from catalog_service.store.database import Transaction

_ARTICLE = 25


class EscalationCounts(Model):
    """What a round of escalation did."""

    open: int
    overdue: int
    escalated: int


def take_in(transaction: Transaction, run: QualityRun, deliveries: Sequence[Delivery] = ()) -> None:
    """Open, close and update issues by the outcome of a check that becomes visible in this transaction.

    Runs may be taken in late or twice: what a check of newer data has decided stays.
    """
    dataset_id = run.table.partition("/")[2]
    transaction.rectification.lock()
    before = transaction.rectification.seen(dataset_id)
    after = observe(before, run)
    if after == before:
        return
    transaction.rectification.remember(dataset_id, after)
    standing = transaction.rectification.open_of(dataset_id)
    todo = changes(before, after, standing.keys())
    for rule, verdict in todo.persisting.items():
        _persist(transaction, standing[rule], verdict)
    for rule, verdict in todo.corrected.items():
        more: dict[str, object] = {"correction": verdict, "delivery": _delivery_of(run, verdict, deliveries)}
        _move(transaction, PLATFORM, standing[rule], RectificationEvent.CORRECT, more)
    for rule in todo.lapsed:
        _move(transaction, PLATFORM, standing[rule], RectificationEvent.LAPSE, {})
    _open(transaction, dataset_id, todo.opened)


def act(platform: Platform, principal: Principal, issue_id: str, event: StepEvent, *, reason: str = "") -> Rectification:
    """Answer what was done (the agency), or dismiss with reasons (the authority).

    An answer closes nothing: the next delivery that passes does. A dismissal holds until data pass, or more rows break the
    rule.

    Raises:
        NotFoundError: there is no such issue.
        UnauthenticatedError, ForbiddenError: it is not the asker's move.
        ConflictError: it is closed, or somebody else was faster.
        InvalidError: the answer, or the reasons, are missing.
    """
    with platform.database.transaction() as transaction:
        transaction.rectification.lock()
        one = transaction.rectification.issues.get(issue_id)
        parties = Parties(one.agency)
        state, made = advance(RECTIFICATION_MOVES, one.state, event, principal, parties, article=_ARTICLE, reason=reason)
        if state is RectificationState.DISMISSED:
            seen = transaction.rectification.seen(one.dataset)
            transaction.rectification.remember(one.dataset, pardon(seen, one.rule))
        change: dict[str, object] = {"state": state, "revision": one.revision + 1, "history": (*one.history, made)}
        saved = one.model_copy(update=change | ({} if state is RectificationState.ANSWERED else {"closed_at": made.at}))
        transaction.rectification.issues.save(saved)
        _log(transaction, principal, saved, event, reason=reason.strip())
        return saved


def escalate(platform: Platform, principal: Principal) -> EscalationCounts:
    """Bring issues whose last day has passed before the authority, once.

    Running it again on the same day changes nothing.

    Raises:
        UnauthenticatedError, ForbiddenError: only the authority escalates.
    """
    authorize(principal, Action.EVALUATE)
    today = clocks.today(platform)
    with platform.database.transaction() as transaction:
        transaction.rectification.lock()
        standing = transaction.rectification.all_open()
        late = [one for one in standing if one.is_to_escalate(today)]
        for one in late:
            _move(transaction, principal, one, RectificationEvent.ESCALATE, {"escalated_at": dt.datetime.now(dt.UTC)})
        tell_of_escalation(transaction, late)
    overdue = sum(one.is_overdue(today) for one in standing)
    return EscalationCounts(open=len(standing), overdue=overdue, escalated=len(late))


def entry_withdrawn(transaction: Transaction, dataset_id: str) -> None:
    """Lapse the issues of an entry that was just withdrawn; the life cycle calls this."""
    transaction.rectification.lock()
    for one in transaction.rectification.open_of(dataset_id).values():
        _move(transaction, PLATFORM, one, RectificationEvent.LAPSE, {}, reason="条目已撤回")


def count_again(transaction: Transaction, principal: Principal, note: str) -> int:
    """Count every running deadline again, as the calendar changed; return how many moved or became definite."""
    calendar, moved = clocks.calendar_in(transaction), 0
    transaction.rectification.lock()
    for one in transaction.rectification.all_open():
        after = calendar.deadline(one.deadline.received, one.deadline.count)
        if after == one.deadline:
            continue
        moved += 1
        words = f"{one.deadline.due} → {after.due}（{note}）"
        made = record(principal, RectificationEvent.MOVE, one.state, reason=words)
        change = {"deadline": after, "revision": one.revision + 1, "history": (*one.history, made)}
        saved = one.model_copy(update=change)
        transaction.rectification.issues.save(saved)
        details = {"before": str(one.deadline.due), "after": str(after.due), "dataset": one.dataset, "note": note}
        transaction.ledger.append(entry_by(principal, "move_deadline", f"rectification:{one.id}", details=details))
    return moved


def _open(transaction: Transaction, dataset_id: str, opened: dict[str, Verdict]) -> None:
    if not opened:
        return
    dataset = transaction.catalog.record(dataset_id).dataset
    agency, sources = responsible(dataset)
    now = dt.datetime.now(dt.UTC)
    day = clocks.local_day(now)
    rule_set = clocks.rule_sets_in(transaction).in_force(day).id
    deadline = clocks.deadline_in(transaction, DutyKind.RECTIFICATION, day)
    for rule, verdict in opened.items():
        one = Rectification(
            id=new_id(),
            dataset=dataset_id,
            rule=rule,
            agency=agency,
            sources=sources,
            verdict=verdict,
            deadline=deadline,
            rule_set=rule_set,
            opened_at=now,
            history=(record(PLATFORM, RectificationEvent.OPEN, RectificationState.OPEN, reason=found(verdict).zh),),
        )
        transaction.rectification.issues.add(one)
        _log(transaction, PLATFORM, one, RectificationEvent.OPEN, due=str(deadline.due), rule_set=rule_set)
    tell_of_opening(transaction, dataset.title, agency, deadline, opened.values())


def _persist(transaction: Transaction, one: Rectification, verdict: Verdict) -> None:
    """Keep the newest finding; what was answered is open again, for the data still fail."""
    if one.state is RectificationState.ANSWERED:
        _move(transaction, PLATFORM, one, RectificationEvent.PERSIST, {"verdict": verdict}, reason=found(verdict).zh)
        return
    transaction.rectification.issues.save(one.model_copy(update={"verdict": verdict, "revision": one.revision + 1}))


def _move(
    transaction: Transaction,
    principal: Principal,
    one: Rectification,
    event: RectificationEvent,
    more: dict[str, object],
    *,
    reason: str = "",
) -> None:
    """Take a step that is nobody's but the platform's."""
    state = step(RECTIFICATION_MOVES, one.state, event, article=_ARTICLE)
    made = record(principal, event, state, reason=reason)
    change = {"state": state, "revision": one.revision + 1, "history": (*one.history, made), **more}
    saved = one.model_copy(update=change)
    if not saved.is_open:
        saved = saved.model_copy(update={"closed_at": made.at})
    transaction.rectification.issues.save(saved)
    _log(transaction, principal, saved, event)


def _log(transaction: Transaction, principal: Principal, one: Rectification, event: RectificationEvent, **more: object) -> None:
    details = {
        "dataset": one.dataset,
        "rule": one.rule,
        "agency": one.agency,
        "version": one.verdict.place.version,
        "unexpected": one.verdict.unexpected_count,
        "delivery": one.delivery,
    }
    action = f"rectification_{event.value}"
    transaction.ledger.append(entry_by(principal, action, f"rectification:{one.id}", details=details | more))


def _delivery_of(run: QualityRun, verdict: Verdict, deliveries: Sequence[Delivery]) -> str | None:
    """Return the delivery that made the version that passes, where it is this run's."""
    return deliveries[0].id if deliveries and verdict.place.run_id == run.run_id else None
