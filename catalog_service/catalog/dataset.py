"""The catalog entry (Art. 13): dcat:Dataset with the six elements, its fields, and where its rows come from."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.access import CollectionBasis, OpeningTerms, SharingTerms
from catalog_service.catalog.declared_rules import DeclaredRule, referred_datasets
from catalog_service.catalog.linkage import Linkage
from catalog_service.catalog.model import ClassificationCode, DatasetId, Line, Model, ResourceCode, Slug
from catalog_service.catalog.schema import Field, Schema
from catalog_service.catalog.survivorship import Survivorship
from catalog_service.catalog.treatment import Deidentification, Drop
from catalog_service.catalog.vocabularies import (
    BaseDatabase,
    DeliveryMode,
    FileFormat,
    Frequency,
    OpeningClass,
    ResourceFormat,
    SharingClass,
)

Encoding = Literal["utf-8", "gb18030", "gbk", "big5", "latin-1"]


class DeliveryFormat(Model):
    """Article 17: how the agency delivers. Nothing about a file is guessed from its data."""

    format: FileFormat = FileFormat.CSV
    encoding: Encoding = "utf-8"
    """Text encoding; a UTF-8 byte order mark is accepted where utf-8 is declared."""
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1, strip_whitespace=False)] = ","
    mode: DeliveryMode = DeliveryMode.FULL
    sheet: str = ""
    """XLSX: name of the sheet; empty: the first."""
    header_row: int = Attribute(default=1, ge=1, le=100)
    """XLSX and CSV: 1-based row of the header."""
    records_path: tuple[str, ...] = ()
    """JSON: keys that lead to the array of records; empty: the document is the array."""
    ignored_columns: tuple[str, ...] = ()
    """Delivered columns that the entry knows and does not load; an empty string names an unnamed column."""
    null_values: tuple[str, ...] = ("",)
    """Trimmed texts that mean "no value"."""


class GoldenSource(Model):
    """A data set whose rows contribute to golden records; order in the list is rank (first = source of record)."""

    dataset: DatasetId
    fields: dict[Slug, Slug] = {}
    """Golden field → field of the source, where the names differ; a source lacks fields it has no name for."""
    copy_of: DatasetId | None = None
    """This source is a copy of another one and has no vote of its own (Art. 15)."""


class Golden(Model):
    """Articles 15, 18: one record per key out of several sources, by declared source order."""

    kind: Literal["golden"] = "golden"
    sources: tuple[GoldenSource, ...] = Attribute(min_length=1, max_length=255)
    field_order: dict[Slug, tuple[DatasetId, ...]] = {}
    """Per field its own source order, where it differs from the order of `sources`; unnamed sources follow."""
    survivorship: tuple[Survivorship, ...] = ()
    """Per field, or group of fields, how its value is decided; fields without a rule follow the order of sources."""
    level: Literal["field", "record"] = "field"
    """`record`: the whole row of the first source survives, nothing is filled in from others."""
    linkage: Linkage | None = None
    """How records without a common key are found to be one entity."""


class Union(Model):
    """Article 18 主题数据库: the rows of several data sets, one after another; nothing is merged."""

    kind: Literal["union"] = "union"
    sources: tuple[DatasetId, ...] = Attribute(min_length=1)


class Dataset(Model):
    """Article 13: an entry of the public data catalog."""

    agency: Slug
    """Slug of the agency that provides it (数据来源)."""
    name: Slug
    title: Line
    title_en: str = ""
    description: Line
    description_en: str = ""
    keywords: tuple[str, ...] = ()
    theme: Line = "综合政务"
    base_database: BaseDatabase | None = None
    frequency: Frequency
    sharing: SharingTerms
    opening: OpeningTerms
    basis: CollectionBasis
    schema_: Schema = Attribute(alias="schema")
    delivery: DeliveryFormat | None = None
    """How it is delivered; None for a derived data set."""
    derivation: Annotated[Golden | Union, Attribute(discriminator="kind")] | None = None
    """How it is built from others; None for a delivered data set."""
    issued: dt.date | None = None
    classification: ClassificationCode = ""
    """资源分类: code of its 细目 in the classification scheme."""
    code: ResourceCode | Literal[""] = ""
    """信息资源代码; given out by the platform, and kept for good."""
    resource_format: ResourceFormat | None = None
    """信息资源格式."""
    related: tuple[ResourceCode, ...] = ()
    """关联资源代码: codes of resources that belong with this one."""
    rules: tuple[DeclaredRule, ...] = ()
    """Quality rules of its own, beside those that follow from its fields (Art. 25)."""
    deidentification: Deidentification | None = None
    """How safe what is given away must be, where its rows are about people."""

    @property
    def id(self) -> str:
        """`agency/name`."""
        return f"{self.agency}/{self.name}"

    @property
    def zone(self) -> str:
        """The zone of its main table: standard for deliveries, base for golden records, thematic for unions."""
        match self.derivation:
            case None:
                return "standard"
            case Golden():
                return "base"
            case Union():
                return "thematic"

    @property
    def upstream(self) -> tuple[str, ...]:
        """Ids of the data sets it is derived from."""
        match self.derivation:
            case None:
                return ()
            case Golden(sources=sources):
                return tuple(source.dataset for source in sources)
            case Union(sources=ids):
                return ids

    @property
    def referred(self) -> frozenset[str]:
        """Ids of the other data sets that its fields refer to or its rules compare with."""
        fields = (one.reference.dataset for one in self.schema_.fields if one.reference is not None)
        return (frozenset(fields) | referred_datasets(self.rules)) - {self.id}

    def sharing_of(self, field: Field) -> SharingClass:
        """The sharing attribute in force for a field: its own, or the data set's."""
        return field.sharing or self.sharing.class_

    def opening_of(self, field: Field) -> OpeningClass:
        """The opening attribute in force for a field: its own, or the data set's."""
        return field.opening or self.opening.class_

    @property
    def open_fields(self) -> tuple[Field, ...]:
        """Fields that may be opened without conditions; empty where the data set may not."""
        if self.opening.class_ is not OpeningClass.UNCONDITIONAL:
            return ()
        free = (one for one in self.schema_.fields if self.opening_of(one) is OpeningClass.UNCONDITIONAL)
        return tuple(one for one in free if not isinstance(one.opening_treatment, Drop))
