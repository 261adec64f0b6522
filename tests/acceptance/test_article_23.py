"""Article 23: the open list is exactly what is opened unconditionally, and follows every change of the catalog."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from catalog_service.cli.main import app
from catalog_service.services.browsing import home
from catalog_service.services.downloading import ExportForm, export, open_file
from catalog_service.services.platform import Platform
from pipelines.running import run_main_job
from tests.acceptance.support import agencies, deliver, entry, publish, query, revise, run

BASIS = {"law": "数据安全法", "article": "第二十一条"}
OPEN = {"class": "unconditional"}
CONDITIONAL = {"class": "conditional", "conditions": "签订协议", "basis": BASIS}
CLOSED = {"class": "none", "basis": BASIS}
SOURCES = [{"dataset": "water/stations"}, {"dataset": "weather/stations"}]


def catalog(stations: dict[str, Any] = OPEN, golden: dict[str, Any] = OPEN, *, phone: str | None = "none") -> Catalog:
    fields = ["code", "name", {"name": "phone", "opening": phone}]
    derivation = {"kind": "golden", "sources": SOURCES}
    return Catalog(
        agencies=agencies({"authority": "大数据管理局", "water": "水利局", "weather": "气象局"}),
        datasets=(
            entry("water/stations", fields, ["code"], opening=stations),
            entry("water/gauges", fields[:2], ["code"], opening=CONDITIONAL),
            entry("weather/stations", fields[:2], ["code"], opening=CLOSED),
            entry("weather/unfed", fields[:2], ["code"]),
            entry("authority/stations", fields[:2], ["code"], opening=golden, derivation=derivation),
        ),
    )


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with publish(tmp_path, catalog()) as opened:
        for id_ in ("water/stations", "water/gauges", "weather/stations"):
            path = tmp_path / f"{id_.replace('/', '_')}.csv"
            lines = ("code,name,phone", f"1,{id_},110") if id_ == "water/stations" else ("code,name", f"1,{id_}")
            path.write_text("\n".join(lines), encoding="utf-8")
            deliver(opened, id_, path)
        run(opened)
        yield opened


def open_list(platform: Platform) -> set[str]:
    """The open list as pages and command line show it; every entry of it can be had, and nothing else."""
    listed = {one.dataset for one in home(platform).latest}
    environment = {"WUXI_HOME": str(platform.settings.home), "WUXI_DAGSTER_HOME_DIR": str(platform.settings.dagster_home)}
    answer = CliRunner().invoke(app, ["open", "list", "--json"], env=environment)
    assert answer.exit_code == 0
    assert {one["id"] for one in json.loads(answer.stdout)} == listed
    for one in catalog().datasets:
        if one.id in listed:
            assert open_file(platform, one.id).path.is_file()
        else:
            with pytest.raises((ForbiddenError, UnauthenticatedError, NotFoundError)):
                open_file(platform, one.id)
    return listed


def header(platform: Platform, id_: str) -> bytes:
    return b"".join(export(platform, id_, ExportForm.CSV).chunks).splitlines()[0]


def test_the_list_is_what_is_open_without_conditions_and_has_data(platform: Platform) -> None:
    assert open_list(platform) == {"water/stations", "authority/stations"}
    assert header(platform, "water/stations") == b"code,name"


@pytest.mark.parametrize(("stricter", "error"), [(CONDITIONAL, UnauthenticatedError), (CLOSED, ForbiddenError)])
def test_what_is_closed_leaves_the_list_at_once_and_comes_back_when_opened_again(
    platform: Platform, tmp_path: Path, stricter: dict[str, Any], error: type[Exception]
) -> None:
    assert revise(platform, catalog(stricter, stricter, phone=None), tmp_path).problems == ()
    assert open_list(platform) == set()
    for read in (lambda: open_file(platform, "water/stations"), lambda: export(platform, "water/stations", ExportForm.JSON)):
        with pytest.raises(error):
            read()
    revise(platform, catalog(), tmp_path)
    assert open_list(platform) == {"water/stations", "authority/stations"}


def test_what_comes_to_be_open_is_opened_by_the_next_run_without_a_new_delivery(tmp_path: Path) -> None:
    with publish(tmp_path, catalog(CONDITIONAL, CONDITIONAL, phone=None)) as platform:
        path = tmp_path / "stations.csv"
        path.write_text("code,name,phone\n1,甲站,110\n", encoding="utf-8")
        deliver(platform, "water/stations", path)
        run(platform)
        assert open_list(platform) == set()
        revise(platform, catalog(), tmp_path)
        outcomes = run(platform)
        opened = {id_: [one.table for one in outcome.published] for id_, outcome in outcomes.items()}
        assert opened == {
            "water/stations": ["open/water/stations"],
            "authority/stations": ["open/authority/stations"],
        }
        assert open_list(platform) == {"water/stations", "authority/stations"}
        assert query(platform, "SELECT * FROM open.water.stations") == [("1", "甲站")]
        assert run(platform) == {}


def test_a_field_that_is_opened_or_closed_joins_or_leaves_the_product(platform: Platform, tmp_path: Path) -> None:
    revise(platform, catalog(phone=None), tmp_path)
    run_main_job(platform, ["water/stations"])
    assert header(platform, "water/stations") == b"code,name,phone"
    revise(platform, catalog(), tmp_path)
    assert header(platform, "water/stations") == b"code,name"
    with pytest.raises(ForbiddenError):
        open_file(platform, "water/stations")
    run_main_job(platform, ["water/stations"])
    assert open_file(platform, "water/stations").path.is_file()
    assert query(platform, "SELECT * FROM open.water.stations") == [("1", "water/stations")]
