"""Golden records: source order decides, provenance is exact, conflicts are complete, copies have no vote (Art. 15)."""

from dataclasses import replace
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.dataset import Dataset
from pipelines.transforms.copies import detected_copies, is_copy
from pipelines.transforms.resolve import Resolution
from pipelines.transforms.sources import Sources, SourceTable

Row = tuple[str, str | None, str | None]


def golden(order: dict[str, list[str]] | None = None, sources: str = "abc") -> Dataset:
    return Dataset.model_validate(
        {
            "agency": "authority",
            "name": "golden",
            "title": "主数据",
            "description": "主数据",
            "frequency": "daily",
            "sharing": {"class": "unconditional"},
            "opening": {"class": "unconditional"},
            "basis": {"statute": {"law": "办法"}},
            "schema": {"fields": [{"name": n, "title": n} for n in ("id", "x", "y")], "key": ["id"]},
            "derivation": {
                "kind": "golden",
                "sources": [{"dataset": f"{s}/d", "fields": {"id": "key"}} for s in sources],
                "field_order": order or {},
            },
        }
    )


def tables(connection: duckdb.DuckDBPyConnection, rows: dict[str, list[Row]]) -> list[SourceTable]:
    made = []
    for source, content in rows.items():
        connection.execute(
            f"CREATE OR REPLACE TABLE {source} (key VARCHAR, x VARCHAR, y VARCHAR, _delivery_id VARCHAR, _row_number BIGINT)"
        )
        if content:
            values = [(*row, f"{source}1", number) for number, row in enumerate(content, 1)]
            connection.executemany(f"INSERT INTO {source} VALUES (?, ?, ?, ?, ?)", values)
        made.append(SourceTable(f"{source}/d", source, frozenset({"key", "x", "y"}), len(content), (f"{source}1",)))
    return made


def resolve(resolution: Resolution, connection: duckdb.DuckDBPyConnection) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    connection.execute("CREATE OR REPLACE TABLE result AS " + " UNION ALL ".join(resolution.golden()))
    found = []
    for sql in ("FROM result ORDER BY id", " UNION ALL ".join(resolution.conflicts("result")) + " ORDER BY ALL"):
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        found.append([dict(zip(names, row, strict=True)) for row in cursor.fetchall()])
    return found[0], found[1]


def expected(rows: dict[str, list[Row]], order: list[str], index: int) -> dict[str, tuple[str, str, int] | None]:
    """The rule in plain Python: the first source in order with a value; within it the first row."""
    result: dict[str, tuple[str, str, int] | None] = {row[0]: None for content in rows.values() for row in content}
    for key in result:
        for source in order:
            values = [
                (row[index], source, n) for n, row in enumerate(rows[source], 1) if row[0] == key and row[index] is not None
            ]
            if values:
                result[key] = values[0]  # type: ignore[assignment]
                break
    return result


values = st.one_of(st.none(), st.sampled_from(["p", "q", "r"]))
content = st.lists(st.tuples(st.sampled_from("123456"), values, values), max_size=6, unique_by=lambda row: row[0])


@given(a=content, b=content, c=content)
@settings(max_examples=25, deadline=None)
def test_the_first_source_in_order_survives_with_its_provenance(a: list[Row], b: list[Row], c: list[Row]) -> None:
    rows = {"a": a, "b": b, "c": c}
    with duckdb.connect() as connection:
        found, conflicts = resolve(Resolution(golden({"y": ["c/d", "a/d"]}), tables(connection, rows)), connection)
    for field, order, index in (("x", ["a", "b", "c"], 1), ("y", ["c", "a", "b"], 2)):
        truth = expected(rows, order, index)
        assert {row["id"] for row in found} == set(truth)
        for row in found:
            want = truth[row["id"]]
            got = (row[field], (row[f"{field}__source"] or "")[:1], row[f"{field}__row"])
            assert got == (want or (None, "", None))
            assert row[f"{field}__delivery"] == (None if want is None else f"{want[1]}1")
        disputed = {k for k in truth if len({r[index] for s in rows.values() for r in s if r[0] == k and r[index]}) > 1}
        reported = [row for row in conflicts if row["field"] == field]
        assert {row["id"] for row in reported} == disputed
        assert len(reported) == sum(1 for s in rows.values() for r in s if r[0] in disputed and r[index] is not None)
        for row in reported:
            assert row["is_chosen"] == (row["value"] == truth[row["id"]][0])  # type: ignore[index]
            assert row["votes"] == sum(
                1 for s in rows.values() if any(r[0] == row["id"] and r[index] == row["value"] for r in s)
            )
    assert {row["id"] for row in found if row["_conflict_count"]} == {row["id"] for row in conflicts}


def test_arrival_order_does_not_matter() -> None:
    rows: dict[str, list[Row]] = {"a": [("1", "p", None)], "b": [("1", "q", "r"), ("2", "q", None)], "c": []}
    with duckdb.connect() as connection:
        made = tables(connection, rows)
        assert resolve(Resolution(golden(), made), connection) == resolve(Resolution(golden(), made), connection)


def test_a_copy_has_no_vote_but_fills_gaps() -> None:
    rows: dict[str, list[Row]] = {"a": [("1", "p", None)], "b": [("1", "q", "r")], "c": [("1", "p", "s")]}
    with duckdb.connect() as connection:
        found, conflicts = resolve(Resolution(golden(), tables(connection, rows), frozenset({"b/d"})), connection)
    assert (found[0]["x"], found[0]["y"], found[0]["y__source"], found[0]["_conflict_count"]) == ("p", "r", "b/d", 0)
    assert conflicts == []


def test_the_latest_delivery_of_a_source_wins() -> None:
    with duckdb.connect() as connection:
        rows = "('1', 'old', 'kept', 'd1', 1), ('1', 'new', NULL, 'd2', 9)"
        connection.execute(f"CREATE TABLE a AS FROM (VALUES {rows}) t(key, x, y, _delivery_id, _row_number)")
        source = SourceTable("a/d", "a", frozenset({"key", "x", "y"}), 2, ("d2", "d1"))
        found, _ = resolve(Resolution(golden(sources="a"), [source]), connection)
    assert (found[0]["x"], found[0]["x__delivery"], found[0]["x__row"]) == ("new", "d2", 9)
    assert (found[0]["y"], found[0]["y__delivery"], found[0]["y__row"]) == ("kept", "d1", 1)


def test_many_rows_are_resolved_in_key_buckets_with_the_same_result() -> None:
    rows: dict[str, list[Row]] = {
        s: [(str(i * m % 97), f"{s}{i}", None) for i in range(60)] for s, m in (("a", 2), ("b", 3), ("c", 5))
    }
    with duckdb.connect() as connection:
        made = tables(connection, rows)
        whole = resolve(Resolution(golden(), made), connection)
        bucketed = Resolution(golden(), made, values_per_pass=200)
        assert bucketed.passes == 4
        assert resolve(bucketed, connection) == whole


def test_a_copied_source_is_recognised() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE a AS SELECT range AS key, 'n' || range AS x, NULL AS y, '' AS _delivery_id, 1 AS _row_number "
            "FROM range(2000)"
        )
        connection.execute("CREATE TABLE b AS FROM a WHERE key < 1990")
        connection.execute("CREATE TABLE c AS SELECT * REPLACE (if(key = 7, 'other', x) AS x) FROM a")

        def copies(*names: str) -> frozenset[str]:
            made = [
                SourceTable(f"{name}/d", name, frozenset({"key", "x", "y"}), 1990 + 10 * (name != "b"), ("",)) for name in names
            ]
            return detected_copies(connection, Sources(golden(sources="".join(names)), made))

        assert copies("a", "b") == {"b/d"}
        assert copies("a", "c") == frozenset()
    assert not is_copy(50, 50, 50, 50)
    assert not is_copy(2000, 2000, 2000, 2100)


def test_a_copy_is_recognised_by_what_it_says_now_whatever_it_said_before() -> None:
    with duckdb.connect() as connection:
        values = "range AS key, 'n' || range AS x, NULL AS y, 'b1' AS _delivery_id, range AS _row_number"
        connection.execute(f"CREATE TABLE b AS SELECT {values} FROM range(1200)")
        connection.execute("CREATE TABLE a AS FROM b")
        connection.execute("INSERT INTO a SELECT key, 'old', y, 'a0', _row_number FROM b WHERE key < 400")
        names = frozenset({"key", "x", "y"})
        made = [SourceTable("a/d", "a", names, 1600, ("b1", "a0")), SourceTable("b/d", "b", names, 1200, ("b1",))]
        assert detected_copies(connection, Sources(golden(sources="ab"), made)) == {"b/d"}


@pytest.mark.parametrize("level", ["field", "record"])
def test_a_key_that_loading_has_not_verified_is_verified_before_it_joins(level: str) -> None:
    document = golden(sources="a").model_dump(mode="json", by_alias=True)
    document["schema"]["fields"][0]["identifier"] = "uscc"
    declared = Dataset.model_validate({**document, "derivation": {**document["derivation"], "level": level}})
    right, wrong = "91320200MA1ABCDE3T", "91320200MA1ABCDE30"
    with duckdb.connect() as connection:
        (made,) = tables(connection, {"a": [(right, "p", None), (wrong, "q", None)]})
        for own_key, keys in (((), {right}), (("key",), {right, wrong})):
            found, _ = resolve(Resolution(declared, [replace(made, own_key=own_key)]), connection)
            assert {row["id"] for row in found} == keys


def test_rows_without_a_key_join_no_golden_record() -> None:
    with duckdb.connect() as connection:
        made = tables(connection, {"a": [("1", "p", None)], "b": [("1", "q", None)], "c": []})
        connection.execute("INSERT INTO a VALUES (NULL, 'p', 'r', 'a1', 2); INSERT INTO b VALUES (NULL, 'q', 's', 'b1', 2)")
        found, conflicts = resolve(Resolution(golden(), made), connection)
    assert [row["id"] for row in found] == ["1"]
    assert [(row["id"], row["source"]) for row in conflicts] == [("1", "a/d"), ("1", "b/d")]


def test_whole_records_are_taken_from_the_first_source_that_has_the_key() -> None:
    document = golden().model_dump(mode="json", by_alias=True)
    whole = Dataset.model_validate({**document, "derivation": {**document["derivation"], "level": "record"}})
    rows: dict[str, list[Row]] = {"a": [("1", None, "p")], "b": [("1", "q", "r"), ("2", "q", None)], "c": [("2", "x", "y")]}
    with duckdb.connect() as connection:
        found, conflicts = resolve(Resolution(whole, tables(connection, rows)), connection)
    assert [(row["id"], row["x"], row["y"], row["_source"], row["_row_number"]) for row in found] == [
        ("1", None, "p", "a/d", 1),
        ("2", "q", None, "b/d", 2),
    ]
    assert conflicts == []


@pytest.mark.parametrize(
    ("rule", "x", "applied"),
    [
        ({"rule": "order", "order": ["c/d"]}, "r", "record"),
        ({"rule": "recent", "recency": "y"}, "q", "recent"),
        ({"rule": "complete"}, "q", "complete"),
        ({"rule": "unanimous"}, None, None),
        ({"rule": "majority"}, "r", "majority"),
        ({"valid": {"not_values": ["p", "q"]}}, "r", "order"),
        ({"when": [{"field": "y", "test": "known"}]}, "q", "order"),
        ({"valid": {"pattern": "[qr]"}, "order": ["a/d", "d/d"]}, "r", "order"),
    ],
)
def test_rules_of_survivorship(rule: dict[str, Any], x: str | None, applied: str | None) -> None:
    document = golden(sources="abcd").model_dump(mode="json", by_alias=True)
    declared = {**document["derivation"], "survivorship": [{"fields": ["x"], **rule}]}
    rows: dict[str, list[Row]] = {
        "a": [("1", "p", None)],
        "b": [("1", "q", "9")],
        "c": [("1", "r", None)],
        "d": [("1", "r", None)],
    }
    with duckdb.connect() as connection:
        resolution = Resolution(Dataset.model_validate({**document, "derivation": declared}), tables(connection, rows))
        found, _ = resolve(resolution, connection)
    assert (found[0]["x"], found[0]["x__rule"]) == (x, applied)


@pytest.mark.parametrize("y", [None, "不详"])
def test_fields_of_a_group_survive_together_and_each_must_be_valid(y: str | None) -> None:
    document = golden(sources="ab").model_dump(mode="json", by_alias=True)
    rule = {"fields": ["x", "y"], "valid": {"not_values": ["不详"], "pattern": "[pq]"}}
    declared = {**document["derivation"], "survivorship": [rule]}
    with duckdb.connect() as connection:
        made = tables(connection, {"a": [("1", "p", y)], "b": [("1", "q", "9")]})
        found, _ = resolve(Resolution(Dataset.model_validate({**document, "derivation": declared}), made), connection)
    assert (found[0]["x"], found[0]["x__source"], found[0]["y"], found[0]["y__source"]) == ("p", "a/d", None, None)
