"""Products of sharing and opening (Art. 19–24): separate tables with exactly the rows and columns of a view, never views.

A product about people is measured after it was written and before anybody can see it; where a group is too small it is
withheld, and what was published before stays. Here: making products. Not here: SQL (treating), reading them (access).
"""

import datetime as dt
import hashlib
import json
import logging
from dataclasses import dataclass

import duckdb

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.decision import View, granted_view, open_view
from catalog_service.catalog.errors import NotFoundError, Problem, problem
from catalog_service.catalog.grant import Grant, GrantProduct, GrantState, PrivacyMeasure
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.treatment import Pseudonym
from catalog_service.formats.arrow import sql_type
from catalog_service.services import clocks, treating
from catalog_service.services.platform import Platform
from catalog_service.services.pseudonym_keys import holder_of, register_pads
from catalog_service.services.publishing import release
from catalog_service.services.reading import published_record
from lake.expressions import ident
from lake.manifest import Snapshot

_log = logging.getLogger(__name__)


def recipe(dataset: Dataset, view: View) -> str:
    """Name what a product is made by: its view, and how safe it must be."""
    declared = dataset.deidentification
    parts = {
        "columns": [[one.name, one.treatment and one.treatment.model_dump()] for one in view.columns],
        "rows": view.row_filter and view.row_filter.model_dump(mode="json"),
        "privacy": declared and declared.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def needs_recipe(dataset: Dataset, view: View) -> bool:
    """Tell whether a product must have been made by exactly this view: its values are treated, or its rows are about people."""
    return dataset.deidentification is not None or any(one.treatment is not None for one in view.columns)


def refresh_grants(platform: Platform, dataset_id: str) -> tuple[GrantProduct, ...]:
    """Make the products of all grants of a data set anew from what is published of it; unchanged ones stay."""
    today = clocks.today(platform)
    with platform.database.reading() as transaction:
        grants = transaction.sharing.grants.find(*transaction.sharing.grants.where(dataset_id=dataset_id, is_revoked=False))
    live = [one for one in grants if one.state(today) in (GrantState.IN_FORCE, GrantState.NOT_YET)]
    made = (make_grant_product(platform, one) for one in live)
    return tuple(one for one in made if one is not None)


def make_grant_product(platform: Platform, grant: Grant) -> GrantProduct | None:
    """Make the product of a grant from what is published of its data set; None where nothing can be made (yet)."""
    with platform.database.reading() as transaction:
        try:
            dataset = published_record(transaction, grant.dataset).dataset
        except NotFoundError:
            return None
        source = transaction.publications.current(f"{dataset.zone}/{grant.dataset}")
        known = transaction.sharing.product(grant.id)
    view = granted_view(dataset, grant)
    if source is None or not view.columns:
        return None
    if known is not None and (known.recipe, known.source_version) == (recipe(dataset, view), source.version):
        return known
    product, snapshot = _made_for(platform, dataset, grant, view, source)
    if snapshot is not None:
        release(platform, (snapshot,), recipes={snapshot.key: product.recipe})
    with platform.database.transaction() as transaction:
        transaction.sharing.put_product(product)
    return product


def open_product(
    platform: Platform, connection: duckdb.DuckDBPyConnection, dataset: Dataset, source: Snapshot
) -> tuple[Snapshot | None, str, tuple[Problem, ...]]:
    """Write the product opened to all; return its version, its recipe, and why it is withheld, if it is."""
    view = open_view(dataset)
    if not view.columns:
        return None, "", ()
    name = recipe(dataset, view)
    columns = ", ".join(ident(one.name) for one in view.columns)
    token = f"{source.key}@{source.version}:" + (name if needs_recipe(dataset, view) else columns)
    declared = dataset.deidentification
    key, k = f"open/{dataset.id}", None if declared is None else declared.k_open
    maker = _Maker(platform, connection, dataset, view, k)
    relation = _relation(platform, dataset, source.paths)
    snapshot = maker.write(relation, key, token, holder="open:all", context=dataset.id)
    measure = maker.measure(snapshot)
    refusals = () if measure is None or measure.is_enough else (_too_small(measure, 22),)
    for one in refusals:
        _log.warning("%s: %s", key, one.message.en)
    return (None if refusals else snapshot), name, refusals


def _made_for(
    platform: Platform, dataset: Dataset, grant: Grant, view: View, source: Publication
) -> tuple[GrantProduct, Snapshot | None]:
    """Write the product of a grant and measure it; a version that is withheld is never made visible."""
    name = recipe(dataset, view)
    k = None if dataset.deidentification is None else dataset.deidentification.k_share
    relation = _relation(platform, dataset, source.paths)
    token = f"{grant.id}:{source.table}@{source.version}:{name}"
    with platform.lake.connect() as connection:
        maker = _Maker(platform, connection, dataset, view, k)
        snapshot = maker.write(relation, grant.table, token, holder=holder_of(grant), context=grant.id)
        measure = maker.measure(snapshot)
        if measure is not None:
            measure = measure.model_copy(update={"suppressed_rows": maker.count(relation) - snapshot.row_count})
    withheld = () if measure is None or measure.is_enough else (_too_small(measure, 19),)
    product = GrantProduct(
        grant=grant.id,
        table=grant.table,
        recipe=name,
        source_version=source.version,
        version=None if withheld else snapshot.version,
        row_count=snapshot.row_count,
        privacy=measure,
        withheld=withheld,
        made_at=dt.datetime.now(dt.UTC),
    )
    return product, None if withheld else snapshot


@dataclass(frozen=True, slots=True)
class _Maker:
    """Writes and measures one product."""

    platform: Platform
    connection: duckdb.DuckDBPyConnection
    dataset: Dataset
    view: View
    k: int | None
    """Smallest group allowed; None: nothing was declared."""

    def write(self, relation: str, key: str, token: str, *, holder: str, context: str) -> Snapshot:
        """Write the rows of the view; `holder` and `context` name the key of its pseudonyms."""
        if any(isinstance(one.treatment, Pseudonym) for one in self.view.columns):
            register_pads(self.platform, self.connection, holder, context)
        declared = self.dataset.deidentification
        smallest = self.k if declared is not None and declared.suppress_small_groups else None
        sql = treating.selected(self.view, self.dataset, relation, smallest_group=smallest)
        return self.platform.lake.write(key, self.connection, sql, mode="overwrite", token=token, order_preserved=True)

    def measure(self, snapshot: Snapshot) -> PrivacyMeasure | None:
        """Measure what was written: the bytes that would be published. None where nothing was declared, or is shown."""
        declared = self.dataset.deidentification
        quasi = () if declared is None else treating.quasi_identifiers(declared, self.view)
        if declared is None or self.k is None or not quasi:
            return None
        if not snapshot.files:
            return PrivacyMeasure(quasi_identifiers=quasi, k_required=self.k, k=None, small_groups=0)
        relation = self.platform.lake.relation(snapshot.paths)
        query = treating.privacy(declared, self.view, relation, self.k)
        smallest, small_groups, *diversity = self.connection.execute(query).fetchall()[0]
        shown = [name for name in declared.confidential if name in self.view.names]
        return PrivacyMeasure(
            quasi_identifiers=quasi,
            k_required=self.k,
            k=smallest,
            small_groups=small_groups,
            diversity=dict(zip(shown, diversity, strict=True)),
        )

    def count(self, relation: str) -> int:
        """Return how many rows of the source the view asks for."""
        rows = self.view.row_filter
        where = "" if rows is None else f" WHERE {treating.condition(rows, self.dataset.schema_)}"
        return int(self.connection.execute(f"SELECT count(*) FROM {relation}{where}").fetchall()[0][0])


def _relation(platform: Platform, dataset: Dataset, paths: tuple[str, ...]) -> str:
    """Return SQL for the source's rows; a typed relation without rows where there are none."""
    if paths:
        return platform.lake.relation(paths)
    columns = ", ".join(f"NULL::{sql_type(one)} AS {ident(one.name)}" for one in dataset.schema_.fields)
    return f"(SELECT {columns} WHERE FALSE)"


def _too_small(measure: PrivacyMeasure, article: int) -> Problem:
    names = "、".join(measure.quasi_identifiers)
    zh = (
        f"去标识化不足：按 {names} 分组，最小的组只有 {measure.k} 行（要求不少于 {measure.k_required} 行），"
        f"共 {measure.small_groups} 组过小，产品未发布；请加强泛化、减少信息项，或在目录中启用小组隐去"
    )
    en = (
        f"not anonymous enough: by {', '.join(measure.quasi_identifiers)} the smallest group has {measure.k} rows "
        f"({measure.k_required} required), {measure.small_groups} groups are too small; the product is withheld: generalise "
        "more, leave fields out, or let the entry suppress small groups"
    )
    return problem("not-anonymous-enough", zh, en, article=article)
