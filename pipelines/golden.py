"""Golden tables of one data set (Art. 15, 18, 26): records, conflict report, log of changes and of objections.

Where sources only grew a little since the last published version, the keys they touched are resolved anew and the rest is
taken over; the outcome is the same as resolving everything. Not here: checks and publication (deriving), SQL (transforms).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.entity import GoldenBuild, IdentityDecision, renamed_keys
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.vocabularies import DeliveryMode
from catalog_service.services.platform import Platform
from lake.expressions import ident
from lake.manifest import Snapshot
from pipelines.golden_log import write_logs
from pipelines.keys import conflicts_key, main_key
from pipelines.rows_at_hand import RowsAtHand
from pipelines.transforms.copies import detected_copies
from pipelines.transforms.identity import Identity
from pipelines.transforms.resolve import VALUES_PER_PASS, Resolution, no_conflicts
from pipelines.transforms.sources import Sources, SourceTable
from pipelines.workbench import Workbench

LARGEST_CHANGED_SHARE = 0.2
"""Of all source rows: above it, resolving everything is cheaper than finding out what changed."""
LEAST_AT_HAND = 1_000_000
"""Rows of all sources from which those of few keys are looked up, not searched for."""
_CHANGED, _FRESH = "_changed_keys", "_fresh_records"


@dataclass(frozen=True)
class Before:
    """The published version that the next one may be made from, and the source files added to and removed since."""

    version: int
    golden: str
    conflicts: str
    build: GoldenBuild | None
    touched: dict[str, tuple[str, ...]]


def build_golden(
    bench: Workbench, published: dict[str, Publication], decisions: Sequence[IdentityDecision], token: str
) -> list[Snapshot]:
    """Write golden records, conflict report and logs; the caller makes all of them visible in one release."""
    renamed, kept = renamed_keys(decisions)
    identity = Identity(bench.dataset, renamed, kept)
    before = published_before(bench, published)
    declared = declaration(bench, decisions)
    is_small = _is_small(before, published, declared)
    tables = [source_table(bench, id_, one, find_unique=not is_small) for id_, one in published.items()]
    copies = _copies(bench, published, tables, identity)
    is_small = is_small and before is not None and before.build is not None and before.build.copies == tuple(sorted(copies))
    resolution = Resolution(
        bench.dataset,
        tables,
        copies,
        code_lists=bench.catalog.code_list,
        identity=identity,
        values_per_pass=values_per_pass(bench),
    )
    written = _write_changed(bench, resolution, identity, before, token) if is_small and before else None
    golden, conflicts = written or _write_all(bench, resolution, token)
    keep_at_hand(bench, resolution.tables)
    only = _CHANGED if written else None
    logs = []
    if before is not None:
        records = before.golden, _of(bench, golden, before.golden)
        disputed = before.conflicts, _of(bench, conflicts, before.conflicts)
        logs = write_logs(bench, records, disputed, identity, f"{token} after {before.version}", only)
    _note(bench, golden, published, declared, copies)
    return [golden, conflicts, *logs]


def decisions_on(platform: Platform, dataset: Dataset) -> list[IdentityDecision]:
    """Return the decisions on the identity of a data set's entities that are in force."""
    if not isinstance(dataset.derivation, Golden):
        return []
    with platform.database.reading() as transaction:
        found = transaction.entities.decisions(dataset.id)
    return [one for one in found if one.revoked_at is None]


def declaration(bench: Workbench, decisions: Sequence[IdentityDecision]) -> str:
    """Return a hash of what, beside the rows, decides the outcome: the entry's declaration and the decisions in force."""
    declared = bench.dataset.model_dump_json(include={"schema_", "derivation"})
    lists = [one.model_dump_json() for one in bench.catalog.code_lists]
    said = [one.model_dump_json() for one in decisions]
    return hashlib.sha256("\n".join((declared, *lists, *said)).encode()).hexdigest()


def values_per_pass(bench: Workbench) -> int:
    """Return how many values are joined at a time in the memory that there is."""
    ((limit,),) = bench.connection.execute("SELECT current_setting('memory_limit')").fetchall()
    size, unit = str(limit).split()
    gigabytes = float(size) * 1024.0 ** (["bytes", "KiB", "MiB", "GiB", "TiB"].index(unit) - 3)
    return max(1_000_000, int(VALUES_PER_PASS * gigabytes))


def source_table(bench: Workbench, dataset_id: str, published: Publication, *, find_unique: bool = True) -> SourceTable:
    """Return a published source with its deliveries, latest first, and whether its keys are known to be unique.

    Keys whose hashes all differ are unique; where two are alike that is not known, which costs time and changes nothing.
    Not to find it out saves reading all keys: where few are resolved, or whole records, knowing it is worth nothing.
    """
    dataset = bench.catalog.dataset[dataset_id]
    relation = bench.relation(dataset, [file.path for file in published.files])
    rows = bench.connection.execute(f"SELECT DISTINCT _delivery_id FROM {relation} ORDER BY 1 DESC").fetchall()
    columns = frozenset(dataset.schema_.names)
    paths = tuple(file.path for file in published.files)
    deliveries = tuple(row[0] for row in rows)
    table = SourceTable(
        dataset_id, relation, columns, published.row_count, deliveries, paths=paths, own_key=dataset.schema_.key
    )
    sources = Sources(bench.dataset, [table])
    if not find_unique or sources.golden.level == "record":
        return table
    key = ", ".join(sources.key_columns(table))
    unique = f"SELECT count(*) = count(DISTINCT hash({key})) FROM {relation}"
    return replace(table, is_unique=bool(bench.connection.execute(unique).fetchall()[0][0]))


def _copies(
    bench: Workbench, published: dict[str, Publication], tables: list[SourceTable], identity: Identity
) -> frozenset[str]:
    """Declared copies, and those found; where they are others than before, everything is resolved anew."""
    golden = bench.dataset.derivation
    declared = (
        frozenset(one.dataset for one in golden.sources if one.copy_of in published) if isinstance(golden, Golden) else ()
    )
    sources = Sources(bench.dataset, tables, bench.catalog.code_list, identity)

    def sampled(table: SourceTable, limit: int) -> str | None:
        at_hand = _at_hand(bench, table)
        if not at_hand.exists:
            return None
        at_hand.keep(bench.connection, table.paths)
        return _registered(bench, "_sampled", table, at_hand.below(table.paths, limit))

    return frozenset(declared) | detected_copies(bench.connection, sources, sampled)


def published_before(bench: Workbench, published: dict[str, Publication]) -> Before | None:
    """Return what is published now, and per source the files that differ from those it was made from; None for nothing."""
    with bench.platform.database.reading() as transaction:
        golden = transaction.publications.current(main_key(bench.dataset))
        conflicts = transaction.publications.current(conflicts_key(bench.dataset))
        build = None if golden is None else transaction.entities.build(golden.table, golden.version)
    if golden is None or conflicts is None or not golden.files:
        return None
    touched = {}
    if build is not None:
        for id_, one in published.items():
            table, version = main_key(bench.catalog.dataset[id_]), build.sources.get(id_)
            old = set() if version is None else set(bench.lake.snapshot(table, version).paths)
            touched[id_] = tuple(sorted(old ^ {file.path for file in one.files}))
    return Before(golden.version, _relation(bench, golden), _relation(bench, conflicts), build, touched)


def _relation(bench: Workbench, published: Publication) -> str:
    if not published.files:
        return f"({no_conflicts(bench.dataset)})"
    return bench.lake.relation(file.path for file in published.files)


def _is_small(before: Before | None, published: dict[str, Publication], declared: str) -> bool:
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


def _write_all(bench: Workbench, resolution: Resolution, token: str) -> tuple[Snapshot, Snapshot]:
    golden = bench.lake.write(main_key(bench.dataset), bench.connection, resolution.golden(), mode="overwrite", token=token)
    found = resolution.conflicts(bench.lake.relation(golden.paths)) if golden.files else [no_conflicts(bench.dataset)]
    conflicts = bench.lake.write(conflicts_key(bench.dataset), bench.connection, found, mode="overwrite", token=token)
    return golden, conflicts


def _write_changed(
    bench: Workbench,
    resolution: Resolution,
    identity: Identity,
    before: Before,
    token: str,
) -> tuple[Snapshot, Snapshot]:
    """Resolve the keys that the added files touch; take over all other records and conflicts as they are."""
    resolution = resolve_changed(bench, resolution, identity, before.touched)
    keys = ", ".join(ident(name) for name in bench.dataset.schema_.key)
    kept = "SELECT * FROM {} ANTI JOIN " + f"{_CHANGED} USING ({keys})"
    records = [kept.format(before.golden), f"FROM {_FRESH}"]
    golden = bench.lake.write(main_key(bench.dataset), bench.connection, records, mode="overwrite", token=token)
    found = [kept.format(before.conflicts), *resolution.conflicts(_FRESH, only=_CHANGED)]
    conflicts = bench.lake.write(conflicts_key(bench.dataset), bench.connection, found, mode="overwrite", token=token)
    return golden, conflicts


def resolve_changed(
    bench: Workbench, resolution: Resolution, identity: Identity, touched: dict[str, tuple[str, ...]]
) -> Resolution:
    """Leave the keys in these files, and the records they have now, in temporary tables of the connection.

    Returns:
        The resolution of those rows of the sources that were looked at.
    """
    parts = []
    for id_, paths in touched.items():
        if paths:
            dataset = bench.catalog.dataset[id_]
            table = SourceTable(id_, bench.relation(dataset, paths), frozenset(dataset.schema_.names), 0, ())
            rows = f"SELECT {Sources(bench.dataset, [table]).keys(table)} FROM {table.relation}"
            parts.append(identity.rekeyed(id_, rows))
    keys = ", ".join(ident(name) for name in bench.dataset.schema_.key)
    union = " UNION ".join(parts) or f"SELECT {keys} FROM ({no_conflicts(bench.dataset)})"
    bench.connection.execute(f"CREATE OR REPLACE TEMP TABLE {_CHANGED} AS SELECT {keys} FROM ({union})")
    found = resolution.reading([_rows_of_changed(bench, table, identity) for table in resolution.tables])
    (query,) = found.golden(only=_CHANGED)
    bench.connection.execute(f"CREATE OR REPLACE TEMP TABLE {_FRESH} AS {query}")
    return found


def keep_at_hand(bench: Workbench, tables: Sequence[SourceTable]) -> None:
    """Keep the rows of sources at hand by key, where they are many and grow."""
    grows = any(
        one.delivery is not None and one.delivery.mode is DeliveryMode.INCREMENTAL
        for one in (bench.catalog.dataset[table.dataset] for table in tables)
    )
    if grows and sum(table.row_count for table in tables) >= LEAST_AT_HAND:
        for table in tables:
            _at_hand(bench, table).keep(bench.connection, table.paths)


def _rows_of_changed(bench: Workbench, table: SourceTable, identity: Identity) -> SourceTable:
    """Return a source of which only rows of changed keys are read, where they are at hand; else the source itself."""
    at_hand = _at_hand(bench, table)
    if not at_hand.exists:
        return table
    at_hand.keep(bench.connection, table.paths)
    names = ", ".join(ident(name) for name in bench.dataset.schema_.key)
    replaced = identity.replaced(table.dataset)
    keys = f"SELECT {names} FROM {_CHANGED}" + (f" UNION ALL {replaced}" if replaced else "")
    hashes = bench.connection.execute(f"SELECT DISTINCT hash({names}) AS h FROM ({keys}) ORDER BY h").fetchnumpy()["h"]
    return replace(table, relation=_registered(bench, "_at_hand", table, at_hand.find(table.paths, hashes)))


def _registered(bench: Workbench, prefix: str, table: SourceTable, rows: pa.Table) -> str:
    relation = f"{prefix}_{hashlib.md5(table.dataset.encode(), usedforsecurity=False).hexdigest()}"
    bench.connection.register(relation, rows)
    return relation


def _at_hand(bench: Workbench, table: SourceTable) -> RowsAtHand:
    sources = Sources(bench.dataset, [table])
    key = sources.key_hash(table)
    named = hashlib.sha256(f"{table.dataset} {key} {duckdb.__version__}".encode()).hexdigest()[:16]
    folder = bench.platform.settings.home_path / "cache" / "rows" / bench.dataset.agency / bench.dataset.name / named
    return RowsAtHand(folder, bench.lake.root, key)


def _of(bench: Workbench, snapshot: Snapshot, otherwise: str) -> str:
    return bench.lake.relation(snapshot.paths) if snapshot.files else f"(SELECT * FROM {otherwise} WHERE FALSE)"


def _note(bench: Workbench, golden: Snapshot, published: dict[str, Publication], declared: str, copies: frozenset[str]) -> None:
    versions = {id_: one.version for id_, one in published.items()}
    build = GoldenBuild(
        table=golden.key, version=golden.version, declared=declared, sources=versions, copies=tuple(sorted(copies))
    )
    with bench.platform.database.transaction() as transaction:
        transaction.entities.note_build(build)
