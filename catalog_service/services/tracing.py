"""Lineage (Art. 15, 17): what a data set is built from, what is built from it, and the deliveries that fed it.

Here: lineage as far as everybody may see it. Not here: the rows of deliveries (pipelines).
"""

from collections.abc import Iterator

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset, Golden, Union
from catalog_service.catalog.delivery import Delivery, QuarantineReason
from catalog_service.catalog.errors import Text
from catalog_service.catalog.vocabularies import RecordState, Sensitivity
from catalog_service.services.lineage_views import DeliveryView, LineageView, RelatedView, SetAsideView, SourceView
from catalog_service.services.platform import Platform
from catalog_service.services.reading import agency_of, published_record
from catalog_service.store.database import Transaction

DELIVERY_COUNT = 20


def lineage(platform: Platform, dataset_id: str) -> LineageView:
    """Return the sources in order, the data sets built from this one, its references and its latest deliveries.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        catalog = _neighbours(transaction, dataset)
        deliveries = transaction.deliveries.list(dataset_id, DELIVERY_COUNT)
    return LineageView(
        dataset=dataset_id,
        upstream=tuple(_sources(dataset, catalog)),
        downstream=tuple(_downstream(dataset, catalog)),
        references=tuple(_references(dataset, catalog)),
        deliveries=tuple(_delivery(one, dataset) for one in deliveries),
    )


def _neighbours(transaction: Transaction, dataset: Dataset) -> Catalog:
    """Return the published entries that this one rests on or that rest on it, and their agencies."""
    targets = {field.reference.dataset for field in dataset.schema_.fields if field.reference is not None}
    found = transaction.catalog.records({*dataset.upstream, *targets}).values()
    sources = [one.dataset for one in found if one.state is RecordState.PUBLISHED]
    datasets = {one.id: one for one in (*sources, *transaction.catalog.dependents(dataset.id))}
    agencies = transaction.catalog.agencies({one.agency for one in datasets.values()})
    return Catalog(agencies=tuple(agencies.values()), datasets=tuple(datasets[one] for one in sorted(datasets)))


def _sources(dataset: Dataset, catalog: Catalog) -> Iterator[SourceView]:
    match dataset.derivation:
        case Golden() as golden:
            for rank, source in enumerate(golden.sources, start=1):
                yield _source(source.dataset, catalog, rank, source.copy_of, dict(source.fields))
        case Union() as union:
            for rank, source_id in enumerate(union.sources, start=1):
                yield _source(source_id, catalog, rank, None, {})
        case None:
            return


def _source(dataset_id: str, catalog: Catalog, rank: int, copy_of: str | None, fields: dict[str, str]) -> SourceView:
    title, title_en = _titles(dataset_id, catalog)
    name, name_en = agency_of(catalog.agency, dataset_id.partition("/")[0])
    return SourceView(
        dataset=dataset_id,
        title=title,
        title_en=title_en,
        agency_name=name,
        agency_name_en=name_en,
        rank=rank,
        copy_of=copy_of,
        fields=fields,
    )


def _downstream(dataset: Dataset, catalog: Catalog) -> Iterator[RelatedView]:
    for other in catalog.datasets:
        if dataset.id in other.upstream and other.derivation is not None:
            yield _related(other.id, catalog, other.derivation.kind)
        elif other.id != dataset.id and any(f.reference and f.reference.dataset == dataset.id for f in other.schema_.fields):
            yield _related(other.id, catalog, "reference")


def _references(dataset: Dataset, catalog: Catalog) -> Iterator[RelatedView]:
    targets = {field.reference.dataset for field in dataset.schema_.fields if field.reference is not None}
    for target in sorted(targets):
        yield _related(target, catalog, "reference")


def _related(dataset_id: str, catalog: Catalog, relation: str) -> RelatedView:
    title, title_en = _titles(dataset_id, catalog)
    return RelatedView(dataset=dataset_id, title=title, title_en=title_en, relation=relation)


def _titles(dataset_id: str, catalog: Catalog) -> tuple[str, str]:
    known = catalog.dataset.get(dataset_id)
    return (dataset_id, "") if known is None else (known.title, known.title_en)


def _delivery(delivery: Delivery, dataset: Dataset) -> DeliveryView:
    """Leave out what only the agency need know: its file's name and the text of its faults."""
    return DeliveryView(
        id=delivery.id,
        received_at=delivery.received_at,
        finished_at=delivery.finished_at,
        state=delivery.state,
        size_bytes=delivery.size_bytes,
        sha256=delivery.sha256,
        rows_read=delivery.rows_read,
        rows_accepted=delivery.rows_accepted,
        rows_quarantined=delivery.rows_quarantined,
        quarantine=tuple(_set_aside(one, dataset) for one in delivery.quarantine),
    )


def _set_aside(reason: QuarantineReason, dataset: Dataset) -> SetAsideView:
    sensitive = {field.name for field in dataset.schema_.fields if field.sensitivity is Sensitivity.SENSITIVE}
    hidden = Text(zh="不符合该信息项的要求（敏感项，不公布细节）", en="does not meet the field's rules (sensitive: no details)")
    message = hidden if reason.field in sensitive else reason.message
    return SetAsideView(code=reason.code, field=reason.field, message=message, row_count=reason.row_count)
