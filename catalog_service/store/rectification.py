"""Issues of rectification, and what is remembered of check runs (Art. 25, 32).

Here: storing and finding them. Not here: what opens, closes and escalates one (services.rectification).
"""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from catalog_service.catalog.errors import Text
from catalog_service.catalog.rectification import Rectification, RectificationQuery, Seen
from catalog_service.store import due_pages
from catalog_service.store.cases import Cases
from catalog_service.store.columns import LOCK_RECTIFICATION, serialise, upsert
from catalog_service.store.rectification_tables import checks_seen
from catalog_service.store.rectification_tables import rectification as table


class Rectifications:
    """Repository of issues."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.issues = Cases[Rectification](
            connection,
            table,
            Rectification.model_validate_json,
            lambda one: {
                "dataset_id": one.dataset,
                "rule": one.rule,
                "agency": one.agency,
                "state": one.state.value,
                "is_open": one.is_open,
                "due_on": one.deadline.due,
            },
            Text(zh="整改事项", en="issue"),
        )

    def lock(self) -> None:
        """Let nobody else open or close issues until this transaction ends."""
        serialise(self._connection, LOCK_RECTIFICATION)

    def seen(self, dataset_id: str) -> Seen:
        """Return what is remembered of the check runs of a data set; nothing where it was never checked."""
        row = self._connection.scalar(sa.select(checks_seen.c.document).where(checks_seen.c.dataset_id == dataset_id))
        return Seen() if row is None else Seen.model_validate_json(row)

    def remember(self, dataset_id: str, seen: Seen) -> None:
        """Store it, in place of what was remembered."""
        upsert(self._connection, checks_seen, {"dataset_id": dataset_id, "document": seen.model_dump_json()})

    def open_of(self, dataset_id: str) -> dict[str, Rectification]:
        """Return the open issues of a data set, by rule."""
        return {one.rule: one for one in self.issues.find(*self.issues.where(dataset_id=dataset_id, is_open=True))}

    def all_open(self) -> list[Rectification]:
        """Return all open issues, newest first."""
        return self.issues.find(*self.issues.where(is_open=True))

    def find(self, query: RectificationQuery, today: dt.date) -> tuple[tuple[Rectification, ...], str | None]:
        """Return a page of the issues that answer a question as of a day, and the cursor of the next page."""
        conditions = _conditions(query, today)
        found, cursor = due_pages.page(self._connection, table, conditions, limit=query.limit, cursor=query.cursor)
        return tuple(Rectification.model_validate_json(one) for one in found), cursor

    def count(self, query: RectificationQuery, today: dt.date) -> int:
        """Return how many issues answer a question as of a day."""
        return due_pages.count(self._connection, table, _conditions(query, today))


def _conditions(query: RectificationQuery, today: dt.date) -> Iterable[sa.ColumnElement[bool]]:
    if query.agency is not None:
        yield table.c.agency == query.agency
    if query.dataset is not None:
        yield table.c.dataset_id == query.dataset
    if query.state is not None:
        yield table.c.state == query.state.value
    if query.is_open is not None:
        yield table.c.is_open == query.is_open
    if query.is_overdue:
        yield sa.and_(table.c.is_open == sa.true(), table.c.due_on < today)
