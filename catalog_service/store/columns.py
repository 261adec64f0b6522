"""Column types and statements that SQLite and PostgreSQL spell differently.

Here: what hides a dialect. Not here: tables and queries.
"""

import datetime as dt
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

LOCK_MIGRATION, LOCK_CATALOG, LOCK_RELEASE, LOCK_LEDGER = 320_200_001, 320_200_002, 320_200_003, 320_200_004
LOCK_RECTIFICATION = 320_200_005
"""Keys of PostgreSQL's advisory locks; SQLite has one writer at a time anyway."""


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """An instant, in and out as timezone-aware UTC on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Convert to UTC; an instant without a zone is refused, for nobody knows when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"instant without time zone: {value!r}")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Return the instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT of the connection's dialect, one that knows ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def upsert(connection: sa.Connection, table: sa.Table, values: dict[str, Any] | list[dict[str, Any]]) -> None:
    """Insert rows, or overwrite those with the same primary key; `values` has every column."""
    connection.execute(_upsert(connection.dialect.name, table), values)


def insert_new(connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> None:
    """Insert a row unless there is one with the same key; `values` has every column."""
    connection.execute(_insert_new(connection.dialect.name, table), values)


@cache
def _insert_new(dialect: str, table: sa.Table) -> sa.Executable:
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return statement.on_conflict_do_nothing()


@cache
def _upsert(dialect: str, table: sa.Table) -> sa.Executable:
    # Built once: a statement with its values in it costs SQLAlchemy more than the database.
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def occurs(connection: sa.Connection, word: str, text: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return the condition that `word` occurs literally in `text`: no wildcard, no escape, no collation."""
    position = sa.func.strpos if connection.dialect.name == "postgresql" else sa.func.instr
    return position(text, word) > 0


def serialise(connection: sa.Connection, key: int) -> None:
    """Wait until no other transaction holds `key`, and hold it until this one ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def storable(text: str) -> bool:
    """Tell whether `text` can be compared with a stored text (PostgreSQL refuses NUL, both refuse lone surrogates)."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
