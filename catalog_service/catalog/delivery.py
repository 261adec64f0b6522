"""匯聚 (Art. 17): what arrived, what became of it, and the balance of its rows."""

import datetime as dt

from catalog_service.catalog.errors import Problem, Text
from catalog_service.catalog.model import DatasetId, Model
from catalog_service.catalog.vocabularies import DeliveryState


class QuarantineReason(Model):
    """Why rows were set aside: one field, one reason, how many, and where the first one stands."""

    code: str
    field: str | None
    message: Text
    row_count: int
    first_row: int


class Delivery(Model):
    """One file as an agency delivered it. `rows_accepted + rows_quarantined == rows_read`, always."""

    id: str
    """UUIDv7-like, time ordered; made by the server."""
    dataset: DatasetId
    file_name: str
    """As the agency called it; data, never used as a path."""
    sha256: str
    size_bytes: int
    received_at: dt.datetime
    state: DeliveryState = DeliveryState.RECEIVED
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    quarantine: tuple[QuarantineReason, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Why it was rejected whole, or withheld."""
    finished_at: dt.datetime | None = None
