"""The search statement: literal substrings of folded text, filters, facets, keyset pages.

Here: how a question becomes SQL. Not here: what text is searched (folding) and how records are read (entries).
"""

import base64
import binascii
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.record import Facets, SearchQuery
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import folding
from catalog_service.store.columns import occurs, storable
from catalog_service.store.tables import agency as agency_table
from catalog_service.store.tables import catalog_record as table

_FILTERS = ("agency", "theme", "base_database", "sharing", "opening", "frequency", "format")
_FACETS = ("agency", "theme", "opening", "sharing")
_MATCH = sa.outerjoin(table, agency_table, table.c.agency == agency_table.c.slug)


class _Position(NamedTuple):
    """The last entry of a page: its place in the order, and the question it answered."""

    question: str
    rank: int
    sort_key: str
    dataset_id: str


class Search:
    """One question in one transaction."""

    def __init__(self, connection: sa.Connection, query: SearchQuery, state: RecordState) -> None:
        self._connection = connection
        self._query = query
        self._words = folding.words(query.text)
        self._where = self._conditions(state)
        self._rank = self._title_first()
        asked = query.model_dump_json(exclude={"limit", "cursor"}) + state.value
        self._question = hashlib.sha256(asked.encode()).hexdigest()[:16]

    def page(self, records: sa.Select[Any]) -> tuple[Sequence[sa.Row[Any]], str | None]:
        """Return the rows of the page asked for, selected by `records`, and the cursor of the next page."""
        order = (self._rank, table.c.sort_key, table.c.dataset_id)
        statement = (
            records.add_columns(self._rank.label("rank"), table.c.sort_key, table.c.dataset_id)
            .outerjoin(agency_table, table.c.agency == agency_table.c.slug)
            .where(*self._where, *self._after())
            .order_by(*order)
            .limit(self._query.limit + 1)
        )
        rows = self._connection.execute(statement).all()
        if len(rows) <= self._query.limit:
            return rows, None
        last = rows[self._query.limit - 1]
        position = _Position(self._question, last.rank, last.sort_key, last.dataset_id)
        return rows[: self._query.limit], _encode(position)

    def facets(self) -> Facets:
        """Return how many entries, of all pages, have each value."""
        columns = [table.c[name] for name in _FACETS]
        count = sa.func.count().label("entries")
        rows = self._connection.execute(sa.select(*columns, count).select_from(_MATCH).where(*self._where).group_by(*columns))
        counts: dict[str, Counter[str]] = {name: Counter() for name in _FACETS}
        for row in rows:
            for name in _FACETS:
                counts[name][getattr(row, name)] += row.entries
        return Facets(**{name: dict(found.most_common()) for name, found in counts.items()})

    def _conditions(self, state: RecordState) -> list[sa.ColumnElement[bool]]:
        conditions: list[sa.ColumnElement[bool]] = [table.c.state == state.value]
        for name in _FILTERS:
            value = getattr(self._query, name)
            if value is not None:
                conditions.append(table.c[name] == str(value))
        for word in self._words:
            in_entry = occurs(self._connection, word, table.c.search_text)
            conditions.append(in_entry | occurs(self._connection, word, sa.func.coalesce(agency_table.c.search_text, "")))
        return conditions

    def _title_first(self) -> sa.ColumnElement[int]:
        hits = [occurs(self._connection, word, table.c.title_text) for word in self._words]
        return sa.case((sa.and_(sa.true(), *hits), 0), else_=1)

    def _after(self) -> list[sa.ColumnElement[bool]]:
        if self._query.cursor is None:
            return []
        last = _decode(self._query.cursor)
        if last is None or last.question != self._question:
            raise InvalidError(
                problem(
                    "bad-cursor",
                    "翻页标记无效或不属于本次查询，请从第一页重新查询",
                    "the cursor is invalid or belongs to another question; start again from the first page",
                    field="cursor",
                )
            )
        same_key = sa.and_(table.c.sort_key == last.sort_key, table.c.dataset_id > last.dataset_id)
        same_rank = sa.and_(self._rank == last.rank, sa.or_(table.c.sort_key > last.sort_key, same_key))
        return [sa.or_(self._rank > last.rank, same_rank)]


_POSITION = TypeAdapter(_Position)


def _encode(position: _Position) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _decode(cursor: str) -> _Position | None:
    try:
        position = _POSITION.validate_json(base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True))
    except (ValidationError, binascii.Error, UnicodeEncodeError):
        return None
    return position if storable(position.sort_key + position.dataset_id) and position.rank in (0, 1) else None
