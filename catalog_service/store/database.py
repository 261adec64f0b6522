"""The catalog database: engine, transactions, migration.

Here: connecting and transaction rules of SQLite and PostgreSQL. Not here: what is stored (the repositories).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from catalog_service.store import migrating
from catalog_service.store.deliveries import Deliveries
from catalog_service.store.delta_sharing import Profiles
from catalog_service.store.desk import Desk
from catalog_service.store.duties import Duties
from catalog_service.store.duties_rules import ClockRules
from catalog_service.store.entities import Entities
from catalog_service.store.entries import Entries
from catalog_service.store.identity import Identity
from catalog_service.store.interaction import Interaction
from catalog_service.store.ledger import Ledger
from catalog_service.store.matching import Matching
from catalog_service.store.publications import Publications
from catalog_service.store.quality import Quality
from catalog_service.store.rectification import Rectifications
from catalog_service.store.registers import Registers
from catalog_service.store.scores import Scores
from catalog_service.store.sharing import Sharing
from catalog_service.store.statistics import Statistics

BUSY_TIMEOUT_SECONDS = 30


class Transaction:
    """One transaction and the repositories that work in it."""

    def __init__(self, connection: sa.Connection) -> None:
        self.catalog = Entries(connection)
        """Agencies, code lists and catalog entries."""
        self.desk = Desk(connection)
        """Where each entry stands, drafts, and what happened to them."""
        self.deliveries = Deliveries(connection)
        """What agencies delivered."""
        self.publications = Publications(connection)
        """Which version of each table is visible."""
        self.identity = Identity(connection)
        """Accounts, API keys, sessions."""
        self.ledger = Ledger(connection)
        """Who did what."""
        self.clocks = ClockRules(connection)
        """Holiday notices, registered rule sets, adoptions."""
        self.duties = Duties(connection)
        """Duties to update entries."""
        self.matching = Matching(connection)
        """Findings of one data, one source, and sketches of values."""
        self.registers = Registers(connection)
        """Exchange channels, plans, standards."""
        self.statistics = Statistics(connection)
        """Counts over the whole catalog."""
        self.sharing = Sharing(connection)
        """Requests, agreements, grants, open lists."""
        self.entities = Entities(connection)
        """What golden versions were made from, decisions on identity, pairs to review."""
        self.profiles = Profiles(connection)
        """Credentials of Delta Sharing recipients."""
        self.interaction = Interaction(connection)
        """Objections, demands, showcases, notices."""
        self.quality = Quality(connection)
        """What checks remember, overridden gates, reminders."""
        self.scores = Scores(connection)
        """Newest runs of data sets, evaluations."""
        self.rectification = Rectifications(connection)
        """Issues of rectification, and the check runs that were seen."""


class Database:
    """The catalog database at a SQLAlchemy URL: `sqlite:///path` or `postgresql+psycopg://…`."""

    def __init__(self, url: str, before_change: Callable[[], None] = lambda: None) -> None:
        self._before_change = before_change
        self._engine = _sqlite_engine(url) if sa.make_url(url).get_backend_name() == "sqlite" else _server_engine(url)
        self.has_appended = False
        """Whether the ledger grew by this object's transactions, so that its new head wants to be signed."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    def migrate(self) -> None:
        """Bring the schema up to date; quick where it is, safe where several processes try at once."""
        migrating.migrate(self._engine)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a writing transaction: committed at the end, undone whole on an error.

        On SQLite it holds the one write lock from its start, so keep it short; use `reading` to read only.
        """
        self._before_change()
        with self._engine.connect() as connection, connection.begin():
            transaction = Transaction(connection)
            yield transaction
            transaction.catalog.flush()
            has_appended = transaction.ledger.write()
        self.has_appended |= has_appended

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Open a transaction that sees one consistent state, holds nobody up and cannot write."""
        with self._engine.connect().execution_options(wuxi_reading=True) as connection:
            if self.dialect == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield Transaction(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _server_engine(url: str) -> sa.Engine:
    return sa.create_engine(url, pool_pre_ping=True)


def _sqlite_engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, pool_size=10, max_overflow=40)

    @sa.event.listens_for(engine, "connect")
    def _connect(dbapi_connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401
        # The driver must not begin transactions by itself: it would begin them too late and of the wrong kind.
        dbapi_connection.isolation_level = None
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        reading = connection.get_execution_options().get("wuxi_reading", False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
