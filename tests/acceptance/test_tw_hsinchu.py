"""Small JSON lists of a city: keys with trailing blanks, 「─」 for no value, ROC dates, phones as they are written."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.services.platform import Platform
from pipelines.workbench import Outcome
from tests.acceptance.support import agencies, balance, counted, deliver, entry, publish, query, run
from tests.support.shared_data import SHARED, needs

pytestmark = [needs("tw_hsinchu"), pytest.mark.slow]

POSITION = ["latitude:number=lat", "longitude:number=lng"]
TWD67 = ["x:number=GPS TWD67 X座標", "y:number=GPS TWD67 Y座標"]
CAUSES = [
    *("縱火", "自殺", "燈燭", "爐火烹調", "敬神掃墓祭祖", "菸蒂", "電氣因素", "機械設備", "玩火", "烤火", "施工不慎"),
    *("易燃品自燃(復燃)", "瓦斯漏氣或爆炸", "化學物品", "燃放爆竹", "交通事故", "天然災害", "遺留火種", "原因不明", "其他"),
]
AED = ["number=場所編號", "place=場所名稱", "kind=場所類型", "address=場所地址", "spot=AED放置地點", "note=AED地點描述"]
INSTALLED = {"name": "installed", "title": "設置日期", "type": "date", "date_order": "roc"}
# data set → file, fields, key
LISTS: dict[str, tuple[str, list[Any], list[str]]] = {
    "fire/hydrants": ("hydrant", ["number=消防栓編號", "form=型式", "place=設置地點", *POSITION], ["number"]),
    "fire/stations": ("fireDep2", ["name=單位名稱", *POSITION, *TWD67], ["name"]),
    "fire/stations_twd67": ("fireDep", ["name=單位名稱", *TWD67], ["name"]),
    "fire/fires": (
        "fire",
        [
            "year:integer=年度",
            "month:integer=月份",
            "fire_count:integer=火災次數總計",
            *(f"cause_{number:02d}:integer={cause}" for number, cause in enumerate(CAUSES, start=1)),
            "dead_count:integer=死亡人數",
            "injured_count:integer=受傷人數",
            "loss_houses:integer=房屋損失",
            "loss_goods:integer=財物損失",
            "loss_total:integer=合計",
        ],
        ["year", "month"],
    ),
    "health/aeds": ("AED.redacted", [*AED, INSTALLED, "warranty=保固期限", "agent=代理商名稱", *POSITION], ["number"]),
    "health/hospitals": ("hospital", ["name=醫療機構", "address=地址", "phone=電話", "website=連結網址", *POSITION], ["name"]),
    "police/stations": ("police", ["name=單位", "address=地址", "postcode=郵遞區號", "phone=電話", *POSITION], ["name"]),
    "police/cameras": ("monitor", ["number=編號", "place=攝影機地點", *POSITION], ["number"]),
    "police/cameras_old": ("monitor_old", ["number=編號", "place=攝影機地點"], ["number"]),
}
COUNTS = {
    "fire/hydrants": 1_748,
    "fire/stations": 14,
    "fire/stations_twd67": 14,
    "fire/fires": 46,
    "health/aeds": 165,
    "health/hospitals": 5,
    "police/stations": 19,
    "police/cameras": 4_471,
    "police/cameras_old": 4_471,
}
GOLDEN = entry(
    "authority/cameras",
    ["number", "place", "latitude:number", "longitude:number"],
    ["number"],
    derivation={"kind": "golden", "sources": [{"dataset": "police/cameras_old"}, {"dataset": "police/cameras"}]},
)


def delivered(name: str) -> list[dict[str, str]]:
    records: list[dict[str, str]] = json.loads((SHARED / "tw_hsinchu" / f"{name}.json").read_text(encoding="utf-8-sig"))
    return records


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, dict[str, Outcome]]]:
    form = {"format": "json", "null_values": ["", "─"]}
    entries = [entry(id_, fields, key, delivery=form) for id_, (_, fields, key) in LISTS.items()]
    names = {"authority": "大數據局", "fire": "消防局", "health": "衛生局", "police": "警察局"}
    catalog = Catalog(agencies=agencies(names), datasets=(*entries, GOLDEN))
    with publish(tmp_path_factory.mktemp("hsinchu"), catalog) as platform:
        for id_, (name, _, _) in LISTS.items():
            deliver(platform, id_, SHARED / "tw_hsinchu" / f"{name}.json")
        yield platform, run(platform)


def test_every_record_is_loaded(city: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, outcomes = city
    assert balance(outcomes.values()) == {id_: [("loaded", count, count, 0)] for id_, count in COUNTS.items()}
    counts = ", ".join(f"(SELECT count(*) FROM open.{id_.replace('/', '.')})" for id_ in COUNTS)
    assert query(platform, f"SELECT {counts}") == [tuple(COUNTS.values())]


def test_dashes_and_empty_texts_are_no_value_and_numbers_are_numbers(city: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, _ = city
    records = delivered("fire")
    names = {f"cause_{number:02d}": cause for number, cause in enumerate(CAUSES, start=1)}
    columns = ", ".join(f"{function}({name})" for name in names for function in ("count", "sum"))
    (row,) = query(platform, f"SELECT {columns} FROM standard.fire.fires")
    for count, total, cause in zip(row[::2], row[1::2], names.values(), strict=True):
        known = [int(one[cause]) for one in records if one[cause] not in ("", "─")]
        assert (count, total or 0) == (len(known), sum(known))
    assert sum(value == "─" for one in records for value in one.values()) == 23
    assert query(platform, "SELECT injured_count FROM standard.fire.fires WHERE year = 104 AND month = 8") == [(None,)]


def test_roc_dates_become_dates_and_what_is_no_date_stays_text(city: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, _ = city
    rows = query(platform, "SELECT installed::VARCHAR, warranty, count(*) FROM open.health.aeds GROUP BY ALL")
    assert {row[:2]: row[2] for row in rows} == dict(
        Counter((_gregorian(one["設置日期"]), one["保固期限"]) for one in delivered("AED.redacted"))
    )
    assert ("2010-12-16", "101/12/16") in {row[:2] for row in rows}
    assert ("2014-02-21", "108/02") in {row[:2] for row in rows}


def _gregorian(date: str) -> str:
    year, month, day = (int(part) for part in date.split("/"))
    return f"{year + 1911}-{month:02d}-{day:02d}"


def test_phones_stay_as_they_are_written(city: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, _ = city
    for id_, name in (("police/stations", "police"), ("health/hospitals", "hospital")):
        phones = {phone for (phone,) in query(platform, f"SELECT phone FROM open.{id_.replace('/', '.')}")}
        assert phones == {one["電話"] for one in delivered(name)}
    assert query(platform, "SELECT postcode FROM open.police.stations WHERE phone = '03-5249234'") == [("300",)]


def test_keys_with_a_trailing_blank_are_the_declared_fields(city: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, _ = city
    assert "攝影機地點 " in delivered("monitor")[0]
    assert counted(platform, "SELECT count(place) FROM open.police.cameras") == 4_471


def test_two_editions_of_the_cameras_are_one_source(city: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, outcomes = city
    rows = query(
        platform,
        "SELECT place__source, latitude__source, count(*) FROM base.authority.cameras WHERE _conflict_count = 0 GROUP BY ALL",
    )
    assert rows == [("police/cameras_old", "police/cameras", 4_471)]
    conflicts = {one.table: one.row_count for one in outcomes["authority/cameras"].published}
    assert conflicts["base/authority/cameras_conflicts"] == 0
