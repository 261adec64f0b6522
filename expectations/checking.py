"""The check of one table version: rules in, a quality run out.

Here: what is evaluated, what cannot be, and the promise that no rule is lost. Not here: rules (rules), SQL (conditions),
Great Expectations (gx_engine, imported only when there is something to evaluate: it costs seconds and 250 MB).
"""

import contextlib
import datetime as dt
import os
import uuid
from collections.abc import Callable, Sequence

import duckdb

from catalog_service.catalog.quality import Measurement, Metric, QualityRun, Rule
from expectations.outcome import not_evaluated, unpublished
from lake.expressions import ident

ReferenceRelation = Callable[[str], str | None]
"""Data set id → SQL text of its published rows, usable after FROM, or None where it is not published."""


def run_checks(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    rules: Sequence[Rule],
    *,
    table: str,
    version: int,
    sensitive: frozenset[str],
    reference_relation: ReferenceRelation,
) -> QualityRun:
    """Article 25: evaluate `rules` on `relation` (SQL text usable after FROM) and return one measurement per rule, in order.

    Values of `sensitive` columns appear in no result. The connection is used alone for the time being; it keeps nothing.
    """
    measured_at = dt.datetime.now(dt.UTC)
    view = f"check_{uuid.uuid4().hex}"
    try:
        connection.execute(f"CREATE TEMP VIEW {ident(view)} AS SELECT * FROM {relation}")
        row_count = int(connection.execute(f"SELECT count(*) FROM {ident(view)}").fetchall()[0][0])
    except duckdb.Error as error:
        row_count, measured = 0, {rule.name: not_evaluated(rule, type(error).__name__) for rule in rules}
    else:
        measured = _evaluate(connection, view, rules, sensitive, reference_relation)
    finally:
        # In a transaction that a failed check has aborted, the view goes with its rollback.
        with contextlib.suppress(duckdb.TransactionException):
            connection.execute(f"DROP VIEW IF EXISTS {ident(view)}")
    return QualityRun(
        run_id=f"{measured_at:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:12]}",
        table=table,
        version=version,
        measured_at=measured_at,
        row_count=row_count,
        measurements=tuple(measured[rule.name] for rule in rules),
    )


def _evaluate(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    rules: Sequence[Rule],
    sensitive: frozenset[str],
    reference_relation: ReferenceRelation,
) -> dict[str, Measurement]:
    measured, references = _resolve_references(rules, reference_relation)
    evaluable = [rule for rule in rules if rule.name not in measured]
    if not evaluable:
        return measured
    # Nothing may leave the machine: versions of Great Expectations that send usage statistics read this when imported.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from expectations import gx_engine

    task = gx_engine.Task(view, sensitive, references)
    return measured | gx_engine.evaluate(connection, task, evaluable)


def _resolve_references(
    rules: Sequence[Rule], reference_relation: ReferenceRelation
) -> tuple[dict[str, Measurement], dict[str, str]]:
    """Return what cannot be evaluated for want of its target, and the relations of all other targets."""
    measured: dict[str, Measurement] = {}
    references: dict[str, str] = {}
    for rule in rules:
        if rule.metric is not Metric.REFERENCE:
            continue
        dataset = rule.parameters["dataset"]
        found = references.get(dataset) or reference_relation(dataset)
        if found is None:
            measured[rule.name] = unpublished(rule, dataset)
        else:
            references[dataset] = found
    return measured, references
