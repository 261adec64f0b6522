"""dcat:CatalogRecord (Art. 14): a catalog entry with its state and version, and the questions one may ask of all entries.

Here: records, search questions and answers. Not here: how they are stored or found (store).
"""

import datetime as dt
from typing import Annotated

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.model import Model, Slug
from catalog_service.catalog.vocabularies import (
    BaseDatabase,
    FileFormat,
    Frequency,
    OpeningClass,
    RecordState,
    SharingClass,
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


class SearchQuery(Model):
    """A question to the catalog; everything given must hold."""

    text: PrintableText = ""
    """Words, separated by spaces; each must occur in the entry, in any of its texts, in either Chinese script."""
    agency: Slug | None = None
    theme: PrintableText | None = None
    base_database: BaseDatabase | None = None
    sharing: SharingClass | None = None
    opening: OpeningClass | None = None
    frequency: Frequency | None = None
    format: FileFormat | None = None
    limit: int = Attribute(default=20, ge=1, le=100)
    cursor: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    """`next_cursor` of the page before; it belongs to the same question."""


class Facets(Model):
    """How many of the found entries (all pages) have each value."""

    agency: dict[str, int] = {}
    theme: dict[str, int] = {}
    opening: dict[str, int] = {}
    sharing: dict[str, int] = {}


class SearchPage(Model):
    """One page of an answer, and how much there is in all."""

    items: tuple[CatalogRecord, ...]
    total: int
    next_cursor: str | None
    """None on the last page."""
    facets: Facets
