"""A SQLAlchemy dialect over a DuckDB connection that somebody else has opened, and keeps.

Here: what SQLAlchemy needs to send queries to a live connection, whose temporary views it must see. Not here: rules,
Great Expectations, or opening databases (the lake does that).
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import duckdb
import sqlalchemy as sa
from sqlalchemy import pool
from sqlalchemy.engine import URL, default
from sqlalchemy.engine.interfaces import ConnectArgsType, DBAPIConnection

_lent: dict[str, duckdb.DuckDBPyConnection] = {}


@contextmanager
def lend(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield a SQLAlchemy URL that reaches this very connection, for as long as the block runs."""
    token = uuid.uuid4().hex
    _lent[token] = connection
    try:
        yield f"duckdb+lent://{token}"
    finally:
        del _lent[token]


class _Cursor:
    """A DB-API cursor on the connection itself: DuckDB's own cursors are new connections, blind to temporary views."""

    arraysize = 1
    rowcount = -1

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self.description: Sequence[Any] | None = None

    def execute(self, operation: str, parameters: Sequence[Any] = ()) -> None:
        # All rows at once: checks return a handful, and an unfinished result would block the connection.
        result = self._connection.execute(operation, list(parameters))
        self.description = result.description
        self._rows = iter(result.fetchall())

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        return [row for row, _ in zip(self._rows, range(size), strict=False)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)

    def close(self) -> None:
        """Leave the lender's connection open."""


class _Connection:
    """A DB-API connection that neither closes nor ends transactions: both belong to the lender."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def cursor(self) -> _Cursor:
        return _Cursor(self._connection)

    def commit(self) -> None:
        """Leave the transaction to the lender."""

    def rollback(self) -> None:
        """Leave the transaction to the lender."""

    def close(self) -> None:
        """Leave the connection open."""


class DuckDBDialect(default.DefaultDialect):
    """DuckDB as far as checks need it: SELECT over one lent connection, no reflection."""

    name = "duckdb"
    driver = "lent"
    supports_statement_cache = True
    supports_native_boolean = True
    supports_sane_rowcount = False

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return the DB-API module, for its exceptions and parameter style."""
        return duckdb

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:  # noqa: ARG003  SQLAlchemy's signature
        """Return a pool of exactly one connection."""
        return pool.StaticPool

    def create_connect_args(self, url: URL) -> ConnectArgsType:
        """Return the token that `lend` put into the URL."""
        return ([str(url.host)], {})

    def connect(self, *cargs: Any, **_: Any) -> DBAPIConnection:  # noqa: ANN401  SQLAlchemy's signature
        """Return the lent connection; KeyError once the lender has taken it back."""
        return _Connection(_lent[cargs[0]])  # type: ignore[return-value]  # structurally what SQLAlchemy needs

    def initialize(self, connection: sa.Connection) -> None:
        """Ask the server nothing: no version, no isolation level."""


sa.dialects.registry.register("duckdb.lent", __name__, "DuckDBDialect")
