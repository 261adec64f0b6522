"""Golden tables of one data set (Art. 15, 18, 26): records, conflict report, log of changes and of objections.

Where sources only grew a little since the last published version, the outcome is the same as resolving everything and costs
what changed (golden_changes). Not here: checks and publication (deriving), SQL (transforms).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.entity import GoldenBuild, IdentityDecision, renamed_keys
from catalog_service.catalog.publication import Publication
from catalog_service.services.platform import Platform
from lake.manifest import Snapshot
from pipelines.golden_changes import (
    at_hand,
    is_small,
    keep_at_hand,
    published_before,
    registered,
    relations_of,
    resolve_changed,
    write_changed,
)
from pipelines.golden_log import Versions, write_logs
from pipelines.keys import conflicts_key, main_key
from pipelines.transforms.copies import detected_copies
from pipelines.transforms.identity import Identity
from pipelines.transforms.resolve import VALUES_PER_PASS, Resolution, no_conflicts
from pipelines.transforms.sources import Sources, SourceTable
from pipelines.workbench import Workbench

_RESOLUTION = 1
"""Raised when the same rows are resolved otherwise than by an earlier release: everything is then resolved anew."""


def build_golden(
    bench: Workbench, published: dict[str, Publication], decisions: Sequence[IdentityDecision], token: str
) -> list[Snapshot]:
    """Write golden records, conflict report and logs; the caller makes all of them visible in one release."""
    renamed, kept = renamed_keys(decisions)
    identity = Identity(bench.dataset, renamed, kept)
    before = published_before(bench, published)
    declared = declaration(bench, decisions)
    few = is_small(before, published, declared)
    tables = [source_table(bench, id_, one, find_unique=not few) for id_, one in published.items()]
    copies = _copies(bench, published, tables, identity)
    few = few and before is not None and before.build is not None and before.build.copies == tuple(sorted(copies))
    resolution = Resolution(
        bench.dataset,
        tables,
        copies,
        code_lists=bench.catalog.code_list,
        identity=identity,
        values_per_pass=values_per_pass(bench),
    )
    is_large = keep_at_hand(bench, tables)
    if few and before is not None:
        changed = resolve_changed(bench, resolution, identity, before, is_large=is_large)
        written = write_changed(bench, before, changed, token, is_large=is_large)
        records, disputed = changed.records, changed.conflicts
    else:
        written = _write_all(bench, resolution, token)
        if before is not None:
            records, disputed = map(partial(_versions, bench), relations_of(bench, before), written)
    logs = []
    if before is not None:
        logs = write_logs(bench, records, disputed, identity, f"{token} after {before.golden.version}")
    _note(bench, written[0], published, declared, copies)
    return [*written, *logs]


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
    return hashlib.sha256("\n".join((str(_RESOLUTION), declared, *lists, *said)).encode()).hexdigest()


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
    relation = bench.relation(dataset, published.paths)
    rows = bench.connection.execute(f"SELECT DISTINCT _delivery_id FROM {relation} ORDER BY 1 DESC").fetchall()
    columns = frozenset(dataset.schema_.names)
    deliveries = tuple(row[0] for row in rows)
    table = SourceTable(
        dataset_id, relation, columns, published.row_count, deliveries, paths=published.paths, own_key=dataset.schema_.key
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
        kept = at_hand(bench, table)
        if not kept.exists or not table.paths:
            return None
        kept.keep(bench.connection, table.paths)
        return registered(bench, "_sampled", table, kept.below(table.paths, limit))

    return frozenset(declared) | detected_copies(bench.connection, sources, sampled)


def _write_all(bench: Workbench, resolution: Resolution, token: str) -> tuple[Snapshot, Snapshot]:
    golden = bench.lake.write(main_key(bench.dataset), bench.connection, resolution.golden(), mode="overwrite", token=token)
    found = resolution.conflicts(bench.lake.relation(golden.paths)) if golden.files else [no_conflicts(bench.dataset)]
    conflicts = bench.lake.write(conflicts_key(bench.dataset), bench.connection, found, mode="overwrite", token=token)
    return golden, conflicts


def _versions(bench: Workbench, before: str, written: Snapshot) -> Versions:
    return before, bench.lake.relation(written.paths) if written.files else f"(SELECT * FROM {before} WHERE FALSE)"


def _note(bench: Workbench, golden: Snapshot, published: dict[str, Publication], declared: str, copies: frozenset[str]) -> None:
    versions = {id_: one.version for id_, one in published.items()}
    build = GoldenBuild(
        table=golden.key, version=golden.version, declared=declared, sources=versions, copies=tuple(sorted(copies))
    )
    with bench.platform.database.transaction() as transaction:
        transaction.entities.note_build(build)
