"""Reading stored catalog entries, agencies and code lists: by id, all together, or by a question.

Here: reading. Not here: storing (entries), the search statement (searching).
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.data_standing import DataStanding
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.catalog.record import CatalogRecord, Facets, SearchPage, SearchQuery
from catalog_service.catalog.schema import CodeList
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import searching, tables
from catalog_service.store.columns import storable
from catalog_service.store.data_standings import DataStandings
from catalog_service.store.resource_codes import ResourceCodes
from catalog_service.store.search_index import SearchIndex
from catalog_service.store.tables import catalog_record as record_table
from catalog_service.store.tables import catalog_record_version as version_table

_LATEST = sa.and_(version_table.c.dataset_id == record_table.c.dataset_id, version_table.c.version == record_table.c.version)
_RECORDS = sa.select(
    record_table.c.state,
    record_table.c.version,
    record_table.c.created_at,
    record_table.c.updated_at,
    version_table.c.document,
).join(version_table, _LATEST)
_ONE_RECORD = _RECORDS.where(record_table.c.dataset_id == sa.bindparam("dataset_id"))
_UPDATED = sa.select(record_table.c.dataset_id, record_table.c.updated_at)
_AT_ONCE = 500
"""Ids in one statement."""


class EntryReader:
    """The reading half of the repository of entries, and the index that it searches."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._index = SearchIndex(connection)
        self._standings = DataStandings(connection)
        self._codes = ResourceCodes(connection)

    def record(self, dataset_id: str) -> CatalogRecord:
        """Return the newest version of an entry, in whatever state.

        Raises:
            NotFoundError: there is no such entry.
        """
        found = self._stored(dataset_id) if storable(dataset_id) else None
        if found is None:
            raise unknown_entry(dataset_id)
        return found

    def records(self, dataset_ids: Iterable[str]) -> dict[str, CatalogRecord]:
        """Return those of the entries that exist, by id."""
        rows = self._connection.execute(_RECORDS.where(record_table.c.dataset_id.in_(list(dataset_ids))))
        return {one.id: one for one in map(_record, rows)}

    def search(self, query: SearchQuery, *, state: RecordState = RecordState.PUBLISHED) -> SearchPage:
        """Return the entries in `state` that answer `query`, those with hits in the title first.

        Raises:
            InvalidError: the cursor is not one of this question.
        """
        self._index.flush()
        found = searching.Search(self._connection, query, state)
        ids, next_cursor = found.page()
        records = self.records(ids)
        items = tuple(records[one] for one in ids)
        return SearchPage(items=items, total=found.total, next_cursor=next_cursor, facets=found.facets())

    def dependents(self, dataset_id: str, *, state: RecordState = RecordState.PUBLISHED) -> list[Dataset]:
        """Return the entries in `state` that are derived from this one or refer to it, in order of their ids."""
        self._index.flush()
        found = self.records(searching.dependents(self._connection, dataset_id))
        return [one.dataset for _, one in sorted(found.items()) if one.state is state]

    def standing(self, dataset_id: str) -> DataStanding:
        """Return what is known of a data set's data."""
        return self._standings.of(dataset_id)

    def standings(self, dataset_ids: Iterable[str]) -> dict[str, DataStanding]:
        """Return what is known of the data of several data sets, by id; without those of which nothing is."""
        return self._standings.of_all(dataset_ids)

    def facets(self) -> Facets:
        """Return how many published entries have each value."""
        self._index.flush()
        return searching.Search(self._connection, SearchQuery(), RecordState.PUBLISHED).facets()

    def open_totals(self) -> tuple[int, int]:
        """Return how many open products there are, and how many rows they have."""
        self._index.flush()
        return self._standings.open_totals()

    def latest_open(self, limit: int) -> dict[str, DataStanding]:
        """Return the data sets whose open product was published last, newest first."""
        self._index.flush()
        return self._standings.latest_open(limit)

    def code_of(self, dataset_id: str, classification: str) -> str:
        """Return the resource code that an entry has in a place of the classification; empty where it has none."""
        return self._codes.of(dataset_id, classification)

    def code_owners(self, codes: Iterable[str]) -> dict[str, str]:
        """Return the ids of the entries that have these resource codes, by code."""
        return self._codes.owners(codes)

    def agencies(self, slugs: Iterable[str] | None = None) -> dict[str, Agency]:
        """Return the agencies with these slugs, or all, by slug."""
        query = sa.select(tables.agency.c.document).order_by(tables.agency.c.slug)
        if slugs is not None:
            query = query.where(tables.agency.c.slug.in_(list(slugs)))
        return {one.slug: one for one in map(Agency.model_validate_json, self._connection.scalars(query))}

    def registry(self) -> Catalog:
        """Return all agencies and code lists, without entries."""
        agencies = self._connection.scalars(sa.select(tables.agency.c.document).order_by(tables.agency.c.slug))
        code_lists = self._connection.scalars(sa.select(tables.code_list.c.document).order_by(tables.code_list.c.name))
        return Catalog(
            agencies=tuple(Agency.model_validate_json(row) for row in agencies),
            code_lists=tuple(CodeList.model_validate_json(row) for row in code_lists),
        )

    def snapshot(self, state: RecordState | None = RecordState.PUBLISHED) -> Catalog:
        """Return all agencies, all code lists and the entries in `state` (None: in any), in order of their ids."""
        query = sa.select(version_table.c.document).join(record_table, _LATEST).order_by(record_table.c.dataset_id)
        if state is not None:
            query = query.where(record_table.c.state == state.value)
        datasets = tuple(Dataset.model_validate_json(row) for row in self._connection.scalars(query))
        registry = self.registry()
        return Catalog(agencies=registry.agencies, code_lists=registry.code_lists, datasets=datasets)

    def code_list_times(self) -> dict[str, dt.datetime]:
        """Return when code lists got the content that they have, by name; without those of which that was not kept."""
        table = tables.code_list
        query = sa.select(table.c.name, table.c.changed_at).where(table.c.changed_at.is_not(None))
        return {row.name: row.changed_at for row in self._connection.execute(query)}

    def update_times(self, dataset_ids: Iterable[str]) -> dict[str, dt.datetime]:
        """Return when the content or the state of those of the entries that exist changed last, by id."""
        wanted, found = list(dataset_ids), dict[str, dt.datetime]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = record_table.c.dataset_id.in_(wanted[start : start + _AT_ONCE])
            found.update((id_, at) for id_, at in self._connection.execute(_UPDATED.where(some)))
        return found

    def states(self) -> dict[str, RecordState]:
        """Return the state of every entry, by id."""
        rows = self._connection.execute(sa.select(record_table.c.dataset_id, record_table.c.state))
        by_value = {one.value: one for one in RecordState}
        return {dataset_id: by_value[state] for dataset_id, state in rows}

    def _stored(self, dataset_id: str) -> CatalogRecord | None:
        row = self._connection.execute(_ONE_RECORD, {"dataset_id": dataset_id}).one_or_none()
        return None if row is None else _record(row)


def unknown_entry(dataset_id: str) -> NotFoundError:
    """Return the error for an entry that there is not."""
    return NotFoundError(
        problem("unknown-dataset", f"公共数据目录中没有 {dataset_id}", f"the catalog has no entry {dataset_id}", article=13)
    )


def _record(row: Any) -> CatalogRecord:  # noqa: ANN401
    stored = {name: getattr(row, name) for name in ("state", "version", "created_at", "updated_at")}
    return CatalogRecord.model_validate(stored | {"dataset": Dataset.model_validate_json(row.document)})
