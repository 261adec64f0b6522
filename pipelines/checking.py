"""The check of a table version as a step of the main job (Art. 25): rules run, outcomes and failing rows stored, gate decided.

Here: what a check is told and where its outcome goes. Not here: evaluation (expectations), making rows (loading, deriving).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.quality import CheckMemory, Measurement, Metric, QualityRun, Rule
from catalog_service.catalog.vocabularies import DeliveryMode, Sensitivity
from catalog_service.services import clocks
from expectations.checking import Circumstances, run_checks
from expectations.counting import FILE_COLUMN
from expectations.results import to_arrow
from expectations.rules import derive_rules
from lake.manifest import Snapshot
from lake.replacing import counting
from lake.tables import Mode
from pipelines.keys import failed_rows_key, main_key, quality_key

if TYPE_CHECKING:
    from pipelines.workbench import Workbench

BLOCKED = "blocking-rule"
"""Code of the problems for which a version stays unpublished."""
MOST_FILES = 64
"""Files of outcomes, one a run, that a table has before they are written as one: what a check costs does not grow with them."""
_HISTORY = 12
"""Number of earlier versions that the usual number of rows is taken from."""


@dataclass(frozen=True)
class _FailedRows:
    """The table of failing rows in the lake."""

    bench: "Workbench"
    token: str

    def store(self, queries: Sequence[str], *, onto: int | None) -> tuple[int, str]:
        """Write the rows as the next version: beside those of version `onto`, or alone."""
        key, lake = failed_rows_key(self.bench.dataset), self.bench.lake
        mode: Mode = "overwrite"
        if onto is not None:
            mode = "append"
            if lake.snapshot(key).version != onto:
                lake.restore(key, onto, token=f"{self.token}:restore")
        snapshot = lake.write(key, self.bench.connection, queries, mode=mode, token=self.token)
        return snapshot.version, self.relation(snapshot.version)

    def relation(self, version: int) -> str:
        """Return SQL for the rows of a version; empty where it has none."""
        paths = self.bench.lake.snapshot(failed_rows_key(self.bench.dataset), version).paths
        return self.bench.lake.relation(paths) if paths else ""


def check(bench: "Workbench", snapshot: Snapshot, *, page: Path | None = None) -> tuple[QualityRun, tuple[Snapshot, ...]]:
    """Run the rules of the catalog on a table version; return the outcome and the versions of the quality tables with it.

    With `page`, the outcome is also written there as a page of Data Docs.
    """
    rules = derive_rules(bench.dataset, bench.catalog)
    key = snapshot.key
    with bench.platform.database.reading() as transaction:
        memory = transaction.quality.memory(key)
    failed_rows = _FailedRows(bench, f"{key}@{snapshot.version}#{bench.run_token}")
    done = run_checks(
        bench.connection,
        bench.relation(bench.dataset, snapshot.paths, file_column=FILE_COLUMN),
        rules,
        table=key,
        version=snapshot.version,
        reference_relation=lambda other: _relation_of(bench, other, snapshot),
        circumstances=replace(_circumstances(bench, snapshot, rules, memory, failed_rows), page=page),
    )
    visible = [_store(bench, snapshot, done.run)]
    if done.failed is not None and done.failed.is_written and done.memory.failed is not None:
        visible.append(bench.lake.snapshot(failed_rows_key(bench.dataset), done.memory.failed.version))
    if done.memory != memory:
        with bench.platform.database.transaction() as transaction:
            transaction.quality.remember(key, done.memory)
    return done.run, tuple(visible)


def gate(run: QualityRun) -> tuple[Problem, ...]:
    """Return the reasons for which a checked version must stay unpublished, empty where it may be published."""
    return tuple(_refusal(one) for one in run.blocking)


def _relation_of(bench: "Workbench", other: str, snapshot: Snapshot) -> str | None:
    """Return SQL for the rows of a data set that rules refer to: of this version for the data set itself."""
    if other == bench.dataset.id:
        return bench.relation(bench.dataset, snapshot.paths)
    return bench.published_relation(other)


def _circumstances(
    bench: "Workbench", snapshot: Snapshot, rules: Sequence[Rule], memory: CheckMemory, failed_rows: _FailedRows
) -> Circumstances:
    dataset, settings = bench.dataset, bench.platform.settings
    grows = dataset.delivery is not None and dataset.delivery.mode is DeliveryMode.INCREMENTAL
    return Circumstances(
        sensitive=frozenset(f.name for f in dataset.schema_.fields if f.sensitivity is not Sensitivity.PUBLIC),
        key=dataset.schema_.key,
        files={str(bench.lake.root / path): name for path, name in counting(snapshot.files).items()},
        memory=memory,
        hashes=settings.home_path / "cache" / "keys" / dataset.agency / dataset.name if grows else None,
        earlier_counts=_earlier_counts(bench) if any(one.metric is Metric.VOLUME for one in rules) else (),
        today=clocks.today(bench.platform),
        failed_rows=failed_rows,
    )


def _earlier_counts(bench: "Workbench") -> list[int]:
    """Return the numbers of rows of the latest versions that were published."""
    with bench.platform.database.reading() as transaction:
        return [one.row_count for one in transaction.publications.history(main_key(bench.dataset))[:_HISTORY]]


def _store(bench: "Workbench", snapshot: Snapshot, run: QualityRun) -> Snapshot:
    results: pa.Table = to_arrow(run)
    bench.connection.register("quality_results", results)
    # The same version may be judged again, when what it refers to has changed; what a killed run measured does not count.
    key, token = quality_key(bench.dataset), f"{snapshot.key}@{snapshot.version}#{run.run_id}"
    published, rows = bench.rewind(key, token), "FROM quality_results"
    mode: Mode = "overwrite" if published is None else "append"
    if published is not None and len(published.files) >= MOST_FILES:
        mode, rows = "overwrite", f"FROM {bench.lake.relation(one.path for one in published.files)} UNION ALL BY NAME {rows}"
    quality = bench.lake.write(key, bench.connection, rows, mode=mode, token=token)
    bench.connection.unregister("quality_results")
    return quality


def _refusal(one: Measurement) -> Problem:
    reason = one.rule.reason
    zh, en = f"阻断规则未能评估：{reason.zh}", f"blocking rule could not be evaluated: {reason.en}"
    if one.passed is False:
        zh = f"阻断规则未通过，{one.unexpected_count} 行不符：{reason.zh}"
        en = f"blocking rule failed in {one.unexpected_count} rows: {reason.en}"
    return problem(BLOCKED, zh, en, field=one.rule.field)
