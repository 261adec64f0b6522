"""No rule is lost, and the lender gets the connection back as it was."""

import threading

import duckdb
import pyarrow as pa
import pytest

from catalog_service.catalog.quality import Metric
from catalog_service.catalog.vocabularies import Severity
from tests.unit.expectations.support import check, check_rows, measured, rule

THREE = "(VALUES ('a', 1), ('b', 2), ('b', NULL)) AS t(k, n)"


def test_a_rule_that_cannot_be_evaluated_is_told_and_the_others_count() -> None:
    rules = [
        rule(Metric.MAX_LENGTH, "nowhere", length=3),
        rule(Metric.BETWEEN, "k", minimum=0, maximum=None),
        rule(Metric.IN_SET, "k"),
        rule(Metric.IDENTIFIER, "k", scheme="unheard_of"),
        rule(Metric.UNIQUE, columns=["k", "missing"]),
        rule(Metric.UNIQUE, "k", columns=["k"]),
        rule(Metric.NOT_NULL, "n"),
    ]

    run = check(THREE, rules)

    assert [one.rule.name for one in run.measurements] == [one.name for one in rules]
    found = measured(run)
    assert [one.passed for one in run.measurements] == [None] * 5 + [False, False]
    assert '"nowhere" not found' in found["nowhere__max_length"].error
    assert "VARCHAR" in found["k__between"].error
    assert "KeyError" in found["k__in_set"].error
    assert '"missing" not found' in found["table__unique"].error
    assert all("未评" in one.error and "not evaluated" in one.error for one in run.measurements if one.passed is None)
    assert (found["k__unique"].unexpected_count, found["n__not_null"].unexpected_count) == (2, 1)


def test_a_relation_that_cannot_be_read_leaves_every_rule_unevaluated() -> None:
    run = check("read_parquet(['/nowhere.parquet'])", [rule(Metric.ROW_COUNT, minimum=1, severity=Severity.BLOCKING)])

    assert (run.row_count, run.measurements[0].passed, len(run.blocking)) == (0, None, 1)
    assert "/nowhere" not in run.measurements[0].error


@pytest.mark.parametrize(("severity", "blocks"), [(Severity.BLOCKING, 1), (Severity.WARNING, 0)])
def test_an_unpublished_target_blocks_only_where_the_rule_does(severity: Severity, blocks: int) -> None:
    run = check(THREE, [rule(Metric.REFERENCE, "k", severity=severity, dataset="demo/places", field="code")])

    assert run.measurements[0].passed is None
    assert "demo/places 尚未发布" in run.measurements[0].error
    assert len(run.blocking) == blocks


def test_the_threshold_decides_and_the_counts_stay_exact() -> None:
    values = [None, *["x"] * 9]
    rules = [
        rule(Metric.NOT_NULL, "k", threshold=0.9),
        rule(Metric.NOT_NULL, "k", threshold=0.91).model_copy(update={"name": "strict"}),
    ]

    run = check_rows({"k": (pa.string(), values)}, rules)

    assert [(one.passed, one.evaluated_count, one.unexpected_count) for one in run.measurements] == [
        (True, 10, 1),
        (False, 10, 1),
    ]


def test_examples_are_few_short_and_show_what_cannot_be_seen() -> None:
    values = [f"v{index}" for index in range(40)] + ["长" * 500, " v", "v\u3000", "\t"]

    run = check_rows({"k": (pa.string(), values)}, [rule(Metric.IN_SET, "k", values=[])])

    assert run.measurements[0].unexpected_count == 44
    assert run.measurements[0].examples == ("'\\t'", "' v'", "v0", "v1", "v10")
    long = check_rows({"k": (pa.string(), ["长" * 500])}, [rule(Metric.IN_SET, "k", values=[])])
    assert len(long.measurements[0].examples[0]) == 120


def test_names_and_values_are_quoted() -> None:
    hostile = "a'b\"c:d%s"
    run = check_rows(
        {"order": (pa.string(), [hostile, "x"]), "select": (pa.string(), [hostile, hostile])},
        [
            rule(Metric.IN_SET, "order", values=[hostile]),
            rule(Metric.MATCHES, "order", pattern="a'b\"c:d%s|\\w"),
            rule(Metric.UNIQUE, "select", columns=["select"]),
            rule(Metric.REFERENCE, "order", dataset="a/b", field="from"),
        ],
        references={"a/b": "(SELECT 'a''b\"c:d%s' AS \"from\")"},
    )
    assert [one.unexpected_count for one in run.measurements] == [1, 0, 2, 1]


def test_the_connection_is_given_back_as_it_was() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TEMP TABLE mine AS SELECT 1 AS n")

    for _ in range(2):
        assert check("mine", [rule(Metric.NOT_NULL, "n")], connection=connection).measurements[0].passed

    assert connection.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall() == [(0,)]
    assert connection.execute("SELECT n FROM mine").fetchall() == [(1,)]


def test_an_open_transaction_stays_open() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE kept (n INTEGER)")
    connection.begin()
    connection.execute("INSERT INTO kept VALUES (1)")
    check("kept", [rule(Metric.ROW_COUNT, minimum=1)], connection=connection)
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM kept").fetchall() == [(0,)]


def test_a_check_that_aborts_the_callers_transaction_still_tells() -> None:
    connection = duckdb.connect()
    connection.begin()
    failing = rule(Metric.REFERENCE, "k", dataset="a/b", field="k", severity=Severity.BLOCKING)

    run = check(THREE, [failing], connection=connection, references={"a/b": "(SELECT error('boom') AS k FROM range(3))"})

    assert (run.row_count, [one.passed for one in run.blocking]) == (3, [None])
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall() == [(0,)]


def test_threads_do_not_mix_their_tables() -> None:
    found: dict[int, int] = {}

    def one(size: int) -> None:
        found[size] = check(f"range({size}) AS t(n)", [rule(Metric.UNIQUE, "n", columns=["n"])]).measurements[0].evaluated_count

    threads = [threading.Thread(target=one, args=(size,)) for size in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {size: size for size in range(1, 9)}


def test_the_values_asked_for_are_few_queries() -> None:
    connection = duckdb.connect()
    connection.execute("SET enable_profiling = 'no_output'")
    rules = [rule(Metric.NOT_NULL, name) for name in "abcdefgh"] + [
        rule(Metric.MAX_LENGTH, name, length=1) for name in "abcdefgh"
    ]
    source = ", ".join(f"'xx' AS {name}" for name in "abcdefgh")
    asked: list[str] = []

    class Listening:
        def __getattr__(self, name: str) -> object:
            return getattr(connection, name)

        def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
            asked.append(query)
            return connection.execute(query, parameters)

    run = check(f"(SELECT {source})", rules, connection=Listening())  # type: ignore[arg-type]

    assert [one.unexpected_count for one in run.measurements] == [0] * 8 + [1] * 8
    assert [query.count("FILTER") for query in asked if "FILTER" in query] == [16]
    assert sum("INSERT" in query or "CREATE OR REPLACE" in query for query in asked) == 1, "failing rows are found together"
    assert len(asked) <= 12
