"""Quality summary (Art. 25, 32; GB/T 36344): the latest run of a data set, per rule and per dimension.

Here: reading outcomes from the `quality` zone. Not here: measuring them (expectations).
"""

import json
from collections.abc import Sequence
from typing import Any

from catalog_service.catalog.errors import Text
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.vocabularies import Dimension
from catalog_service.services.platform import Platform
from catalog_service.services.reading import published_record
from catalog_service.services.views import DimensionOutcome, QualityView, RuleOutcome

_COLUMNS = (
    "run_id, version, measured_at, row_count, rule, metric, field, dimension, severity, threshold, passed, "
    "evaluated_count, unexpected_count, examples, error, reason_zh, reason_en"
)


def quality(platform: Platform, dataset_id: str) -> QualityView:
    """Return the latest quality run; failing rules first, then those not evaluated.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        main = transaction.publications.current(f"{dataset.zone}/{dataset_id}")
        measured = transaction.publications.current(f"quality/{dataset_id}")
    rows = [] if measured is None else _latest_run(platform, measured, f"{dataset.zone}/{dataset_id}")
    if not rows:
        return QualityView(dataset=dataset_id)
    is_published = main is not None and main.version == rows[0]["version"]
    # Values are shown only of fields and versions that everybody can download.
    shown = frozenset(field.name for field in dataset.open_fields) if is_published else frozenset()
    rules = sorted((_outcome(row, shown) for row in rows), key=_worst_first)
    return QualityView(
        dataset=dataset_id,
        run_id=rows[0]["run_id"],
        version=rows[0]["version"],
        is_published=is_published,
        measured_at=rows[0]["measured_at"],
        row_count=rows[0]["row_count"],
        dimensions=tuple(_dimensions(rules)),
        rules=tuple(rules),
    )


def _latest_run(platform: Platform, measured: Publication, table: str) -> list[dict[str, Any]]:
    if not measured.files:
        return []
    relation = platform.lake.relation([file.path for file in measured.files])
    latest = f'SELECT arg_max(run_id, (measured_at, run_id)) FROM {relation} WHERE "table" = $1'
    query = f'SELECT {_COLUMNS} FROM {relation} WHERE "table" = $1 AND run_id = ({latest})'
    with platform.lake.connect() as connection:
        found = connection.execute(query, [table])
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
        share=(evaluated - unexpected) / evaluated if evaluated else None,
        examples=tuple(json.loads(row["examples"])) if row["field"] in shown else (),
        error=row["error"],
        reason=Text(zh=row["reason_zh"], en=row["reason_en"]),
    )


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
