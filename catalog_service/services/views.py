"""What readers see of the catalog and the data: answers of the reading use cases, for API and pages alike.

Here: the shapes. Sensitive and internal things have no place in them. Not here: how they are found (browsing,
measuring, downloading), origins (lineage_views).
"""

import datetime as dt

from catalog_service.catalog.access import CollectionBasis, LegalBasis
from catalog_service.catalog.data_standing import Freshness, QualityLevel
from catalog_service.catalog.errors import Text
from catalog_service.catalog.gate import GateOverride
from catalog_service.catalog.model import Model
from catalog_service.catalog.record import Facets
from catalog_service.catalog.schema import Field
from catalog_service.catalog.vocabularies import (
    AgencyKind,
    BaseDatabase,
    Dimension,
    FileFormat,
    Frequency,
    OpeningClass,
    ResourceFormat,
    Severity,
    SharingClass,
    SharingMethod,
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
    freshness: Freshness
    quality: QualityLevel
    row_count: int
    """Rows of the published main table."""
    published_at: dt.datetime | None
    """When data were published last."""


class MatchView(Model):
    """Why an entry was found: a text of it that has a word of the question."""

    part: str
    """title, keyword, agency, field, theme, description or id."""
    text: str


class FoundView(EntryView):
    """An entry that answers a question, and why."""

    matches: tuple[MatchView, ...] = ()


class CatalogPage(Model):
    """One page of entries found, and how much there is in all."""

    items: tuple[FoundView, ...]
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
    classification: str
    """资源分类: code of the 细目; empty where it has none."""
    classification_names: tuple[str, ...]
    """类, 项, 目, 细目."""
    code: str
    """信息资源代码; empty where it has none."""
    resource_format: ResourceFormat | None
    sharing_method: SharingMethod | None
    related: tuple[str, ...]
    """关联资源代码."""
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
    article: int | None = None
    """Article of the Measures that asks for it."""
    standard: str = ""
    condition: str = ""
    """The rule applies to rows that satisfy this; empty: to all."""


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
    published_at: dt.datetime | None = None
    """When the version that readers see became visible."""
    override: GateOverride | None = None
    """The decision by which that version is published although blocking rules fail."""
    measured_at: dt.datetime | None = None
    row_count: int | None = None
    dimensions: tuple[DimensionOutcome, ...] = ()
    rules: tuple[RuleOutcome, ...] = ()


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
