"""Article 37: units managed by reference say on what that rests, and follow the same rules."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.vocabularies import AgencyKind
from catalog_service.services.compiling import ImportReport, import_catalog
from tests.acceptance.desks import Desks, open_desks
from tests.acceptance.support import agencies, entry

ID = "weather/stations"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    with open_desks(tmp_path / "home_folder") as opened:
        yield opened


def hand_in(desks: Desks, folder: Path, basis: str) -> ImportReport:
    """Import the catalog of a unit managed by reference, as the authority does."""
    *_, unit = agencies({"a": "甲", "b": "乙", "c": "丙", "d": "丁", "weather": "气象局"})  # a code of its own
    unit = unit.model_copy(update={"kind": AgencyKind.BY_REFERENCE, "reference_basis": basis})
    document = Catalog(agencies=(unit,), datasets=(entry(ID, ["id", "height:number"], ["id"]),))
    path = folder / "目录.json"
    path.write_text(json.dumps(document.model_dump(mode="json", by_alias=True), ensure_ascii=False), encoding="utf-8")
    return import_catalog(desks.platform, path, publish=True)


def test_without_a_basis_of_reference_nothing_is_published(desks: Desks, tmp_path: Path) -> None:
    report = hand_in(desks, tmp_path, "")
    assert [(one.code, one.article) for one in report.problems] == [("no-reference-basis", 37)]
    desks.get(desks.anonymous, f"/datasets/{ID}", 404)


def test_with_it_the_unit_has_the_same_duties(desks: Desks, tmp_path: Path) -> None:
    assert hand_in(desks, tmp_path, "省级以上国家机关派驻本市的管理单位").problems == ()
    desks.get(desks.anonymous, f"/datasets/{ID}")
    change = {"dataset": ID, "elements": ["content"], "reason": "新增站点高度", "happened_on": "2026-11-02"}
    duty = desks.post(desks.reviewer, "/duties", change)
    assert (duty["agency"], duty["deadline"]["due"]) == ("weather", "2026-11-23")
    assert desks.get(desks.anonymous, f"/datasets/{ID}/completeness")["completeness"]["score"] > 0
