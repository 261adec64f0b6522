"""A small ledger, and hands that tamper with it in the database as an intruder would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from catalog_service.catalog.ledger import LedgerEntry, chain
from catalog_service.catalog.principal import operator
from catalog_service.services import ledger
from catalog_service.services.platform import Platform
from catalog_service.services.sealing import seal
from catalog_service.store.ledger_tables import ledger_checkpoint
from catalog_service.store.ledger_tables import ledger_entry as table

INSPECTOR = operator("inspector")


def entry(number: int, **changes: Any) -> LedgerEntry:
    """Return the `number`-th entry of a story."""
    values: dict[str, Any] = {
        "principal_id": f"account-{number % 3}",
        "principal_name": f"用户 {number % 3}",
        "agency": ("alpha", "beta", None)[number % 3],
        "action": ("read_table", "publish_entry")[number % 2],
        "target": f"{('alpha', 'beta')[number % 2]}/people",
        "outcome": ("done", "done", "denied")[number % 3],
    }
    return LedgerEntry.model_validate(values | changes)


def fill(platform: Platform, count: int) -> None:
    """Append entries in two transactions."""
    for numbers in (range(1, count // 2 + 1), range(count // 2 + 1, count + 1)):
        with platform.database.transaction() as transaction:
            for number in numbers:
                transaction.ledger.append(entry(number))


def sign(platform: Platform) -> None:
    """Sign the head."""
    seal(platform.settings, platform.database)


def codes(platform: Platform) -> list[str]:
    """Return the codes of all faults that verification finds, and check that each names a number."""
    found = ledger.verify(platform, INSPECTOR).problems
    assert all(any(char.isdigit() for char in one.message.en) for one in found)
    return [one.code for one in found]


def told(platform: Platform) -> str:
    """Return what verification says, in English."""
    return "; ".join(one.message.en for one in ledger.verify(platform, INSPECTOR).problems)


@contextmanager
def intruder(platform: Platform) -> Iterator[sa.Connection]:
    """Open the database as somebody who has its password."""
    engine = sa.create_engine(platform.settings.sqlalchemy_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def rewrite_all(connection: sa.Connection) -> None:
    """Compute all hashes anew, as an intruder who knows how would."""
    previous = "0" * 64
    for row in connection.execute(sa.select(table).order_by(table.c.sequence)).all():
        previous = chain(previous, row.document)
        connection.execute(table.update().where(table.c.sequence == row.sequence).values(hash=previous))


def forget_heads(connection: sa.Connection) -> None:
    """Remove the signed heads from the database."""
    connection.execute(ledger_checkpoint.delete())
