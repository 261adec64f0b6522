"""Derived data sets (Art. 15, 18): golden records of the base databases and unions of thematic ones, checked and published.

A write is named by what it is made from, so that a run without changed sources changes nothing. Not here: Dagster, SQL of
the resolution (transforms.resolve).
"""

import hashlib
import itertools
import logging
import time

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset, Golden, Union
from catalog_service.catalog.publication import Publication
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, release
from lake.expressions import ident, literal
from lake.manifest import Snapshot
from lake.tables import Lake
from pipelines.keys import conflicts_key, main_key, quality_key
from pipelines.transforms.resolve import Resolution, SourceTable, copy_probe, is_copy
from pipelines.workbench import Outcome, Workbench, gate

_log = logging.getLogger(__name__)
_SIMILAR_SIZE = 0.98


def derive(bench: Workbench) -> Outcome:
    """Bring a derived data set up to date with the published versions of its sources."""
    everything = current(bench.platform)
    published = _sources_of(bench.catalog, bench.dataset, everything)
    if not published:
        return Outcome(dataset=bench.dataset.id)
    token = _token(bench.dataset, published)
    started = time.perf_counter()
    match bench.dataset.derivation:
        case Golden():
            made = _golden(bench, published, token)
        case Union():
            made = [_union(bench, published, token)]
        case None:
            raise TypeError(f"{bench.dataset.id} is delivered, not derived")
    bench.seconds["derive"] = time.perf_counter() - started
    visible = everything.get(main_key(bench.dataset))
    if visible is not None and visible.version == made[0].version:
        return Outcome(dataset=bench.dataset.id, published=tuple(bench.catch_up_opening()), seconds=bench.seconds)
    return _publish(bench, made)


def is_settled(platform: Platform, catalog: Catalog, dataset: Dataset) -> bool:
    """Tell whether a derived data set was made from what is published of its sources now, and then published or withheld.

    It is not where a run was killed between its sources and itself.
    """
    everything = current(platform)
    published = _sources_of(catalog, dataset, everything)
    if not published:
        return True
    main, quality = main_key(dataset), everything.get(quality_key(dataset))
    version = platform.lake.version_of(main, _token(dataset, published))
    if version is None:
        return False
    if main in everything and everything[main].version == version:
        return True
    return quality is not None and bool(quality.files) and _was_judged(platform.lake, quality, main, version)


def _was_judged(lake: Lake, quality: Publication, table: str, version: int) -> bool:
    """Tell whether the published checks include this version: they become visible together with the decision on it."""
    relation = lake.relation(file.path for file in quality.files)
    with lake.connect() as connection:
        sql = f'SELECT count(*) FROM {relation} WHERE "table" = {literal(table)} AND version = {version}'
        return bool(connection.execute(sql).fetchall()[0][0])


def _publish(bench: Workbench, made: list[Snapshot]) -> Outcome:
    started = time.perf_counter()
    run, quality = bench.check(made[0])
    bench.seconds["checks"] = time.perf_counter() - started
    withheld = gate(run)
    if withheld:
        release(bench.platform, (quality,))
        return Outcome(dataset=bench.dataset.id, quality=run, withheld=withheld, seconds=bench.seconds)
    started = time.perf_counter()
    product = bench.open_product(made[0])
    bench.seconds["open"] = time.perf_counter() - started
    publications = release(bench.platform, (*made, quality, *([product] if product else [])))
    return Outcome(dataset=bench.dataset.id, quality=run, published=tuple(publications), seconds=bench.seconds)


def _golden(bench: Workbench, published: dict[str, Publication], token: str) -> list[Snapshot]:
    """Write golden records, then the conflict report: both become visible in one release."""
    sources = [_source(bench, id_, one) for id_, one in published.items()]
    copies = _declared_copies(bench.dataset, published) | _detected_copies(bench, sources)
    resolution = Resolution(bench.dataset, sources, copies)
    golden = bench.lake.write(main_key(bench.dataset), bench.connection, resolution.golden(), mode="overwrite", token=token)
    found = resolution.conflicts(bench.lake.relation(golden.paths)) if golden.files else [resolution.no_conflicts()]
    conflicts = bench.lake.write(conflicts_key(bench.dataset), bench.connection, found, mode="overwrite", token=token)
    return [golden, conflicts]


def _union(bench: Workbench, published: dict[str, Publication], token: str) -> Snapshot:
    columns = ", ".join(ident(name) for name in bench.dataset.schema_.names)
    parts = [
        f"SELECT {columns}, {literal(id_)} AS _source, _delivery_id, _row_number FROM {_relation(bench, id_, one)}"
        for id_, one in published.items()
    ]
    sql = " UNION ALL ".join(parts)
    return bench.lake.write(main_key(bench.dataset), bench.connection, sql, mode="overwrite", token=token, order_preserved=True)


def _source(bench: Workbench, dataset_id: str, published: Publication) -> SourceTable:
    relation = _relation(bench, dataset_id, published)
    rows = bench.connection.execute(f"SELECT DISTINCT _delivery_id FROM {relation} ORDER BY 1 DESC").fetchall()
    columns = frozenset(bench.catalog.dataset[dataset_id].schema_.names)
    return SourceTable(dataset_id, relation, columns, published.row_count, tuple(row[0] for row in rows))


def _relation(bench: Workbench, dataset_id: str, published: Publication) -> str:
    return bench.relation(bench.catalog.dataset[dataset_id], [file.path for file in published.files])


def _sources_of(catalog: Catalog, dataset: Dataset, everything: dict[str, Publication]) -> dict[str, Publication]:
    keys = {id_: main_key(catalog.dataset[id_]) for id_ in dataset.upstream}
    return {id_: everything[key] for id_, key in keys.items() if key in everything}


def _token(dataset: Dataset, published: dict[str, Publication]) -> str:
    """Name the write by the declaration and by the exact versions of the sources."""
    versions = ",".join(f"{id_}@{one.version}" for id_, one in published.items())
    declared = dataset.model_dump_json(include={"schema_", "derivation"})
    return "derived-" + hashlib.sha256(f"{declared}|{versions}".encode()).hexdigest()


def _declared_copies(dataset: Dataset, published: dict[str, Publication]) -> frozenset[str]:
    if not isinstance(dataset.derivation, Golden):
        return frozenset()
    return frozenset(s.dataset for s in dataset.derivation.sources if s.copy_of in published)


def _detected_copies(bench: Workbench, sources: list[SourceTable]) -> frozenset[str]:
    """Find sources with the same keys and the same values in all of them as one of higher rank."""
    copies: set[str] = set()
    for one, other in itertools.combinations(sources, 2):
        small, large = sorted((one.row_count, other.row_count))
        if other.dataset in copies or one.dataset in copies or small < large * _SIMILAR_SIZE:
            continue
        key, fields = _common(bench.dataset, one, other)
        if not fields:
            continue
        shared, equal, rows = bench.connection.execute(copy_probe(key, fields, one, other)).fetchall()[0]
        if is_copy(shared, equal, rows):
            _log.warning("%s: %s is a copy of %s and has no vote of its own", bench.dataset.id, other.dataset, one.dataset)
            copies.add(other.dataset)
    return frozenset(copies)


def _common(dataset: Dataset, one: SourceTable, other: SourceTable) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the column pairs of the key and of all value fields that both sources supply."""
    if not isinstance(dataset.derivation, Golden):
        return [], []
    names = {source.dataset: source.fields for source in dataset.derivation.sources}
    pairs = [(names[one.dataset].get(name, name), names[other.dataset].get(name, name)) for name in dataset.schema_.names]
    supplied = dict(zip(dataset.schema_.names, pairs, strict=True))
    key = [supplied[name] for name in dataset.schema_.key]
    fields = [
        pair
        for name, pair in supplied.items()
        if name not in dataset.schema_.key and pair[0] in one.columns and pair[1] in other.columns
    ]
    return key, fields
