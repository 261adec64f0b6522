"""Entries of before the life cycle begin their history with the migration, on both databases."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from catalog_service.catalog.life_cycle import Event, Standing
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import migrating
from catalog_service.store.database import Database
from tests.unit.catalog.samples import dataset

WHEN = dt.datetime(2025, 3, 4, 5, 6, tzinfo=dt.UTC)


def upgrade(engine: sa.Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def insert_old(engine: sa.Engine, name: str, state: str) -> None:
    """Store an entry in two versions as the program of that time did."""
    record = {"dataset_id": f"civil/{name}", "state": state, "version": 2, "created_at": WHEN, "updated_at": WHEN}
    searched = {
        "agency": "civil",
        "theme": "综合政务",
        "sharing": "unconditional",
        "opening": "unconditional",
        "frequency": "daily",
        "sort_key": "",
        "title_text": "",
        "search_text": "",
    }
    with engine.begin() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection, only=["catalog_record", "catalog_record_version"])
        known = metadata.tables["catalog_record"].columns.keys()
        values = {key: value for key, value in (record | searched).items() if key in known}
        connection.execute(metadata.tables["catalog_record"].insert(), values)
        for version, title in ((1, "旧"), (2, "新")):
            document = dataset(name, title=title).model_dump_json(by_alias=True, exclude_none=True)
            row = {"dataset_id": f"civil/{name}", "version": version, "created_at": WHEN, "document": document}
            connection.execute(metadata.tables["catalog_record_version"].insert(), row)


def test_entries_of_before_have_a_standing_and_a_history(empty_url: str) -> None:
    engine = sa.create_engine(empty_url)
    upgrade(engine, "0003")
    states = {"live": RecordState.PUBLISHED, "draft": RecordState.DRAFT, "gone": RecordState.WITHDRAWN}
    for name, state in states.items():
        insert_old(engine, name, state.value)
    engine.dispose()
    database = Database(empty_url)
    database.migrate()
    with database.reading() as transaction:
        for name, state in states.items():
            entry = transaction.desk.entry(f"civil/{name}")
            assert (entry.standing, entry.edition, entry.version, entry.title) == (Standing.directly(state), 1, 2, "新")
            (change,) = transaction.desk.changes(f"civil/{name}")
            assert (change.event, change.state, change.at) == (Event.IMPORT, state, WHEN)
            assert transaction.desk.document_at(f"civil/{name}", 1)["title"] == "新"
        draft = transaction.desk.draft("civil/draft")
        assert draft is not None
        assert draft["title"] == "新"
        live = transaction.desk.live_at(WHEN + dt.timedelta(days=1))
        assert [(one.id, one.title) for one in live] == [("civil/live", "新")]
        assert transaction.desk.live_at(WHEN) == ()
    database.close()


@pytest.mark.parametrize("count", [0, 1_001])
def test_any_number_of_entries_is_taken_along(tmp_path: Path, count: int) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    engine = sa.create_engine(url)
    upgrade(engine, "0003")
    document = dataset().model_dump_json(by_alias=True, exclude_none=True)
    with engine.begin() as connection:
        for number in range(count):
            connection.exec_driver_sql(
                "INSERT INTO catalog_record VALUES (?, 'published', 1, ?, ?, 'civil', '', NULL, '', '', '', NULL, '', '', '')",
                (f"civil/n{number}", WHEN.isoformat(" ")[:19] + ".000000", WHEN.isoformat(" ")[:19] + ".000000"),
            )
            connection.exec_driver_sql(
                "INSERT INTO catalog_record_version VALUES (?, 1, ?, ?)",
                (f"civil/n{number}", WHEN.isoformat(" ")[:19] + ".000000", document),
            )
    upgrade(engine, "0004")
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM catalog_standing")) == count
        assert connection.scalar(sa.text("SELECT count(*) FROM catalog_change")) == count
    engine.dispose()
