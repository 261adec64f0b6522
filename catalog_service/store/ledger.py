"""The ledger in the database (Art. 34): appending to the one chain, reading it.

Here: order, hashes, search. Not here: signing and checking (services.ledger), the spool of reads (services.auditing).
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from catalog_service.catalog.ledger import (
    GENESIS,
    UNHELD,
    Checkpoint,
    LedgerEntry,
    LedgerPage,
    LedgerQuery,
    LedgerRow,
    chain,
    document_of,
    entry_of,
    require_signed,
)
from catalog_service.store.columns import LOCK_LEDGER, insert, occurs, serialise
from catalog_service.store.ledger_tables import ledger_checkpoint
from catalog_service.store.ledger_tables import ledger_entry as table

_ROWS_AT_A_TIME = 2_000


class Ledger:
    """Repository of the ledger. Entries join the chain when their transaction ends: the chain's lock is the last one taken."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[str | None, dt.datetime, LedgerEntry]] = []

    def append(self, entry: LedgerEntry) -> None:
        """Record what this transaction does; undone with it.

        Raises:
            RuntimeError: the transaction only reads, so the entry would be lost.
        """
        if self._connection.get_execution_options().get("wuxi_reading", False):
            raise RuntimeError("a reading transaction cannot append to the ledger")
        self._waiting.append((None, dt.datetime.now(dt.UTC), entry))

    def append_spooled(self, entries: Iterable[tuple[str, dt.datetime, LedgerEntry]]) -> None:
        """Record what was noted elsewhere before, each once, whoever repeats it."""
        self._waiting += entries

    def write(self) -> bool:
        """Chain what waits, and tell whether there was any; called by the transaction at its end.

        Raises:
            UnsignedError: what came before could not be signed for too long, so nothing is changed.
        """
        if not self._waiting:
            return False
        self.lock()
        if any(spool_id is None and entry.action not in UNHELD for spool_id, _, entry in self._waiting):
            require_signed(self.unsigned_since(), dt.datetime.now(dt.UTC))
        known = self._known({id_ for id_, _, _ in self._waiting if id_ is not None})
        sequence, previous = self.head()
        rows = []
        for spool_id, at, entry in self._waiting:
            if spool_id in known:
                continue
            sequence += 1
            document = document_of(sequence, at, entry)
            previous = chain(previous, document)
            columns = _searched(at, entry)
            rows.append({**columns, "sequence": sequence, "spool_id": spool_id, "document": document, "hash": previous})
        self._waiting = []
        if rows:
            self._connection.execute(table.insert(), rows)
        return bool(rows)

    def head(self) -> tuple[int, str]:
        """Return the number of the last entry and its hash."""
        last = sa.select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
        row = self._connection.execute(last).one_or_none()
        return (0, GENESIS) if row is None else (row.sequence, row.hash)

    def unsigned_since(self) -> dt.datetime | None:
        """Return the time of the first entry that no signed head vouches for; None where all are signed."""
        signed = self._connection.scalar(sa.select(sa.func.max(ledger_checkpoint.c.size))) or 0
        first = sa.select(table.c.at).where(table.c.sequence > signed).order_by(table.c.sequence).limit(1)
        return self._connection.scalar(first)

    def lock(self) -> None:
        """Let nobody else append until this transaction ends."""
        serialise(self._connection, LOCK_LEDGER)

    def rows(self, after: int = 0) -> Iterator[LedgerRow]:
        """Return all entries after one as they are stored, in order, a few at a time."""
        query = sa.select(*(table.c[name] for name in LedgerRow._fields)).order_by(table.c.sequence).limit(_ROWS_AT_A_TIME)
        while chunk := self._connection.execute(query.where(table.c.sequence > after)).all():
            yield from map(LedgerRow._make, chunk)
            after = chunk[-1].sequence

    def search(self, query: LedgerQuery) -> LedgerPage:
        """Return the entries that answer `query`, newest first."""
        statement = sa.select(table.c.document, table.c.hash).where(*self._conditions(query))
        rows = self._connection.execute(statement.order_by(table.c.sequence.desc()).limit(query.limit + 1)).all()
        items = tuple(entry_of(row.document, row.hash) for row in rows[: query.limit])
        return LedgerPage(items=items, next_cursor=str(items[-1].sequence) if len(rows) > query.limit else None)

    def put_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Store a signed head."""
        values = {
            "size": checkpoint.size,
            "head": checkpoint.head,
            "at": checkpoint.at,
            "document": checkpoint.model_dump_json(),
        }
        self._connection.execute(insert(self._connection, ledger_checkpoint).values(values).on_conflict_do_nothing())

    def checkpoints(self, *, newest: int | None = None) -> list[Checkpoint]:
        """Return all signed heads, or the newest ones, oldest first."""
        query = sa.select(ledger_checkpoint.c.document).order_by(ledger_checkpoint.c.size.desc()).limit(newest)
        return [Checkpoint.model_validate_json(row) for row in reversed(self._connection.scalars(query).all())]

    def _known(self, ids: set[str]) -> set[str]:
        if not ids:
            return set()
        return set(self._connection.scalars(sa.select(table.c.spool_id).where(table.c.spool_id.in_(ids))))

    def _conditions(self, query: LedgerQuery) -> list[sa.ColumnElement[bool]]:
        found: list[sa.ColumnElement[bool]] = [
            table.c[name] == value
            for name in ("agency", "action", "outcome", "source_agency")
            if (value := getattr(query, name)) is not None
        ]
        if query.who:
            found.append((table.c.principal_id == query.who) | occurs(self._connection, query.who, table.c.principal_name))
        if query.target:
            found.append(table.c.target.startswith(query.target, autoescape=True))
        if query.since is not None:
            found.append(table.c.at >= query.since)
        if query.until is not None:
            found.append(table.c.at < query.until)
        if query.cursor is not None:
            found.append(table.c.sequence < int(query.cursor))
        return found


def _searched(at: dt.datetime, entry: LedgerEntry) -> dict[str, Any]:
    """Return what is searched beside the hashed text."""
    names = ("principal_id", "principal_name", "agency", "action", "target", "outcome", "source_agency")
    return {"at": at, **{name: getattr(entry, name) for name in names}}
