import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from catalog_service.catalog.errors import ConflictError
from catalog_service.store import migrating
from catalog_service.store.database import Database
from catalog_service.store.tables import metadata
from tests.support.homes import copy_migrated_database


def _migrate(url: str, start: float) -> None:
    time.sleep(max(0.0, start - time.time()))
    database = Database(url)
    database.migrate()
    with database.reading() as transaction:
        assert transaction.publications.all_current() == {}
    database.close()


def test_the_head_constant_is_the_newest_script() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == migrating.HEAD


def test_migrations_make_the_tables_that_the_code_uses(url: str, database: Database) -> None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        indexes = sa.inspect(connection).get_indexes("delivery")
        assert {one["name"] for one in indexes} >= {"uq_delivery_content", "ix_delivery_state"}
    engine.dispose()


def test_nothing_to_do_needs_no_alembic(tmp_path: Path) -> None:
    copy_migrated_database(tmp_path / "catalog.db")
    script = (
        "import sys; from catalog_service.store.database import Database; "
        f"Database({f'sqlite:///{tmp_path}/catalog.db'!r}).migrate(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.slow
def test_three_processes_may_start_at_once(empty_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    start = time.time() + 2
    processes = [context.Process(target=_migrate, args=(empty_url, start)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]


def test_a_database_of_a_newer_program_is_refused(empty_url: str) -> None:
    database = Database(empty_url)
    database.migrate()
    engine = sa.create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConflictError, match="newer"):
        database.migrate()
    database.close()


def test_sqlite_is_set_up_for_durability(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'catalog.db'}")
    database.migrate()
    with database._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_reading_transaction_cannot_write_and_does_not_wait_for_writers(database: Database) -> None:
    from tests.unit.catalog.samples import agency

    with database.transaction() as writer:
        writer.catalog.put_agencies([agency()])
        with database.reading() as reader:
            assert reader.catalog.snapshot().agencies == ()
    with pytest.raises(sa.exc.DBAPIError, match=r"(?i)read-?only"), database.reading() as reader:
        reader.catalog.put_agencies([agency("other", 1)])
    with database.transaction() as writer:
        writer.catalog.put_agencies([agency("third", 2)])
    with database.reading() as reader:
        assert {one.slug for one in reader.catalog.snapshot().agencies} == {"civil", "third"}
