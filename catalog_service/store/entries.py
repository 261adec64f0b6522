"""Catalog entries with all their versions, agencies and code lists (Art. 13, 14).

Here: storing and reading them. Not here: which may be stored (services.compiling), the search statement (searching).
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.data_standing import DataStanding, freshness
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import ConflictError, problem
from catalog_service.catalog.history import DIRECTLY, Act, new_entry
from catalog_service.catalog.life_cycle import Standing
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.record import CatalogRecord
from catalog_service.catalog.schema import CodeList
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import folding, tables
from catalog_service.store.columns import LOCK_CATALOG, insert_new, serialise, storable, upsert
from catalog_service.store.desk import Desk
from catalog_service.store.entry_reading import EntryReader, unknown_entry
from catalog_service.store.tables import catalog_record as record_table
from catalog_service.store.tables import catalog_record_version as version_table


class Entries(EntryReader):
    """Repository of catalog entries, agencies and code lists."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        self._desk = Desk(connection)
        self._is_locked = False

    def lock(self) -> None:
        """Let nobody else change the catalog until this transaction ends; every change does it by itself."""
        if not self._is_locked:
            serialise(self._connection, LOCK_CATALOG)
            self._is_locked = True

    def put_agencies(self, agencies: Iterable[Agency]) -> None:
        """Register agencies, or change what is known of them.

        Raises:
            ConflictError: another agency has the same unified social credit code.
        """
        self.lock()
        for one in agencies:
            values = {
                "slug": one.slug,
                "uscc": one.uscc,
                "search_text": folding.agency_text(one),
                "document": one.model_dump_json(),
            }
            try:
                with self._connection.begin_nested():
                    upsert(self._connection, tables.agency, values)
            except IntegrityError as error:
                raise ConflictError(
                    problem(
                        "duplicate-uscc",
                        f"统一社会信用代码 {one.uscc} 已由其他机构登记，请核对机构 {one.slug}",
                        f"code {one.uscc} is registered for another agency; check agency {one.slug}",
                        field="uscc",
                    )
                ) from error

    def put_code_lists(self, code_lists: Iterable[CodeList]) -> None:
        """Store code lists that are new or changed."""
        self.lock()
        now = dt.datetime.now(dt.UTC)
        for one in code_lists:
            values = {"name": one.name, "document": one.model_dump_json(), "changed_at": now}
            upsert(self._connection, tables.code_list, values)

    def put_dataset(self, dataset: Dataset, *, state: RecordState, act: Act = DIRECTLY) -> CatalogRecord:
        """Store an entry in a state, whatever was worked on before; a new version only if its content changed.

        Nothing changed: nothing is written.
        """
        dataset = self.coded(dataset)
        stored, before, standing = self._stored(dataset.id), self._desk.find(dataset.id), Standing.directly(state)
        is_same = stored is not None and stored.dataset == dataset
        if stored is not None and before is not None and is_same and before.standing == standing:
            return stored
        known = before or new_entry(dataset.id)
        version = stored.version if stored is not None and is_same else known.version + 1
        live_version = version if standing.live is RecordState.PUBLISHED or before is None else before.live_version
        record = self._write(dataset, state, version, None if stored is None else stored.created_at)
        after = known.moved(
            standing,
            act.principal.name,
            title=dataset.title,
            version=max(version, known.version),
            live_version=live_version if standing.live is not None else None,
        )
        self._desk.put(before, after, act, document=None if standing.work is None else document_of(dataset))
        return record

    def put_record(self, dataset: Dataset, state: RecordState, version: int) -> CatalogRecord:
        """Let `version`, stored now where it is new, be what readers get of an entry."""
        self.lock()
        stored = self._stored(dataset.id)
        return self._write(dataset, state, version, None if stored is None else stored.created_at)

    def _write(self, dataset: Dataset, state: RecordState, version: int, created_at: dt.datetime | None) -> CatalogRecord:
        now = dt.datetime.now(dt.UTC)
        record = CatalogRecord(dataset=dataset, state=state, version=version, created_at=created_at or now, updated_at=now)
        upsert(self._connection, record_table, _columns(record))
        self._index.put(record, self._standings.of(record.id), is_new=created_at is None)
        self.put_version(dataset, version)
        return record

    def coded(self, dataset: Dataset) -> Dataset:
        """Return an entry with its resource code, given out now where it has a place in the classification and no code yet."""
        self.lock()
        return self._codes.coded(dataset)

    def code_owners(self, codes: Iterable[str]) -> dict[str, str]:
        """Return the ids of the entries that have these resource codes, by code."""
        return self._codes.owners(codes)

    def put_version(self, dataset: Dataset, version: int) -> None:
        """Keep a version of an entry that has a record; nothing happens where it is kept already."""
        values = {
            "dataset_id": dataset.id,
            "version": version,
            "created_at": dt.datetime.now(dt.UTC),
            "document": document_of(dataset),
        }
        insert_new(self._connection, version_table, values)

    def put_state(self, dataset_id: str, state: RecordState) -> None:
        """Change the state of a record and nothing else."""
        self.lock()
        values = {"state": state.value, "updated_at": dt.datetime.now(dt.UTC)}
        self._connection.execute(record_table.update().where(record_table.c.dataset_id == dataset_id).values(values))
        self._index.put(self.record(dataset_id), self._standings.of(dataset_id))

    def version(self, dataset_id: str, version: int) -> Dataset:
        """Return an entry as it was in one of its versions.

        Raises:
            NotFoundError: there is no such entry or version.
        """
        query = sa.select(version_table.c.document).where(
            version_table.c.dataset_id == dataset_id, version_table.c.version == version
        )
        row = self._connection.scalar(query) if storable(dataset_id) and 0 < version < 2**31 else None
        if row is None:
            raise unknown_entry(f"{dataset_id} ({version})")
        return Dataset.model_validate_json(row)

    def set_standing(self, dataset_id: str, **changes: object) -> DataStanding:
        """Change what is known of a data set's data (fields of `DataStanding`), in the search index too."""
        self.lock()
        before = self._standings.of(dataset_id)
        standing = DataStanding.model_validate(dict(before) | changes)
        if standing != before:
            self._standings.put(dataset_id, standing)
            record = self._stored(dataset_id)
            if record is not None:
                self._index.put(record, standing)
        return standing

    def note_published(self, publication: Publication) -> None:
        """Keep the standing of a data set's data up to date with a table that readers see now."""
        zone, _, dataset_id = publication.table.partition("/")
        record = self._stored(dataset_id)
        when, rows = publication.published_at, publication.row_count
        if record is not None and zone == record.dataset.zone:
            fresh = freshness(record.dataset.frequency, when, dt.datetime.now(dt.UTC))
            self.set_standing(dataset_id, row_count=rows, published_at=when, freshness=fresh)
        elif record is not None and zone == "open":
            self.set_standing(dataset_id, open_row_count=rows, open_published_at=when)

    def flush(self) -> None:
        """Write what is collected for the search index; the end of a transaction does it by itself."""
        self._index.flush()

    def reindex(self) -> None:
        """Put every entry into the search index anew."""
        self.lock()
        for dataset_id in self.states():
            record = self.record(dataset_id)
            self._index.put(record, self._standings.of(dataset_id))
        self._index.flush()


def document_of(dataset: Dataset) -> str:
    """Return the JSON text of an entry, as it is stored."""
    return dataset.model_dump_json(by_alias=True, exclude_none=True)


def _columns(record: CatalogRecord) -> dict[str, Any]:
    dataset = record.dataset
    return {
        "dataset_id": dataset.id,
        "state": record.state.value,
        "version": record.version,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "agency": dataset.agency,
        "theme": dataset.theme,
        "base_database": dataset.base_database and dataset.base_database.value,
        "sharing": dataset.sharing.class_.value,
        "opening": dataset.opening.class_.value,
        "frequency": dataset.frequency.value,
        "format": dataset.delivery and dataset.delivery.format.value,
    }
