"""Short ways to write rules and run checks in tests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from catalog_service.catalog.errors import Text
from catalog_service.catalog.quality import Measurement, Metric, QualityRun, Rule
from catalog_service.catalog.vocabularies import Dimension, Severity
from expectations.checking import Circumstances, run_checks


def rule(
    metric: Metric, field: str | None = None, /, *, severity: Severity = Severity.WARNING, threshold: float = 1.0, **given: Any
) -> Rule:
    """Return a rule; its name is `{field}__{metric}`."""
    return Rule(
        name=f"{field or 'table'}__{metric}",
        metric=metric,
        field=field,
        parameters=given,
        severity=severity,
        dimension=Dimension.ACCURACY,
        threshold=threshold,
        reason=Text(zh="说明", en="reason"),
    )


def check(
    relation: str,
    rules: Iterable[Rule],
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
    sensitive: frozenset[str] = frozenset(),
    references: Mapping[str, str] | None = None,
    **circumstances: Any,
) -> QualityRun:
    """Run checks on SQL text usable after FROM."""
    return run_checks(
        connection or duckdb.connect(),
        relation,
        tuple(rules),
        table="standard/agency/dataset",
        version=3,
        reference_relation=(references or {}).get,
        circumstances=Circumstances(sensitive=sensitive, **circumstances),
    ).run


def check_rows(
    columns: Mapping[str, tuple[pa.DataType, Sequence[object]]], rules: Iterable[Rule], **options: Any
) -> QualityRun:
    """Run checks on columns given as Arrow type and values."""
    connection = duckdb.connect()
    table = pa.table({name: pa.array(values, type=kind) for name, (kind, values) in columns.items()})
    connection.register("rows", table)
    return check("rows", rules, connection=connection, **options)


def measured(run: QualityRun) -> dict[str, Measurement]:
    """Return measurements by rule name."""
    return {one.rule.name: one for one in run.measurements}
