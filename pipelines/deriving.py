"""Derived data sets (Art. 15, 18): golden records of the base databases and unions of thematic ones, checked and published.

A write is named by what it is made from, so that a run without changed sources changes nothing. Not here: Dagster,
golden tables (golden).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset, Golden, Union
from catalog_service.catalog.entity import IdentityDecision
from catalog_service.catalog.publication import Publication
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, release
from lake.expressions import ident, literal
from lake.manifest import Snapshot
from lake.tables import Lake
from pipelines.checking import check, gate
from pipelines.golden import build_golden, decisions_on
from pipelines.keys import main_key, quality_key
from pipelines.rejudging import is_outdated, judge_published
from pipelines.workbench import Outcome, Workbench


def derive(bench: Workbench) -> Outcome:
    """Bring a derived data set up to date with the published versions of its sources."""
    everything = current(bench.platform)
    published = _sources_of(bench.catalog, bench.dataset, everything)
    if not published:
        return Outcome(dataset=bench.dataset.id)
    decisions = decisions_on(bench.platform, bench.dataset)
    token = _token(bench.dataset, published, decisions)
    main, visible = main_key(bench.dataset), everything.get(main_key(bench.dataset))
    if visible is not None and bench.lake.version_of(main, token) == visible.version:
        again = judge_published(bench) if is_outdated(bench) else None
        outcome = again or Outcome(dataset=bench.dataset.id)
        opened = bench.catch_up_opening()
        outcome = replace(outcome, published=(*outcome.published, *opened), seconds=bench.seconds)
    else:
        outcome = _publish(bench, _made(bench, published, decisions, token))
    bench.refresh_grants()
    return replace(outcome, unopened=bench.unopened)


def _made(
    bench: Workbench, published: dict[str, Publication], decisions: Sequence[IdentityDecision], token: str
) -> list[Snapshot]:
    """Write the tables of a derived data set, the main one first."""
    with bench.timed("derive"):
        match bench.dataset.derivation:
            case Golden():
                return build_golden(bench, published, decisions, token)
            case Union():
                return [_union(bench, published, token)]
            case None:
                raise TypeError(f"{bench.dataset.id} is delivered, not derived")


def judge_derived(bench: Workbench, *, page: Path | None = None) -> Outcome | None:
    """Judge the version that was made last again; None where there is none.

    With `page`, the outcome is also written there as a page of Data Docs.
    """
    everything = current(bench.platform)
    published, decisions = _sources_of(bench.catalog, bench.dataset, everything), decisions_on(bench.platform, bench.dataset)
    token, visible = _token(bench.dataset, published, decisions), everything.get(main_key(bench.dataset))
    made = bench.lake.version_of(main_key(bench.dataset), token)
    if made is None or (visible is not None and made == visible.version):
        return judge_published(bench, page=page)
    return _publish(bench, _made(bench, published, decisions, token), page)


def is_settled(platform: Platform, catalog: Catalog, dataset: Dataset) -> bool:
    """Tell whether a derived data set was made from what is published of its sources now, and then published or withheld.

    It is not where a run was killed between its sources and itself.
    """
    everything = current(platform)
    published = _sources_of(catalog, dataset, everything)
    if not published:
        return True
    main, quality = main_key(dataset), everything.get(quality_key(dataset))
    version = platform.lake.version_of(main, _token(dataset, published, decisions_on(platform, dataset)))
    if version is None:
        return False
    if main in everything and everything[main].version == version:
        return True
    return quality is not None and bool(quality.files) and _was_judged(platform.lake, quality, main, version)


def _was_judged(lake: Lake, quality: Publication, table: str, version: int) -> bool:
    """Tell whether the published checks include this version: they become visible together with the decision on it."""
    relation = lake.relation(quality.paths)
    with lake.connect() as connection:
        sql = f'SELECT count(*) FROM {relation} WHERE "table" = {literal(table)} AND version = {version}'
        return bool(connection.execute(sql).fetchall()[0][0])


def _publish(bench: Workbench, made: list[Snapshot], page: Path | None = None) -> Outcome:
    with bench.timed("checks"):
        run, quality = check(bench, made[0], page=page)
    withheld = gate(run)
    if withheld:
        release(bench.platform, quality, checked=run)
        return Outcome(dataset=bench.dataset.id, quality=run, withheld=withheld, seconds=bench.seconds)
    with bench.timed("open"):
        product = bench.open_product(made[0])
    visible = (*made, *quality, *([product] if product else []))
    publications = release(bench.platform, visible, recipes=bench.recipes, checked=run)
    return Outcome(dataset=bench.dataset.id, quality=run, published=tuple(publications), seconds=bench.seconds)


def _union(bench: Workbench, published: dict[str, Publication], token: str) -> Snapshot:
    columns = ", ".join(ident(name) for name in bench.dataset.schema_.names)
    parts = [
        f"SELECT {columns}, {literal(id_)} AS _source, _delivery_id, _row_number FROM {_relation(bench, id_, one)}"
        for id_, one in published.items()
    ]
    sql = " UNION ALL ".join(parts)
    return bench.lake.write(main_key(bench.dataset), bench.connection, sql, mode="overwrite", token=token, order_preserved=True)


def _relation(bench: Workbench, dataset_id: str, published: Publication) -> str:
    return bench.relation(bench.catalog.dataset[dataset_id], published.paths)


def _sources_of(catalog: Catalog, dataset: Dataset, everything: dict[str, Publication]) -> dict[str, Publication]:
    keys = {id_: main_key(catalog.dataset[id_]) for id_ in dataset.upstream}
    return {id_: everything[key] for id_, key in keys.items() if key in everything}


def _token(dataset: Dataset, published: dict[str, Publication], decisions: Sequence[IdentityDecision]) -> str:
    """Name the write by the declaration, by the exact versions of the sources, and by what was decided about identity."""
    versions = ",".join(f"{id_}@{one.version}" for id_, one in published.items())
    declared = dataset.model_dump_json(include={"schema_", "derivation"})
    decided = "".join(f"|{one.model_dump_json()}" for one in decisions)
    return "derived-" + hashlib.sha256(f"{declared}|{versions}{decided}".encode()).hexdigest()
