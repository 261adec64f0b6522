"""Reading the catalog (Art. 13, 14): search, entries, fields, versions, statistics. Metadata of published entries are public.

Here: answers made of catalog and publications. Not here: quality (measuring), lineage (tracing), data (downloading).
"""

from collections.abc import Iterable

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.data_standing import DataStanding
from catalog_service.catalog.dataset import Dataset, Golden, Union
from catalog_service.catalog.errors import NotFoundError, Text, problem
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.record import CatalogRecord, SearchQuery
from catalog_service.catalog.vocabularies import OpeningClass, RecordState
from catalog_service.formats.classification import shipped_classification
from catalog_service.services.platform import Platform
from catalog_service.services.reading import agency_of, open_table, product_view, published_record
from catalog_service.services.views import (
    AgencyView,
    CatalogPage,
    DetailView,
    FieldView,
    FoundView,
    HomeView,
    LatestView,
    ProductView,
    SchemaView,
    TableView,
)
from catalog_service.store.search_matches import matches

LATEST_COUNT = 8


MATCH_COUNT = 3


def search(platform: Platform, query: SearchQuery) -> CatalogPage:
    """Return the published entries that answer a question, and for each why it does."""
    with platform.database.reading() as transaction:
        page = transaction.catalog.search(query)
        known = transaction.catalog.agencies({one.dataset.agency for one in page.items})
        standings = transaction.catalog.standings(one.id for one in page.items)
    items = []
    for record in page.items:
        why = matches(record.dataset, known.get(record.dataset.agency), query.text, limit=MATCH_COUNT)
        found = [{"part": one.part, "text": one.text} for one in why]
        items.append(FoundView.model_validate(_entry(record, known, standings.get(record.id)) | {"matches": found}))
    return CatalogPage(items=tuple(items), total=page.total, next_cursor=page.next_cursor, facets=page.facets)


def detail(platform: Platform, dataset_id: str) -> DetailView:
    """Return a published entry with what is published of it.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        record = published_record(transaction, dataset_id)
        dataset = record.dataset
        agencies = transaction.catalog.agencies([dataset.agency])
        standing = transaction.catalog.standing(dataset_id)
        tables = [transaction.publications.current(key) for key in _table_keys(dataset)]
        product = transaction.publications.current(open_table(dataset.id)) if dataset.open_fields else None
    agency, place = agencies.get(dataset.agency), shipped_classification().places.get(dataset.classification)
    return DetailView.model_validate(
        _entry(record, agencies, standing)
        | {
            "version": record.version,
            "created_at": record.created_at,
            "issued": dataset.issued,
            "sharing_conditions": dataset.sharing.conditions,
            "sharing_basis": dataset.sharing.basis,
            "opening_conditions": dataset.opening.conditions,
            "opening_basis": dataset.opening.basis,
            "collection_basis": dataset.basis,
            "responsible_unit": agency.responsible_unit if agency else "",
            "zone": dataset.zone,
            "delivery_format": dataset.delivery and dataset.delivery.format,
            "classification": dataset.classification,
            "classification_names": () if place is None else place.names,
            "code": dataset.code,
            "resource_format": dataset.resource_format,
            "sharing_method": dataset.sharing.method,
            "related": dataset.related,
            "tables": tuple(_table(one) for one in tables if one is not None),
            "product": product and product_view(product, is_current=True),
        }
    )


def schema(platform: Platform, dataset_id: str) -> SchemaView:
    """Return the fields of a published entry with the attributes in force for each.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        record = published_record(transaction, dataset_id)
    dataset = record.dataset
    fields = tuple(
        FieldView.model_validate(
            dict(field)
            | {
                "sharing": dataset.sharing_of(field),
                "opening": dataset.opening_of(field),
                "is_key": field.name in dataset.schema_.key,
            }
        )
        for field in dataset.schema_.fields
    )
    return SchemaView(dataset=dataset.id, version=record.version, key=dataset.schema_.key, fields=fields)


def versions(platform: Platform, dataset_id: str) -> tuple[ProductView, ...]:
    """Return all versions of the open product, newest first; empty where nothing is open.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        if not dataset.open_fields:
            return ()
        current = transaction.publications.current(open_table(dataset_id))
        history = transaction.publications.history(open_table(dataset_id))
    return tuple(product_view(one, is_current=current is not None and one.version == current.version) for one in history)


def agencies(platform: Platform) -> tuple[AgencyView, ...]:
    """Return all agencies, those with most entries first."""
    with platform.database.reading() as transaction:
        counts = transaction.catalog.facets().agency
        known = transaction.catalog.agencies()
    return _agency_views(known.values(), counts)


def agency_names(platform: Platform) -> dict[str, Text]:
    """Return the name of every agency, by slug."""
    with platform.database.reading() as transaction:
        known = transaction.catalog.agencies()
    return {slug: Text(zh=one.name, en=one.name_en) for slug, one in known.items()}


def titles(platform: Platform, dataset_ids: Iterable[str]) -> dict[str, Text]:
    """Return the titles of those of the data sets that have a published entry, by id."""
    with platform.database.reading() as transaction:
        found = transaction.catalog.records(dataset_ids)
    listed = (one.dataset for one in found.values() if one.state is RecordState.PUBLISHED)
    return {one.id: Text(zh=one.title, en=one.title_en) for one in listed}


def home(platform: Platform) -> HomeView:
    """Return statistics of the platform, its agencies and themes, and the data opened last."""
    with platform.database.reading() as transaction:
        facets = transaction.catalog.facets()
        known = transaction.catalog.agencies()
        product_count, row_count = transaction.catalog.open_totals()
        latest = transaction.catalog.latest_open(LATEST_COUNT)
        records = transaction.catalog.records(latest)
    return HomeView(
        entry_count=sum(facets.opening.values()),
        agency_count=len(facets.agency),
        open_count=facets.opening.get(OpeningClass.UNCONDITIONAL.value, 0),
        product_count=product_count,
        row_count=row_count,
        themes=facets.theme,
        agencies=_agency_views(known.values(), facets.agency),
        latest=tuple(_latest(records[one].dataset, standing, known) for one, standing in latest.items()),
    )


def require_ready(platform: Platform) -> None:
    """Touch the catalog database and the lake; any error means that requests cannot be answered.

    Raises:
        NotFoundError: the lake's root is missing.
    """
    with platform.database.reading() as transaction:
        transaction.publications.current("open/none/none")
    if not platform.lake.root.is_dir():
        raise NotFoundError(problem("no-lake", "数据湖目录不存在，请先初始化", "the lake's root is missing; initialise first"))


def _entry(record: CatalogRecord, known: dict[str, Agency], standing: DataStanding | None) -> dict[str, object]:
    dataset, standing = record.dataset, standing or DataStanding()
    name, name_en = agency_of(known, dataset.agency)
    return {
        "id": dataset.id,
        "agency": dataset.agency,
        "agency_name": name,
        "agency_name_en": name_en,
        "name": dataset.name,
        "title": dataset.title,
        "title_en": dataset.title_en,
        "description": dataset.description,
        "description_en": dataset.description_en,
        "keywords": dataset.keywords,
        "theme": dataset.theme,
        "base_database": dataset.base_database,
        "frequency": dataset.frequency,
        "sharing": dataset.sharing.class_,
        "opening": dataset.opening.class_,
        "updated_at": record.updated_at,
        "freshness": standing.freshness,
        "quality": standing.quality,
        "row_count": standing.row_count,
        "published_at": standing.published_at,
    }


def _table_keys(dataset: Dataset) -> tuple[str, ...]:
    main = f"{dataset.zone}/{dataset.id}"
    match dataset.derivation:
        case None:
            return f"raw/{dataset.id}", f"quarantine/{dataset.id}", main
        case Golden():
            return main, f"{main}_conflicts"
        case Union():
            return (main,)


def _table(publication: Publication) -> TableView:
    return TableView(
        table=publication.table,
        version=publication.version,
        row_count=publication.row_count,
        published_at=publication.published_at,
    )


def _agency_views(known: Iterable[Agency], counts: dict[str, int]) -> tuple[AgencyView, ...]:
    views = (
        AgencyView(
            slug=one.slug,
            name=one.name,
            name_en=one.name_en or one.name,
            kind=one.kind,
            jurisdiction=one.jurisdiction,
            responsible_unit=one.responsible_unit,
            entry_count=counts.get(one.slug, 0),
        )
        for one in known
    )
    return tuple(sorted(views, key=lambda one: (-one.entry_count, one.slug)))


def _latest(dataset: Dataset, standing: DataStanding, known: dict[str, Agency]) -> LatestView:
    name, name_en = agency_of(known, dataset.agency)
    return LatestView(
        dataset=dataset.id,
        title=dataset.title,
        title_en=dataset.title_en,
        agency_name=name,
        agency_name_en=name_en,
        row_count=standing.open_row_count,
        published_at=standing.open_published_at,
    )
