"""The storage laws: durable, verified, one writer, no write twice, pinned reads."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from deltalake import DeltaTable

from lake.manifest import CorruptFileError, verify
from lake.tables import Lake

KEY = "standard/agency/things"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def connection(lake: Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    with lake.connect() as connection:
        yield connection


def rows(lake: Lake, connection: duckdb.DuckDBPyConnection, version: int | None = None) -> list[tuple[object, ...]]:
    paths = lake.snapshot(KEY, version).paths
    return connection.execute(f"SELECT * FROM {lake.relation(paths)} ORDER BY ALL").fetchall() if paths else []


def test_old_versions_keep_their_rows(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    lake.write(KEY, connection, "SELECT 1 AS a", mode="overwrite", token="one")
    lake.write(KEY, connection, "SELECT 2 AS a", mode="append", token="two")
    lake.write(KEY, connection, "SELECT 3 AS a", mode="overwrite", token="three")
    assert [rows(lake, connection, v) for v in range(3)] == [[(1,)], [(1,), (2,)], [(3,)]]
    # a second engine reads what we wrote
    assert DeltaTable(str(lake.root / KEY)).to_pyarrow_table().to_pydict() == {"a": [3]}


def test_the_same_token_writes_once(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    first = lake.write(KEY, connection, "SELECT 1 AS a", mode="append", token="one")
    lake.write(KEY, connection, "SELECT 2 AS a", mode="append", token="two")
    assert lake.write(KEY, connection, "SELECT 1 AS a", mode="append", token="one") == first
    assert rows(lake, connection) == [(1,), (2,)]


def test_an_empty_result_is_a_version_too(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    lake.write(KEY, connection, "SELECT 1 AS a WHERE false", mode="overwrite", token="none")
    assert lake.snapshot(KEY).row_count == 0
    lake.write(KEY, connection, "SELECT 1 AS a", mode="append", token="one")
    lake.write(KEY, connection, "SELECT 1 AS a WHERE false", mode="overwrite", token="none again")
    assert lake.snapshot(KEY).files == ()
    assert rows(lake, connection, 1) == [(1,)]


def test_restore_brings_an_earlier_version_back(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    lake.write(KEY, connection, "SELECT 1 AS a", mode="overwrite", token="good")
    lake.write(KEY, connection, "SELECT 2 AS a", mode="append", token="bad")
    lake.restore(KEY, 0, token="undo bad")
    lake.restore(KEY, 0, token="undo bad")
    assert rows(lake, connection) == [(1,)]
    assert lake.snapshot(KEY).version == 2
    lake.write(KEY, connection, "SELECT 3 AS a", mode="append", token="better")
    assert rows(lake, connection) == [(1,), (3,)]


def test_rows_are_replaced_without_writing_the_others(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    lake.write(KEY, connection, "SELECT range AS k, 'old' AS v FROM range(5)", mode="overwrite", token="whole")
    keys = "SELECT unnest([1, 3, 9])::BIGINT AS k"
    fresh = "FROM (VALUES (1::BIGINT, 'new'), (1, 'too'), (9, 'added')) t(k, v)"
    first = lake.replace(KEY, connection, keys=keys, rows=fresh, token="one")
    replaced = [(1, "new"), (1, "too"), (9, "added")]
    assert rows(lake, connection) == sorted([(0, "old"), (2, "old"), (4, "old"), *replaced])
    assert first.row_count == 6
    fresh = "SELECT 1::BIGINT AS k, 'newer' AS v"
    second = lake.replace(KEY, connection, keys="SELECT 1::BIGINT AS k", rows=fresh, token="two")
    assert rows(lake, connection) == [(0, "old"), (1, "newer"), (2, "old"), (4, "old"), (9, "added")]
    assert second.row_count == 5
    # The data file is the same, and whoever reads the Delta table itself sees it as it last was written.
    assert lake.snapshot(KEY, 0).paths == second.paths[:1]
    assert DeltaTable(str(lake.root / KEY)).to_pyarrow_table().num_rows == 5
    verify(lake.root, second.files)
    assert lake.replace(KEY, connection, keys=keys, rows="", token="one") == first
    assert [len(rows(lake, connection, version)) for version in range(3)] == [5, 6, 5]


def test_of_a_replaced_row_file_and_number_are_known(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    lake.write(KEY, connection, "SELECT range AS k FROM range(3)", mode="overwrite", token="whole", order_preserved=True)
    snapshot = lake.replace(KEY, connection, keys="SELECT 1::BIGINT AS k", rows="SELECT 1::BIGINT AS k", token="one")
    relation = lake.relation(snapshot.paths, file_column="_path")
    found = connection.execute(f"SELECT k, _path, file_row_number FROM {relation} ORDER BY k").fetchall()
    data, beside = (str(lake.root / path) for path in snapshot.paths[:2])
    assert found == [(0, data, 0), (1, beside, 0), (2, data, 2)]


def test_what_was_replaced_is_kept_by_restoring_and_ends_with_writing_anew(
    lake: Lake, connection: duckdb.DuckDBPyConnection
) -> None:
    lake.write(KEY, connection, "SELECT range AS k FROM range(3)", mode="overwrite", token="whole")
    gone = lake.replace(KEY, connection, keys="SELECT 1::BIGINT AS k", rows="SELECT 1::BIGINT AS k WHERE false", token="gone")
    assert (gone.row_count, rows(lake, connection)) == (2, [(0,), (2,)])
    with pytest.raises(ValueError, match="anew"):
        lake.write(KEY, connection, "SELECT 7::BIGINT AS k", mode="append", token="added")
    lake.write(KEY, connection, f"FROM {lake.relation(gone.paths)}", mode="overwrite", token="anew")
    assert (rows(lake, connection), len(lake.snapshot(KEY).files)) == ([(0,), (2,)], 1)
    assert lake.restore(KEY, gone.version, token="back").files == gone.files
    assert rows(lake, connection) == [(0,), (2,)]


def test_a_new_column_can_come_with_a_later_version(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    lake.write(KEY, connection, "SELECT 1 AS a", mode="append", token="one")
    lake.write(KEY, connection, "SELECT 2 AS a, 'x' AS b", mode="append", token="two")
    assert rows(lake, connection) == [(1, None), (2, "x")]
    lake.write(KEY, connection, "SELECT 'text' AS a", mode="overwrite", token="three")
    assert DeltaTable(str(lake.root / KEY)).to_pyarrow_table().to_pydict() == {"a": ["text"]}


def test_a_flipped_byte_is_found(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    snapshot = lake.write(KEY, connection, "SELECT range AS a FROM range(10000)", mode="overwrite", token="one")
    verify(lake.root, snapshot.files)
    path = lake.root / snapshot.files[0].path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(CorruptFileError, match="changed"):
        verify(lake.root, snapshot.files)
    path.unlink()
    with pytest.raises(CorruptFileError, match="missing"):
        verify(lake.root, snapshot.files)


def _append(root: Path, worker: int) -> None:
    lake = Lake(root)
    with lake.connect() as connection:
        for number in range(5):
            lake.write(KEY, connection, f"SELECT {worker} AS w, {number} AS n", mode="append", token=f"{worker}-{number}")


def test_concurrent_writers_take_turns(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_append, args=(tmp_path, worker)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert Lake(tmp_path).snapshot(KEY).row_count == 15


def test_many_commits_survive_checkpoints(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    for number in range(25):
        lake.write(KEY, connection, f"SELECT {number} AS a", mode="append", token=str(number))
    assert len(rows(lake, connection)) == 25
    assert len(rows(lake, connection, 3)) == 4
