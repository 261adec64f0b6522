"""The main job end to end on small files: loaded, quarantined, withheld, rejected, golden, opened."""

from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.principal import operator
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.services.access import analyst_session
from catalog_service.services.delivering import receive, recent
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from pipelines.running import run_main_job
from tests.support import city

PEOPLE: list[str | dict[str, Any]] = ["id", "name", {"name": "born", "type": "date"}]
OTHERS: list[str | dict[str, Any]] = ["id", "full_name", {"name": "born", "type": "date", "date_order": "roc"}]
GOLDEN = {
    "kind": "golden",
    "sources": [{"dataset": "alpha/people"}, {"dataset": "beta/people", "fields": {"name": "full_name"}}],
}


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return city.platform(
        tmp_path / "home",
        city.catalog(
            city.dataset("alpha/people", PEOPLE, ["id"]),
            city.dataset("beta/people", OTHERS, ["id"]),
            city.dataset("authority/people", PEOPLE, ["id"], derivation=GOLDEN),
            city.dataset("alpha/events", ["kind", "place"], delivery={"format": "csv", "mode": "incremental"}),
        ),
    )


def deliver(platform: Platform, id_: str, text: str, tmp_path: Path, name: str = "file.csv") -> bool:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return receive(platform, id_, path)[1]


def query(platform: Platform, sql: str) -> list[tuple[Any, ...]]:
    with analyst_session(platform, operator("test")) as session:
        return session.execute(sql).fetchall()


def test_the_whole_way(platform: Platform, tmp_path: Path) -> None:
    deliver(platform, "alpha/people", "id,name,born\n1,甲,2000-01-02\n2,Ｂ２　,\n,空,\n3,丙,昨天\n", tmp_path)
    deliver(platform, "beta/people", "id,full_name,born\n1,甲甲,89/1/2\n4,丁,099/12/16\n", tmp_path)
    outcomes = {one.dataset: one for one in run_main_job(platform)}
    assert list(outcomes) == ["alpha/people", "beta/people", "authority/people"]
    report = outcomes["alpha/people"].deliveries[0]
    assert (report.state, report.rows_read, report.rows_accepted, report.rows_quarantined) == (DeliveryState.LOADED, 4, 2, 2)
    assert [(r.code, r.field, r.first_row) for r in report.quarantine] == [("bad-type", "born", 5), ("empty-key", "id", 4)]
    assert query(platform, "SELECT id, name, born::VARCHAR FROM open.authority.people ORDER BY id") == [
        ("1", "甲", "2000-01-02"),
        ("2", "B2", None),
        ("4", "丁", "2010-12-16"),
    ]
    assert query(
        platform, "SELECT id, field, source, value, is_chosen FROM base.authority.people_conflicts ORDER BY source"
    ) == [
        ("1", "name", "alpha/people", "甲", True),
        ("1", "name", "beta/people", "甲甲", False),
    ]
    assert query(platform, "SELECT born__source, born__row FROM base.authority.people WHERE id = '4'") == [("beta/people", 3)]
    assert run_main_job(platform) == []


def test_the_same_delivery_twice_changes_nothing(platform: Platform, tmp_path: Path) -> None:
    text = "id,name,born\n1,甲,2000-01-02\n"
    assert deliver(platform, "alpha/people", text, tmp_path)
    run_main_job(platform)
    before = current(platform)
    assert not deliver(platform, "alpha/people", text, tmp_path, "other name.csv")
    assert run_main_job(platform) == []
    assert current(platform) == before
    assert len(recent(platform)) == 1


def test_what_fails_a_blocking_rule_is_withheld_and_the_last_good_version_stays(platform: Platform, tmp_path: Path) -> None:
    deliver(platform, "alpha/people", "id,name,born\n1,甲,\n", tmp_path)
    run_main_job(platform)
    deliver(platform, "alpha/people", "id,name,born\n1,甲,\n1,乙,\n", tmp_path)
    outcomes = run_main_job(platform)
    assert outcomes[0].withheld[0].code == "blocking-rule"
    assert recent(platform)[0].state is DeliveryState.WITHHELD
    assert query(platform, "SELECT name FROM open.alpha.people") == [("甲",)]
    assert query(platform, "SELECT name FROM base.authority.people") == [("甲",)]
    assert query(platform, "SELECT count(*) FROM quality.alpha.people WHERE rule = 'id__unique' AND NOT passed") == [(1,)]
    deliver(platform, "alpha/people", "id,name,born\n1,甲,\n2,乙,\n", tmp_path)
    run_main_job(platform)
    assert query(platform, "SELECT name FROM open.alpha.people ORDER BY 1") == [("乙",), ("甲",)]


@pytest.mark.slow
def test_rows_without_a_key_are_never_deduplicated(platform: Platform, tmp_path: Path) -> None:
    deliver(platform, "alpha/events", "kind,place\nx,p\nx,p\n", tmp_path)
    run_main_job(platform)
    deliver(platform, "alpha/events", "kind,place\nx,p\ny,p\n", tmp_path)
    run_main_job(platform)
    assert query(platform, "SELECT kind, count(*) FROM open.alpha.events GROUP BY 1 ORDER BY 1") == [("x", 3), ("y", 1)]


def test_a_rejected_file_leaves_no_trace_but_its_report(platform: Platform, tmp_path: Path) -> None:
    deliver(platform, "alpha/people", "id,name,born,\n1,甲,,x\n", tmp_path)
    outcomes = run_main_job(platform)
    assert outcomes[0].deliveries[0].state is DeliveryState.REJECTED
    assert outcomes[0].deliveries[0].problems
    assert current(platform) == {}
    # corrected and delivered again under the same name
    deliver(platform, "alpha/people", "id,name,born\n1,甲,\n", tmp_path)
    run_main_job(platform)
    assert query(platform, "SELECT count(*) FROM open.alpha.people") == [(1,)]


def test_data_without_a_published_entry_are_refused(platform: Platform, tmp_path: Path) -> None:
    for id_ in ("alpha/unknown", "authority/people"):
        with pytest.raises(InvalidError) as refused:
            deliver(platform, id_, "id\n1\n", tmp_path)
        assert refused.value.problems[0].article == 15
    assert not (platform.lake.root / "landing").exists()


@pytest.mark.slow
def test_withheld_increments_do_not_come_back(tmp_path: Path) -> None:
    entry = city.dataset("alpha/log", ["id", "v"], ["id"], delivery={"format": "csv", "mode": "incremental"})
    platform = city.platform(tmp_path / "home", city.catalog(entry))
    for text in ("id,v\n1,a\n", "id,v\n1,b\n", "id,v\n2,c\n"):
        deliver(platform, "alpha/log", text, tmp_path)
    run_main_job(platform)
    assert [one.state.value for one in reversed(recent(platform))] == ["loaded", "withheld", "loaded"]
    assert query(platform, "SELECT id, v FROM open.alpha.log ORDER BY id") == [("1", "a"), ("2", "c")]


@pytest.mark.slow
def test_a_delivery_of_which_no_row_fits_is_set_aside_whole(platform: Platform, tmp_path: Path) -> None:
    deliver(platform, "alpha/people", "id,name,born\n1,甲,昨天\n2,乙,明天\n", tmp_path)
    run_main_job(platform, ["alpha/people"])
    report = recent(platform)[0]
    assert (report.state, report.rows_read, report.rows_accepted, report.rows_quarantined) == (DeliveryState.WITHHELD, 2, 0, 2)
