"""Running the migrations of the catalog database.

Here: when and under which lock. Not here: the migrations themselves (migrations/versions).
"""

import time
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from catalog_service.catalog.errors import ConflictError, problem
from catalog_service.store.columns import LOCK_MIGRATION, serialise

HEAD = "0015"
"""The newest migration. A constant, so that a start with nothing to do need not import Alembic."""

_SCRIPTS = Path(__file__).parent / "migrations"
_WAL_PATIENCE_SECONDS = 30


def migrate(engine: sa.Engine) -> None:
    """Upgrade the schema to `HEAD` in one transaction.

    Raises:
        ConflictError: the database was made by a newer version of this program.
    """
    if engine.dialect.name == "sqlite":
        _switch_to_wal(engine)
    with engine.connect().execution_options(wuxi_reading=True) as connection, connection.begin():
        if _revision(connection) == HEAD:
            return
    with engine.connect() as connection, connection.begin():
        serialise(connection, LOCK_MIGRATION)
        if _revision(connection) != HEAD:
            _upgrade(connection)
            _rebuild(connection)


def _rebuild(connection: sa.Connection) -> None:
    from catalog_service.store.rebuilding import rebuild  # here, for the repositories need a migrated database

    rebuild(connection)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return None if revision is None else str(revision)


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    revision = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise ConflictError(
            problem(
                "newer-database",
                f"目录数据库的版本（{revision}）比本程序新，请升级本程序",
                f"the catalog database has version {revision}, newer than this program; upgrade the program",
            )
        )
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise RuntimeError(f"migration to {HEAD} failed") from error


def _switch_to_wal(engine: sa.Engine) -> None:
    """Use write-ahead logging; SQLite does not wait for its lock here, so we do."""
    deadline = time.monotonic() + _WAL_PATIENCE_SECONDS
    while True:
        with suppress(sa.exc.OperationalError):
            raw = engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute("PRAGMA journal_mode = WAL")
                if cursor.fetchone() == ("wal",):
                    return
            finally:
                raw.close()
        if time.monotonic() > deadline:
            raise ConflictError(
                problem(
                    "database-busy",
                    "目录数据库被占用，请稍后再试",
                    "the catalog database is in use; try again in a while",
                )
            )
        time.sleep(0.02)
