"""Quality runs as rows of the `quality` zone and back (DQV): one row per rule, table version and run.

Here: the fixed Arrow schema and both conversions. Not here: evaluation, or any import of it, since the API reads these rows.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from catalog_service.catalog.errors import Text
from catalog_service.catalog.quality import Measurement, Metric, QualityRun, Rule
from catalog_service.catalog.vocabularies import Dimension, Severity

SCHEMA = pa.schema(
    [
        pa.field("run_id", pa.string(), nullable=False),
        pa.field("table", pa.string(), nullable=False),
        pa.field("version", pa.int64(), nullable=False),
        pa.field("measured_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("row_count", pa.int64(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("field", pa.string()),
        pa.field("dimension", pa.string(), nullable=False),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("threshold", pa.float64(), nullable=False),
        pa.field("passed", pa.bool_()),
        pa.field("evaluated_count", pa.int64(), nullable=False),
        pa.field("unexpected_count", pa.int64(), nullable=False),
        pa.field("unexpected_ratio", pa.float64()),
        pa.field("examples", pa.string(), nullable=False),
        pa.field("error", pa.string(), nullable=False),
        pa.field("reason_zh", pa.string(), nullable=False),
        pa.field("reason_en", pa.string(), nullable=False),
        pa.field("article", pa.int64()),
        pa.field("standard", pa.string()),
        pa.field("condition", pa.string()),
    ]
)
"""Columns of the `quality` zone. `passed` NULL: not evaluated (未评). `unexpected_ratio` NULL: applied to no row.
`examples`: a JSON array of texts."""


def to_arrow(run: QualityRun) -> pa.Table:
    """Return a run as rows of `SCHEMA`, in the order of its measurements."""
    return pa.Table.from_pylist([_row(run, one) for one in run.measurements], schema=SCHEMA)


def from_rows(rows: Sequence[Mapping[str, Any]]) -> QualityRun:
    """Return the run that `rows` (dictionaries with the columns of `SCHEMA`) are; parameters of rules are not kept in rows.

    Raises:
        ValueError: there are no rows, or they belong to several runs.
    """
    runs = {row["run_id"] for row in rows}
    if len(runs) != 1:
        raise ValueError(f"expected the rows of one quality run, got {len(runs)} runs in {len(rows)} rows")
    first = rows[0]
    return QualityRun(
        run_id=first["run_id"],
        table=first["table"],
        version=first["version"],
        measured_at=first["measured_at"].astimezone(dt.UTC),
        row_count=first["row_count"],
        measurements=tuple(_measurement(row) for row in rows),
    )


def _row(run: QualityRun, measurement: Measurement) -> dict[str, Any]:
    rule = measurement.rule
    evaluated, unexpected = measurement.evaluated_count, measurement.unexpected_count
    return {
        "run_id": run.run_id,
        "table": run.table,
        "version": run.version,
        "measured_at": run.measured_at,
        "row_count": run.row_count,
        "rule": rule.name,
        "metric": rule.metric.value,
        "field": rule.field,
        "dimension": rule.dimension.value,
        "severity": rule.severity.value,
        "threshold": rule.threshold,
        "passed": measurement.passed,
        "evaluated_count": evaluated,
        "unexpected_count": unexpected,
        "unexpected_ratio": unexpected / evaluated if evaluated else None,
        "examples": json.dumps(measurement.examples, ensure_ascii=False),
        "error": measurement.error,
        "reason_zh": rule.reason.zh,
        "reason_en": rule.reason.en,
        "article": rule.article,
        "standard": rule.standard,
        "condition": rule.condition,
    }


def _measurement(row: Mapping[str, Any]) -> Measurement:
    rule = Rule(
        name=row["rule"],
        metric=Metric(row["metric"]),
        field=row["field"],
        severity=Severity(row["severity"]),  # type: ignore[call-arg]  # Term's __new__ takes labels, look-up takes none
        dimension=Dimension(row["dimension"]),  # type: ignore[call-arg]
        threshold=row["threshold"],
        reason=Text(zh=row["reason_zh"], en=row["reason_en"]),
        article=row["article"],
        standard=row["standard"] or "",
        condition=row["condition"] or "",
    )
    return Measurement(
        rule=rule,
        passed=row["passed"],
        evaluated_count=row["evaluated_count"],
        unexpected_count=row["unexpected_count"],
        examples=tuple(json.loads(row["examples"])),
        error=row["error"],
    )
