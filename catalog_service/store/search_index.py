"""Writing the search index: searchable entries, and the postings that change with them.

Here: keeping postings equal to the entries, in the transaction that changes the entry. Not here: terms (search_terms),
questions (searching).

Entries and postings are written many at a time: `put` collects, `flush` writes. Whoever reads the index flushes first, and so
does the end of the transaction. What is collected is bounded.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa

from catalog_service.catalog.data_standing import DataStanding
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.record import CatalogRecord
from catalog_service.store import folding, members
from catalog_service.store.columns import upsert
from catalog_service.store.members import Positions
from catalog_service.store.search_tables import search_entry as entry_table
from catalog_service.store.search_tables import search_posting as posting_table
from catalog_service.store.search_terms import Collected, Terms

_MOST_COLLECTED = 8_000_000
_TERMS_PER_QUERY = 400
_STORED = sa.select(entry_table).where(entry_table.c.dataset_id == sa.bindparam("dataset_id"))
_NOBODY: Positions = np.empty(0, np.uint16)

Change = tuple[Positions, Positions]
"""Positions that come and that go, of one term in one block."""


class SearchIndex:
    """The index in one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._next: int | None = None
        self._forget()

    def _forget(self) -> None:
        self._terms, self._added, self._removed = Terms(), Collected(), Collected()
        self._rows: dict[str, dict[str, Any]] = {}
        """What was collected of the entries, by id."""

    def put(self, record: CatalogRecord, standing: DataStanding, *, is_new: bool = False) -> None:
        """Make an entry searchable as it is now; `is_new`: it was not searchable before."""
        if record.id in self._rows:
            self.flush()
        stored = None if is_new else self._stored(record.id)
        row = _row(self._new_number() if stored is None else stored["number"], record, standing)
        after = self._terms.of(row)
        if stored is not None:
            before = self._terms.of(stored)
            self._removed.add(row["number"], np.setdiff1d(before, after, assume_unique=True))
            after = np.setdiff1d(after, before, assume_unique=True)
        self._added.add(row["number"], after)
        self._rows[record.id] = row
        if self._added.count + self._removed.count > _MOST_COLLECTED:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        if not self._rows:
            return
        upsert(self._connection, entry_table, list(self._rows.values()))
        for (kind, block), terms in self._changes().items():
            names = sorted(terms)
            for start in range(0, len(names), _TERMS_PER_QUERY):
                self._write(kind, block, {term: terms[term] for term in names[start : start + _TERMS_PER_QUERY]})
        self._forget()

    def _changes(self) -> dict[tuple[str, int], dict[str, Change]]:
        """Return what changes, by kind and block, and by term."""
        found: dict[tuple[str, int], dict[str, Change]] = defaultdict(dict)
        for number, block, positions in self._added.groups():
            kind, term = self._terms.known[number]
            found[kind, block][term] = positions, _NOBODY
        for number, block, positions in self._removed.groups():
            kind, term = self._terms.known[number]
            added, _ = found[kind, block].get(term, (_NOBODY, _NOBODY))
            found[kind, block][term] = added, positions
        return found

    def _write(self, kind: str, block: int, changes: Mapping[str, Change]) -> None:
        where = (posting_table.c.kind == kind, posting_table.c.block == block)
        query = sa.select(posting_table.c.term, posting_table.c.members).where(*where, posting_table.c.term.in_(changes))
        stored = {row.term: row.members for row in self._connection.execute(query)}
        new = {term: members.changed(stored.get(term), *change) for term, change in changes.items()}
        kept = [{"kind": kind, "block": block, "term": term, "members": one} for term, one in new.items() if one is not None]
        gone = [term for term, one in new.items() if one is None and term in stored]
        if kept:
            upsert(self._connection, posting_table, kept)
        if gone:
            self._connection.execute(posting_table.delete().where(*where, posting_table.c.term.in_(gone)))

    def _stored(self, dataset_id: str) -> dict[str, Any] | None:
        found = self._connection.execute(_STORED, {"dataset_id": dataset_id}).one_or_none()
        return None if found is None else dict(found._mapping)

    def _new_number(self) -> int:
        if self._next is None:
            self._next = (self._connection.scalar(sa.select(sa.func.max(entry_table.c.number))) or 0) + 1
        self._next += 1
        return self._next - 1


def labels(record: CatalogRecord, standing: DataStanding) -> dict[str, str]:
    """Return the value that an entry has in each facet; facets without a value are left out."""
    dataset = record.dataset
    found = {
        "agency": dataset.agency,
        "theme": dataset.theme,
        "base_database": dataset.base_database,
        "sharing": dataset.sharing.class_,
        "opening": dataset.opening.class_,
        "frequency": dataset.frequency,
        "format": dataset.delivery and dataset.delivery.format,
        "freshness": standing.freshness,
        "quality": standing.quality,
    }
    return {name: str(value) for name, value in found.items() if value is not None}


def rests_on(dataset: Dataset) -> set[str]:
    """Return the ids of the entries that an entry is derived from or refers to."""
    references = {field.reference.dataset for field in dataset.schema_.fields if field.reference is not None}
    return (references | set(dataset.upstream)) - {dataset.id}


def _row(number: int, record: CatalogRecord, standing: DataStanding) -> dict[str, Any]:
    dataset = record.dataset
    changed_at = max(record.updated_at, standing.published_at or record.updated_at)
    return {
        "number": number,
        "dataset_id": dataset.id,
        "state": record.state.value,
        "is_open": bool(dataset.open_fields),
        "sort_key": folding.sort_key(dataset.title),
        "recency": -round(changed_at.timestamp() * 1_000_000),
        "volume": -standing.row_count,
        "title_text": folding.title_text(dataset),
        "search_text": folding.entry_text(dataset),
        "spoken_text": folding.spoken_text(dataset),
        "labels": json.dumps({"facets": labels(record, standing), "rests_on": sorted(rests_on(dataset))}, ensure_ascii=False),
    }
