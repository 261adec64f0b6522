"""How the data of each data set stand, and counts over what is open.

Here: storing and counting. Not here: what the standing means (catalog.data_standing), the search index.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from catalog_service.catalog.data_standing import DataStanding
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store.columns import upsert
from catalog_service.store.search_tables import data_standing as table
from catalog_service.store.search_tables import search_entry

_PRODUCTS = sa.and_(
    table.c.dataset_id == search_entry.c.dataset_id,
    search_entry.c.state == RecordState.PUBLISHED.value,
    search_entry.c.is_open,
    table.c.open_row_count.is_not(None),
)

_ONE = sa.select(table).where(table.c.dataset_id == sa.bindparam("dataset_id"))


class DataStandings:
    """Repository of data standings."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def of(self, dataset_id: str) -> DataStanding:
        """Return what is known of a data set's data."""
        row = self._connection.execute(_ONE, {"dataset_id": dataset_id}).one_or_none()
        return DataStanding() if row is None else _standing(row)

    def put(self, dataset_id: str, standing: DataStanding) -> None:
        """Store it."""
        upsert(self._connection, table, {"dataset_id": dataset_id} | standing.model_dump())

    def of_all(self, dataset_ids: Iterable[str]) -> dict[str, DataStanding]:
        """Return what is known of the data of several data sets, by id; without those of which nothing is."""
        query = sa.select(table).where(table.c.dataset_id.in_(list(dataset_ids)))
        return {row.dataset_id: _standing(row) for row in self._connection.execute(query)}

    def open_totals(self) -> tuple[int, int]:
        """Return how many open products there are, and how many rows they have."""
        counts = sa.select(sa.func.count(), sa.func.sum(table.c.open_row_count)).where(_PRODUCTS)
        products, rows = self._connection.execute(counts).one()
        return products, int(rows or 0)

    def latest_open(self, limit: int) -> dict[str, DataStanding]:
        """Return the data sets whose open product was published last, newest first."""
        query = sa.select(table).where(_PRODUCTS).order_by(table.c.open_published_at.desc(), table.c.dataset_id).limit(limit)
        return {row.dataset_id: _standing(row) for row in self._connection.execute(query)}


def _standing(row: sa.Row[tuple[object, ...]]) -> DataStanding:
    return DataStanding.model_validate({name: getattr(row, name) for name in DataStanding.model_fields})
