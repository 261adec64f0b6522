"""Article 25: a check holds as long as what it rests on; then data are judged again, and what was withheld may pass."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.declared_rules import DeclaredRule
from catalog_service.catalog.principal import operator
from catalog_service.catalog.quality import Metric
from catalog_service.catalog.schema import CodeItem, CodeList
from catalog_service.services import ruling
from catalog_service.services.delivering import recent
from catalog_service.services.measuring import trend
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, published_catalog
from pipelines.checking import MOST_FILES
from pipelines.rechecking import recheck
from pipelines.rejudging import outdated
from tests.acceptance.support import agencies, deliver, entry, measured, publish, query, run

PLANES, FLIGHTS, LAST = "air/planes", "city/flights", "city/arrivals"
OPERATOR = operator("test")


def refer(dataset: str, *, blocking: bool) -> dict[str, object]:
    return {"name": "tail", "reference": {"dataset": dataset, "field": "tail", "blocking": blocking}}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    catalog = Catalog(
        agencies=agencies({"air": "民航局", "city": "交通局"}),
        datasets=(
            entry(PLANES, ["tail"], ["tail"]),
            entry(FLIGHTS, ["flight", refer(PLANES, blocking=True), "flown:date"], ["flight"]),
            entry(LAST, ["flight", refer(PLANES, blocking=False)], ["flight"]),
        ),
    )
    with publish(tmp_path, catalog) as opened:
        yield opened


def load(platform: Platform, folder: Path, id_: str, text: str) -> set[str]:
    path = folder / f"{id_.replace('/', '_')}.csv"
    path.write_text(text, encoding="utf-8")
    deliver(platform, id_, path)
    return set(run(platform))


def states(platform: Platform, id_: str) -> list[str]:
    return [one.state.value for one in recent(platform, id_)]


def waiting(platform: Platform) -> list[str]:
    return outdated(platform, published_catalog(platform))


def test_references_are_checked_again_when_what_they_refer_to_changes(platform: Platform, tmp_path: Path) -> None:
    load(platform, tmp_path, LAST, "flight,tail\n1,A\n2,B\n")
    assert measured(platform, LAST)["tail__reference"].passed is None
    load(platform, tmp_path, PLANES, "tail\nA\n")
    assert waiting(platform) == [LAST]

    assert set(run(platform)) == {LAST}
    found = measured(platform, LAST)["tail__reference"]
    assert (found.passed, found.unexpected_count) == (False, 1)
    assert waiting(platform) == []
    assert run(platform) == {}

    load(platform, tmp_path, PLANES, "tail\nA\nB\n")
    run(platform)
    assert measured(platform, LAST)["tail__reference"].passed is True
    assert current(platform)[f"standard/{LAST}"].version == 0, "the data stay what they are"


def test_what_was_withheld_for_want_of_its_reference_is_published_when_that_comes(platform: Platform, tmp_path: Path) -> None:
    load(platform, tmp_path, FLIGHTS, "flight,tail,flown\n1,A,2026-01-01\n2,B,2026-01-02\n")
    assert states(platform, FLIGHTS) == ["withheld"]
    load(platform, tmp_path, PLANES, "tail\nA\n")
    outcome = run(platform)[FLIGHTS]
    assert "1 行不符" in outcome.withheld[0].message.zh
    assert [one.message for one in outcome.deliveries[0].problems] == [outcome.withheld[0].message]

    load(platform, tmp_path, PLANES, "tail\nA\nB\n")
    (delivery,) = run(platform)[FLIGHTS].deliveries
    assert (delivery.state.value, delivery.problems, states(platform, FLIGHTS)) == ("loaded", (), ["loaded"])
    assert query(platform, "SELECT tail FROM open.city.flights ORDER BY 1") == [("A",), ("B",)]
    assert waiting(platform) == []


def test_data_are_checked_again_when_their_code_list_got_other_codes(tmp_path: Path) -> None:
    kinds = CodeList(name="kinds", title="机型", items=(CodeItem(code="A", label="甲"),))
    fields = ["tail", {"name": "kind", "code_list": "kinds"}]
    catalog = Catalog(agencies=agencies({"air": "民航局"}), code_lists=(kinds,), datasets=(entry(PLANES, fields, ["tail"]),))
    with publish(tmp_path, catalog) as platform:
        load(platform, tmp_path, PLANES, "tail,kind\n1,A\n2,B\n")
        found = measured(platform, PLANES)["kind__in_set"]
        assert (found.passed, found.unexpected_count) == (False, 1)
        assert waiting(platform) == []
        longer = kinds.model_copy(update={"items": (*kinds.items, CodeItem(code="B", label="乙"))})
        with platform.database.transaction() as transaction:
            transaction.catalog.put_code_lists([longer])
        assert waiting(platform) == [PLANES]
        assert set(run(platform)) == {PLANES}
        assert measured(platform, PLANES)["kind__in_set"].passed is True
        assert waiting(platform) == []


def test_changed_rules_judge_what_is_there(platform: Platform, tmp_path: Path) -> None:
    load(platform, tmp_path, PLANES, "tail\nA\n")
    text = {"name": "short", "metric": "max_length", "field": "tail", "parameters": {"length": 2}, "description": "短"}
    rule = DeclaredRule.model_validate({**text, "severity": "blocking"})
    ruling.put_rule(platform, OPERATOR, PLANES, rule)
    assert set(run(platform)) == {PLANES}
    assert measured(platform, PLANES)["tail__short__declared"].passed is True

    load(platform, tmp_path, PLANES, "tail\nABC\n")
    assert states(platform, PLANES) == ["withheld", "loaded"]
    assert [one.version for one in recheck(platform, [PLANES])] == [1], "the version that waits is looked at"
    ruling.drop_rule(platform, OPERATOR, PLANES, "tail__short")
    run(platform)
    assert states(platform, PLANES) == ["loaded", "loaded"]
    assert query(platform, "SELECT tail FROM open.air.planes") == [("ABC",)]


def test_a_rule_about_the_day_is_checked_every_day(platform: Platform, tmp_path: Path) -> None:
    text = {"name": "recent", "metric": Metric.FRESH, "field": "flown", "parameters": {"days": 30}, "description": "近期"}
    ruling.put_rule(platform, OPERATOR, FLIGHTS, DeclaredRule.model_validate(text))
    load(platform, tmp_path, PLANES, "tail\nA\n")
    load(platform, tmp_path, FLIGHTS, f"flight,tail,flown\n1,A,{dt.datetime.now(dt.UTC).date()}\n")
    assert measured(platform, FLIGHTS)["flown__recent__declared"].passed is True
    assert waiting(platform) == []
    platform.seal()
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=40), tick=True):
        assert waiting(platform) == [FLIGHTS]
        run(platform)
        assert measured(platform, FLIGHTS)["flown__recent__declared"].passed is False
        assert waiting(platform) == []


@pytest.mark.slow
def test_many_checks_cost_no_more_and_are_all_kept(platform: Platform, tmp_path: Path) -> None:
    load(platform, tmp_path, PLANES, "tail\nA\n")
    for _ in range(MOST_FILES + 2):
        recheck(platform, [PLANES])
    assert len(current(platform)[f"quality/{PLANES}"].files) == 3
    rows = query(platform, f"SELECT run_id, count(*) FROM quality.{PLANES.replace('/', '.')} GROUP BY run_id")
    assert [count for _, count in rows] == [rows[0][1]] * (MOST_FILES + 3)
    assert len({one.run_id for one in trend(platform, PLANES).points}) == 60
    assert measured(platform, PLANES)["tail__unique"].passed is True
