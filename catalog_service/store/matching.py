"""Findings and sketches in the database (Art. 15).

Here: storing and finding them. Not here: what is compared (matching), who decides (services.matching).
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.catalog.finding import Finding
from catalog_service.catalog.model import Model
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store.columns import storable, upsert
from catalog_service.store.matching_tables import field_sketch as sketch_table
from catalog_service.store.matching_tables import finding as table
from catalog_service.store.tables import catalog_record as record_table

PAGE_SIZE = 50
_BEST_FIRST = (table.c.is_open.desc(), table.c.score.desc(), table.c.id)


class FindingQuery(Model):
    """A question to the findings; everything given must hold."""

    dataset: str | None = None
    """Either side."""
    agency: str | None = None
    """Either side."""
    is_open: bool | None = None
    page: int = 1


class Stamp(NamedTuple):
    """What changes when an entry or its values change."""

    version: int
    sketched_version: int | None


class Matching:
    """Repository of findings and of sketches of values."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @property
    def engine(self) -> sa.Engine:
        """The database; what is remembered of it in memory is remembered by it."""
        return self._connection.engine

    def put(self, finding: Finding) -> None:
        """Store a finding, or its new state."""
        values = {
            "id": finding.id,
            "dataset_id": finding.field.dataset,
            "other_id": finding.existing.dataset,
            "agency": finding.field.agency,
            "other_agency": finding.existing.agency,
            "is_open": finding.is_open,
            "score": finding.score,
            "document": finding.model_dump_json(),
        }
        upsert(self._connection, table, values)

    def get(self, finding_id: str) -> Finding:
        """Return one finding.

        Raises:
            NotFoundError: there is none of this id.
        """
        if storable(finding_id):
            row = self._connection.scalar(sa.select(table.c.document).where(table.c.id == finding_id))
            if row is not None:
                return Finding.model_validate_json(row)
        raise NotFoundError(
            problem(
                "unknown-finding", f"没有编号为 {finding_id} 的重复采集疑点", f"there is no finding {finding_id}", article=15
            )
        )

    def known(self, ids: Iterable[str]) -> dict[str, Finding]:
        """Return those of the findings that are stored, by id."""
        rows = self._connection.scalars(sa.select(table.c.document).where(table.c.id.in_(tuple(ids))))
        return {one.id: one for one in map(Finding.model_validate_json, rows)}

    def of_dataset(self, dataset_id: str, *, open_only: bool) -> tuple[Finding, ...]:
        """Return the findings on fields of an entry, best first."""
        query = sa.select(table.c.document).where(table.c.dataset_id == dataset_id).order_by(*_BEST_FIRST)
        if open_only:
            query = query.where(table.c.is_open)
        return tuple(Finding.model_validate_json(row) for row in self._connection.scalars(query))

    def open_about(self, dataset_id: str) -> tuple[Finding, ...]:
        """Return the findings without a decision that an entry has a part in, on either side."""
        sides = sa.or_(table.c.dataset_id == dataset_id, table.c.other_id == dataset_id)
        query = sa.select(table.c.document).where(sides, table.c.is_open).order_by(*_BEST_FIRST)
        return tuple(Finding.model_validate_json(row) for row in self._connection.scalars(query))

    def waiting(self) -> frozenset[str]:
        """Return the ids of the entries that have findings without a decision."""
        return frozenset(self._connection.scalars(sa.select(table.c.dataset_id).where(table.c.is_open).distinct()))

    def find(self, question: FindingQuery) -> tuple[tuple[Finding, ...], int]:
        """Return a page of findings, those that wait first, and how many there are in all."""
        conditions = []
        if question.dataset is not None:
            conditions.append(sa.or_(table.c.dataset_id == question.dataset, table.c.other_id == question.dataset))
        if question.agency is not None:
            conditions.append(sa.or_(table.c.agency == question.agency, table.c.other_agency == question.agency))
        if question.is_open is not None:
            conditions.append(table.c.is_open.is_(question.is_open))
        total = self._connection.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions))
        query = sa.select(table.c.document).where(*conditions).order_by(*_BEST_FIRST)
        rows = self._connection.scalars(query.limit(PAGE_SIZE).offset((question.page - 1) * PAGE_SIZE))
        return tuple(Finding.model_validate_json(row) for row in rows), total or 0

    def drop(self, ids: Iterable[str]) -> None:
        """Forget findings that nobody decided and that are none any more."""
        self._connection.execute(table.delete().where(table.c.id.in_(tuple(ids)), table.c.is_open))

    def put_sketches(self, dataset_id: str, table_version: int, document: str) -> None:
        """Keep the sketches of the fields of a table version, in the place of those before."""
        values = {"dataset_id": dataset_id, "table_version": table_version, "document": document}
        upsert(self._connection, sketch_table, {**values, "made_at": dt.datetime.now(dt.UTC)})

    def sketches(self, dataset_id: str) -> str | None:
        """Return the sketches of a data set as they were kept; None where there are none."""
        text: str | None = self._connection.scalar(
            sa.select(sketch_table.c.document).where(sketch_table.c.dataset_id == dataset_id)
        )
        return text

    def sketched_version(self, dataset_id: str) -> int | None:
        """Return the version of the table whose values were sketched last; None where none was."""
        version: int | None = self._connection.scalar(
            sa.select(sketch_table.c.table_version).where(sketch_table.c.dataset_id == dataset_id)
        )
        return version

    def stamps(self) -> dict[str, Stamp]:
        """Return a stamp of every published entry, by id: what has another stamp than before must be read again."""
        query = (
            sa.select(record_table.c.dataset_id, record_table.c.version, sketch_table.c.table_version)
            .join(sketch_table, sketch_table.c.dataset_id == record_table.c.dataset_id, isouter=True)
            .where(record_table.c.state == RecordState.PUBLISHED.value)
        )
        return {id_: Stamp(version, sketched) for id_, version, sketched in self._connection.execute(query)}
