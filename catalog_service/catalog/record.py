"""dcat:CatalogRecord (Art. 14): a catalog entry with its state and version, and the questions one may ask of all entries.

Here: records, search questions and answers. Not here: how they are stored or found (store).
"""

import datetime as dt
from typing import Annotated

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.data_standing import Freshness, QualityLevel
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.model import Model, Slug
from catalog_service.catalog.vocabularies import (
    BaseDatabase,
    FileFormat,
    Frequency,
    OpeningClass,
    RecordState,
    SharingClass,
    Term,
)

PrintableText = Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00-\x08\x0e-\x1f\x7f]*$")]
"""Text of a question; control characters are refused."""


class CatalogRecord(Model):
    """Article 14: one version of a catalog entry and where it stands in its life cycle. Times are UTC."""

    dataset: Dataset
    state: RecordState
    version: int
    """1, 2, …: a new one whenever the entry's content changed."""
    created_at: dt.datetime
    """When the first version was stored."""
    updated_at: dt.datetime
    """When content or state changed last."""

    @property
    def id(self) -> str:
        """`agency/name`."""
        return self.dataset.id


class SearchSort(Term):
    """Orders of what is found."""

    RELEVANCE = "relevance", "相关度", "relevance"
    TITLE = "title", "名称", "title"
    UPDATED = "updated", "最近更新", "updated last"
    ROWS = "rows", "数据行数", "most rows"


class SearchQuery(Model):
    """A question to the catalog; everything given must hold."""

    text: PrintableText = ""
    """Words, separated by spaces; each must occur in the entry, in any of its texts, in either Chinese script, or be the pinyin
    of a part of it."""
    agency: Slug | None = None
    theme: PrintableText | None = None
    base_database: BaseDatabase | None = None
    sharing: SharingClass | None = None
    opening: OpeningClass | None = None
    frequency: Frequency | None = None
    format: FileFormat | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None
    """Division code (GB/T 2260) of the agency's government."""
    freshness: Freshness | None = None
    quality: QualityLevel | None = None
    sort: SearchSort = SearchSort.RELEVANCE
    limit: int = Attribute(default=20, ge=1, le=100)
    cursor: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    """`next_cursor` of the page before; it belongs to the same question."""


class Facets(Model):
    """How many of the found entries (all pages) have each value, most frequent first."""

    agency: dict[str, int] = {}
    theme: dict[str, int] = {}
    base_database: dict[str, int] = {}
    opening: dict[str, int] = {}
    sharing: dict[str, int] = {}
    frequency: dict[str, int] = {}
    format: dict[str, int] = {}
    region: dict[str, int] = {}
    freshness: dict[str, int] = {}
    quality: dict[str, int] = {}


class SearchPage(Model):
    """One page of an answer, and how much there is in all."""

    items: tuple[CatalogRecord, ...]
    total: int
    next_cursor: str | None
    """None on the last page."""
    facets: Facets
