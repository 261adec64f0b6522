"""Quality as data (Art. 25, 32; GB/T 36344): the latest run of a data set, per rule and per dimension; trend; failing rows.

Here: reading outcomes from the `quality` zone. Not here: measuring them (expectations), letting versions pass (overriding).
"""

import json
from collections.abc import Sequence
from typing import Any

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.decision import Zone
from catalog_service.catalog.errors import NotFoundError, Text, problem
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.quality import OF_TABLES, QualityRun
from catalog_service.catalog.vocabularies import Dimension, Severity
from catalog_service.services.access import Wish, require_read
from catalog_service.services.platform import Platform
from catalog_service.services.quality_views import FailedRow, FailedRowsView, TrendPoint, TrendView
from catalog_service.services.reading import published_record
from catalog_service.services.views import DimensionOutcome, QualityView, RuleOutcome
from lake.expressions import ident

MOST_FAILED_ROWS = 500
"""Rows of one page of failing rows; all of them are in the `quality` zone."""
_LONGEST_TREND = 60
_AS_A_WHOLE = ", ".join(f"'{one}'" for one in sorted(OF_TABLES))
"""Rules that a table satisfies or breaks as a whole; their count is no number of rows that were looked at."""


def quality(platform: Platform, dataset_id: str) -> QualityView:
    """Return the latest quality run; failing rules first, then those not evaluated.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        main = transaction.publications.current(f"{dataset.zone}/{dataset_id}")
        measured = transaction.publications.current(f"quality/{dataset_id}")
        override = None if main is None else transaction.quality.override(main.table, main.version)
    rows = [] if measured is None else _latest_run(platform, measured, f"{dataset.zone}/{dataset_id}")
    good = None if main is None else main.published_at
    if not rows:
        return QualityView(dataset=dataset_id, published_at=good, override=override)
    is_published = main is not None and main.version == rows[0]["version"]
    # Values are shown only of fields and versions that everybody can download.
    shown = frozenset(field.name for field in dataset.open_fields) if is_published else frozenset()
    rules = sorted((_outcome(row, shown) for row in rows), key=_worst_first)
    return QualityView(
        dataset=dataset_id,
        run_id=rows[0]["run_id"],
        version=rows[0]["version"],
        is_published=is_published,
        published_at=good,
        override=override,
        measured_at=rows[0]["measured_at"],
        row_count=rows[0]["row_count"],
        dimensions=tuple(_dimensions(rules)),
        rules=tuple(rules),
    )


def latest_run(platform: Platform, dataset_id: str) -> QualityRun:
    """Return the latest run as it was measured, without offending values.

    Raises:
        NotFoundError: there is no published entry, or it was never checked.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        measured = transaction.publications.current(f"quality/{dataset_id}")
    rows = [] if measured is None else _latest_run(platform, measured, f"{dataset.zone}/{dataset_id}")
    if not rows:
        zh, en = f"{dataset_id} 尚未做过质量检查", f"{dataset_id} was never checked"
        raise NotFoundError(problem("never-checked", zh, en, article=25))
    common = {name: rows[0][name] for name in ("run_id", "table", "version", "measured_at", "row_count")}
    return QualityRun.model_validate({**common, "measurements": [_measurement(row) for row in rows]})


def trend(platform: Platform, dataset_id: str) -> TrendView:
    """Return what the runs of a data set found, oldest first, at most the last sixty.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        measured = transaction.publications.current(f"quality/{dataset_id}")
    if measured is None or not measured.files:
        return TrendView(dataset=dataset_id, points=())
    query = f"""
        SELECT run_id, min(measured_at) AS measured_at, any_value(version) AS version, any_value(row_count) AS row_count,
            dimension, count(*) AS rules, count(*) FILTER (passed) AS passed, count(*) FILTER (NOT passed) AS failed,
            count(*) FILTER (NOT passed AND severity = '{Severity.BLOCKING.value}') AS blocking,
            sum(unexpected_count)::BIGINT AS unexpected,
            avg(CASE WHEN metric IN ({_AS_A_WHOLE}) THEN passed::INT
                WHEN evaluated_count > 0 THEN (evaluated_count - unexpected_count) / evaluated_count END)
                FILTER (passed IS NOT NULL) AS share
        FROM {platform.lake.relation(measured.paths)}
        WHERE "table" = $1 GROUP BY run_id, dimension ORDER BY measured_at, run_id, dimension"""
    rows = _rows(platform, query, [f"{dataset.zone}/{dataset_id}"])
    runs = list(dict.fromkeys(row["run_id"] for row in rows))[-_LONGEST_TREND:]
    return TrendView(dataset=dataset_id, points=tuple(TrendPoint.model_validate(row) for row in rows if row["run_id"] in runs))


def failed_rows(
    platform: Platform, principal: Principal, dataset_id: str, *, rule: str | None = None, limit: int = 100
) -> FailedRowsView:
    """Return the rows that broke rules when the data set was checked last, sensitive parts masked.

    Raises:
        UnauthenticatedError, ForbiddenError: only the agency itself, quality officers and inspectors may see them.
        NotFoundError: there is no published entry.
    """
    dataset = require_read(platform, principal, Wish(dataset_id, Zone.QUALITY, rows=min(limit, MOST_FAILED_ROWS)))
    with platform.database.reading() as transaction:
        stored = transaction.publications.current(failed_rows_table(dataset))
    if stored is None or not stored.files:
        return FailedRowsView(dataset=dataset_id)
    relation = platform.lake.relation(stored.paths)
    where, given = ("WHERE rule = $1", [rule]) if rule is not None else ("", [])
    counts = _rows(platform, f"SELECT rule, count(*) AS rows FROM {relation} GROUP BY rule ORDER BY rule", [])
    found = _rows(
        platform,
        f"SELECT rule, _delivery_id AS delivery, _row_number AS row_number, key, value FROM {relation} {where} "
        f"ORDER BY rule, delivery, row_number, key LIMIT {min(limit, MOST_FAILED_ROWS)}",
        given,
    )
    return FailedRowsView(
        dataset=dataset_id,
        counts={row["rule"]: row["rows"] for row in counts},
        rows=tuple(FailedRow.model_validate(row) for row in found),
    )


def failed_samples(platform: Platform, principal: Principal, dataset_id: str, *, per_rule: int) -> FailedRowsView:
    """Return the first rows that broke each rule when the data set was checked last, sensitive parts masked.

    Raises:
        UnauthenticatedError, ForbiddenError: only the agency itself, quality officers and inspectors may see them.
        NotFoundError: there is no published entry.
    """
    dataset = require_read(platform, principal, Wish(dataset_id, Zone.QUALITY, rows=per_rule))
    with platform.database.reading() as transaction:
        stored = transaction.publications.current(failed_rows_table(dataset))
    if stored is None or not stored.files:
        return FailedRowsView(dataset=dataset_id)
    found = _rows(
        platform,
        "SELECT rule, _delivery_id AS delivery, _row_number AS row_number, key, value, count(*) OVER (PARTITION BY rule) AS n "
        f"FROM {platform.lake.relation(stored.paths)} "
        "QUALIFY row_number() OVER (PARTITION BY rule ORDER BY delivery, row_number, key) <= $1 "
        "ORDER BY rule, delivery, row_number, key",
        [per_rule],
    )
    return FailedRowsView(
        dataset=dataset_id,
        counts={row["rule"]: row["n"] for row in found},
        rows=tuple(FailedRow.model_validate({name: row[name] for name in FailedRow.model_fields}) for row in found),
    )


def failed_rows_table(dataset: Dataset) -> str:
    """Return the key of the table of failing rows of a data set."""
    return f"quality/{dataset.id}_failed_rows"


def _latest_run(platform: Platform, measured: Publication, table: str) -> list[dict[str, Any]]:
    if not measured.files:
        return []
    relation = platform.lake.relation(measured.paths)
    latest = f"SELECT arg_max(run_id, (measured_at, run_id)) FROM {relation} WHERE {ident('table')} = $1"
    return _rows(platform, f"SELECT * FROM {relation} WHERE {ident('table')} = $1 AND run_id = ({latest})", [table])


def _rows(platform: Platform, query: str, given: Sequence[object]) -> list[dict[str, Any]]:
    with platform.lake.connect() as connection:
        found = connection.execute(query, list(given))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _outcome(row: dict[str, Any], shown: frozenset[str]) -> RuleOutcome:
    evaluated, unexpected = row["evaluated_count"], row["unexpected_count"]
    return RuleOutcome(
        rule=row["rule"],
        metric=row["metric"],
        field=row["field"],
        dimension=row["dimension"],
        severity=row["severity"],
        threshold=row["threshold"],
        passed=row["passed"],
        evaluated_count=evaluated,
        unexpected_count=unexpected,
        share=_share(row),
        examples=tuple(json.loads(row["examples"])) if row["field"] in shown else (),
        error=row["error"],
        reason=Text(zh=row["reason_zh"], en=row["reason_en"]),
        article=row.get("article"),
        standard=row.get("standard") or "",
        condition=row.get("condition") or "",
    )


def _share(row: dict[str, Any]) -> float | None:
    """Return the share of rows that satisfy; all or nothing where a rule is about the table as a whole."""
    if row["metric"] in OF_TABLES:
        return None if row["passed"] is None else float(row["passed"])
    evaluated: int = row["evaluated_count"]
    return (evaluated - row["unexpected_count"]) / evaluated if evaluated else None


def _measurement(row: dict[str, Any]) -> dict[str, Any]:
    rule = {name: row[name] for name in ("metric", "field", "severity", "dimension", "threshold")}
    reason = {"zh": row["reason_zh"], "en": row["reason_en"]}
    more = {"article": row.get("article"), "standard": row.get("standard") or "", "condition": row.get("condition") or ""}
    counts = {name: row[name] for name in ("passed", "evaluated_count", "unexpected_count", "error")}
    return {"rule": {"name": row["rule"], **rule, "reason": reason, **more}, **counts}


def _worst_first(outcome: RuleOutcome) -> tuple[int, float, str]:
    rank = {False: 0, None: 1, True: 2}[outcome.passed]
    return rank, -1.0 if outcome.share is None else outcome.share, outcome.rule


def _dimensions(rules: Sequence[RuleOutcome]) -> list[DimensionOutcome]:
    found = []
    for dimension in Dimension:
        of_it = [one for one in rules if one.dimension is dimension]
        shares = [one.share for one in of_it if one.share is not None and one.passed is not None]
        if of_it:
            found.append(
                DimensionOutcome(
                    dimension=dimension,
                    label=Text(zh=dimension.zh, en=dimension.en),
                    rule_count=len(of_it),
                    passed_count=sum(one.passed is True for one in of_it),
                    failed_count=sum(one.passed is False for one in of_it),
                    not_evaluated_count=sum(one.passed is None for one in of_it),
                    share=sum(shares) / len(shares) if shares else None,
                )
            )
    return found
