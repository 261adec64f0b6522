"""What acceptance tests do as agencies, authority and analysts do it: through services and the main job."""

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stdnum.cn import uscc

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.principal import operator
from catalog_service.services.access import analyst_session
from catalog_service.services.compiling import ImportReport, import_catalog
from catalog_service.services.delivering import receive
from catalog_service.services.measuring import quality
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import published_catalog
from catalog_service.services.views import RuleOutcome
from catalog_service.settings import Settings
from pipelines.deriving import derive
from pipelines.loading import load_pending
from pipelines.running import run_main_job
from pipelines.waiting import waiting_selection
from pipelines.workbench import Outcome, Workbench
from tests.support.homes import open_platform


def agencies(names: Mapping[str, str]) -> tuple[Agency, ...]:
    """Return agencies (slug → name) with valid codes, each naming a responsible unit and person."""
    return tuple(_agency(number, slug, name) for number, (slug, name) in enumerate(names.items(), start=1))


def _agency(number: int, slug: str, name: str) -> Agency:
    stem = f"113202000{number:08d}"
    return Agency(
        slug=slug,
        uscc=stem + uscc.calc_check_digit(stem),
        name=name,
        responsible_unit="数据管理科",
        responsible_person="李四",
    )


def entry(id_: str, fields: Iterable[Any], key: Iterable[str] = (), **changes: Any) -> Dataset:
    """Return a published-quality entry; fields are `name:type=delivered name` or documents."""
    agency, name = id_.split("/")
    document: dict[str, Any] = {
        "agency": agency,
        "name": name,
        "title": name,
        "description": f"{id_} 的数据",
        "frequency": "irregular",
        "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"},
        "basis": {"statute": {"law": "无锡市公共数据管理办法", "article": "第十五条"}},
        "schema": {"fields": [_field(one) for one in fields], "key": list(key)},
    }
    if "derivation" not in changes:
        document["delivery"] = {}
    return Dataset.model_validate(document | changes)


def _field(one: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(one, str):
        declared, _, delivered = one.partition("=")
        name, _, kind = declared.partition(":")
        return {"name": name, "title": delivered or name, "type": kind or "text"}
    return {"title": one["name"], **one}


def new_platform(home: Path, database_url: str = "") -> Platform:
    """Open a platform in `home`, without any entry."""
    return open_platform(Settings(home=home, dagster_home_dir=_dagster_home(), database_url=database_url))


def publish(home: Path, catalog: Catalog, database_url: str = "") -> Platform:
    """Open a platform in `home` and publish the catalog by importing its document, as the authority does."""
    platform = new_platform(home, database_url)
    report = revise(platform, catalog, home)
    assert report.problems == ()
    assert report.counts.published == report.counts.read == len(catalog.datasets)
    return platform


@cache
def _dagster_home() -> Path:
    """Return one DAGSTER_HOME for the whole test process: preparing its databases takes seconds."""
    folder = Path(tempfile.mkdtemp(prefix="dagster-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def revise(platform: Platform, catalog: Catalog, folder: Path) -> ImportReport:
    """Import the document of a catalog and publish what is in good standing."""
    path = folder / "catalog.json"
    path.write_text(catalog.model_dump_json(by_alias=True), encoding="utf-8")
    return import_catalog(platform, path, publish=True)


def deliver(platform: Platform, id_: str, *paths: Path) -> list[Delivery]:
    """Deliver files of one data set and return what was accepted into landing."""
    received = [receive(platform, id_, path) for path in paths]
    assert all(is_new for _, is_new in received)
    return [delivery for delivery, _ in received]


def run_job(platform: Platform) -> dict[str, Outcome]:
    """Run the main job for everything that waits; return the outcomes by data set."""
    return {one.dataset: one for one in run_main_job(platform)}


def run(platform: Platform) -> dict[str, Outcome]:
    """Take the steps of the main job without Dagster, whose event log costs three times as much as they do."""
    catalog = published_catalog(platform)
    outcomes = {}
    for id_ in waiting_selection(platform, catalog):
        dataset = catalog.dataset[id_]
        with Workbench(platform, catalog, dataset) as bench:
            outcomes[id_] = load_pending(bench) if dataset.delivery is not None else derive(bench)
    return outcomes


def query(platform: Platform, sql: str) -> list[tuple[Any, ...]]:
    """Ask as an analyst does."""
    with analyst_session(platform, operator("test")) as session:
        return session.execute(sql).fetchall()


def counted(platform: Platform, sql: str) -> int:
    """Return the only value of an answer, an integer."""
    ((value,),) = query(platform, sql)
    return int(value)


def measured(platform: Platform, id_: str) -> dict[str, RuleOutcome]:
    """Return the latest measurement of every rule of a data set."""
    return {one.rule: one for one in quality(platform, id_).rules}


def balance(outcomes: Iterable[Outcome]) -> dict[str, list[tuple[str, int, int, int]]]:
    """Return per data set the state and the rows read, accepted, quarantined of its deliveries; they must balance."""
    found: dict[str, list[tuple[str, int, int, int]]] = {}
    for one in outcomes:
        for d in one.deliveries:
            assert d.rows_accepted + d.rows_quarantined == d.rows_read
            report = (d.state.value, d.rows_read, d.rows_accepted, d.rows_quarantined)
            found.setdefault(one.dataset, []).append(report)
    return found
