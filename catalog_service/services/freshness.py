"""Promised against actual update cycle (Art. 13, 15, 25), by the working-day calendar; reminders before and after.

Here: how each data set stands today and which reminders are due. Not here: what a cycle promises (catalog.freshness), sending
messages (the stored reminders are what an agency sees).
"""

import datetime as dt
import statistics
from itertools import pairwise

from catalog_service.catalog.data_standing import Freshness as SearchFreshness
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.freshness import (
    NOTICE_WORKING_DAYS,
    Freshness,
    Reminder,
    Timeliness,
    due_day,
    reminder_kind,
)
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.vocabularies import Frequency
from catalog_service.catalog.working_days import WorkCalendar
from catalog_service.services import clocks
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.reading import published_record

_SEARCHED = {
    Timeliness.CURRENT: SearchFreshness.CURRENT,
    Timeliness.DUE_SOON: SearchFreshness.CURRENT,
    Timeliness.LATE: SearchFreshness.OVERDUE,
}


class ReminderCounts(Model):
    """What a round of reminders did."""

    checked: int = 0
    """Data sets with a promised cycle."""
    late: int = 0
    created: int = 0
    settled: int = 0


def freshness(platform: Platform, dataset_id: str) -> Freshness:
    """Return how a data set stands today against the update cycle that its entry promises.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        history = transaction.publications.history(f"{dataset.zone}/{dataset_id}")
        calendar = clocks.calendar_in(transaction)
    latest = history[0] if history else None
    found = standing(dataset, latest, calendar, clocks.today(platform))
    days = sorted({clocks.local_day(one.published_at) for one in history})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return found.model_copy(update={"median_days": statistics.median(gaps) if gaps else None})


def freshness_of_all(platform: Platform, *, agency: str | None = None) -> list[Freshness]:
    """Return how all published data sets (of an agency) stand today, the latest overdue first."""
    with platform.database.reading() as transaction:
        catalog = transaction.catalog.snapshot()
        published = transaction.publications.all_current()
        calendar = clocks.calendar_in(transaction)
    today = clocks.today(platform)
    wanted = (one for one in catalog.datasets if agency in (None, one.agency))
    found = [standing(one, published.get(f"{one.zone}/{one.id}"), calendar, today) for one in wanted]
    return sorted(found, key=lambda one: (one.days_left is None, one.days_left or 0, one.dataset))


def standing(dataset: Dataset, latest: Publication | None, calendar: WorkCalendar, day: dt.date) -> Freshness:
    """Return how a data set stands on a day, by its version that readers see."""
    common = {"dataset": dataset.id, "agency": dataset.agency, "frequency": dataset.frequency, "day": day}
    if latest is None:
        kind = Timeliness.UNPROMISED if dataset.frequency is Frequency.IRREGULAR else Timeliness.NEVER
        return Freshness.model_validate({**common, "updated_on": None, "due_on": None, "timeliness": kind})
    updated = clocks.local_day(latest.published_at)
    due = due_day(dataset.frequency, updated, calendar)
    if due is None:
        return Freshness.model_validate({**common, "updated_on": updated, "due_on": None, "timeliness": Timeliness.UNPROMISED})
    last, is_provisional = due
    left = calendar.workdays_between(day, last)
    notice = NOTICE_WORKING_DAYS.get(dataset.frequency, 0)
    kind = Timeliness.LATE if day > last else Timeliness.DUE_SOON if left < notice else Timeliness.CURRENT
    counted = {"is_provisional": is_provisional, "timeliness": kind, "days_left": left}
    return Freshness.model_validate({**common, "updated_on": updated, "due_on": last, **counted})


def remind(platform: Platform, principal: Principal) -> ReminderCounts:
    """Store the reminders that are due today, one of a kind for each due day, and settle those whose data have come.

    Running it again on the same day changes nothing.

    Raises:
        UnauthenticatedError, ForbiddenError: only the authority reminds.
    """
    authorize(principal, Action.EVALUATE)
    now, created, settled = dt.datetime.now(dt.UTC), 0, 0
    everything = freshness_of_all(platform)
    with platform.database.transaction() as transaction:
        for one in everything:
            settled += transaction.quality.settle_reminders(one.dataset, one.due_on, now)
            kind = reminder_kind(one)
            if kind is not None and one.due_on is not None:
                made = {"id": new_id(), "dataset": one.dataset, "agency": one.agency, "kind": kind}
                reminder = Reminder.model_validate({**made, "due_on": one.due_on, "created_at": now})
                created += transaction.quality.add_reminder(reminder)
            if one.timeliness in _SEARCHED:
                transaction.catalog.set_standing(one.dataset, freshness=_SEARCHED[one.timeliness])
    return ReminderCounts(
        checked=sum(one.due_on is not None for one in everything),
        late=sum(one.timeliness is Timeliness.LATE for one in everything),
        created=created,
        settled=settled,
    )


def reminders(platform: Platform, principal: Principal, agency: str | None = None) -> list[Reminder]:
    """Return the open reminders of an agency (None: of all), the earliest due day first.

    Raises:
        UnauthenticatedError, ForbiddenError: neither of this agency nor of the authority.
    """
    authorize(principal, Action.SEE_FAILED_ROWS, agency=agency)
    with platform.database.reading() as transaction:
        return transaction.quality.reminders(agency=agency)
