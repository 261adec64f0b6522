"""Two big-data centers for the articles that speak of the whole: a small one, and the demo city."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.vocabularies import BaseDatabase
from catalog_service.services.compiling import import_catalog
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import published_catalog
from pipelines.demo.city import DemoCity, build_city
from pipelines.workbench import Outcome
from tests.acceptance.support import agencies, deliver, entry, new_platform, publish, run, run_job

AUTHORITY = "authority"


@dataclass(frozen=True)
class Center:
    """A big-data center after one run of the main job."""

    platform: Platform
    catalog: Catalog
    outcomes: dict[str, Outcome]
    city: DemoCity | None = None


def _small_catalog() -> Catalog:
    delivered, derived = [], []
    for database in BaseDatabase:
        sources = [f"first/{database}", f"second/{database}"]
        delivered += [entry(id_, ["id", "name", "place"], ["id"]) for id_ in sources]
        golden = {"kind": "golden", "sources": [{"dataset": id_} for id_ in sources]}
        derived.append(
            entry(f"{AUTHORITY}/{database}", ["id", "name", "place"], ["id"], base_database=database, derivation=golden)
        )
    parks = ["first/parks", "second/parks"]
    delivered += [entry(id_, ["name", "district"]) for id_ in parks]
    derived.append(entry("first/all_parks", ["name", "district"], derivation={"kind": "union", "sources": parks}))
    names = {AUTHORITY: "大数据管理局", "first": "甲局", "second": "乙局"}
    return Catalog(agencies=agencies(names), datasets=(*delivered, *derived))


@pytest.fixture(scope="session")
def center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Center]:
    """Five base databases of two sources each, with known conflicts, and a thematic one."""
    folder = tmp_path_factory.mktemp("center")
    texts = {"first": "id,name,place\n1,甲,\n2,乙,城中\n", "second": "id,name,place\n1,甲甲,城东\n3,丙,城西\n"}
    parks = {"first": "name,district\n东园,一区\n", "second": "name,district\n西园,二区\n西园,二区\n"}
    with publish(folder, _small_catalog()) as platform:
        for one in _small_catalog().datasets:
            if one.delivery is not None:
                path = folder / f"{one.agency}_{one.name}.csv"
                path.write_text((parks if one.name == "parks" else texts)[one.agency], encoding="utf-8")
                deliver(platform, one.id, path)
        yield Center(platform, published_catalog(platform), run(platform))


@pytest.fixture(scope="session")
def demo_center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Center]:
    """The demo city: its whole catalog, and all deliveries, the bad ones too, except one that is in no catalog."""
    folder = tmp_path_factory.mktemp("demo_center")
    city = build_city(folder / "city", scale=0.05)
    with new_platform(folder) as platform:
        assert import_catalog(platform, city.catalog_file, publish=True).problems == ()
        catalog = published_catalog(platform)
        for one in city.deliveries:
            if one.dataset_id in catalog.dataset and one.expected != "duplicate":
                deliver(platform, one.dataset_id, one.path)
        yield Center(platform, catalog, run_job(platform), city)
