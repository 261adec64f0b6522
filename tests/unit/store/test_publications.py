import datetime as dt
import multiprocessing
import os
import signal
import threading

import pytest

from catalog_service.catalog.errors import ConflictError, NotFoundError
from catalog_service.catalog.publication import Publication, PublishedFile
from catalog_service.store.database import Database

TABLES = ("standard/civil/people", "base/civil/people", "open/civil/people")


def publication(table: str, version: int, sha256: str = "") -> Publication:
    path = f"{table}/{version}.parquet"
    return Publication(
        table=table,
        version=version,
        row_count=version,
        files=(PublishedFile(path=path, size_bytes=1, row_count=1, sha256=sha256 or f"{version:064x}"),),
        release_id=f"r{version}",
        published_at=dt.datetime(2020, 5, 1, tzinfo=dt.UTC) + dt.timedelta(days=version),
    )


def release(database: Database, version: int) -> None:
    with database.transaction() as transaction:
        transaction.publications.release([publication(table, version) for table in TABLES])


def _release_ten(database: Database, start: int) -> None:
    for version in range(start, start + 10):
        release(database, version)


def test_several_tables_become_current_together_and_history_stays(database: Database) -> None:
    for version in (0, 1, 5):
        release(database, version)
    with database.reading() as transaction:
        found = transaction.publications
        assert found.all_current() == {table: publication(table, 5) for table in TABLES}
        assert found.current(TABLES[0]) == publication(TABLES[0], 5)
        assert found.current("open/civil/none") is None
        assert [one.version for one in found.history(TABLES[1])] == [5, 1, 0]
        assert found.version(TABLES[1], 1) == publication(TABLES[1], 1)
        for table, version in ((TABLES[1], 2), ("\x00", 1), (TABLES[1], 2**70)):
            with pytest.raises(NotFoundError):
                found.version(table, version)


def test_an_old_version_can_become_current_again_but_never_with_other_bytes(database: Database) -> None:
    release(database, 1)
    release(database, 2)
    release(database, 1)
    with database.transaction() as transaction:
        found = transaction.publications
        assert {one.version for one in found.all_current().values()} == {1}
        with pytest.raises(ConflictError, match="other files"):
            found.release([publication(TABLES[0], 2, sha256="f")])
        assert {one.version for one in found.all_current().values()} == {1}


def test_readers_see_one_release_whole_while_others_are_made(database: Database) -> None:
    release(database, 1)
    stop = threading.Event()
    mixed: list[set[int]] = []

    def read() -> None:
        while not stop.is_set():
            with database.reading() as transaction:
                versions = {one.version for one in transaction.publications.all_current().values()}
                one_by_one = {found.version for table in TABLES if (found := transaction.publications.current(table))}
            if len(versions | one_by_one) != 1:
                mixed.append(versions | one_by_one)

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=_release_ten, args=(database, start)) for start in (2, 20, 40)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    reader.join()
    assert mixed == []


def _release_and_die(url: str, version: int, tables: int) -> None:
    database = Database(url)
    with database.transaction() as transaction:
        transaction.publications.release([publication(table, version) for table in TABLES[:tables]])
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_process_killed_before_the_commit_leaves_the_old_release_whole(url: str, database: Database) -> None:
    release(database, 1)
    context = multiprocessing.get_context("spawn")
    for tables in (1, 3):
        process = context.Process(target=_release_and_die, args=(url, 2, tables))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        with database.reading() as transaction:
            assert {one.version for one in transaction.publications.all_current().values()} == {1}
    release(database, 2)
    with database.reading() as transaction:
        assert {one.version for one in transaction.publications.all_current().values()} == {2}
