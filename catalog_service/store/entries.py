"""Catalog entries with all their versions, agencies and code lists (Art. 13, 14).

Here: storing and reading them. Not here: which may be stored (services.compiling), the search statement (searching).
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import ConflictError, NotFoundError, problem
from catalog_service.catalog.record import CatalogRecord, SearchPage, SearchQuery
from catalog_service.catalog.schema import CodeList
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import folding, searching, tables
from catalog_service.store.columns import LOCK_CATALOG, serialise, storable, upsert
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


class Entries:
    """Repository of catalog entries, agencies and code lists."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
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
        """Store code lists, or their new content."""
        self.lock()
        for one in code_lists:
            upsert(self._connection, tables.code_list, {"name": one.name, "document": one.model_dump_json()})

    def put_dataset(self, dataset: Dataset, *, state: RecordState) -> CatalogRecord:
        """Store an entry in a state; a new version only if its content changed. Nothing changed: nothing is written."""
        self.lock()
        now = dt.datetime.now(dt.UTC)
        stored = self._stored(dataset.id)
        is_same = stored is not None and stored.dataset == dataset
        if stored is not None and is_same and stored.state is state:
            return stored
        record = CatalogRecord(
            dataset=dataset,
            state=state,
            version=1 if stored is None else stored.version + (not is_same),
            created_at=now if stored is None else stored.created_at,
            updated_at=now,
        )
        upsert(self._connection, record_table, _columns(record))
        if not is_same:
            version = {"dataset_id": dataset.id, "version": record.version, "created_at": now, "document": _document(dataset)}
            self._connection.execute(version_table.insert(), version)
        return record

    def record(self, dataset_id: str) -> CatalogRecord:
        """Return the newest version of an entry, in whatever state.

        Raises:
            NotFoundError: there is no such entry.
        """
        found = self._stored(dataset_id) if storable(dataset_id) else None
        if found is None:
            raise _unknown(dataset_id)
        return found

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
            raise _unknown(f"{dataset_id} ({version})")
        return Dataset.model_validate_json(row)

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

    def states(self) -> dict[str, RecordState]:
        """Return the state of every entry, by id."""
        rows = self._connection.execute(sa.select(record_table.c.dataset_id, record_table.c.state))
        by_value = {one.value: one for one in RecordState}
        return {dataset_id: by_value[state] for dataset_id, state in rows}

    def search(self, query: SearchQuery, *, state: RecordState = RecordState.PUBLISHED) -> SearchPage:
        """Return the entries in `state` that answer `query`, those with hits in the title first.

        Raises:
            InvalidError: the cursor is not one of this question.
        """
        found = searching.Search(self._connection, query, state)
        rows, next_cursor = found.page(_RECORDS)
        facets = found.facets()
        items = tuple(_record(row) for row in rows)
        return SearchPage(items=items, total=sum(facets.opening.values()), next_cursor=next_cursor, facets=facets)

    def _stored(self, dataset_id: str) -> CatalogRecord | None:
        row = self._connection.execute(_ONE_RECORD, {"dataset_id": dataset_id}).one_or_none()
        return None if row is None else _record(row)


def _unknown(dataset_id: str) -> NotFoundError:
    return NotFoundError(
        problem("unknown-dataset", f"公共数据目录中没有 {dataset_id}", f"the catalog has no entry {dataset_id}", article=13)
    )


def _document(dataset: Dataset) -> str:
    return dataset.model_dump_json(by_alias=True, exclude_none=True)


def _record(row: Any) -> CatalogRecord:  # noqa: ANN401
    stored = {name: getattr(row, name) for name in ("state", "version", "created_at", "updated_at")}
    return CatalogRecord.model_validate(stored | {"dataset": Dataset.model_validate_json(row.document)})


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
        "sort_key": folding.sort_key(dataset.title),
        "title_text": folding.title_text(dataset),
        "search_text": folding.entry_text(dataset),
    }
