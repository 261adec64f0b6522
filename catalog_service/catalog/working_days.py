"""工作日: which days count, and a deadline with its count day by day (Art. 14, 24).

Here: the pure calendar over given holidays and make-up workdays (调休上班). Not here: where these days come from, later
notices stored (services.clocks), how many days a duty has (catalog.ruleset).
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field as Attribute
from pydantic import StringConstraints, model_validator

from catalog_service.catalog.model import Line, Model
from catalog_service.catalog.vocabularies import Term

ONE_DAY = dt.timedelta(days=1)
LONGEST_DEADLINE = 1_000
"""Working days; longer terms are not counted in working days."""


class DayKind(Term):
    """What a day is in the official calendar of the State Council."""

    WORKDAY = "workday", "工作日", "working day"
    MAKEUP = "makeup", "调休上班", "make-up working day"
    WEEKEND = "weekend", "周末", "weekend"
    HOLIDAY = "holiday", "节假日", "public holiday"


class HolidayNotice(Model):
    """A notice of the State Council that arrives after the calendar of the program was made; it overrides single days."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    """Number of the notice, such as 国办发明电〔2026〕1号."""
    title: Line
    issued_on: dt.date
    covers: tuple[int, ...] = ()
    """Years that are known with this notice; empty for one that changes single days of a known year."""
    holidays: dict[dt.date, Line] = {}
    """Days off and their names."""
    workdays: tuple[dt.date, ...] = ()
    """Saturdays and Sundays on which is worked (调休), and days off that become working days again."""

    @model_validator(mode="after")
    def _consistent(self) -> "HolidayNotice":
        if both := sorted(self.holidays.keys() & set(self.workdays)):
            days = "、".join(map(str, both))
            raise ValueError(f"{days} 既列为放假又列为上班，请更正 / {days} are listed as days off and as workdays; correct it")
        if not (self.covers or self.holidays or self.workdays):
            raise ValueError("通知没有任何日期，请填写放假或上班日期 / the notice has no day; give days off or workdays")
        return self


class CountedDay(Model):
    """One day on the way to a deadline; days that do not count have no number."""

    day: dt.date
    number: int | None
    kind: DayKind
    holiday: str = ""
    """Name of the holiday."""
    is_provisional: bool = False
    """The official calendar of its year is not known yet."""


class Deadline(Model):
    """When something is due, and how that was counted. Day one is the working day after receipt."""

    received: dt.date
    due: dt.date
    days: tuple[CountedDay, ...]
    """Every day after receipt up to and including the last one."""
    is_provisional: bool
    """暂定: it runs through a year whose holidays are not published yet; it is counted again when they are."""

    @property
    def count(self) -> int:
        """Number of working days."""
        return sum(one.number is not None for one in self.days)


class WorkCalendar(Model):
    """Working days, from known years' holidays and make-up workdays; in other years weekends only."""

    known_years: frozenset[int]
    holidays: dict[dt.date, str]
    """Days off that are announced, weekends among them or not."""
    workdays: frozenset[dt.date]
    """Days announced as worked although they are weekends."""
    notices: tuple[str, ...] = Attribute(default=(), description="ids of the notices that were taken in, in order")

    def amended(self, notices: Iterable[HolidayNotice]) -> "WorkCalendar":
        """Return the calendar with notices taken in, the later issued one winning."""
        known, holidays, workdays, ids = set(self.known_years), dict(self.holidays), set(self.workdays), list(self.notices)
        for one in sorted(notices, key=lambda notice: (notice.issued_on, notice.id)):
            known |= set(one.covers)
            holidays = {day: name for day, name in holidays.items() if day not in one.workdays} | one.holidays
            workdays = (workdays | set(one.workdays)) - one.holidays.keys()
            ids.append(one.id)
        return WorkCalendar(known_years=frozenset(known), holidays=holidays, workdays=frozenset(workdays), notices=tuple(ids))

    def is_known(self, day: dt.date) -> bool:
        """Tell whether the official calendar of the day's year is known."""
        return day.year in self.known_years

    def kind(self, day: dt.date) -> DayKind:
        """Return what a day is."""
        is_weekend = day.weekday() >= 5
        if day in self.holidays:
            return DayKind.HOLIDAY
        if day in self.workdays and is_weekend:
            return DayKind.MAKEUP
        return DayKind.WEEKEND if is_weekend else DayKind.WORKDAY

    def is_workday(self, day: dt.date) -> bool:
        """Tell whether a day counts."""
        return self.kind(day) in {DayKind.WORKDAY, DayKind.MAKEUP}

    def deadline(self, received: dt.date, days: int) -> Deadline:
        """Return the deadline `days` working days after `received`; the day of receipt does not count.

        Raises:
            ValueError: `days` is not between 1 and `LONGEST_DEADLINE`.
        """
        if not 1 <= days <= LONGEST_DEADLINE:
            raise ValueError(f"a deadline has 1 to {LONGEST_DEADLINE} working days, not {days}")
        counted = tuple(self._count(received, days))
        return Deadline(
            received=received,
            due=counted[-1].day,
            days=counted,
            is_provisional=any(one.is_provisional for one in counted),
        )

    def workdays_between(self, start: dt.date, end: dt.date) -> int:
        """Return how many working days lie after `start` up to and including `end`; negative where `end` comes first."""
        if end < start:
            return -self.workdays_between(end, start)
        return sum(self.is_workday(start + ONE_DAY * step) for step in range(1, (end - start).days + 1))

    def _count(self, received: dt.date, days: int) -> Iterator[CountedDay]:
        day, number = received, 0
        while number < days:
            day += ONE_DAY
            kind = self.kind(day)
            counts = kind in {DayKind.WORKDAY, DayKind.MAKEUP}
            number += counts
            yield CountedDay(
                day=day,
                number=number if counts else None,
                kind=kind,
                holiday=self.holidays.get(day, ""),
                is_provisional=not self.is_known(day),
            )
