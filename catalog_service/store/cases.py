"""Cases: documents with an id and a revision, changed by one at a time, with the columns by which they are found.

Here: what requests, agreements, grants and proposals have in common. Not here: which tables there are (sharing).
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa

from catalog_service.catalog.errors import ConflictError, NotFoundError, Text, problem
from catalog_service.store.columns import storable


class Case(Protocol):
    """A document with an id and a revision."""

    @property
    def id(self) -> str:
        """The server's id."""

    @property
    def revision(self) -> int:
        """How often it was stored: 1, 2 and so on."""

    def model_dump_json(self) -> str:
        """Return the document."""


C = TypeVar("C", bound=Case)


class Cases(Generic[C]):
    """Repository of one kind of case."""

    def __init__(
        self,
        connection: sa.Connection,
        table: sa.Table,
        read: Callable[[str], C],
        columns: Callable[[C], dict[str, Any]],
        name: Text,
    ) -> None:
        self._connection = connection
        self._table = table
        self._read = read
        self._columns = columns
        self._name = name

    def add(self, case: C) -> None:
        """Store a new case."""
        self._connection.execute(self._table.insert(), self._row(case))

    def get(self, id_: str) -> C:
        """Return a case.

        Raises:
            NotFoundError: there is none of that id.
        """
        query = sa.select(self._table.c.document).where(self._table.c.id == id_)
        row = self._connection.scalar(query) if storable(id_) else None
        if row is None:
            zh, en = f"没有{self._name.zh} {id_}，请核对编号", f"there is no {self._name.en} {id_}; check the number"
            raise NotFoundError(problem("unknown-case", zh, en))
        return self._read(row)

    def save(self, case: C) -> None:
        """Store a changed case, whose revision is one more than the stored one.

        Raises:
            ConflictError: somebody else changed it in the meantime.
        """
        row = self._row(case)
        stored = sa.and_(self._table.c.id == case.id, self._table.c.revision == case.revision - 1)
        if self._connection.execute(self._table.update().where(stored).values(row)).rowcount != 1:
            zh = f"该{self._name.zh}刚被他人办理，请刷新后重试"
            raise ConflictError(
                problem("changed-meanwhile", zh, f"somebody else just changed this {self._name.en}; reload and try again")
            )

    def find(self, *conditions: sa.ColumnElement[bool], after: str | None = None, limit: int | None = None) -> list[C]:
        """Return the cases that meet all conditions, newest first, beginning after the id `after`."""
        query = sa.select(self._table.c.document).where(*conditions).order_by(self._table.c.id.desc())
        if after is not None:
            query = query.where(self._table.c.id < after)
        return [self._read(row) for row in self._connection.scalars(query.limit(limit))]

    def where(self, **equal: str | Sequence[str] | bool | None) -> list[sa.ColumnElement[bool]]:
        """Return conditions: a column equals a value, or one of several; None: no condition."""
        found: list[sa.ColumnElement[bool]] = []
        for name, value in equal.items():
            column = self._table.c[name]
            if isinstance(value, list | tuple):
                found.append(column.in_(value))
            elif value is not None:
                found.append(column == value)
        return found

    def either(self, **equal: str | Sequence[str]) -> sa.ColumnElement[bool]:
        """Return the condition that at least one column has its value, or one of several."""
        return sa.or_(*self.where(**equal))

    def _row(self, case: C) -> dict[str, Any]:
        return {"id": case.id, "revision": case.revision, "document": case.model_dump_json(), **self._columns(case)}
