"""What readers see of where data come from and go to. Shapes only; how they are found is in tracing."""

import datetime as dt

from catalog_service.catalog.errors import Text
from catalog_service.catalog.model import Model
from catalog_service.catalog.vocabularies import DeliveryState


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
