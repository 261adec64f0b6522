"""What every step of the main job needs: the platform, one catalog snapshot, one DuckDB connection.

Here: relations of published tables and the check-and-gate step. Not here: how rows are made (loading, deriving).
"""

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.errors import Problem
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.quality import QualityRun
from catalog_service.formats.arrow import sql_type
from catalog_service.services import products
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release
from lake.expressions import ident
from lake.manifest import Snapshot
from pipelines.checking import check
from pipelines.keys import main_key


@dataclass(frozen=True)
class Outcome:
    """What a run did for one data set."""

    dataset: str
    deliveries: tuple[Delivery, ...] = ()
    quality: QualityRun | None = None
    published: tuple[Publication, ...] = ()
    withheld: tuple[Problem, ...] = ()
    """Why the newest version stays unpublished, if it does."""
    unopened: tuple[Problem, ...] = ()
    """Why the newest version is published and yet not opened, if it is not."""
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
        self.run_token = new_id()
        """Names the writes that only this run makes."""
        self.recipes: dict[str, str] = {}
        """What the products of this run were made by, by table."""
        self.unopened: tuple[Problem, ...] = ()
        """Why nothing new was opened, where a product was withheld."""

    def __enter__(self) -> "Workbench":
        """Return the workbench itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds that a stage takes to those it has taken in this run."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started

    def relation(self, dataset: Dataset, paths: Sequence[str], *, file_column: str = "") -> str:
        """Return SQL for the rows of a data set's table in these files; a typed relation without rows where there are none."""
        if paths:
            return self.lake.relation(paths, file_column=file_column)
        columns = [f"NULL::{sql_type(one)} AS {ident(one.name)}" for one in dataset.schema_.fields]
        columns += ["NULL::VARCHAR AS _delivery_id", "NULL::BIGINT AS _row_number"]
        return f"(SELECT {', '.join(columns)} WHERE FALSE)"

    def published(self, dataset: Dataset) -> Publication | None:
        """Return what is published of a data set's main table; None where nothing is."""
        with self.platform.database.reading() as transaction:
            return transaction.publications.current(main_key(dataset))

    def published_relation(self, dataset_id: str) -> str | None:
        """Return SQL for the published rows of another data set; None where nothing is published."""
        dataset = self.catalog.dataset.get(dataset_id)
        published = None if dataset is None else self.published(dataset)
        if dataset is None or published is None:
            return None
        return self.relation(dataset, published.paths)

    def rewind(self, key: str, token: str) -> Publication | None:
        """Return what is published of a table, and make it the latest version again, to be appended to.

        What was written after it was withheld, or left by a killed run: it must not come back with the next write.
        """
        with self.platform.database.reading() as transaction:
            published = transaction.publications.current(key)
        if published is not None and self.lake.snapshot(key).version != published.version:
            self.lake.restore(key, published.version, token=f"{token}:restore")
        return published

    def check(self, snapshot: Snapshot) -> tuple[QualityRun, tuple[Snapshot, ...]]:
        """Article 25: check a table version; return the outcome and the versions of the quality tables that hold it."""
        return check(self, snapshot)

    def open_product(self, snapshot: Snapshot) -> Snapshot | None:
        """Article 24: write the product opened to the public out of a table version.

        None where nothing may be opened, or where it is not anonymous enough (`unopened` says why).
        """
        product, recipe, self.unopened = products.open_product(self.platform, self.connection, self.dataset, snapshot)
        if product is not None:
            self.recipes[product.key] = recipe
        return product

    def catch_up_opening(self) -> list[Publication]:
        """Article 23: open what is published already, where a changed entry now opens it or other fields of it.

        Returns:
            The product, if it became visible by this; empty where it is up to date or nothing may be opened.
        """
        published = self.published(self.dataset)
        if published is None:
            return []
        product = self.open_product(self.lake.snapshot(published.table, published.version))
        return [] if product is None else release(self.platform, (product,), recipes=self.recipes)

    def refresh_grants(self) -> None:
        """Articles 20, 24: make what was granted of the data set from what is published of it now."""
        products.refresh_grants(self.platform, self.dataset.id)


def finished(delivery: Delivery, **changes: object) -> Delivery:
    """Return a delivery with its outcome and the time of it."""
    return delivery.model_copy(update={**changes, "finished_at": dt.datetime.now(dt.UTC)})
