"""Update duties with their histories, and changes of agencies' functions (Art. 14).

Here: storing and finding them. Not here: what opens, moves and closes one (services.duties).
"""

import datetime as dt
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from catalog_service.catalog.duty import DutyEvent, DutyQuery, DutyState, FunctionChange, UpdateDuty
from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.store import due_pages
from catalog_service.store.columns import upsert
from catalog_service.store.duties_tables import duty as duty_table
from catalog_service.store.duties_tables import duty_event, function_change


class Duties:
    """Repository of update duties."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def save(self, duty: UpdateDuty, event: DutyEvent) -> None:
        """Store a duty as it stands now, and what just happened to it."""
        values = {
            "id": duty.id,
            "dataset_id": duty.dataset,
            "agency": duty.agency,
            "cause": duty.cause.value,
            "closed": duty.closed and duty.closed.value,
            "due_on": duty.deadline.due,
            "opened_at": duty.opened_at,
            "document": duty.model_dump_json(),
        }
        upsert(self._connection, duty_table, values)
        last = sa.select(sa.func.coalesce(sa.func.max(duty_event.c.number), 0)).where(duty_event.c.duty_id == duty.id)
        number = int(self._connection.scalar(last) or 0) + 1
        row = {"duty_id": duty.id, "number": number, "at": event.at, "document": event.model_dump_json()}
        self._connection.execute(duty_event.insert(), row)

    def get(self, duty_id: str) -> UpdateDuty:
        """Return a duty.

        Raises:
            NotFoundError: there is none of that id.
        """
        row = self._connection.scalar(sa.select(duty_table.c.document).where(duty_table.c.id == duty_id))
        if row is None:
            raise NotFoundError(problem("unknown-duty", f"没有更新义务 {duty_id}", f"there is no duty {duty_id}", article=14))
        return UpdateDuty.model_validate_json(row)

    def history(self, duty_id: str) -> tuple[DutyEvent, ...]:
        """Return everything that happened to a duty, oldest first."""
        query = sa.select(duty_event.c.document).where(duty_event.c.duty_id == duty_id).order_by(duty_event.c.number)
        return tuple(DutyEvent.model_validate_json(row) for row in self._connection.scalars(query))

    def running(self, dataset_id: str | None = None) -> Iterator[UpdateDuty]:
        """Yield the duties that are not closed, of one data set or of all, soonest due first."""
        query = sa.select(duty_table.c.document).where(duty_table.c.closed.is_(None))
        if dataset_id is not None:
            query = query.where(duty_table.c.dataset_id == dataset_id)
        rows = self._connection.execute(query.order_by(duty_table.c.due_on, duty_table.c.id)).scalars().all()
        return (UpdateDuty.model_validate_json(row) for row in rows)

    def find(self, query: DutyQuery, today: dt.date) -> tuple[tuple[UpdateDuty, ...], str | None]:
        """Return a page of the duties that answer a question as of a day, and the cursor of the next page."""
        conditions = _conditions(query, today)
        found, cursor = due_pages.page(self._connection, duty_table, conditions, limit=query.limit, cursor=query.cursor)
        return tuple(UpdateDuty.model_validate_json(one) for one in found), cursor

    def count(self, query: DutyQuery, today: dt.date) -> int:
        """Return how many duties answer a question as of a day."""
        return due_pages.count(self._connection, duty_table, _conditions(query, today))

    def add_function_change(self, change: FunctionChange) -> None:
        """Store a change of an agency's functions."""
        values = {
            "id": change.id,
            "agency": change.agency,
            "registered_at": change.registered_at,
            "document": change.model_dump_json(),
        }
        self._connection.execute(function_change.insert(), values)

    def function_changes(self, agency: str | None) -> tuple[FunctionChange, ...]:
        """Return the changes of functions of an agency (None: of all), newest first."""
        query = sa.select(function_change.c.document).order_by(function_change.c.registered_at.desc())
        if agency is not None:
            query = query.where(function_change.c.agency == agency)
        return tuple(FunctionChange.model_validate_json(row) for row in self._connection.scalars(query))


def _conditions(query: DutyQuery, today: dt.date) -> Iterable[sa.ColumnElement[bool]]:
    if query.agency is not None:
        yield duty_table.c.agency == query.agency
    if query.dataset is not None:
        yield duty_table.c.dataset_id == query.dataset
    match query.state:
        case None:
            pass
        case DutyState.OPEN:
            yield sa.and_(duty_table.c.closed.is_(None), duty_table.c.due_on >= today)
        case DutyState.OVERDUE:
            yield sa.and_(duty_table.c.closed.is_(None), duty_table.c.due_on < today)
        case closed:
            yield duty_table.c.closed == closed.value
