"""What agencies had to do by a day (Art. 14, 20, 24, 26), as it stood at a moment: from duties, requests and objections.

Here: reading the cases and counting their clocks. Not here: whether an obligation was kept (catalog.obligations), the cases
themselves (duties, sharing, opening, objections).
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from catalog_service.catalog.duty import DutyState
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.objection import ObjectionEvent
from catalog_service.catalog.obligations import Obligation
from catalog_service.catalog.open_request import OpenEvent
from catalog_service.catalog.procedure import Step
from catalog_service.catalog.ruleset import DutyKind, RuleSets
from catalog_service.catalog.share_request import ShareEvent
from catalog_service.catalog.working_days import WorkCalendar
from catalog_service.services import clocks
from catalog_service.store.database import Transaction

_OPINION = (ShareEvent.OPINE.value,)
_REPLY = (OpenEvent.APPROVE.value, OpenEvent.REFUSE.value)
_ACCEPTED = (ObjectionEvent.ACCEPT.value, ObjectionEvent.REJECT.value)
_VERIFIED = (ObjectionEvent.CORRECT.value, ObjectionEvent.REJECT.value)
_AWAY = (ShareEvent.WITHDRAW.value, ShareEvent.TAKE_UP.value, OpenEvent.WITHDRAW.value)
"""Steps by which a case leaves the agency's hands without its doing."""


class Moment(NamedTuple):
    """As of when something is looked at: what happened before `at` counts; `day` is the last day of it in Wuxi."""

    at: dt.datetime
    day: dt.date


def calendar_at(transaction: Transaction, moment: Moment) -> WorkCalendar:
    """Return the calendar with the holiday notices that had been issued."""
    issued = [one for one in transaction.clocks.notices() if one.issued_on <= moment.day]
    return clocks.base_calendar().amended(issued) if issued else clocks.base_calendar()


def rule_sets_at(transaction: Transaction, moment: Moment) -> RuleSets:
    """Return the rule sets with the adoptions that had been decided."""
    found = clocks.rule_sets_in(transaction)
    return found.model_copy(update={"adoptions": tuple(one for one in found.adoptions if one.decided_at < moment.at)})


def obligations(transaction: Transaction, moment: Moment, agency: str | None = None) -> tuple[Obligation, ...]:
    """Return the obligations (of an agency) that had begun, in a fixed order."""
    found = _Obligations(transaction, moment, agency)
    return tuple(sorted(found.all(), key=lambda one: (one.article, one.began, one.case, one.kind.value)))


class _Obligations:
    """Obligations at a moment; calendar and rules are read once."""

    def __init__(self, transaction: Transaction, moment: Moment, agency: str | None) -> None:
        self._transaction = transaction
        self._moment = moment
        self._agency = agency
        self._calendar = calendar_at(transaction, moment)
        self._rules = rule_sets_at(transaction, moment)

    def all(self) -> Iterator[Obligation]:
        """Yield all of them."""
        yield from self._updates()
        yield from self._opinions()
        yield from self._replies()
        yield from self._objections()

    def _updates(self) -> Iterator[Obligation]:
        for one in self._transaction.scores.duties(self._moment.at, self._agency):
            is_over = one.closed_at is not None and one.closed_at < self._moment.at
            if is_over and one.closed is DutyState.DISMISSED:
                continue  # the authority found that there was none
            yield Obligation(
                article=14,
                kind=DutyKind.ENTRY_UPDATE,
                case=one.id,
                dataset=one.dataset,
                agency=one.agency,
                began=one.deadline.received,
                due=one.deadline.due,
                ended=one.closed_on if is_over else None,
                is_done=is_over,
            )

    def _opinions(self) -> Iterator[Obligation]:
        cases = self._transaction.sharing.share_requests
        for one in cases.find(*cases.where(source=self._agency)):
            given = (20, DutyKind.SHARE_OPINION, one.id, one.wish.dataset)
            yield from self._case(given, one.submitted_at, one.history, _OPINION)

    def _replies(self) -> Iterator[Obligation]:
        cases = self._transaction.sharing.open_requests
        for one in cases.find(*cases.where(source=self._agency)):
            yield from self._case((24, DutyKind.OPEN_REPLY, one.id, one.wish.dataset), one.created_at, one.history, _REPLY)

    def _objections(self) -> Iterator[Obligation]:
        cases = self._transaction.interaction.objections
        for one in cases.find(*cases.where(source=self._agency)):
            given = (26, DutyKind.OBJECTION_ACCEPT, one.number, one.wish.dataset)
            yield from self._case(given, one.filed_at, one.history, _ACCEPTED)
            given = (26, DutyKind.OBJECTION_VERIFY, one.number, one.wish.dataset)
            yield from self._case(given, one.accepted_at, one.history, _VERIFIED)

    def _case(
        self,
        given: tuple[int, DutyKind, str, str],
        began_at: dt.datetime | None,
        history: Iterable[Step],
        doing: tuple[str, ...],
    ) -> Iterator[Obligation]:
        """Yield the obligation of a case that began at an instant and ends with one of these steps."""
        article, kind, case, dataset = given
        if began_at is None or began_at >= self._moment.at:
            return
        began = clocks.local_day(began_at)
        due = self._due(kind, began)
        if due is None:
            return
        ending = [one for one in history if began_at <= one.at < self._moment.at and one.event in (*doing, *_AWAY)]
        yield Obligation(
            article=article,
            kind=kind,
            case=case,
            dataset=dataset,
            agency=dataset.partition("/")[0],
            began=began,
            due=due,
            ended=clocks.local_day(ending[0].at) if ending else None,
            is_done=bool(ending) and ending[0].event in doing,
        )

    def _due(self, kind: DutyKind, began: dt.date) -> dt.date | None:
        """Return the last day; None where no rules were in force."""
        try:
            days = self._rules.in_force(began).deadlines[kind]
        except InvalidError:
            return None
        return self._calendar.deadline(began, days).due
