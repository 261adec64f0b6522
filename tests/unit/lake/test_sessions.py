"""Analyst sessions see the given tables and can do nothing else (threats: analyst SQL)."""

from pathlib import Path

import duckdb
import pytest

from lake.sessions import open_session
from lake.tables import Lake


@pytest.fixture
def session(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    lake = Lake(tmp_path)
    with lake.connect() as connection:
        sql = "SELECT range AS id, range % 7 AS kind FROM range(1000)"
        snapshot = lake.write("open/agency/things", connection, sql, mode="overwrite", token="one")
        lake.write("open/agency/secret", connection, "SELECT 1 AS id", mode="overwrite", token="one")
        none = "SELECT 1 AS id, DATE '2026-01-01' AS day, now() AS at, 'x' AS hidden WHERE false"
        empty = lake.write("open/agency/empty", connection, none, mode="overwrite", token="one")
    assert empty.paths == ()
    return open_session(
        tmp_path,
        {"open/agency/things": snapshot.paths, "open/agency/empty": ()},
        versions={"open/agency/empty": empty.version},
        columns={"open/agency/empty": ("id", "day", "at")},
    )


def test_tables_stand_under_zone_agency_dataset(session: duckdb.DuckDBPyConnection) -> None:
    assert session.execute("SELECT count(*) FROM open.agency.things WHERE kind = 3").fetchall() == [(143,)]


def test_a_table_without_rows_is_there_with_its_columns(session: duckdb.DuckDBPyConnection) -> None:
    found = session.execute("SELECT * FROM open.agency.empty")
    assert [(name, str(kind)) for name, kind, *_ in found.description or ()] == [
        ("id", "INTEGER"),
        ("day", "DATE"),
        ("at", "TIMESTAMP WITH TIME ZONE"),
    ]
    assert found.fetchall() == []


def test_filter_and_projection_are_pushed_down(session: duckdb.DuckDBPyConnection) -> None:
    plan = session.execute("EXPLAIN SELECT id FROM open.agency.things WHERE id = 5").fetchall()[0][1]
    assert 'Filters: "id" = 5' in plan
    assert "Projections: id" in plan
    assert "kind" not in plan


@pytest.mark.parametrize(("columns", "seen"), [(None, ("id", "v")), (("id",), ("id",)), (("v",), ("v",))])
def test_replaced_rows_are_not_there_whatever_may_be_seen(
    tmp_path: Path, columns: tuple[str, ...] | None, seen: tuple[str, ...]
) -> None:
    lake, key = Lake(tmp_path), "base/agency/things"
    with lake.connect() as connection:
        lake.write(key, connection, "SELECT range AS id, 'v' || range AS v FROM range(4)", mode="overwrite", token="one")
        fresh = "SELECT 2::BIGINT AS id, 'new' AS v"
        snapshot = lake.replace(key, connection, keys="SELECT 2::BIGINT AS id", rows=fresh, token="two")
    with open_session(tmp_path, {key: snapshot.paths}, columns={} if columns is None else {key: columns}) as session:
        found = session.execute("SELECT * FROM base.agency.things ORDER BY ALL")
        assert tuple(name for name, *_ in found.description or ()) == seen
        whole = {"id": [0, 1, 2, 3], "v": ["v0", "v1", "new", "v3"]}
        rows = list(zip(*(whole[name] for name in seen), strict=True))
        assert found.fetchall() == sorted(rows)
        tables = session.execute("SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views()").fetchall()
        for (name,) in tables:
            if name.startswith("_source"):
                assert {column for column, *_ in session.execute(f"DESCRIBE temp.main.{name}").fetchall()} <= set(seen)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM open.agency.secret",
        "SELECT * FROM read_parquet('{root}/open/agency/*/*.parquet')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '{root}/evil.csv'",
        "COPY open.agency.things TO '{root}/evil.parquet'",
        "ATTACH '{root}/evil.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "EXPORT DATABASE '{root}/evil'",
    ],
)
def test_nothing_else_is_reachable(session: duckdb.DuckDBPyConnection, statement: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(duckdb.Error):
        session.execute(statement.format(root=tmp_path)).fetchall()
    assert sorted(tmp_path.rglob("*")) == before
