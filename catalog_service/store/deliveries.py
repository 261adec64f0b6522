"""Deliveries (Art. 17): one row per delivered file.

Here: storing and finding them. Not here: what becomes of them (services, pipelines).
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.errors import ConflictError, NotFoundError, problem
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.store.columns import insert, storable
from catalog_service.store.tables import delivery as table

_OLDEST_FIRST = (table.c.received_at, table.c.id)
_NEWEST_FIRST = (table.c.received_at.desc(), table.c.id.desc())

Found = list[Delivery]
"""Deliveries in some order (inside the class, `list` is a method)."""


class Deliveries:
    """Repository of deliveries."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, delivery: Delivery) -> tuple[Delivery, bool]:
        """Store a new delivery, or find the one that brought the same bytes for the same data set and was not rejected.

        Returns:
            The stored delivery, and whether it is new.
        """
        statement = insert(self._connection, table).values(**_row(delivery))
        unless_delivered = statement.on_conflict_do_nothing(
            index_elements=[table.c.dataset_id, table.c.sha256], index_where=sa.text("state <> 'rejected'")
        ).returning(table.c.id)
        # Whoever holds the same file back may reject it between our two statements: then ours is new after all.
        while True:
            if self._connection.scalar(unless_delivered) is not None:
                return delivery, True
            existing = self._same_content(delivery)
            if existing is not None:
                return existing, False

    def get(self, delivery_id: str) -> Delivery:
        """Return one delivery.

        Raises:
            NotFoundError: there is none of this id.
        """
        if storable(delivery_id):
            row = self._connection.scalar(sa.select(table.c.document).where(table.c.id == delivery_id))
            if row is not None:
                return Delivery.model_validate_json(row)
        raise NotFoundError(
            problem("unknown-delivery", f"没有编号为 {delivery_id} 的汇聚批次", f"there is no delivery {delivery_id}")
        )

    def save(self, delivery: Delivery) -> None:
        """Store the new state of a delivery.

        Raises:
            NotFoundError: there is none of this id.
            ConflictError: the same file was delivered again meanwhile, after this one had been rejected.
        """
        try:
            with self._connection.begin_nested():
                changed = self._connection.execute(table.update().where(table.c.id == delivery.id).values(**_row(delivery)))
        except IntegrityError as error:
            raise ConflictError(
                problem(
                    "delivered-again",
                    f"同一文件已另行报送，批次 {delivery.id} 不能恢复",
                    f"the same file was delivered again; delivery {delivery.id} cannot be revived",
                )
            ) from error
        if changed.rowcount == 0:
            self.get(delivery.id)

    def pending(self, dataset_id: str | None = None) -> Found:
        """Return the deliveries not read yet, of one data set or of all, oldest first."""
        query = sa.select(table.c.document).where(table.c.state == DeliveryState.RECEIVED.value).order_by(*_OLDEST_FIRST)
        return self._all(query, dataset_id)

    def list(self, dataset_id: str | None = None, limit: int = 100) -> Found:
        """Return the latest deliveries, of one data set or of all, newest first."""
        return self._all(sa.select(table.c.document).order_by(*_NEWEST_FIRST).limit(limit), dataset_id)

    def last(self, dataset_id: str) -> Delivery | None:
        """Return the newest delivery of a data set; None where there was none."""
        found = self.list(dataset_id, limit=1)
        return found[0] if found else None

    def _all(self, query: sa.Select[Any], dataset_id: str | None) -> Found:
        if dataset_id is not None:
            if not storable(dataset_id):
                return []
            query = query.where(table.c.dataset_id == dataset_id)
        return [Delivery.model_validate_json(row) for row in self._connection.scalars(query)]

    def _same_content(self, delivery: Delivery) -> Delivery | None:
        row = self._connection.scalar(
            sa.select(table.c.document).where(
                table.c.dataset_id == delivery.dataset,
                table.c.sha256 == delivery.sha256,
                table.c.state != DeliveryState.REJECTED.value,
            )
        )
        return None if row is None else Delivery.model_validate_json(row)


def _row(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "dataset_id": delivery.dataset,
        "sha256": delivery.sha256,
        "state": delivery.state.value,
        "received_at": delivery.received_at,
        "document": delivery.model_dump_json(),
    }
