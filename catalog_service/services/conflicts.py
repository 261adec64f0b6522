"""Conflicts go home (Art. 15, 26): where independent sources differ, counted and listed per source, and held as objections.

An agency sees what its own data are part of; the authority and inspectors see all. Not here: finding conflicts (pipelines),
objections of people (interaction).
"""

from collections.abc import Iterable
from typing import Any

from catalog_service.catalog.dataset import Dataset, Golden, GoldenSource
from catalog_service.catalog.decision import Zone
from catalog_service.catalog.finding import masked
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.vocabularies import Sensitivity
from catalog_service.formats.arrow import sql_type
from catalog_service.services.access import Wish, require_read
from catalog_service.services.entities import golden_entry
from catalog_service.services.entity_views import AgencyConflicts, ConflictReport, ConflictRow, ObjectionView
from catalog_service.services.platform import Platform
from catalog_service.services.reading import agency_of
from lake.expressions import ident, literal

MOST_ROWS = 1_000


def report(
    platform: Platform, principal: Principal, dataset_id: str, *, agency: str | None = None, limit: int = 100, offset: int = 0
) -> ConflictReport:
    """Return the conflicts of a base database; of `agency` only those that its data are part of.

    Raises:
        NotFoundError: there is no such base database.
        UnauthenticatedError, ForbiddenError: who asks may not see conflicts, or not those of this agency.
    """
    authorize(principal, Action.SEE_FAILED_ROWS, agency=agency or principal.agency)
    dataset = golden_entry(platform, dataset_id)
    require_read(platform, principal, Wish(dataset_id, Zone.CONFLICTS, rows=min(limit, MOST_ROWS)))
    shown = agency or _own_agency(principal, dataset)
    published, _, names = _tables(platform, dataset)
    if published is None or not published.files:
        return ConflictReport(dataset=dataset_id, counts=(), rows=(), row_total=0)
    relation = platform.lake.relation(published.paths)
    keys = ", ".join(ident(name) for name in dataset.schema_.key)
    row = f"({keys}, field)"
    mine = "" if shown is None else f" WHERE {row} IN (SELECT {keys}, field FROM {relation} WHERE {_of(shown)})"
    counted = "" if shown is None else f" WHERE {_of(shown)}"
    size = min(limit, MOST_ROWS)
    with platform.lake.connect() as connection:
        counts = connection.execute(
            f"SELECT source, count(*), count(*) FILTER (NOT is_chosen), count(DISTINCT ({keys})) FROM {relation}{counted} "
            "GROUP BY 1 ORDER BY 3 DESC, 1"
        ).fetchall()
        ((total,),) = connection.execute(f"SELECT count(*) FROM {relation}{mine}").fetchall()
        rows = connection.execute(
            f"SELECT {_objection_id(dataset)}, {_key(dataset)}, field, source, value, votes, is_chosen, _delivery_id, "
            f"_row_number FROM {relation}{mine} "
            f"ORDER BY {keys}, field, source LIMIT {size} OFFSET {offset}"
        ).fetchall()
    hidden, key_masked = _masked(dataset, principal), _key_masked(dataset, principal)
    return ConflictReport(
        dataset=dataset_id,
        counts=tuple(_count(names, *one) for one in counts),
        rows=tuple(_row(one, hidden, key_masked) for one in rows),
        row_total=total,
    )


def objections(platform: Platform, principal: Principal, dataset_id: str, *, limit: int = 100) -> tuple[ObjectionView, ...]:
    """Return the objections that the platform holds against disputed fields, open ones first, then those closed last.

    An agency sees those that its own data are part of, and closed ones about what its data say.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError: as for `report`.
    """
    authorize(principal, Action.SEE_FAILED_ROWS, agency=principal.agency)
    dataset = golden_entry(platform, dataset_id)
    require_read(platform, principal, Wish(dataset_id, Zone.CONFLICTS, rows=min(limit, MOST_ROWS)))
    conflicts, events, _ = _tables(platform, dataset)
    if conflicts is None:
        return ()
    with platform.database.reading() as transaction:
        first = transaction.publications.history(conflicts.table)[-1].published_at
    shown = _own_agency(principal, dataset)
    spoken = None if shown is None else _spoken_of(platform, dataset, shown)
    rows = _objections(platform, dataset, conflicts, events, min(limit, MOST_ROWS), shown, spoken)
    key_masked = _key_masked(dataset, principal)
    return tuple(
        ObjectionView(
            objection_id=id_,
            key=_shown_key(key, key_masked),
            field=field,
            is_open=is_open,
            opened_at=opened or first,
            closed_at=None if is_open else closed,
        )
        for id_, key, field, is_open, opened, closed in rows
    )


def _objections(
    platform: Platform,
    dataset: Dataset,
    conflicts: Publication,
    events: Publication | None,
    limit: int,
    agency: str | None,
    spoken: str | None,
) -> list[tuple[Any, ...]]:
    """One row per objection: it is open while its field is in the report; the log tells when that began and ended.

    Of an agency only those whose key and field are in `spoken`; of the open ones only those that its data are part of.
    """
    key = _key(dataset)
    empty = "SELECT NULL::VARCHAR AS id, NULL::VARCHAR[] AS key, NULL::VARCHAR AS field"
    now, log = (
        f"{empty}, FALSE AS is_mine WHERE FALSE",
        f"{empty}, NULL::VARCHAR AS _event, NULL::TIMESTAMPTZ AS _at WHERE FALSE",
    )
    if conflicts.files:
        relation = platform.lake.relation(conflicts.paths)
        mine = "TRUE" if agency is None else f"bool_or({_of(agency)})"
        now = f"SELECT {_objection_id(dataset)} AS id, {key} AS key, field, {mine} AS is_mine FROM {relation} GROUP BY ALL"
    if events is not None and events.files:
        relation = platform.lake.relation(events.paths)
        log = f"SELECT objection_id AS id, {key} AS key, field, _event, _at FROM {relation}"
    told = (
        "SELECT id, any_value(key) AS key, any_value(field) AS field, max(_at) FILTER (_event = 'opened') AS opened, "
        f"max(_at) FILTER (_event = 'closed') AS closed FROM ({log}) GROUP BY id"
    )
    seen = "is_mine IS NOT FALSE"
    if spoken is not None:
        seen += f" AND (is_mine OR (coalesce(n.key, t.key), coalesce(n.field, t.field)) IN ({spoken}))"
    with platform.lake.connect() as connection:
        return connection.execute(
            "SELECT id, coalesce(n.key, t.key), coalesce(n.field, t.field), n.id IS NOT NULL AS is_open, opened, closed "
            f"FROM ({now}) n FULL JOIN ({told}) t USING (id) WHERE {seen} "
            f"ORDER BY is_open DESC, closed DESC, id LIMIT {limit}"
        ).fetchall()


def _spoken_of(platform: Platform, dataset: Dataset, agency: str) -> str:
    """SQL for the keys and fields about which an agency's sources say something."""
    found = ["SELECT NULL::VARCHAR[] AS key, NULL::VARCHAR AS field WHERE FALSE"]
    with platform.database.reading() as transaction:
        tables = transaction.publications.all_current()
        entries = transaction.catalog.records([id_ for id_ in dataset.upstream if id_.partition("/")[0] == agency])
    for id_, record in entries.items():
        published, source = tables.get(f"{record.dataset.zone}/{id_}"), _source(dataset, id_)
        names = {name: source.fields.get(name, name) for name in dataset.schema_.names}
        fields = [
            name for name, own in names.items() if name not in dataset.schema_.key and own in record.dataset.schema_.names
        ]
        if published is not None and published.files and fields:
            relation = platform.lake.relation(published.paths)
            key = ", ".join(
                f"{ident(names[name])}::{sql_type(dataset.schema_.field(name))}::VARCHAR" for name in dataset.schema_.key
            )
            found.append(f"SELECT [{key}], unnest([{', '.join(map(literal, fields))}]) FROM {relation}")
    return " UNION ALL ".join(found)


def _source(dataset: Dataset, id_: str) -> GoldenSource:
    if not isinstance(dataset.derivation, Golden):
        raise TypeError(f"{dataset.id} is not declared golden")
    return next(one for one in dataset.derivation.sources if one.dataset == id_)


def _tables(platform: Platform, dataset: Dataset) -> tuple[Publication | None, Publication | None, dict[str, str]]:
    with platform.database.reading() as transaction:
        conflicts = transaction.publications.current(f"base/{dataset.id}_conflicts")
        events = transaction.publications.current(f"base/{dataset.id}_objections")
        known = transaction.catalog.snapshot().agency
    slugs = {id_.partition("/")[0] for id_ in dataset.upstream}
    return conflicts, events, {slug: agency_of(known, slug)[0] for slug in slugs}


def _objection_id(dataset: Dataset) -> str:
    """The stable id of an objection, as the log has it."""
    key = " || ".join(f"chr(31) || {ident(name)}::VARCHAR" for name in dataset.schema_.key)
    return f"md5({literal(dataset.id)} || {key} || chr(31) || field)"


def _key(dataset: Dataset) -> str:
    return f"[{', '.join(f'{ident(name)}::VARCHAR' for name in dataset.schema_.key)}]"


def _own_agency(principal: Principal, dataset: Dataset) -> str | None:
    """An agency's people see what their agency's data are part of; those of the base database, and of the city, everything."""
    if principal.agency == dataset.agency:
        return None
    return None if is_permitted(principal, Action.SEE_FAILED_ROWS, agency="") else principal.agency


def _of(agency: str) -> str:
    return f"starts_with(source, {literal(agency + '/')})"


def _masked(dataset: Dataset, principal: Principal) -> frozenset[str]:
    if principal.id.startswith("operator:"):
        return frozenset()
    return frozenset(field.name for field in dataset.schema_.fields if field.sensitivity is not Sensitivity.PUBLIC)


def _key_masked(dataset: Dataset, principal: Principal) -> tuple[bool, ...]:
    """Parts of the key that are not public are seen by agencies, which have them already, not by the city's overseers."""
    is_hidden = principal.agency is None and not principal.id.startswith("operator:")
    fields = (dataset.schema_.field(name) for name in dataset.schema_.key)
    return tuple(is_hidden and field.sensitivity is not Sensitivity.PUBLIC for field in fields)


def _shown_key(key: Iterable[str], is_masked: Iterable[bool]) -> tuple[str, ...]:
    return tuple(masked(part) if hidden else part for part, hidden in zip(key, is_masked, strict=True))


def _count(names: dict[str, str], source: str, statements: int, overruled: int, records: int) -> AgencyConflicts:
    agency = source.partition("/")[0]
    return AgencyConflicts(
        agency=agency,
        agency_name=names.get(agency, agency),
        source=source,
        statement_count=statements,
        overruled_count=overruled,
        record_count=records,
    )


def _row(row: tuple[Any, ...], hidden: frozenset[str], key_masked: tuple[bool, ...]) -> ConflictRow:
    id_, key, field, source, value, votes, is_chosen, delivery, number = row
    return ConflictRow(
        objection_id=id_,
        key=_shown_key(key, key_masked),
        field=field,
        source=source,
        value=None if field in hidden else value,
        is_masked=field in hidden,
        votes=votes,
        is_chosen=is_chosen,
        delivery=delivery,
        row=number,
    )
