"""Article 23: the open list is exactly what is opened unconditionally, and follows every change of the catalog."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from catalog_service.catalog.open_list import reasons_to_open
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.cli.main import app
from catalog_service.services.access import Wish
from catalog_service.services.browsing import home
from catalog_service.services.downloading import export, open_file
from catalog_service.services.export_forms import ExportForm
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release
from pipelines.running import run_main_job
from tests.acceptance.sharing_city import ELDERS, HOMES, Desk, codes, elders, opened
from tests.acceptance.support import agencies, deliver, entry, publish, query, revise, run
from tests.unit.services.reading_platform import write_quality

CLOSED_BY_LAW = {"class": "none", "basis": {"law": "数据安全法", "article": "第二十一条"}}
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
            assert open_file(platform, ANONYMOUS, Wish(one.id)).path.is_file()
        else:
            with pytest.raises((ForbiddenError, UnauthenticatedError, NotFoundError)):
                open_file(platform, ANONYMOUS, Wish(one.id))
    return listed


def header(platform: Platform, id_: str) -> bytes:
    return b"".join(export(platform, ANONYMOUS, Wish(id_), ExportForm.CSV).chunks).splitlines()[0]


def test_the_list_is_what_is_open_without_conditions_and_has_data(platform: Platform) -> None:
    assert open_list(platform) == {"water/stations", "authority/stations"}
    assert header(platform, "water/stations") == b"code,name"


@pytest.mark.parametrize(("stricter", "error"), [(CONDITIONAL, UnauthenticatedError), (CLOSED, ForbiddenError)])
def test_what_is_closed_leaves_the_list_at_once_and_comes_back_when_opened_again(
    platform: Platform, tmp_path: Path, stricter: dict[str, Any], error: type[Exception]
) -> None:
    assert revise(platform, catalog(stricter, stricter, phone=None), tmp_path).problems == ()
    assert open_list(platform) == set()
    for read in (
        lambda: open_file(platform, ANONYMOUS, Wish("water/stations")),
        lambda: export(platform, ANONYMOUS, Wish("water/stations"), ExportForm.JSON),
    ):
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
        open_file(platform, ANONYMOUS, Wish("water/stations"))
    run_main_job(platform, ["water/stations"])
    assert open_file(platform, ANONYMOUS, Wish("water/stations")).path.is_file()
    assert query(platform, "SELECT * FROM open.water.stations") == [("1", "water/stations")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("lists")) as made:
        yield made


def test_each_agency_publishes_its_open_list_in_versions_that_never_change(desk: Desk) -> None:
    assert desk.get("nobody", "/open-lists/civil").status_code == 404
    assert desk.post("health", "/open-lists/civil/versions").status_code == 403
    first = desk.post("civil", "/open-lists/civil/versions")
    assert first.status_code == 201, first.text
    listed = {one["dataset"]: one for one in first.json()["items"]}
    assert listed.keys() == {ELDERS, HOMES}
    assert "phone" not in listed[ELDERS]["fields"]
    assert desk.post("civil", "/open-lists/civil/versions").status_code == 409
    with desk.platform.database.transaction() as transaction:
        transaction.catalog.put_dataset(elders(opening=CLOSED_BY_LAW), state=RecordState.PUBLISHED)
    assert desk.post("civil", "/open-lists/civil/versions").json()["version"] == 2
    assert [one["dataset"] for one in desk.get("nobody", "/open-lists/civil").json()["items"]] == [HOMES]
    assert desk.get("nobody", "/open-lists/civil/versions/1").json() == first.json()
    assert [one["version"] for one in desk.get("nobody", "/open-lists/civil/versions").json()["items"]] == [2, 1]


def test_what_now_qualifies_is_proposed_with_reasons_and_the_agency_answers(desk: Desk) -> None:
    beds = entry("health/beds", ["id", "count"], ["id"], opening=CLOSED_BY_LAW)
    with desk.platform.database.transaction() as transaction:
        transaction.catalog.put_dataset(beds, state=RecordState.PUBLISHED)
    assert desk.post("reviewer", "/open-proposals").json()["items"] == []  # never checked
    rows = [write_quality(desk.platform, "health/beds", 0, "run-1")]
    release(desk.platform, rows)
    assert desk.post("health", "/open-proposals").status_code == 403
    (proposal,) = desk.post("reviewer", "/open-proposals").json()["items"]
    assert proposal["dataset"] == "health/beds"
    words = "".join(one["zh"] for one in proposal["reasons"])
    assert "无条件共享" in words
    assert "不含敏感项" in words
    assert "合格率" in words
    assert "请复核" in words  # the entry names a law that may forbid opening
    assert desk.post("reviewer", "/open-proposals").json()["items"] == []  # proposed once
    answer = f"/open-proposals/{proposal['id']}"
    assert desk.post("police", f"{answer}/accept").status_code == 404
    assert codes(desk.post("health", f"{answer}/decline")) == [("no-reasons", 23)]
    assert desk.post("health", f"{answer}/accept").json()["state"] == "accepted"
    with desk.platform.database.transaction() as transaction:
        transaction.catalog.put_dataset(entry("health/beds", ["id", "count"], ["id"]), state=RecordState.PUBLISHED)
    desk.post("reviewer", "/open-proposals")
    assert [one["state"] for one in desk.get("health", "/open-proposals").json()["items"]] == ["done"]


@pytest.mark.parametrize(
    "changes",
    [
        {"sharing": {"class": "conditional", "conditions": "民生", "basis": BASIS}},
        {"schema": {"fields": [{"name": "id", "title": "id", "sensitivity": "internal"}], "key": ["id"]}},
        {"schema": {"fields": [{"name": "id", "title": "id", "sharing": "none"}], "key": ["id"]}},
        {"deidentification": {"quasi_identifiers": ["id"]}},
        {"opening": OPEN},
    ],
)
def test_nothing_else_is_proposed(changes: dict[str, Any]) -> None:
    changed = entry("civil/beds", ["id"], ["id"], **{"opening": CLOSED_BY_LAW, **changes})
    assert reasons_to_open(changed, 1.0, 0) == ()


def test_bad_or_unknown_quality_is_no_ground_for_a_proposal() -> None:
    good = entry("civil/beds", ["id"], ["id"], opening=CLOSED_BY_LAW)
    assert reasons_to_open(good, 1.0, 0)
    assert reasons_to_open(good, None, 0) == reasons_to_open(good, 0.9, 0) == reasons_to_open(good, 1.0, 1) == ()


def test_an_opened_product_is_treated_and_refused_where_it_is_not_anonymous_enough(tmp_path: Path) -> None:
    """Through the pipeline: generalised dates of birth; groups of twenty, or nothing is opened."""
    fields = ["id", {"name": "born_on", "type": "date", "opening_treatment": {"kind": "date", "to": "year"}}]
    declared = {"quasi_identifiers": ["born_on"]}
    city = Catalog(
        agencies=agencies({"civil": "民政局"}), datasets=(entry("civil/people", fields, ["id"], deidentification=declared),)
    )
    with publish(tmp_path, city) as platform:
        for name, count in (("enough", 20), ("too_few", 21)):
            path = tmp_path / f"{name}.csv"
            people = [f"{n},{1940 if n < 20 else 1950}-0{n % 9 + 1}-02" for n in range(count)]
            path.write_text("\n".join(["id,born_on", *people]), encoding="utf-8")
            deliver(platform, "civil/people", path)
            outcome = run(platform)["civil/people"]
            if name == "enough":
                assert outcome.unopened == ()
                assert {row[1] for row in query(platform, "SELECT * FROM open.civil.people")} == {date(1940, 1, 1)}
        assert [one.code for one in outcome.unopened] == ["not-anonymous-enough"]
        assert query(platform, "SELECT count(*) FROM open.civil.people") == [(20,)]
        assert query(platform, "SELECT count(*) FROM standard.civil.people") == [(21,)]
