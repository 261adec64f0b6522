"""What happened between two versions of a golden table, as SQL (Art. 18, 26): the log of records and of objections.

A record changed where a value, its source or its rule did; a row delivered again as it was is no change. Not here: writing.
"""

import datetime as dt

from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.entity import EventKind
from lake.expressions import ident, literal
from pipelines.transforms.identity import Identity


def changed_records(dataset: Dataset, before: str, after: str, at: dt.datetime, identity: Identity | None = None) -> str:
    """Return SQL for the records created, changed (as they are now) and retired (as they were) between two relations.

    Those that decisions brought about are called absorbed, merged and split.

    Args:
        dataset: the golden entry.
        before: relation of the version before.
        after: relation of the version now.
        at: when it happened.
        identity: what was decided about keys.
    """
    names = [field.name for field in dataset.schema_.fields if field.name not in dataset.schema_.key]
    columns = [ident(name) for name in dataset.schema_.key]
    by_record = isinstance(dataset.derivation, Golden) and dataset.derivation.level == "record"
    suffixes = ("",) if by_record else ("", "__source", "__rule")
    columns += [ident(name + suffix) for name in names for suffix in suffixes] + (["_source"] if by_record else [])
    stamped = f"_entity_id, hash({', '.join(columns)}) AS _hash"
    old, new = f"SELECT {stamped} FROM {before}", f"SELECT {stamped} FROM {after}"
    kinds = (
        f"CASE WHEN o._entity_id IS NULL THEN {literal(EventKind.CREATED.value)} "
        f"WHEN n._entity_id IS NULL THEN {literal(EventKind.RETIRED.value)} ELSE {literal(EventKind.CHANGED.value)} END"
    )
    events = (
        f"SELECT coalesce(n._entity_id, o._entity_id) AS _entity_id, {kinds} AS _event "
        f"FROM ({old}) o FULL JOIN ({new}) n USING (_entity_id) WHERE o._hash IS DISTINCT FROM n._hash"
    )
    moment = f"{literal(at.isoformat())}::TIMESTAMP WITH TIME ZONE AS _at"
    retired = f"_event = {literal(EventKind.RETIRED.value)}"
    rows = f"SELECT _event, {moment}, r.* FROM {{}} r JOIN events USING (_entity_id) WHERE {{}} {retired}"
    union = f"{rows.format(after, 'NOT')} UNION ALL BY NAME {rows.format(before, '')}"
    found = f"SELECT * FROM (WITH events AS MATERIALIZED ({events}) {union})"
    return found if identity is None else _decided(dataset, found, f"SELECT {moment}, * FROM {after}", identity)


def _decided(dataset: Dataset, events: str, after: str, identity: Identity) -> str:
    """The same events, called by what was decided; and the records that took in others and say what they said before."""
    absorbed, parted = identity.absorbed, identity.parted
    if not absorbed and not parted:
        return events
    keys = ", ".join(ident(name) for name in dataset.schema_.key)
    old, new = (", ".join(f"{side}{number}" for number in range(len(dataset.schema_.key))) for side in ("_old", "_new"))
    tables = {"events": events, "absorbed": identity.pairs(absorbed), "parted": identity.pairs(parted)}
    tables["took_in"] = f"SELECT {new} FROM absorbed WHERE ({old}) IN ({_keys_of(keys, EventKind.RETIRED)})"
    tables["gave_away"] = f"SELECT {old} FROM parted WHERE ({new}) IN ({_keys_of(keys, EventKind.CREATED)})"
    named = (
        (EventKind.RETIRED, f"SELECT {old} FROM absorbed", EventKind.ABSORBED),
        (EventKind.CREATED, f"SELECT {new} FROM parted", EventKind.SPLIT),
        (EventKind.CHANGED, "FROM took_in", EventKind.MERGED),
        (EventKind.CHANGED, "FROM gave_away", EventKind.SPLIT),
    )
    cases = " ".join(
        f"WHEN _event = {literal(was.value)} AND ({keys}) IN ({which}) THEN {literal(kind.value)}" for was, which, kind in named
    )
    quiet = f"({keys}) IN (FROM took_in) AND _entity_id NOT IN (SELECT _entity_id FROM events)"
    listed = ", ".join(f"{name} AS MATERIALIZED ({sql})" for name, sql in tables.items())
    return (
        f"SELECT * FROM (WITH {listed} SELECT * REPLACE (CASE {cases} ELSE _event END AS _event) FROM events "
        f"UNION ALL BY NAME SELECT {literal(EventKind.MERGED.value)} AS _event, * FROM ({after}) WHERE {quiet})"
    )


def _keys_of(keys: str, kind: EventKind) -> str:
    return f"SELECT {keys} FROM events WHERE _event = {literal(kind.value)}"


def changed_objections(dataset: Dataset, before: str, after: str, at: dt.datetime) -> str:
    """Return SQL for the objections opened and closed: a key and field is objected to as long as its sources differ."""
    keys = ", ".join(ident(name) for name in dataset.schema_.key)
    old, new = (f"SELECT DISTINCT {keys}, field FROM {one}" for one in (before, after))
    moment = f"{literal(at.isoformat())}::TIMESTAMP WITH TIME ZONE AS _at"
    return (
        f"SELECT {objection_id(dataset)} AS objection_id, 'opened' AS _event, {moment}, * FROM ({new} EXCEPT {old}) UNION ALL "
        f"SELECT {objection_id(dataset)} AS objection_id, 'closed' AS _event, {moment}, * FROM ({old} EXCEPT {new})"
    )


def objection_id(dataset: Dataset) -> str:
    """SQL for the stable id of the objection to a field of a record."""
    key = " || ".join(f"chr(31) || {ident(name)}::VARCHAR" for name in dataset.schema_.key)
    return f"md5({literal(dataset.id)} || {key} || chr(31) || field)"
