"""The calendar of working days: equal to its sources, and an algebra."""

import datetime as dt
import json
from typing import Any

import chinese_calendar
import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog_service.catalog.working_days import DayKind, HolidayNotice, WorkCalendar
from catalog_service.services.clocks import base_calendar
from tests.support.shared_data import SHARED

CALENDAR = base_calendar()
DAY = dt.timedelta(days=1)
DAYS = st.dates(dt.date(2019, 1, 1), dt.date(2028, 12, 31))
DISAGREEMENTS = {dt.date(2005, 12, 31): {"chinesecalendar": False, "holidays": True, "chinese-days": False}}
"""The only day from 2004 to 2026 on which the three sources differ: a Saturday that `holidays` calls a make-up workday.
On 2020-2026 there is none. The names differ more often: `holidays` names no weekend inside a holiday."""


def span(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + DAY * step for step in range((last - first).days + 1)]


def sources() -> dict[str, Any]:
    table = holidays.country_holidays("CN", years=range(2004, 2027))
    found: dict[str, Any] = {"chinesecalendar": chinese_calendar.is_workday, "holidays": table.is_working_day}
    path = SHARED / "cn_calendar" / "chinese-days.json"
    if path.is_file():
        days = json.loads(path.read_text(encoding="utf-8"))
        found["chinese-days"] = lambda day: (
            day.isoformat() in days["workdays"] or (day.weekday() < 5 and day.isoformat() not in days["holidays"])
        )
    return found


@pytest.mark.parametrize("name", ["chinesecalendar", "holidays", "chinese-days"])
def test_equal_to_every_source_on_every_day(name: str) -> None:
    source = sources().get(name)
    if source is None:
        pytest.skip("the shared data sets are not here (set WUXI_SHARED)")
    differing = [day for day in span(dt.date(2020, 1, 1), dt.date(2026, 12, 31)) if source(day) != CALENDAR.is_workday(day)]
    assert differing == []


def test_the_disagreements_of_the_sources_are_the_known_ones() -> None:
    found = sources()
    differing = {}
    for day in span(dt.date(2004, 1, 1), dt.date(2026, 12, 31)):
        verdicts = {name: source(day) for name, source in found.items()}
        if len(set(verdicts.values())) > 1:
            differing[day] = verdicts
    assert differing == {
        day: {name: one for name, one in verdicts.items() if name in found} for day, verdicts in DISAGREEMENTS.items()
    }


def test_a_deadline_shows_its_count_day_by_day() -> None:
    """Received on the Friday before the long October holidays of 2026: 2 make-up days count, 10 days off do not."""
    deadline = CALENDAR.deadline(dt.date(2026, 9, 18), 15)
    assert (deadline.due, deadline.is_provisional, deadline.count) == (dt.date(2026, 10, 15), False, 15)
    assert [one.day for one in deadline.days] == span(dt.date(2026, 9, 19), dt.date(2026, 10, 15))
    shown = {one.day: (one.number, one.kind, one.holiday) for one in deadline.days}
    assert shown[dt.date(2026, 9, 20)] == (1, DayKind.MAKEUP, "")
    assert shown[dt.date(2026, 9, 25)] == (None, DayKind.HOLIDAY, "中秋")
    assert shown[dt.date(2026, 10, 1)] == (None, DayKind.HOLIDAY, "国庆节")
    assert shown[dt.date(2026, 10, 8)] == (9, DayKind.WORKDAY, "")
    assert shown[dt.date(2026, 10, 11)] == (None, DayKind.WEEKEND, "")


def test_day_one_is_the_working_day_after_receipt() -> None:
    assert CALENDAR.deadline(dt.date(2026, 11, 23), 1).due == dt.date(2026, 11, 24)
    assert CALENDAR.deadline(dt.date(2026, 11, 27), 1).due == dt.date(2026, 11, 30), "received on a Friday"
    assert CALENDAR.deadline(dt.date(2026, 11, 28), 1).due == dt.date(2026, 11, 30), "received on a Saturday"


def test_a_year_that_is_not_known_counts_weekends_only_and_says_so() -> None:
    deadline = CALENDAR.deadline(dt.date(2026, 12, 25), 10)
    assert (deadline.due, deadline.is_provisional) == (dt.date(2027, 1, 8), True)
    assert [one.is_provisional for one in deadline.days] == [one.day.year == 2027 for one in deadline.days]
    known = CALENDAR.amended([NEXT_YEAR]).deadline(dt.date(2026, 12, 25), 10)
    assert (known.due, known.is_provisional) == (dt.date(2027, 1, 12), False), "31 December is the 4th day"


NEXT_YEAR = HolidayNotice(
    id="国办发明电〔2026〕9号",
    title="2027年部分节假日安排",
    issued_on=dt.date(2026, 12, 1),
    covers=(2027,),
    holidays=dict.fromkeys(span(dt.date(2027, 1, 1), dt.date(2027, 1, 3)), "元旦")
    | dict.fromkeys(span(dt.date(2027, 1, 7), dt.date(2027, 1, 8)), "元旦"),
    workdays=(dt.date(2027, 1, 10),),
)
"""Made up for the test."""


def test_the_later_notice_wins_in_any_order() -> None:
    """As in 2020, when the Spring Festival was prolonged: a workday becomes a day off, and a later notice takes it back."""
    day, sunday = dt.date(2026, 11, 30), dt.date(2026, 11, 29)
    off = HolidayNotice(
        id="1", title="延长假期", issued_on=dt.date(2026, 11, 1), holidays={day: "延长假期"}, workdays=(sunday,)
    )
    back = HolidayNotice(id="2", title="取消", issued_on=dt.date(2026, 11, 2), holidays={sunday: "休息"}, workdays=(day,))
    assert [CALENDAR.amended([off]).is_workday(one) for one in (day, sunday)] == [False, True]
    for order in ([off, back], [back, off]):
        amended = CALENDAR.amended(order)
        assert [amended.is_workday(one) for one in (day, sunday)] == [True, False]
        assert amended.notices == ("1", "2")


@pytest.mark.parametrize(
    "changes", [{"holidays": {"2027-01-02": "元旦"}, "workdays": ["2027-01-02"]}, {}], ids=["contradiction", "empty"]
)
def test_a_notice_that_says_nothing_or_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HolidayNotice.model_validate({"id": "1", "title": "通知", "issued_on": "2026-12-01"} | changes)


@pytest.mark.parametrize("days", [0, -1, 1_001])
def test_a_deadline_without_days_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="working days"):
        CALENDAR.deadline(dt.date(2026, 1, 1), days)


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """The real calendar, amended by a notice of arbitrary days."""
    off = draw(st.dictionaries(DAYS, st.just("放假"), max_size=12))
    worked = draw(st.sets(DAYS, min_size=1, max_size=12)) - off.keys()
    if not (off or worked):
        return CALENDAR
    return CALENDAR.amended(
        [HolidayNotice(id="1", title="通知", issued_on=dt.date(2026, 1, 1), holidays=off, workdays=tuple(worked))]
    )


@given(calendars(), DAYS, st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_counting_to_a_deadline_and_back(calendar: WorkCalendar, received: dt.date, days: int) -> None:
    """The deadline is the inverse of counting, lies on a working day, and is the first day that does."""
    deadline = calendar.deadline(received, days)
    assert calendar.workdays_between(received, deadline.due) == days == deadline.count
    assert calendar.workdays_between(received, deadline.due - DAY) == days - 1
    assert [one.number for one in deadline.days if one.number] == list(range(1, days + 1))


@given(calendars(), DAYS, st.integers(1, 25), st.integers(1, 25))
@settings(max_examples=25, deadline=None)
def test_deadlines_add_up_and_never_run_backwards(calendar: WorkCalendar, received: dt.date, first: int, second: int) -> None:
    middle = calendar.deadline(received, first).due
    assert calendar.deadline(middle, second).due == calendar.deadline(received, first + second).due
    assert calendar.deadline(received, first).due < calendar.deadline(received, first + 1).due
    assert calendar.deadline(received, first).due <= calendar.deadline(received + DAY, first).due


@given(calendars(), st.tuples(DAYS, DAYS, DAYS))
@settings(max_examples=12, deadline=None)
def test_working_days_between_add_up(calendar: WorkCalendar, days: tuple[dt.date, dt.date, dt.date]) -> None:
    a, b, c = days
    count = calendar.workdays_between
    assert count(a, c) == count(a, b) + count(b, c)
    assert count(a, b) == -count(b, a)
