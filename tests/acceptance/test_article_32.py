"""Article 32: data quality is monitored: every rule is measured, by the dimensions of GB/T 36344, stored and queryable."""

import datetime as dt
from collections.abc import Iterator

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.schema import CodeItem, CodeList
from catalog_service.catalog.vocabularies import Dimension
from catalog_service.services.measuring import quality
from catalog_service.services.platform import Platform
from tests.acceptance.support import agencies, deliver, entry, publish, query, run

ID = "market/shops"
FIELDS = [
    "code",
    {"name": "name", "required": True},
    {"name": "kind", "code_list": "kinds"},
    {"name": "phone", "pattern": "[0-9-]{7,12}"},
    {"name": "capital", "type": "decimal", "minimum": 0},
    {"name": "district", "reference": {"dataset": "civil_affairs/districts", "field": "code"}},
]
SHOPS = [
    "code,name,kind,phone,capital,district",
    "1,甲店,A,0510-1234567,10,320205",
    "2,乙店,X,电话,-5,320206",
    "3,丙店,B,,,320299",
    "4,丁店,A,0510-7654321,7,",
]
# rule → dimension, severity, passed, evaluated, unexpected: counted by hand in the rows above
EXPECTED = {
    "table__row_count": ("completeness", "blocking", True, 4, 0),
    "code__unique": ("accuracy", "blocking", True, 4, 0),
    "code__not_null": ("completeness", "blocking", True, 4, 0),
    "name__not_null": ("completeness", "blocking", True, 4, 0),
    "kind__in_set": ("conformity", "warning", False, 4, 1),
    "phone__matches": ("conformity", "warning", False, 3, 1),
    "capital__between": ("accuracy", "warning", False, 3, 1),
    "district__reference": ("consistency", "warning", False, 3, 1),
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("quality")
    kinds = CodeList(name="kinds", title="门店类型", items=(CodeItem(code="A", label="甲"), CodeItem(code="B", label="乙")))
    catalog = Catalog(
        agencies=agencies({"civil_affairs": "民政局", "market": "市场监管局"}),
        code_lists=(kinds,),
        datasets=(entry("civil_affairs/districts", ["code"], ["code"]), entry(ID, FIELDS, ["code"])),
    )
    with publish(folder, catalog) as opened:
        (folder / "districts.csv").write_text("code\n320205\n320206\n", encoding="utf-8")
        deliver(opened, "civil_affairs/districts", folder / "districts.csv")
        for text in ("\n".join(SHOPS[:2]), "\n".join(SHOPS)):
            (folder / "shops.csv").write_text(text, encoding="utf-8")
            deliver(opened, ID, folder / "shops.csv")
        run(opened)
        yield opened


def test_every_rule_is_measured_exactly(platform: Platform) -> None:
    view = quality(platform, ID)
    found = {
        one.rule: (one.dimension.value, one.severity.value, one.passed, one.evaluated_count, one.unexpected_count)
        for one in view.rules
    }
    assert found == EXPECTED
    assert (view.row_count, view.is_published) == (4, True)


def test_rules_are_summed_up_by_dimension(platform: Platform) -> None:
    found = {one.dimension: one for one in quality(platform, ID).dimensions}
    assert {dimension: (one.rule_count, one.passed_count, one.failed_count) for dimension, one in found.items()} == {
        Dimension.COMPLETENESS: (3, 3, 0),
        Dimension.ACCURACY: (2, 1, 1),
        Dimension.CONFORMITY: (2, 0, 2),
        Dimension.CONSISTENCY: (1, 0, 1),
    }
    # each rule weighs the same, and nothing is rounded up
    assert found[Dimension.CONFORMITY].share == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert found[Dimension.CONFORMITY].label.zh == "规范性"


def test_measurements_are_stored_and_can_be_asked_by_anyone_in_the_center(platform: Platform) -> None:
    rows = query(
        platform,
        "SELECT dimension, count(*), sum(unexpected_count)::INTEGER FROM quality.market.shops "
        "WHERE version = (SELECT max(version) FROM quality.market.shops) GROUP BY 1 ORDER BY 1",
    )
    assert rows == [("accuracy", 2, 1), ("completeness", 3, 0), ("conformity", 2, 2), ("consistency", 1, 1)]


def test_every_run_stays_so_that_a_trend_can_be_seen(platform: Platform) -> None:
    trend = query(
        platform,
        "SELECT version, row_count, count(*) FILTER (passed), max(measured_at) FROM quality.market.shops "
        "GROUP BY ALL ORDER BY version",
    )
    assert [row[:3] for row in trend] == [(0, 1, 8), (1, 4, 4)]
    assert trend[0][3] < trend[1][3] <= dt.datetime.now(dt.UTC)


def test_what_breaks_a_rule_is_shown_with_examples(platform: Platform) -> None:
    examples = {one.rule: one.examples for one in quality(platform, ID).rules if one.passed is False}
    assert examples == {
        "kind__in_set": ("X",),
        "phone__matches": ("电话",),
        "capital__between": ("-5.00",),
        "district__reference": ("320299",),
    }
