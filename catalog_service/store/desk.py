"""Where every entry stands, its draft, and the history of its changes (Art. 14).

Here: storing and reading them, also as of a day. Not here: entries as readers get them (entries), which change is allowed
(catalog.life_cycle, services).
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.catalog.history import Act, Change, DeskEntry, DeskQuery, Document
from catalog_service.catalog.life_cycle import Event
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store.columns import storable, upsert
from catalog_service.store.life_cycle_tables import catalog_change as change_table
from catalog_service.store.life_cycle_tables import catalog_standing as standing_table
from catalog_service.store.tables import catalog_record_version as version_table

_ENTRY = [standing_table.c[name] for name in DeskEntry.model_fields]
_CHANGE = [change_table.c[name] for name in Change.model_fields]
_ONE = sa.select(*_ENTRY).where(standing_table.c.dataset_id == sa.bindparam("dataset_id"))
_INSERT_CHANGE = change_table.insert()
_CONTROLS = dict.fromkeys(range(32), " ")
_FROM_A_VERSION = {Event.REVISE, Event.DISCARD, Event.PUBLISH, Event.IMPORT}
"""Events after which the document is that of a version."""


class Desk:
    """Repository of standings, drafts and changes."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def find(self, dataset_id: str) -> DeskEntry | None:
        """Return where an entry stands; None where there is no such entry."""
        row = self._connection.execute(_ONE, {"dataset_id": dataset_id}).one_or_none() if storable(dataset_id) else None
        return None if row is None else _entry(row)

    def entry(self, dataset_id: str) -> DeskEntry:
        """Return where an entry stands.

        Raises:
            NotFoundError: there is no such entry.
        """
        found = self.find(dataset_id)
        if found is None:
            raise NotFoundError(
                problem("unknown-dataset", f"目录中没有条目 {dataset_id}", f"there is no entry {dataset_id}", article=13)
            )
        return found

    def put(
        self,
        before: DeskEntry | None,
        after: DeskEntry,
        act: Act,
        *,
        document: str | None,
        is_saved: bool = False,
    ) -> DeskEntry:
        """Store where an entry stands now, with its draft, and the change that brought it there; return it."""
        standing = {name: _plain(value) for name, value in after} | {"state": after.state.value, "document": document}
        standing["title"] = after.title.translate(_CONTROLS)  # PostgreSQL has no NUL in texts
        upsert(self._connection, standing_table, standing)
        change = {
            "dataset_id": after.dataset_id,
            "edition": after.edition,
            "at": after.updated_at,
            "event": act.event.value,
            "state_before": None if before is None else before.state.value,
            "state": after.state.value,
            "live": _plain(after.live),
            "live_version": after.live_version,
            "version": after.version,
            "principal_id": act.principal.id,
            "principal_name": act.principal.name,
            "agency": act.principal.agency,
            "reasons": act.reasons,
            "document": document if is_saved else None,
        }
        self._connection.execute(_INSERT_CHANGE, change)
        return after

    def titles(self, dataset_ids: Iterable[str]) -> dict[str, str]:
        """Return the titles of those of the entries that exist, by id."""
        columns = standing_table.c.dataset_id, standing_table.c.title
        rows = self._connection.execute(sa.select(*columns).where(standing_table.c.dataset_id.in_(list(dataset_ids))))
        return {row.dataset_id: row.title for row in rows}

    def draft(self, dataset_id: str) -> Document | None:
        """Return the document that is being worked on; None where nothing is."""
        query = sa.select(standing_table.c.document).where(standing_table.c.dataset_id == dataset_id)
        text = self._connection.scalar(query)
        return None if text is None else _document(text)

    def find_all(self, query: DeskQuery) -> Sequence[DeskEntry]:
        """Return the entries that answer a question, one more than its limit where there are more."""
        statement = sa.select(*_ENTRY).where(*_conditions(query), standing_table.c.dataset_id > query.after)
        rows = self._connection.execute(statement.order_by(standing_table.c.dataset_id).limit(query.limit + 1))
        return [_entry(row) for row in rows]

    def counts(self, query: DeskQuery) -> dict[RecordState, int]:
        """Return how many entries that answer a question, of all pages, are in each state."""
        state = standing_table.c.state
        count = sa.func.count().label("entries")
        rows = self._connection.execute(sa.select(state, count).where(*_conditions(query)).group_by(state))
        found = {row.state: row.entries for row in rows}
        return {one: found[one.value] for one in RecordState if one.value in found}

    def in_work(self, states: Iterable[RecordState]) -> dict[str, Document]:
        """Return the documents of all entries whose work is in one of `states`, by id."""
        columns = standing_table.c.dataset_id, standing_table.c.document
        query = sa.select(*columns).where(standing_table.c.work.in_([one.value for one in states]))
        return {dataset_id: _document(text) for dataset_id, text in self._connection.execute(query)}

    def changes(self, dataset_id: str) -> tuple[Change, ...]:
        """Return all changes of an entry, the first one first."""
        query = sa.select(*_CHANGE).where(change_table.c.dataset_id == dataset_id).order_by(change_table.c.edition)
        return tuple(Change.model_validate(row._asdict()) for row in self._connection.execute(query))

    def document_at(self, dataset_id: str, edition: int) -> Document:
        """Return the document as it was worked on after the change that made `edition`; empty where there was none yet."""
        columns = [change_table.c[name] for name in ("event", "version", "live_version", "document")]
        query = sa.select(*columns).where(change_table.c.dataset_id == dataset_id, change_table.c.edition <= edition)
        for row in self._connection.execute(query.order_by(change_table.c.edition.desc())):
            if row.document is not None:
                return _document(row.document)
            version = row.version if row.event == Event.IMPORT else row.live_version
            if row.event in _FROM_A_VERSION and version is not None:
                return self._version(dataset_id, version)
        return {}

    def live_at(self, moment: dt.datetime, dataset_id: str | None = None) -> tuple[Dataset, ...]:
        """Return the entries that were published at a moment, as they were then, in order of their ids; or that one of them."""
        last = sa.select(change_table.c.dataset_id, sa.func.max(change_table.c.edition).label("edition"))
        last = last.where(change_table.c.at < moment).group_by(change_table.c.dataset_id)
        if dataset_id is not None:
            last = last.where(change_table.c.dataset_id == dataset_id)
        newest = last.subquery()
        change, version = change_table, version_table
        query = (
            sa.select(version.c.document)
            .join(change, sa.and_(change.c.dataset_id == version.c.dataset_id, change.c.live_version == version.c.version))
            .join(newest, sa.and_(newest.c.dataset_id == change.c.dataset_id, newest.c.edition == change.c.edition))
            .where(change.c.live == RecordState.PUBLISHED.value)
            .order_by(version.c.dataset_id)
        )
        return tuple(Dataset.model_validate_json(text) for text in self._connection.scalars(query))

    def _version(self, dataset_id: str, version: int) -> Document:
        query = sa.select(version_table.c.document).where(
            version_table.c.dataset_id == dataset_id, version_table.c.version == version
        )
        text = self._connection.scalar(query)
        return {} if text is None else _document(text)


def _conditions(query: DeskQuery) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if query.agency is not None:
        conditions.append(standing_table.c.agency == query.agency)
    if query.states:
        conditions.append(standing_table.c.state.in_([one.value for one in query.states]))
    return conditions


def _entry(row: sa.Row[Any]) -> DeskEntry:
    return DeskEntry.model_validate(row._asdict())


def _document(text: str) -> Document:
    document: Document = json.loads(text)
    return document


def _plain(value: object) -> object:
    return value.value if isinstance(value, RecordState) else value
