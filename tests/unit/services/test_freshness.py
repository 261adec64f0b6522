"""Promised against actual update cycle by the working-day calendar; reminders come once and go when data come."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from catalog_service.catalog.errors import ForbiddenError
from catalog_service.catalog.freshness import Freshness, ReminderKind, Timeliness, due_day
from catalog_service.catalog.principal import ANONYMOUS, Role
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.vocabularies import Frequency
from catalog_service.services.clocks import base_calendar
from catalog_service.services.freshness import freshness, freshness_of_all, remind, reminders
from catalog_service.services.platform import Platform
from tests.support import city
from tests.support.people import OPERATOR, principal

MONTHLY, DAILY, IRREGULAR = "health/monthly", "health/daily", "police/irregular"


@pytest.mark.parametrize(
    ("frequency", "updated", "due"),
    [
        (Frequency.DAILY, "2026-02-13", "2026-02-14"),  # a Saturday on which is worked before the Spring Festival
        (Frequency.DAILY, "2026-02-14", "2026-02-24"),
        (Frequency.WEEKLY, "2026-09-24", "2026-10-08"),  # the week ends within the National Day holidays
        (Frequency.MONTHLY, "2026-04-01", "2026-05-06"),
        (Frequency.QUARTERLY, "2026-01-05", "2026-04-07"),
        (Frequency.YEARLY, "2025-03-03", "2026-03-04"),
        (Frequency.IRREGULAR, "2026-01-05", None),
    ],
)
def test_cycles_end_on_working_days(frequency: Frequency, updated: str, due: str | None) -> None:
    found = due_day(frequency, dt.date.fromisoformat(updated), base_calendar())
    assert (None if found is None else found[0].isoformat()) == due


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    catalog = city.catalog(
        city.dataset(MONTHLY, ["code"], frequency="monthly"),
        city.dataset(DAILY, ["code"], frequency="daily"),
        city.dataset(IRREGULAR, ["code"], frequency="irregular"),
    )
    with city.platform(tmp_path, catalog) as opened:
        yield opened


def publish(platform: Platform, id_: str, version: int, day: str) -> None:
    at = dt.datetime.fromisoformat(f"{day}T04:00:00+00:00")
    one = Publication(
        table=f"standard/{id_}", version=version, row_count=1, files=(), release_id=f"{id_}{version}", published_at=at
    )
    with platform.database.transaction() as transaction:
        transaction.publications.release([one])


def standings(platform: Platform, day: str) -> dict[str, Freshness]:
    with time_machine.travel(f"{day}T04:00:00+00:00", tick=False):
        return {one.dataset: one for one in freshness_of_all(platform)}


def test_standing_and_reminders_follow_the_days(platform: Platform) -> None:
    assert standings(platform, "2026-04-01")[MONTHLY].timeliness is Timeliness.NEVER
    publish(platform, MONTHLY, 0, "2026-04-01")
    publish(platform, IRREGULAR, 0, "2026-04-01")
    days = {"2026-04-27": "current", "2026-04-29": "due_soon", "2026-05-06": "due_soon", "2026-05-07": "late"}
    assert {day: standings(platform, day)[MONTHLY].timeliness.value for day in days} == days
    assert standings(platform, "2026-05-08")[MONTHLY].days_left == -2
    assert standings(platform, "2027-05-08")[IRREGULAR].timeliness is Timeliness.UNPROMISED

    made = []
    for day in ("2026-04-27", "2026-04-29", "2026-04-30", "2026-05-07", "2026-05-08"):
        with time_machine.travel(f"{day}T04:00:00+00:00", tick=False):
            made.append(remind(platform, OPERATOR).created)
    assert made == [0, 1, 0, 1, 0]
    open_ones = reminders(platform, OPERATOR, "health")
    assert [(one.kind, one.due_on.isoformat()) for one in open_ones] == [
        (ReminderKind.AFTER, "2026-05-06"),
        (ReminderKind.BEFORE, "2026-05-06"),
    ]
    publish(platform, MONTHLY, 1, "2026-05-09")
    with time_machine.travel("2026-05-11T04:00:00+00:00", tick=False):
        done = remind(platform, OPERATOR)
        assert freshness(platform, MONTHLY).median_days == 38
    assert (done.settled, done.created, reminders(platform, OPERATOR, "health")) == (2, 0, [])


def test_an_agency_sees_its_own_reminders_and_only_the_authority_reminds(platform: Platform) -> None:
    responsible = principal(platform, Role.RESPONSIBLE, agency="police")
    assert reminders(platform, responsible, "police") == []
    for refused in (lambda: reminders(platform, responsible, "health"), lambda: remind(platform, responsible)):
        with pytest.raises(ForbiddenError):
            refused()
    with pytest.raises(Exception, match="sign in"):
        remind(platform, ANONYMOUS)
