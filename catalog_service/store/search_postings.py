"""Reading the search index: postings as bitmaps over the whole catalog, and rows of the entries in a bitmap.

Here: statements. Not here: what is asked (searching), how postings are written (search_index).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from catalog_service.store import members
from catalog_service.store.members import BITMAP_BYTES, BLOCK, Bits
from catalog_service.store.search_tables import search_entry as entry_table
from catalog_service.store.search_tables import search_posting as table

_ROWS_PER_QUERY = 4_000
_DENSE = 4
"""Where one of so many entries is asked for, reading all of them is cheaper than naming each."""


class Postings:
    """The postings as one transaction sees them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        highest = connection.scalar(sa.select(sa.func.max(entry_table.c.number))) or 0
        self._blocks = highest // BLOCK + 1

    def bits(self, numbers: Iterable[int]) -> Bits:
        """Return a bitmap of some numbers."""
        return members.of_numbers(numbers, self._blocks)

    def any_of(self, kind: str, terms: Collection[str]) -> Bits:
        """Return the entries with any of the terms."""
        found = self.bits(())
        for bits in self._of(kind, terms).values():
            found = found | bits
        return found

    def all_of(self, kind: str, terms: Collection[str]) -> Bits:
        """Return the entries with all of the terms, of which there is at least one."""
        found = self._of(kind, terms)
        if len(found) < len(terms):
            return self.bits(())
        both: Bits = np.bitwise_and.reduce(list(found.values()))
        return both

    def some_of_each(self, kind: str, sets: Collection[Collection[str]]) -> Bits:
        """Return the entries that of each set, of which there is at least one, have at least one term."""
        found, none = self._of(kind, {one for terms in sets for one in terms}), self.bits(())
        having = [np.bitwise_or.reduce([none, *(found[one] for one in terms if one in found)]) for terms in sets]
        both: Bits = np.bitwise_and.reduce(having)
        return both

    def counts(self, kinds: Collection[str], among: Bits) -> dict[str, Counter[str]]:
        """Return for every term of each kind how many of the entries have it; terms of none are left out."""
        found: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
        rows = self._connection.execute(sa.select(table).where(table.c.kind.in_(list(kinds))))
        for kind, term, block, content in rows:
            count = members.common_count(content, among[block * BITMAP_BYTES : (block + 1) * BITMAP_BYTES])
            if count:
                found[kind][term] += count
        return found

    def rows(
        self, among: Bits, *columns: sa.ColumnElement[Any], where: sa.ColumnElement[bool] | None = None
    ) -> Iterator[Sequence[Any]]:
        """Yield number and columns of the entries in a bitmap, and perhaps of others."""
        numbers = members.numbers(among)
        for start in range(0, len(numbers), _ROWS_PER_QUERY):
            some = numbers[start : start + _ROWS_PER_QUERY]
            query = sa.select(entry_table.c.number, *columns)
            if (some[-1] - some[0]) // len(some) < _DENSE:
                query = query.where(entry_table.c.number.between(some[0], some[-1]))
            else:
                query = query.where(entry_table.c.number.in_(sa.bindparam(None, some, expanding=True, literal_execute=True)))
            yield from self._connection.execute(query if where is None else query.where(where))

    def _of(self, kind: str, terms: Collection[str]) -> dict[str, Bits]:
        """Return the bitmaps of those of the terms that any entry has."""
        if not terms:
            return {}
        query = sa.select(table.c.term, table.c.block, table.c.members).where(table.c.kind == kind, table.c.term.in_(terms))
        found: dict[str, Bits] = {}
        for term, block, content in self._connection.execute(query):
            whole = found.setdefault(term, np.zeros(self._blocks * BITMAP_BYTES, np.uint8))
            whole[block * BITMAP_BYTES : (block + 1) * BITMAP_BYTES] = members.bitmap(content)
        return found
