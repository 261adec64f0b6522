"""What readers see of the catalog and the data: answers of the reading use cases, for API and pages alike.

Here: the shapes. Sensitive and internal things have no place in them. Not here: how they are found (browsing, lineage,
measuring, downloading).
"""

import datetime as dt

from catalog_service.catalog.access import CollectionBasis, LegalBasis
from catalog_service.catalog.errors import Text
from catalog_service.catalog.model import Model
from catalog_service.catalog.record import Facets
from catalog_service.catalog.schema import Field
from catalog_service.catalog.vocabularies import (
    AgencyKind,
    BaseDatabase,
    DeliveryState,
    Dimension,
    FileFormat,
    Frequency,
    OpeningClass,
    Severity,
    SharingClass,
)


class AgencyView(Model):
    """A 公共管理服务机构 and how many published entries it has."""

    slug: str
    name: str
    name_en: str
    kind: AgencyKind
    jurisdiction: str
    responsible_unit: str
    entry_count: int


class EntryView(Model):
    """A published catalog entry in brief."""

    id: str
    agency: str
    agency_name: str
    agency_name_en: str
    name: str
    title: str
    title_en: str
    description: str
    description_en: str
    keywords: tuple[str, ...]
    theme: str
    base_database: BaseDatabase | None
    frequency: Frequency
    sharing: SharingClass
    opening: OpeningClass
    updated_at: dt.datetime


class CatalogPage(Model):
    """One page of entries found, and how much there is in all."""

    items: tuple[EntryView, ...]
    total: int
    next_cursor: str | None
    facets: Facets


class FileView(Model):
    """One Parquet file of an open product; `number` starts at 1."""

    number: int
    size_bytes: int
    row_count: int
    sha256: str


class ProductView(Model):
    """A version of an open data set (Art. 24): its URL never serves other bytes."""

    version: int
    row_count: int
    size_bytes: int
    published_at: dt.datetime
    is_current: bool
    files: tuple[FileView, ...]


class TableView(Model):
    """A published table of the data set: `zone/agency/dataset`, and how much it holds."""

    table: str
    version: int
    row_count: int
    published_at: dt.datetime


class DetailView(EntryView):
    """A catalog entry with the six elements of Art. 13, its legal bases, and what is published of it."""

    version: int
    created_at: dt.datetime
    issued: dt.date | None
    sharing_conditions: str
    sharing_basis: LegalBasis | None
    opening_conditions: str
    opening_basis: LegalBasis | None
    collection_basis: CollectionBasis
    responsible_unit: str
    zone: str
    delivery_format: FileFormat | None
    tables: tuple[TableView, ...]
    product: ProductView | None


class FieldView(Field):
    """A 信息项 with the attributes in force for it."""

    sharing: SharingClass
    opening: OpeningClass
    is_key: bool


class SchemaView(Model):
    """The declared fields and the key."""

    dataset: str
    version: int
    key: tuple[str, ...]
    fields: tuple[FieldView, ...]


class RuleOutcome(Model):
    """The outcome of one rule; `passed` None: not evaluated (未评), with `error` saying why."""

    rule: str
    metric: str
    field: str | None
    dimension: Dimension
    severity: Severity
    threshold: float
    passed: bool | None
    evaluated_count: int
    unexpected_count: int
    share: float | None
    """Share of evaluated rows that satisfy the rule; None where none was evaluated."""
    examples: tuple[str, ...]
    """Offending values; only of fields and versions that are open to all."""
    error: str
    reason: Text


class DimensionOutcome(Model):
    """The rules of one quality dimension (GB/T 36344) taken together."""

    dimension: Dimension
    label: Text
    rule_count: int
    passed_count: int
    failed_count: int
    not_evaluated_count: int
    share: float | None
    """Mean share over evaluated rules, each rule weighing the same."""


class QualityView(Model):
    """The latest quality run of a data set's main table; `run_id` None: never checked."""

    dataset: str
    run_id: str | None = None
    version: int | None = None
    """The table version that was checked."""
    is_published: bool = False
    """Whether that version is the one readers see."""
    measured_at: dt.datetime | None = None
    row_count: int | None = None
    dimensions: tuple[DimensionOutcome, ...] = ()
    rules: tuple[RuleOutcome, ...] = ()


class SourceView(Model):
    """A data set that this one is built from; `rank` 1 is the source of record (Art. 15)."""

    dataset: str
    title: str
    title_en: str
    agency_name: str
    agency_name_en: str
    rank: int
    copy_of: str | None
    fields: dict[str, str]
    """Field here → field of the source."""


class RelatedView(Model):
    """Another data set and how it stands to this one: `golden`, `union` or `reference`."""

    dataset: str
    title: str
    title_en: str
    relation: str


class SetAsideView(Model):
    """Rows set aside for one reason."""

    code: str
    field: str | None
    message: Text
    row_count: int


class DeliveryView(Model):
    """A delivery (Art. 17): `rows_accepted + rows_quarantined == rows_read`."""

    id: str
    received_at: dt.datetime
    finished_at: dt.datetime | None
    state: DeliveryState
    size_bytes: int
    sha256: str
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    quarantine: tuple[SetAsideView, ...]


class LineageView(Model):
    """Where a data set comes from and what is built from it."""

    dataset: str
    upstream: tuple[SourceView, ...]
    downstream: tuple[RelatedView, ...]
    references: tuple[RelatedView, ...]
    deliveries: tuple[DeliveryView, ...]


class LatestView(Model):
    """An open data set and when its current version was published."""

    dataset: str
    title: str
    title_en: str
    agency_name: str
    agency_name_en: str
    row_count: int
    published_at: dt.datetime


class HomeView(Model):
    """Statistics of the platform."""

    entry_count: int
    agency_count: int
    open_count: int
    """Entries opened unconditionally."""
    product_count: int
    """Of these, with data published."""
    row_count: int
    """Rows that anyone can download."""
    themes: dict[str, int]
    agencies: tuple[AgencyView, ...]
    latest: tuple[LatestView, ...]


class PreviewView(Model):
    """The first rows of the open product as texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    total_count: int
