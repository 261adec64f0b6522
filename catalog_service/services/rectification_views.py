"""Issues of rectification as they are shown (Art. 25, 32): to the agency, to the authority, with what may be done and samples.

Here: reading. Not here: what opens, closes and escalates issues (services.rectification).
"""

import datetime as dt
from collections.abc import Iterable

from catalog_service.catalog.errors import NotFoundError, Text
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import CITY_WIDE, PERMITTED, Action, Principal, authorize, is_permitted
from catalog_service.catalog.procedure import Step
from catalog_service.catalog.rectification import (
    RECTIFICATION_MOVES,
    Rectification,
    RectificationEvent,
    RectificationQuery,
    RectificationState,
)
from catalog_service.catalog.vocabularies import Dimension, Severity
from catalog_service.catalog.working_days import Deadline
from catalog_service.services import clocks, measuring
from catalog_service.services.casework import Parties, turns
from catalog_service.services.identity import require_signed_in
from catalog_service.services.platform import Platform
from catalog_service.services.quality_views import FailedRow
from catalog_service.store.database import Transaction

_SAMPLES = 20
"""Failing rows shown with an issue; all of them are in the `quality` zone."""


class RectificationView(Model):
    """An issue in one line."""

    id: str
    dataset: str
    dataset_title: str
    agency: str
    agency_name: str
    rule: str
    reason: Text
    """What the rule asks."""
    severity: Severity
    dimension: Dimension
    field: str | None
    unexpected_count: int
    evaluated_count: int
    version: int
    """The version of the data that fails."""
    state: RectificationState
    opened_at: dt.datetime
    due: dt.date
    is_provisional: bool
    days_left: int | None
    """Working days after today up to the last one; negative where it is overdue, None where it is closed."""
    is_overdue: bool
    escalated_at: dt.datetime | None
    closed_at: dt.datetime | None
    delivery: str | None
    """The delivery that corrected it."""


class RectificationDetail(RectificationView):
    """An issue with its history, the count of its deadline, what the reader can do, and failing rows."""

    sources: tuple[str, ...]
    rule_set: str
    deadline: Deadline
    history: tuple[Step, ...]
    possible: tuple[RectificationEvent, ...]
    samples: tuple[FailedRow, ...]
    """Of the version checked last, sensitive parts masked; empty where the reader may not see them."""


class RectificationPage(Model):
    """A page of issues, and how many there are."""

    items: tuple[RectificationView, ...]
    total: int
    overdue: int
    next_cursor: str | None


def list_issues(platform: Platform, principal: Principal, query: RectificationQuery) -> RectificationPage:
    """Return issues, soonest due first: an agency's own, or those of all for city-wide roles.

    Raises:
        UnauthenticatedError, ForbiddenError: the role does not allow it, or it is another agency.
    """
    asked = query.model_copy(update={"agency": _reach(principal, query.agency)})
    overdue = asked.model_copy(update={"is_overdue": True, "cursor": None})
    today = clocks.today(platform)
    with platform.database.reading() as transaction:
        found, cursor = transaction.rectification.find(asked, today)
        shown = _Shown(transaction, today, found)
        return RectificationPage(
            items=tuple(RectificationView.model_validate(shown.line(one)) for one in found),
            total=transaction.rectification.count(asked, today),
            overdue=transaction.rectification.count(overdue, today),
            next_cursor=cursor,
        )


def show_issue(platform: Platform, principal: Principal, issue_id: str) -> RectificationDetail:
    """Return an issue; the agencies that a derived data set comes from see its issues too.

    Raises:
        NotFoundError: there is no such issue.
        UnauthenticatedError, ForbiddenError: it is none of the asker's.
    """
    require_signed_in(principal)
    today = clocks.today(platform)
    with platform.database.reading() as transaction:
        one = transaction.rectification.issues.get(issue_id)
        authorize(
            principal, Action.SEE_RECTIFICATION, agency=principal.agency if principal.agency in one.sources else one.agency
        )
        line = _Shown(transaction, today, [one]).line(one)
    return RectificationDetail.model_validate(
        {
            **line,
            "sources": one.sources,
            "rule_set": one.rule_set,
            "deadline": one.deadline,
            "history": one.history,
            "possible": turns(RECTIFICATION_MOVES, one.state, principal, Parties(one.agency)),
            "samples": _samples(platform, principal, one),
        }
    )


def _samples(platform: Platform, principal: Principal, one: Rectification) -> tuple[FailedRow, ...]:
    owner = one.dataset.partition("/")[0]
    if not one.is_open or not is_permitted(principal, Action.SEE_FAILED_ROWS, agency=owner):
        return ()
    try:
        return measuring.failed_rows(platform, principal, one.dataset, rule=one.rule, limit=_SAMPLES).rows
    except NotFoundError:  # the entry is not published at present
        return ()


def _reach(principal: Principal, agency: str | None) -> str | None:
    """Return the agency whose issues are shown; None: those of all, for roles that reach that far."""
    authorize(principal, Action.SEE_RECTIFICATION, agency=agency)
    if agency is not None or principal.roles & PERMITTED[Action.SEE_RECTIFICATION] & CITY_WIDE:
        return agency
    authorize(principal, Action.SEE_RECTIFICATION, agency=principal.agency or "")
    return principal.agency


class _Shown:
    """Lines of issues as of a day."""

    def __init__(self, transaction: Transaction, today: dt.date, issues: Iterable[Rectification]) -> None:
        self._calendar = clocks.calendar_in(transaction)
        self._records = transaction.catalog.records({one.dataset for one in issues})
        self._names = {one.slug: one.name for one in transaction.catalog.registry().agencies}
        self._today = today

    def line(self, one: Rectification) -> dict[str, object]:
        verdict, deadline = one.verdict, one.deadline
        left = self._calendar.workdays_between(self._today, deadline.due)
        if left == 0 and one.is_overdue(self._today):
            left = -1  # it ended on the working day before a weekend
        record = self._records.get(one.dataset)
        return {
            **one.model_dump(include=_SAME),
            **verdict.model_dump(include=_OF_VERDICT),
            "dataset_title": one.dataset if record is None else record.dataset.title,
            "agency_name": self._names.get(one.agency, one.agency),
            "version": verdict.place.version,
            "due": deadline.due,
            "is_provisional": deadline.is_provisional,
            "days_left": left if one.is_open else None,
            "is_overdue": one.is_overdue(self._today),
        }


_SAME = {"id", "dataset", "agency", "rule", "state", "opened_at", "escalated_at", "closed_at", "delivery"}
_OF_VERDICT = {"reason", "severity", "dimension", "field", "unexpected_count", "evaluated_count"}
