"""Quality in the catalog database: what checks remember, overridden gates, reminders.

Here: storing and finding them. Not here: outcomes of checks (Delta tables of the `quality` zone).
"""

import datetime as dt

import sqlalchemy as sa

from catalog_service.catalog.errors import ConflictError, problem
from catalog_service.catalog.freshness import Reminder
from catalog_service.catalog.gate import GateOverride
from catalog_service.catalog.quality import CheckMemory
from catalog_service.store.columns import insert, upsert
from catalog_service.store.quality_tables import check_memory, freshness_reminder, gate_override


class Quality:
    """Repository of quality."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def memory(self, table: str) -> CheckMemory:
        """Return what checks remember of a table; an empty memory where nothing is known."""
        query = sa.select(check_memory.c.document).where(check_memory.c.table_name == table)
        row = self._connection.scalar(query)
        return CheckMemory() if row is None else CheckMemory.model_validate_json(row)

    def remember(self, table: str, memory: CheckMemory) -> None:
        """Store what a check has found out, in place of what was known."""
        upsert(self._connection, check_memory, {"table_name": table, "document": memory.model_dump_json()})

    def add_override(self, override: GateOverride) -> None:
        """Store a decision.

        Raises:
            ConflictError: this version was let pass before.
        """
        values = {
            "id": override.id,
            "table_name": override.table,
            "version": override.version,
            "document": override.model_dump_json(),
        }
        statement = insert(self._connection, gate_override).values(values)
        once = statement.on_conflict_do_nothing(index_elements=["table_name", "version"]).returning(gate_override.c.id)
        if self._connection.scalar(once) is None:
            zh = f"{override.table} 的版本 {override.version} 已经人工放行，无需重复"
            en = f"version {override.version} of {override.table} was let pass already"
            raise ConflictError(problem("gate-overridden", zh, en, article=25))

    def override(self, table: str, version: int) -> GateOverride | None:
        """Return the decision that let a version pass; None where there was none."""
        query = sa.select(gate_override.c.document).where(
            gate_override.c.table_name == table, gate_override.c.version == version
        )
        row = self._connection.scalar(query)
        return None if row is None else GateOverride.model_validate_json(row)

    def overrides(self, table: str | None = None) -> list[GateOverride]:
        """Return all decisions (of a table), newest first."""
        query = sa.select(gate_override.c.document).order_by(gate_override.c.id.desc())
        if table is not None:
            query = query.where(gate_override.c.table_name == table)
        return [GateOverride.model_validate_json(row) for row in self._connection.scalars(query)]

    def add_reminder(self, reminder: Reminder) -> bool:
        """Store a reminder; False where there is one of this kind for this due day already."""
        unique = ["dataset_id", "kind", "due_on"]
        values = {**reminder.model_dump(exclude={"dataset"}), "dataset_id": reminder.dataset}
        statement = insert(self._connection, freshness_reminder).values(values)
        once = statement.on_conflict_do_nothing(index_elements=unique).returning(freshness_reminder.c.id)
        return self._connection.scalar(once) is not None

    def settle_reminders(self, dataset_id: str, before: dt.date | None, at: dt.datetime) -> int:
        """Close the open reminders of a data set for days before `before` (None: all); return how many."""
        table = freshness_reminder
        statement = table.update().where(table.c.dataset_id == dataset_id, table.c.settled_at.is_(None)).values(settled_at=at)
        if before is not None:
            statement = statement.where(table.c.due_on < before)
        return self._connection.execute(statement).rowcount

    def reminders(self, *, agency: str | None = None, open_only: bool = True) -> list[Reminder]:
        """Return reminders, the earliest due day first."""
        table = freshness_reminder
        query = sa.select(table).order_by(table.c.due_on, table.c.dataset_id, table.c.kind)
        if agency is not None:
            query = query.where(table.c.agency == agency)
        if open_only:
            query = query.where(table.c.settled_at.is_(None))
        rows = self._connection.execute(query).mappings()
        return [Reminder.model_validate({**_without(row, "dataset_id"), "dataset": row["dataset_id"]}) for row in rows]


def _without(row: sa.RowMapping, name: str) -> dict[str, object]:
    return {key: value for key, value in row.items() if key != name}
