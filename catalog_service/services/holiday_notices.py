"""Holiday notices that come later (国务院办公厅放假通知): taken in, and every running deadline counted again.

Here: taking a notice in. Not here: the calendar (services.clocks), the duties (services.duties).
"""

from collections.abc import Callable

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.working_days import HolidayNotice
from catalog_service.services import duties, rectification
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction

Mover = Callable[[Transaction, Principal, str], int]
"""Counts the running deadlines of one kind again and logs each that moved; returns how many."""
MOVERS: tuple[Mover, ...] = (duties.count_again, rectification.count_again)
"""Every topic with running deadlines has its own here."""
_YEARS = range(2020, 2101)


def take_in(platform: Platform, principal: Principal, notice: HolidayNotice) -> int:
    """Take a holiday notice in and count every running deadline again; return how many moved or became definite.

    The same notice again corrects it.

    Raises:
        InvalidError: its days lie outside the years that the platform counts in.
    """
    authorize(principal, Action.MANAGE_RULE_SETS)
    strange = [day for day in (*notice.holidays, *notice.workdays, notice.issued_on) if day.year not in _YEARS]
    if strange or set(notice.covers) - set(_YEARS):
        zh, en = "日期超出 2020 至 2100 年，请更正", "a day lies outside 2020 to 2100; correct it"
        raise InvalidError(problem("strange-day", zh, en, field="holidays"))
    with platform.database.transaction() as transaction:
        transaction.clocks.put_notice(notice)
        details: dict[str, object] = {"title": notice.title, "issued_on": str(notice.issued_on), "covers": list(notice.covers)}
        details |= {"days_off": len(notice.holidays), "workdays": len(notice.workdays)}
        transaction.ledger.append(entry_by(principal, "take_in_holiday_notice", f"notice:{notice.id}", details=details))
        return sum(mover(transaction, principal, notice.id) for mover in MOVERS)


def notices(platform: Platform) -> tuple[HolidayNotice, ...]:
    """Return all notices that were taken in, oldest first; they are public."""
    with platform.database.reading() as transaction:
        return transaction.clocks.notices()
