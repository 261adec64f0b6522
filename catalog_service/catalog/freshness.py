"""Update cycles (Art. 13, 15, 25): when a data set is due, counted in working days, and what it says about itself.

Here: the promise of each cycle and the standing that follows, a pure function of days. Not here: calendars of a year
(working_days), reminders sent (services.freshness).
"""

import datetime as dt
from enum import StrEnum

from catalog_service.catalog.model import DatasetId, Model, Slug
from catalog_service.catalog.vocabularies import Frequency, Term
from catalog_service.catalog.working_days import WorkCalendar

_CALENDAR_DAYS = {Frequency.WEEKLY: 7, Frequency.MONTHLY: 31, Frequency.QUARTERLY: 92, Frequency.YEARLY: 366}
_WORKING_DAYS = {Frequency.REAL_TIME: 1, Frequency.DAILY: 1}
NOTICE_WORKING_DAYS = {Frequency.WEEKLY: 1, Frequency.MONTHLY: 3, Frequency.QUARTERLY: 5, Frequency.YEARLY: 10}
"""Working days before the due day on which the agency is reminded; shorter cycles are not reminded beforehand."""


class Timeliness(Term):
    """Where a data set stands against its promised update cycle."""

    CURRENT = "current", "按期更新", "updated in time"
    DUE_SOON = "due_soon", "即将到期", "due soon"
    LATE = "late", "逾期未更新", "overdue"
    NEVER = "never", "尚未汇聚", "never delivered"
    UNPROMISED = "unpromised", "不定期", "no promised cycle"


class ReminderKind(StrEnum):
    """When an agency is reminded."""

    BEFORE = "before"
    AFTER = "after"


class Freshness(Model):
    """A data set's promised and actual update cycle on one day."""

    dataset: DatasetId
    agency: Slug
    frequency: Frequency
    day: dt.date
    """The day for which this holds."""
    updated_on: dt.date | None
    """Day of the last update that was published; None: never."""
    due_on: dt.date | None
    """Last day of the promised cycle, a working day; None: nothing is promised, or nothing has come yet."""
    is_provisional: bool = False
    """Whether the days were counted without an official calendar of the year."""
    timeliness: Timeliness
    days_left: int | None = None
    """Working days until the due day; negative: since."""
    median_days: float | None = None
    """Usual number of days between updates that were published; None: fewer than two."""


class Reminder(Model):
    """One reminder to an agency that an update is due, or overdue; there is one of a kind for each due day."""

    id: str
    dataset: DatasetId
    agency: Slug
    kind: ReminderKind
    due_on: dt.date
    created_at: dt.datetime
    settled_at: dt.datetime | None = None
    """When the data were updated; None: still open."""


def due_day(frequency: Frequency, updated_on: dt.date, calendar: WorkCalendar) -> tuple[dt.date, bool] | None:
    """Return the last day for the next update, and whether that is provisional; None where no cycle is promised.

    Daily cycles count working days; longer ones end on the same day of the next week, month, quarter or year, or on the
    first working day after it.
    """
    if frequency in _WORKING_DAYS:
        deadline = calendar.deadline(updated_on, _WORKING_DAYS[frequency])
        return deadline.due, deadline.is_provisional
    if frequency not in _CALENDAR_DAYS:
        return None
    last = updated_on + dt.timedelta(days=_CALENDAR_DAYS[frequency])
    if calendar.is_workday(last):
        return last, not calendar.is_known(last)
    deadline = calendar.deadline(last, 1)
    return deadline.due, deadline.is_provisional


def reminder_kind(standing: Freshness) -> ReminderKind | None:
    """Return the reminder that a standing calls for, if any."""
    match standing.timeliness:
        case Timeliness.DUE_SOON:
            return ReminderKind.BEFORE
        case Timeliness.LATE:
            return ReminderKind.AFTER
        case _:
            return None
