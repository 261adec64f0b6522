"""What of golden tables changes when their sources grew a little, and writing that alone (Art. 18).

The keys that the added files touch are resolved as the sources are now, and as they were; all other records and conflicts stay.
Of large tables only what changed is written, beside the rest (lake.replacing), until that is a fifth of them. Not here: how
everything is resolved (golden), SQL (transforms).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import duckdb
import pyarrow as pa

from catalog_service.catalog.entity import GoldenBuild
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.vocabularies import DeliveryMode
from lake.expressions import ident
from lake.manifest import Snapshot
from lake.replacing import parts_of
from pipelines.golden_log import Versions
from pipelines.keys import conflicts_key, main_key
from pipelines.rows_at_hand import RowsAtHand
from pipelines.transforms.identity import Identity
from pipelines.transforms.resolve import Resolution, no_conflicts
from pipelines.transforms.sources import Sources, SourceTable
from pipelines.workbench import Workbench

LARGEST_CHANGED_SHARE = 0.2
"""Of all source rows: above it, resolving everything is cheaper than finding out what changed."""
LEAST_AT_HAND = 1_000_000
"""Rows of all sources from which those of few keys are looked up, not searched for, and what changed is put beside the rest."""
LARGEST_REPLACED_SHARE = 0.2
"""Of a table: above it, reading past what is replaced costs more than writing the table anew."""
_CHANGED = "_changed_keys"


@dataclass(frozen=True)
class Before:
    """The published version that the next one may be made from, and the source files added to and removed since."""

    golden: Publication
    conflicts: Publication
    build: GoldenBuild | None
    files: dict[str, tuple[str, ...]]
    """Files of each source then."""
    touched: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Changed:
    """Relations of the keys that may have changed, and of their records and conflicts then and now."""

    keys: str
    records: Versions
    conflicts: Versions


def published_before(bench: Workbench, published: dict[str, Publication]) -> Before | None:
    """Return what is published now, and per source the files that differ from those it was made from; None for nothing."""
    with bench.platform.database.reading() as transaction:
        golden = transaction.publications.current(main_key(bench.dataset))
        conflicts = transaction.publications.current(conflicts_key(bench.dataset))
        build = None if golden is None else transaction.entities.build(golden.table, golden.version)
    if golden is None or conflicts is None or not golden.files:
        return None
    files, touched = {}, {}
    if build is not None:
        for id_, one in published.items():
            table, version = main_key(bench.catalog.dataset[id_]), build.sources.get(id_)
            files[id_] = () if version is None else bench.lake.snapshot(table, version).paths
            touched[id_] = tuple(sorted({*files[id_]} ^ {*one.paths}))
    return Before(golden, conflicts, build, files, touched)


def relations_of(bench: Workbench, before: Before) -> Versions:
    """Return SQL for the records and for the conflicts that are published."""
    conflicts = before.conflicts
    return (
        bench.lake.relation(before.golden.paths),
        bench.lake.relation(conflicts.paths) if conflicts.files else f"({no_conflicts(bench.dataset)})",
    )


def is_small(before: Before | None, published: dict[str, Publication], declared: str) -> bool:
    """Tell whether only some keys need to be resolved: same declaration, no source gone, little touched."""
    if before is None or before.build is None or before.build.declared != declared:
        return False
    if not before.build.sources.keys() <= published.keys():
        return False
    rows = {file.path: file.row_count for one in published.values() for file in one.files}
    # A file that was removed is not listed any more: its source was delivered anew, as a whole.
    if any(path not in rows for paths in before.touched.values() for path in paths):
        return False
    changed = sum(rows[path] for paths in before.touched.values() for path in paths)
    return changed <= LARGEST_CHANGED_SHARE * sum(one.row_count for one in published.values())


def write_changed(
    bench: Workbench, before: Before, changed: Changed, token: str, *, is_large: bool
) -> tuple[Snapshot, Snapshot]:
    """Write what changed beside the records and conflicts that did not, or all of them anew where that pays."""
    kept = partial(_replaced, bench, changed.keys, token, is_large=is_large)
    golden, conflicts = relations_of(bench, before)
    return kept(before.golden, golden, changed.records[1]), kept(before.conflicts, conflicts, changed.conflicts[1])


def resolve_changed(bench: Workbench, resolution: Resolution, identity: Identity, before: Before, *, is_large: bool) -> Changed:
    """Leave the keys that the added files touch, and what is and was said of them, in temporary tables of the connection."""
    parts = []
    for id_, paths in before.touched.items():
        if paths:
            dataset = bench.catalog.dataset[id_]
            table = SourceTable(id_, bench.relation(dataset, paths), frozenset(dataset.schema_.names), 0, ())
            rows = f"SELECT {Sources(bench.dataset, [table]).keys(table)} FROM {table.relation}"
            parts.append(identity.rekeyed(id_, rows))
    keys = ", ".join(ident(name) for name in bench.dataset.schema_.key)
    union = " UNION ".join(parts) or f"SELECT {keys} FROM ({no_conflicts(bench.dataset)})"
    bench.connection.execute(f"CREATE OR REPLACE TEMP TABLE {_CHANGED} AS SELECT {keys} FROM ({union})")
    records, conflicts = _resolved(bench, resolution, identity, "now", is_large=is_large)
    if is_large:  # what was published of few keys is made again sooner than found among all
        tables = [
            replace(table, relation=bench.relation(bench.catalog.dataset[table.dataset], paths), paths=paths)
            for table in resolution.tables
            if (paths := before.files[table.dataset])
        ]
        then = _resolved(bench, resolution.reading(tables), identity, "then", is_large=True)
    else:
        whole, disputed = relations_of(bench, before)
        few = f"b NATURAL SEMI JOIN (FROM {_CHANGED}) k"
        then = f"(FROM {whole} {few})", f"(FROM {disputed} {few})"
    return Changed(_CHANGED, (then[0], records), (then[1], conflicts))


def _resolved(bench: Workbench, resolution: Resolution, identity: Identity, when: str, *, is_large: bool) -> Versions:
    """Make temporary tables of the records and the conflicts of changed keys, and return their names."""
    if is_large:
        resolution = resolution.reading([_rows_of_changed(bench, table, identity) for table in resolution.tables])
    names = f"_records_{when}", f"_conflicts_{when}"
    for name, queries in zip(names, (resolution.golden(_CHANGED), resolution.conflicts(names[0], only=_CHANGED)), strict=True):
        bench.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {' UNION ALL '.join(queries)}")
    return names


def _replaced(
    bench: Workbench, keys: str, token: str, published: Publication, whole: str, now: str, *, is_large: bool
) -> Snapshot:
    """Write the next version of a table in which only the rows of some keys differ."""
    parts = parts_of(published.paths)
    counts = {one.path: one.row_count for one in published.files}
    rows, beside = (sum(counts[path] for path in paths) for paths in (parts.data, parts.rows))
    ((added,),) = bench.connection.execute(
        f"SELECT greatest((SELECT count(*) FROM {keys}), (SELECT count(*) FROM {now}))"
    ).fetchall()
    if is_large and beside + added <= LARGEST_REPLACED_SHARE * rows:
        bench.rewind(published.table, f"{token}#{bench.run_token}")
        return bench.lake.replace(published.table, bench.connection, keys=f"FROM {keys}", rows=f"FROM {now}", token=token)
    kept = f"FROM {whole} b NATURAL ANTI JOIN (FROM {keys}) k"
    return bench.lake.write(published.table, bench.connection, [kept, f"FROM {now}"], mode="overwrite", token=token)


def keep_at_hand(bench: Workbench, tables: Sequence[SourceTable]) -> bool:
    """Keep the rows of sources at hand by key, where they are many and grow; tell whether they are."""
    grows = any(
        one.delivery is not None and one.delivery.mode is DeliveryMode.INCREMENTAL
        for one in (bench.catalog.dataset[table.dataset] for table in tables)
    )
    if not grows or sum(table.row_count for table in tables) < LEAST_AT_HAND:
        return False
    for table in tables:
        at_hand(bench, table).keep(bench.connection, table.paths)
    return True


def _rows_of_changed(bench: Workbench, table: SourceTable, identity: Identity) -> SourceTable:
    """Return a source, the rows of which are at hand, of which only rows of changed keys are read."""
    if not table.paths:
        return table
    names = ", ".join(ident(name) for name in bench.dataset.schema_.key)
    replaced = identity.replaced(table.dataset)
    keys = f"SELECT {names} FROM {_CHANGED}" + (f" UNION ALL {replaced}" if replaced else "")
    found = bench.connection.sql(f"SELECT DISTINCT hash({names}) AS h FROM ({keys}) ORDER BY h").to_arrow_table()
    hashes = found.column("h").to_numpy()
    return replace(table, relation=registered(bench, "_at_hand", table, at_hand(bench, table).find(table.paths, hashes)))


def registered(bench: Workbench, prefix: str, table: SourceTable, rows: pa.Table) -> str:
    """Give rows of a source a name in the connection, and return it."""
    relation = f"{prefix}_{hashlib.md5(table.dataset.encode(), usedforsecurity=False).hexdigest()}"
    bench.connection.register(relation, rows)
    return relation


def at_hand(bench: Workbench, table: SourceTable) -> RowsAtHand:
    """Return where the rows of a source are at hand by key, if they are."""
    sources = Sources(bench.dataset, [table])
    key = sources.key_hash(table)
    named = hashlib.sha256(f"{table.dataset} {key} {duckdb.__version__}".encode()).hexdigest()[:16]
    folder = bench.platform.settings.home_path / "cache" / "rows" / bench.dataset.agency / bench.dataset.name / named
    return RowsAtHand(folder, bench.lake.root, key)
