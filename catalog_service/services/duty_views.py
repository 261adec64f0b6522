"""Duties as they are shown (Art. 14): with state, days left and the count day by day, to the agency and to the authority.

Here: reading. Not here: what opens and closes duties (services.duties).
"""

import datetime as dt
from collections.abc import Iterable

from catalog_service.catalog.duty import DutyCause, DutyEvent, DutyQuery, DutyState, Element, FunctionChange, UpdateDuty
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import CITY_WIDE, PERMITTED, Action, Principal, authorize
from catalog_service.catalog.working_days import WorkCalendar
from catalog_service.services import clocks
from catalog_service.services.identity import require_signed_in
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction


class DutyView(Model):
    """A duty in one line."""

    id: str
    dataset: str
    title: str
    """Of the entry; its id where there is no such entry yet."""
    agency: str
    agency_name: str
    cause: DutyCause
    elements: tuple[Element, ...]
    reason: str
    state: DutyState
    happened_on: dt.date
    due: dt.date
    is_provisional: bool
    """暂定: the holidays of a year on the way are not published yet."""
    days: int
    """Working days that the rule set gives."""
    days_left: int | None
    """Working days after today up to the last one; negative where it is overdue, None where it is closed."""
    rule_set: str
    was_late: bool
    closing: str


class DutyDetail(DutyView):
    """A duty with its history and the count of its deadline day by day."""

    duty: UpdateDuty
    history: tuple[DutyEvent, ...]


class DutyPage(Model):
    """A page of duties, and how many there are of each state for the same agency."""

    items: tuple[DutyView, ...]
    total: int
    overdue: int
    next_cursor: str | None


def list_duties(platform: Platform, principal: Principal, query: DutyQuery) -> DutyPage:
    """Return duties, soonest due first: an agency's own, or those of all for city-wide roles."""
    asked = query.model_copy(update={"agency": _reach(principal, query.agency)})
    today = clocks.today(platform)
    with platform.database.reading() as transaction:
        found, cursor = transaction.duties.find(asked, today)
        shown = _Shown(transaction, today, found)
        overdue = asked.model_copy(update={"state": DutyState.OVERDUE, "cursor": None})
        return DutyPage(
            items=tuple(shown.line(one) for one in found),
            total=transaction.duties.count(asked, today),
            overdue=transaction.duties.count(overdue, today),
            next_cursor=cursor,
        )


def show_duty(platform: Platform, principal: Principal, duty_id: str) -> DutyDetail:
    """Return a duty with its history and its count.

    Raises:
        NotFoundError: there is no such duty.
    """
    require_signed_in(principal)
    today = clocks.today(platform)
    with platform.database.reading() as transaction:
        duty = transaction.duties.get(duty_id)
        authorize(principal, Action.SEE_DUTIES, agency=duty.agency)
        line = _Shown(transaction, today, [duty]).line(duty)
        return DutyDetail(**dict(line), duty=duty, history=transaction.duties.history(duty_id))


def function_changes(platform: Platform, principal: Principal, agency: str | None = None) -> tuple[FunctionChange, ...]:
    """Return registered changes of functions, newest first: an agency's own, or those of all for city-wide roles."""
    reached = _reach(principal, agency)
    with platform.database.reading() as transaction:
        return transaction.duties.function_changes(reached)


def _reach(principal: Principal, agency: str | None) -> str | None:
    """Return the agency whose duties are shown; None: those of all, for roles that reach that far."""
    authorize(principal, Action.SEE_DUTIES, agency=agency)
    if agency is not None or principal.roles & PERMITTED[Action.SEE_DUTIES] & CITY_WIDE:
        return agency
    authorize(principal, Action.SEE_DUTIES, agency=principal.agency or "")
    return principal.agency


class _Shown:
    """Lines of duties as of a day."""

    def __init__(self, transaction: Transaction, today: dt.date, duties: Iterable[UpdateDuty]) -> None:
        self._calendar: WorkCalendar = clocks.calendar_in(transaction)
        self._names = {one.slug: one.name for one in transaction.catalog.registry().agencies}
        self._titles = transaction.desk.titles({one.dataset for one in duties})
        self._today = today

    def line(self, duty: UpdateDuty) -> DutyView:
        deadline = duty.deadline
        left = self._calendar.workdays_between(self._today, deadline.due)
        if duty.closed is None and left == 0 and self._today > deadline.due:
            left = -1  # it ended on the working day before a weekend
        return DutyView(
            id=duty.id,
            dataset=duty.dataset,
            title=self._titles.get(duty.dataset) or duty.dataset,
            agency=duty.agency,
            agency_name=self._names.get(duty.agency, duty.agency),
            cause=duty.cause,
            elements=duty.elements,
            reason=duty.reason,
            state=duty.state(self._today),
            happened_on=deadline.received,
            due=deadline.due,
            is_provisional=deadline.is_provisional,
            days=deadline.count,
            days_left=left if duty.closed is None else None,
            rule_set=duty.rule_set,
            was_late=duty.was_late,
            closing=duty.closing,
        )
