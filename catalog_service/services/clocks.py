"""Clocks: the working-day calendar and the rule sets as they stand now, and what day it is in Wuxi.

Here: calendar, rule sets and local days for every use case that has a deadline. Not here: taking in a holiday notice
(services.holiday_notices), adopting a rule set (services.rule_sets), the duties themselves.
"""

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar

from catalog_service.catalog.ruleset import DutyKind, RuleSets, completed
from catalog_service.catalog.working_days import Deadline, WorkCalendar
from catalog_service.formats.rule_sets import shipped_rule_sets
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction

LOCAL = ZoneInfo("Asia/Shanghai")


def calendar(platform: Platform) -> WorkCalendar:
    """Return the calendar of working days with every holiday notice that was taken in."""
    with platform.database.reading() as transaction:
        return calendar_in(transaction)


def calendar_in(transaction: Transaction) -> WorkCalendar:
    """Return the calendar as a transaction sees it, with notices that it has just stored."""
    notices = transaction.clocks.notices()
    return base_calendar().amended(notices) if notices else base_calendar()


def rule_sets(platform: Platform) -> RuleSets:
    """Return all rule sets, shipped and registered, and their adoptions."""
    with platform.database.reading() as transaction:
        return rule_sets_in(transaction)


def rule_sets_in(transaction: Transaction) -> RuleSets:
    """Return rule sets and adoptions as a transaction sees them."""
    sets = completed((*shipped_rule_sets(), *transaction.clocks.rule_sets()))
    return RuleSets(sets=sets, adoptions=transaction.clocks.adoptions())


def deadline(platform: Platform, kind: DutyKind, happened: dt.date) -> Deadline:
    """Return when a duty that arose on a day is due, by the rule set in force on that day.

    Raises:
        InvalidError: no rules were in force on that day.
    """
    with platform.database.reading() as transaction:
        return deadline_in(transaction, kind, happened)


def deadline_in(transaction: Transaction, kind: DutyKind, happened: dt.date) -> Deadline:
    """Return when a duty that arose on a day is due, as a transaction sees calendar and rule sets.

    Raises:
        InvalidError: no rules were in force on that day.
    """
    days = rule_sets_in(transaction).in_force(happened).deadlines[kind]
    return calendar_in(transaction).deadline(happened, days)


def today(platform: Platform) -> dt.date:  # noqa: ARG001  # a platform of another city may have another zone
    """Return the calendar day in Wuxi."""
    return local_day(dt.datetime.now(dt.UTC))


def local_day(at: dt.datetime) -> dt.date:
    """Return the calendar day in Wuxi of an instant."""
    return at.astimezone(LOCAL).date()


@cache
def base_calendar() -> WorkCalendar:
    """Return the calendar that comes with the program, from the notices up to the last year its source knows."""
    holidays = {day: chinese_calendar.Holiday(name).chinese for day, name in chinese_calendar.holidays.items()}
    years = {day.year for day in holidays}
    return WorkCalendar(known_years=frozenset(years), holidays=holidays, workdays=frozenset(chinese_calendar.workdays))
