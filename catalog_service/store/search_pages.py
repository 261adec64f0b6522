"""Pages of what was found: the order asked for, and cursors that stay right while the catalog changes.

Here: order and paging. Not here: what is found (searching).

A cursor is the place of the last entry shown in the order asked for, not a count: entries that come or go before it shift
nothing. Few entries are sorted when they are asked for; of many, the index of the order is read until a page is full.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.record import SearchQuery, SearchSort
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import members
from catalog_service.store.columns import storable
from catalog_service.store.members import Bits
from catalog_service.store.search_tables import search_entry as table

_FEW = 1_000
_READ_AT_ONCE = 1_000
_ORDERS = {
    SearchSort.RELEVANCE: table.c.sort_key,
    SearchSort.TITLE: table.c.sort_key,
    SearchSort.UPDATED: table.c.recency,
    SearchSort.ROWS: table.c.volume,
}


class Position(NamedTuple):
    """The last entry of a page: its rank, its place in the order, and the question it answered."""

    question: str
    rank: int
    key: str | int
    dataset_id: str


class Pages:
    """What was found, in order; `ranks` are ever larger sets, the entries of an earlier one come first."""

    def __init__(self, connection: sa.Connection, query: SearchQuery, state: RecordState, ranks: Sequence[Bits]) -> None:
        self._connection = connection
        self._limit = query.limit
        self._key: sa.ColumnElement[Any] = _ORDERS[query.sort]
        self._state = state
        self._ranks = ranks
        asked = query.model_dump_json(exclude={"limit", "cursor"}) + state.value
        self._question = hashlib.sha256(asked.encode()).hexdigest()[:16]
        self._after = None if query.cursor is None else self._decode(query.cursor)

    def page(self) -> tuple[list[str], str | None]:
        """Return the ids on the page and the cursor of the next one."""
        found: list[Position] = []
        for rank, bits in enumerate(self._ranks):
            new = bits if rank == 0 else bits & ~self._ranks[rank - 1]
            after = self._after
            if len(found) > self._limit or (after is not None and after.rank > rank):
                continue
            found += self._first(
                new, rank, after if after is not None and after.rank == rank else None, self._limit + 1 - len(found)
            )
        ids = [one.dataset_id for one in found[: self._limit]]
        return ids, _encode(found[self._limit - 1]) if len(found) > self._limit else None

    def _first(self, bits: Bits, rank: int, after: Position | None, limit: int) -> list[Position]:
        count = members.count(bits)
        if count == 0:
            return []
        rows = self._sorted(bits, after, limit) if count <= _FEW else self._scanned(bits, after, limit)
        return [Position(self._question, rank, key, dataset_id) for key, dataset_id in rows]

    def _sorted(self, bits: Bits, after: Position | None, limit: int) -> list[tuple[Any, str]]:
        numbers: sa.BindParameter[Any] = sa.bindparam(None, members.numbers(bits), expanding=True, literal_execute=True)
        query = sa.select(self._key, table.c.dataset_id).where(table.c.number.in_(numbers))
        rows = self._connection.execute(self._beyond(query, after).order_by(self._key, table.c.dataset_id).limit(limit))
        return [(key, dataset_id) for key, dataset_id in rows]

    def _scanned(self, bits: Bits, after: Position | None, limit: int) -> list[tuple[Any, str]]:
        flags = np.unpackbits(bits, bitorder="little")
        found: list[tuple[Any, str]] = []
        for number, key, dataset_id in self._in_order(after):
            if flags[number]:
                found.append((key, dataset_id))
                if len(found) == limit:
                    break
        return found

    def _in_order(self, after: Position | None) -> Iterator[tuple[int, Any, str]]:
        query = sa.select(table.c.number, self._key, table.c.dataset_id).where(table.c.state == self._state.value)
        query = query.order_by(self._key, table.c.dataset_id).limit(_READ_AT_ONCE)
        while True:
            rows = self._connection.execute(self._beyond(query, after)).all()
            yield from rows
            if len(rows) < _READ_AT_ONCE:
                return
            after = Position(self._question, 0, rows[-1][1], rows[-1][2])

    def _beyond(self, query: sa.Select[Any], after: Position | None) -> sa.Select[Any]:
        if after is None:
            return query
        # The first condition alone lets both databases begin at the right place of the index.
        same = sa.or_(self._key > after.key, table.c.dataset_id > after.dataset_id)
        return query.where(self._key >= after.key, same)

    def _decode(self, cursor: str) -> Position:
        try:
            position = _POSITION.validate_json(base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True))
        except (ValidationError, binascii.Error, UnicodeEncodeError):
            position = None
        if position is None or position.question != self._question or not self._is_sound(position):
            raise InvalidError(
                problem(
                    "bad-cursor",
                    "翻页标记无效或不属于本次查询，请从第一页重新查询",
                    "the cursor is invalid or belongs to another question; start again from the first page",
                    field="cursor",
                )
            )
        return position

    def _is_sound(self, position: Position) -> bool:
        if isinstance(position.key, str) == isinstance(self._key.type, sa.BigInteger) or not storable(position.dataset_id):
            return False
        fits = storable(position.key) if isinstance(position.key, str) else abs(position.key) < 2**63
        return fits and 0 <= position.rank < len(self._ranks)


_POSITION = TypeAdapter(Position)


def _encode(position: Position) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()
