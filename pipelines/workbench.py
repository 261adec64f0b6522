"""What every step of the main job needs: the platform, one catalog snapshot, one DuckDB connection.

Here: relations of published tables and the check-and-gate step. Not here: how rows are made (loading, deriving).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.quality import Measurement, QualityRun
from catalog_service.catalog.vocabularies import Sensitivity
from catalog_service.formats.arrow import sql_type
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, release
from expectations.checking import run_checks
from expectations.results import to_arrow
from expectations.rules import derive_rules
from lake.expressions import ident
from lake.manifest import Snapshot
from lake.tables import Mode
from pipelines.keys import main_key, open_key, quality_key


@dataclass(frozen=True)
class Outcome:
    """What a run did for one data set."""

    dataset: str
    deliveries: tuple[Delivery, ...] = ()
    quality: QualityRun | None = None
    published: tuple[Publication, ...] = ()
    withheld: tuple[Problem, ...] = ()
    """Why the newest version stays unpublished, if it does."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall-clock seconds per stage."""


class Workbench:
    """One data set's run: use as a context manager; closes its DuckDB connection."""

    def __init__(self, platform: Platform, catalog: Catalog, dataset: Dataset) -> None:
        self.platform = platform
        self.catalog = catalog
        self.dataset = dataset
        self.lake = platform.lake
        self.connection: duckdb.DuckDBPyConnection = platform.lake.connect()
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> "Workbench":
        """Return the workbench itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the connection."""
        self.connection.close()

    def relation(self, dataset: Dataset, paths: Sequence[str]) -> str:
        """Return SQL for the rows of a data set's table in these files; a typed relation without rows where there are none."""
        if paths:
            return self.lake.relation(paths)
        columns = [f"NULL::{sql_type(one)} AS {ident(one.name)}" for one in dataset.schema_.fields]
        columns += ["NULL::VARCHAR AS _delivery_id", "NULL::BIGINT AS _row_number"]
        return f"(SELECT {', '.join(columns)} WHERE FALSE)"

    def published_relation(self, dataset_id: str) -> str | None:
        """Return SQL for the published rows of another data set; None where nothing is published."""
        dataset = self.catalog.dataset.get(dataset_id)
        published = None if dataset is None else current(self.platform).get(main_key(dataset))
        if dataset is None or published is None:
            return None
        return self.relation(dataset, [file.path for file in published.files])

    def rewind(self, key: str, token: str) -> Publication | None:
        """Return what is published of a table, and make it the latest version again, to be appended to.

        What was written after it was withheld, or left by a killed run: it must not come back with the next write.
        """
        with self.platform.database.reading() as transaction:
            published = transaction.publications.current(key)
        if published is not None and self.lake.snapshot(key).version != published.version:
            self.lake.restore(key, published.version, token=f"{token}:restore")
        return published

    def check(self, snapshot: Snapshot) -> tuple[QualityRun, Snapshot]:
        """Article 25: run the rules of the catalog on a table version; return the outcome and the quality table's version."""
        own = self.relation(self.dataset, snapshot.paths)
        run = run_checks(
            self.connection,
            own,
            derive_rules(self.dataset, self.catalog),
            table=snapshot.key,
            version=snapshot.version,
            sensitive=frozenset(f.name for f in self.dataset.schema_.fields if f.sensitivity is not Sensitivity.PUBLIC),
            reference_relation=lambda other: own if other == self.dataset.id else self.published_relation(other),
        )
        results = to_arrow(run)
        self.connection.register("quality_results", results)
        # The same version may be judged again, when what it refers to has changed; what a killed run measured does not count.
        key, token = quality_key(self.dataset), f"{snapshot.key}@{snapshot.version}#{run.run_id}"
        mode: Mode = "append" if self.rewind(key, token) is not None else "overwrite"
        quality = self.lake.write(key, self.connection, "FROM quality_results", mode=mode, token=token)
        self.connection.unregister("quality_results")
        return run, quality

    def open_product(self, snapshot: Snapshot) -> Snapshot | None:
        """Article 24: write the product opened to the public out of a table version; None where nothing may be opened."""
        fields = self.dataset.open_fields
        if not fields:
            return None
        columns = ", ".join(ident(one.name) for one in fields)
        sql = f"SELECT {columns} FROM {self.relation(self.dataset, snapshot.paths)}"
        token = f"{snapshot.key}@{snapshot.version}:{columns}"
        return self.lake.write(
            open_key(self.dataset), self.connection, sql, mode="overwrite", token=token, order_preserved=True
        )

    def catch_up_opening(self) -> list[Publication]:
        """Article 23: open what is published already, where a changed entry now opens it or other fields of it.

        Returns:
            The product, if it became visible by this; empty where it is up to date or nothing may be opened.
        """
        published = current(self.platform).get(main_key(self.dataset))
        if published is None:
            return []
        product = self.open_product(self.lake.snapshot(published.table, published.version))
        return [] if product is None else release(self.platform, (product,))


def gate(run: QualityRun) -> tuple[Problem, ...]:
    """Return the reasons for which a checked version must stay unpublished, empty where it may be published."""
    return tuple(_refusal(one) for one in run.blocking)


def _refusal(one: Measurement) -> Problem:
    reason = one.rule.reason
    zh, en = f"阻断规则未能评估：{reason.zh}", f"blocking rule could not be evaluated: {reason.en}"
    if one.passed is False:
        zh = f"阻断规则未通过，{one.unexpected_count} 行不符：{reason.zh}"
        en = f"blocking rule failed in {one.unexpected_count} rows: {reason.en}"
    return problem("blocking-rule", zh, en, field=one.rule.field)


def finished(delivery: Delivery, **changes: object) -> Delivery:
    """Return a delivery with its outcome and the time of it."""
    return delivery.model_copy(update={**changes, "finished_at": dt.datetime.now(dt.UTC)})
