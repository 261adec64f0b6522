"""Runs survive the way through Arrow, Parquet and DuckDB."""

import datetime as dt
import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.errors import Text
from catalog_service.catalog.quality import Measurement, Metric, QualityRun, Rule
from catalog_service.catalog.vocabularies import Dimension, Severity
from expectations.results import SCHEMA, from_rows, to_arrow

_line = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8).map(str.strip)
_rules = st.builds(
    Rule,
    name=_line,
    metric=st.sampled_from(list(Metric)),
    field=st.none() | st.just("field_name"),
    parameters=st.just({}),
    severity=st.sampled_from(list(Severity)),
    dimension=st.sampled_from(list(Dimension)),
    threshold=st.floats(0, 1),
    reason=st.builds(Text, zh=_line, en=_line),
)
_measurements = st.builds(
    Measurement,
    rule=_rules,
    passed=st.none() | st.booleans(),
    evaluated_count=st.integers(0, 2**50),
    unexpected_count=st.integers(0, 2**50),
    examples=st.lists(_line, max_size=3).map(tuple),
    error=_line,
)
_runs = st.builds(
    QualityRun,
    run_id=_line,
    table=_line,
    version=st.integers(0, 2**40),
    measured_at=st.integers(0, 4 * 10**15).map(
        lambda micros: dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=micros)
    ),
    row_count=st.integers(0, 2**50),
    measurements=st.lists(_measurements, min_size=1, max_size=4).map(tuple),
)


@settings(deadline=None)
@given(_runs)
def test_a_run_comes_back_as_it_was(run: QualityRun) -> None:
    table = to_arrow(run)
    assert table.schema == SCHEMA
    assert from_rows(table.to_pylist()) == run


def _run() -> QualityRun:
    rule = Rule(
        name="code__unique",
        metric=Metric.UNIQUE,
        field="code",
        severity=Severity.BLOCKING,
        dimension=Dimension.ACCURACY,
        reason=Text(zh="代码不得重复", en="codes must not repeat"),
    )
    bad = Measurement(rule=rule, passed=False, evaluated_count=8, unexpected_count=2, examples=("无锡", "a"))
    idle = Measurement(rule=rule, passed=None, evaluated_count=0, unexpected_count=0, error="未评")
    at = dt.datetime(2024, 5, 1, 8, 30, 0, 123456, tzinfo=dt.UTC)
    return QualityRun(run_id="r1", table="standard/a/b", version=4, measured_at=at, row_count=9, measurements=(bad, idle))


def test_rows_are_plain_columns_for_duckdb(tmp_path: Path) -> None:
    pq.write_table(to_arrow(_run()), tmp_path / "quality.parquet")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "quality.parquet")])
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert [(row["unexpected_ratio"], row["passed"], json.loads(row["examples"])) for row in rows] == [
        (0.25, False, ["无锡", "a"]),
        (None, None, []),
    ]
    assert from_rows(rows) == _run()


def test_rows_of_several_runs_are_refused() -> None:
    rows = to_arrow(_run()).to_pylist()
    with pytest.raises(ValueError, match="2 runs"):
        from_rows([*rows, {**rows[0], "run_id": "r2"}])
    with pytest.raises(ValueError, match="0 runs"):
        from_rows([])
