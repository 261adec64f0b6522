"""A small city in which deliveries wait, and what an undisturbed run of the main job makes of them.

Not here: killing (tests.support.killing), and what must hold.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.services.delivering import receive
from tests.support import city
from tests.support.killing import State, opened, reports, run_job, states, visible

PEOPLE: list[str | dict[str, Any]] = ["id", "name", {"name": "born", "type": "date"}]
GOLDEN = {"kind": "golden", "sources": [{"dataset": "alpha/people"}, {"dataset": "beta/people"}]}
GROWING = {"kind": "golden", "sources": [{"dataset": "alpha/permits"}]}
CONDITIONAL = {
    "class": "conditional",
    "conditions": "申请",
    "basis": {"law": "无锡市公共数据管理办法", "article": "第二十二条"},
}
INCREMENTAL = {"format": "csv", "mode": "incremental"}
PUBLISHED_BEFORE = [
    ("alpha/people", "id,name,born\n1,甲,2000-01-02\n2,乙,\n"),
    ("beta/people", "id,name,born\n1,甲,2000-01-03\n9,玖,\n"),
    ("alpha/permits", "id,v\n1,a\n2,b\n"),
    ("alpha/events", "kind,place\nx,p\nx,p\n"),
]
WAITING = [
    ("alpha/people", "id,name,born\n1,甲,2000-01-02\n3,丙,昨天\n,空,\n4,丁,2001-01-01,多\n5,戊,\n"),  # rows quarantined
    ("alpha/permits", "id,v\n3,c\n"),
    ("beta/people", "id,name,born\n1,甲甲,2000-01-02\n5,戊,1999-09-09\n6,己,\n"),
    ("alpha/people", "id,name,born,\n1,甲,,x\n"),  # rejected whole: an unnamed column
    ("alpha/permits", "id,v\n4,d\n4,e\n"),  # withheld: the key occurs twice
    ("alpha/events", "kind,place\nx,p\ny,q\n"),
    ("alpha/permits", "id,v\n5,f\n6,g\n"),
    ("alpha/events", "kind,place\nz,r\n"),
]
ENDS = {
    "alpha/people": [DeliveryState.LOADED, DeliveryState.LOADED, DeliveryState.REJECTED],
    "alpha/permits": [DeliveryState.LOADED, DeliveryState.LOADED, DeliveryState.WITHHELD, DeliveryState.LOADED],
    "alpha/events": [DeliveryState.LOADED] * 3,
    "beta/people": [DeliveryState.LOADED] * 2,
}


def small_catalog() -> Catalog:
    """Two full sources with golden records over them, an incremental table with a key and golden records, one without."""
    return city.catalog(
        city.dataset("alpha/people", PEOPLE, ["id"]),
        city.dataset("beta/people", PEOPLE, ["id"], opening=CONDITIONAL),
        city.dataset("authority/people", PEOPLE, ["id"], derivation=GOLDEN),
        city.dataset("alpha/permits", ["id", "v"], ["id"], delivery=INCREMENTAL, opening=CONDITIONAL),
        city.dataset("authority/permits", ["id", "v"], ["id"], derivation=GROWING),
        city.dataset("alpha/events", ["kind", "place"], delivery=INCREMENTAL),
    )


def files(folder: Path, deliveries: Sequence[tuple[str, str]]) -> list[tuple[str, Path]]:
    """Write the deliveries as files of distinct names."""
    folder.mkdir(exist_ok=True)
    written = [(id_, folder / f"{number}.csv", text) for number, (id_, text) in enumerate(deliveries)]
    return [(id_, path) for id_, path, text in written if path.write_text(text, encoding="utf-8")]


@dataclass(frozen=True)
class Reference:
    """A home in which deliveries wait, and what an undisturbed run makes of it."""

    home: Path
    states: dict[str, list[State]]
    final: dict[str, State]
    reports: dict[str, Delivery]
    seconds: float
    operations: int

    def copy(self, home: Path) -> Path:
        """Return a fresh home in which the same deliveries wait."""
        shutil.copytree(self.home, home)
        return home


def make_reference(folder: Path) -> Reference:
    """Publish first deliveries, receive the waiting ones, and run the main job on a copy."""
    home = folder / "home"
    (home / "dagster").mkdir(parents=True)
    # With the pools of the real instance: a killed run must not hold its places in them.
    shutil.copy(Path(__file__).parents[2] / "dagster_home" / "dagster.yaml", home / "dagster")
    with city.platform(home, small_catalog()) as platform:
        for id_, path in files(folder / "before", PUBLISHED_BEFORE):
            receive(platform, id_, path)
        assert run_job(home).exit_code == 0
        for id_, path in files(folder / "waiting", WAITING):
            receive(platform, id_, path)
    shutil.copytree(home, folder / "run")
    ending = run_job(folder / "run")
    assert ending.exit_code == 0
    with opened(folder / "run") as platform:
        final = visible(platform)
        ends: dict[str, list[DeliveryState]] = {}
        for one in reversed(reports(platform).values()):
            ends.setdefault(one.dataset, []).append(one.state)
        assert ends == ENDS
        return Reference(
            home,
            {id_: states(platform, id_) for id_ in final},
            final,
            reports(platform),
            ending.seconds,
            ending.said[-1],
        )
