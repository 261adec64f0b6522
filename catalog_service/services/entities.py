"""Entities of the base databases (Art. 15, 18): one record and why it says so, on any day; its history.

Every read is decided by `access` and is in the ledger; a value that may not be seen is masked. Not here: conflicts between
sources (conflicts), decisions on identity (entity_decisions), making the records (pipelines).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.decision import Zone
from catalog_service.catalog.entity import (
    EventKind,
    IdentityDecision,
    Key,
)
from catalog_service.catalog.errors import InvalidError, NotFoundError, problem
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.schema import Field
from catalog_service.services.access import Readable, Wish, open_read
from catalog_service.services.entity_views import EntityView, EventView, HistoryView, ValueView
from catalog_service.services.platform import Platform
from catalog_service.services.reading import published_record
from lake.expressions import ident, literal, literal_list


def show(platform: Platform, principal: Principal, dataset_id: str, key: Key, *, on: dt.date | None = None) -> EntityView:
    """Return an entity as it is, or as it was said to be at the end of day `on` (Asia/Shanghai).

    Raises:
        NotFoundError: no such base database, version or record.
        UnauthenticatedError, ForbiddenError: who asks may not read it.
    """
    dataset = golden_entry(platform, dataset_id, key)
    version = None if on is None else _version_on(platform, dataset, on)
    readable = open_read(platform, principal, Wish(dataset_id, Zone.MAIN, version=version, rows=1))
    found = _records(platform, readable.files, _is_key(dataset, key))
    if not found:
        raise unknown_entity(key)
    return EntityView(
        dataset=dataset_id,
        entity_id=found[0]["_entity_id"],
        key=key,
        version=readable.publication.version,
        published_at=readable.publication.published_at,
        values=_values(dataset, readable, found[0]),
    )


def history(platform: Platform, principal: Principal, dataset_id: str, key: Key) -> HistoryView:
    """Return what happened to an entity since the first version kept: changes of its record, and decisions on its identity.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError: as for `show`.
    """
    dataset = golden_entry(platform, dataset_id, key)
    readable = open_read(platform, principal, Wish(dataset_id, Zone.MAIN, rows=1))
    with platform.database.reading() as transaction:
        changes = transaction.publications.current(f"base/{dataset_id}_changes")
        first = transaction.publications.history(f"base/{dataset_id}")[-1]
        decisions = transaction.entities.decisions(dataset_id)
    log = [] if changes is None else [*changes.paths]
    versions = [[*first.paths], log, readable.files]
    ids = dict.fromkeys(row["_entity_id"] for one in versions for row in _records(platform, one, _is_key(dataset, key)))
    if not ids:
        raise unknown_entity(key)
    same = f"_entity_id IN {literal_list(list(ids))}"
    beginning, logged = _records(platform, versions[0], same), _records(platform, log, same)
    told = [(first.published_at, EventKind.CREATED, row) for row in beginning]
    told += [(row["_at"], _kind(row["_event"]), row) for row in logged]
    keys = {key} | {tuple(str(row[name]) for name in dataset.schema_.key) for _, _, row in told}
    events = [EventView(at=at, kind=kind, values=_values(dataset, readable, row)) for at, kind, row in told]
    events += [event for one in decisions if keys & {one.key, one.target} for event in _decided(one)]
    return HistoryView(
        dataset=dataset_id,
        entity_id=next(iter(ids)),
        key=key,
        known_since=first.published_at,
        events=tuple(sorted(events, key=lambda event: event.at)),
    )


def golden_entry(platform: Platform, dataset_id: str, key: Sequence[str] | None = None) -> Dataset:
    """Return a published entry with golden records, and make sure that `key` has as many parts as its key.

    Raises:
        NotFoundError: it is none.
        InvalidError: the key has too many or too few parts.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
    if not isinstance(dataset.derivation, Golden):
        zh, en = f"{dataset_id} 不是归集形成的主数据", f"{dataset_id} has no golden records"
        raise NotFoundError(problem("not-golden", zh, en, article=18))
    if key is not None and len(key) != len(dataset.schema_.key):
        names = "、".join(dataset.schema_.key)
        raise InvalidError(problem("wrong-key", f"主键应依次填写：{names}", f"the key has these parts: {names}", field="key"))
    return dataset


def _version_on(platform: Platform, dataset: Dataset, day: dt.date) -> int:
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=dt.timezone(dt.timedelta(hours=8)))
    with platform.database.reading() as transaction:
        versions = transaction.publications.history(f"base/{dataset.id}")
    for one in versions:
        if one.published_at < end:
            return one.version
    zh, en = f"{day} 之前尚未发布过 {dataset.id}", f"nothing of {dataset.id} was published until {day}"
    raise NotFoundError(problem("not-published-then", zh, en, article=18))


def _records(platform: Platform, files: Sequence[str], where: str) -> list[dict[str, Any]]:
    if not files:
        return []
    with platform.lake.connect() as connection:
        cursor = connection.execute(f"SELECT * FROM {platform.lake.relation(files)} WHERE {where}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _is_key(dataset: Dataset, key: Key) -> str:
    pairs = zip(dataset.schema_.key, key, strict=True)
    return " AND ".join(f"{ident(name)}::VARCHAR = {literal(value)}" for name, value in pairs)


def _values(dataset: Dataset, readable: Readable, row: dict[str, Any]) -> tuple[ValueView, ...]:
    seen = frozenset(readable.decision.view.names)
    return tuple(_value(field, row, is_masked=field.name not in seen) for field in dataset.schema_.fields)


def _value(field: Field, row: dict[str, Any], *, is_masked: bool) -> ValueView:
    value = row.get(field.name)
    return ValueView(
        field=field.name,
        title=field.title,
        title_en=field.title_en,
        value=None if value is None or is_masked else str(value),
        is_masked=is_masked and value is not None,
        source=row.get(f"{field.name}__source", row.get("_source")),
        delivery=row.get(f"{field.name}__delivery", row.get("_delivery_id")),
        row=row.get(f"{field.name}__row", row.get("_row_number")),
        rule=row.get(f"{field.name}__rule", row.get("_rule")),
        is_disputed=bool(row.get(f"{field.name}__disputed")),
    )


def _kind(word: str) -> EventKind:
    return next(kind for kind in EventKind if kind.value == word)


def _decided(one: IdentityDecision) -> list[EventView]:
    said = EventView(at=one.decided_at, kind=EventKind.MANUAL, decision=one.kind, reason=one.reason, decided_by=one.decided_by)
    return [said] if one.revoked_at is None else [said, said.model_copy(update={"at": one.revoked_at, "is_revoked": True})]


def unknown_entity(key: Key) -> NotFoundError:
    """Return what tells that nobody has this key."""
    zh, en = f"没有主键为 {' '.join(key)} 的记录", f"there is no record with the key {' '.join(key)}"
    return NotFoundError(problem("unknown-entity", zh, en, article=18))
