"""Article 11: one big-data center aggregates the city's base data and thematic data; sharing and opening go through it."""

import pytest

from catalog_service.services.publishing import current
from tests.acceptance.conftest import Center
from tests.acceptance.support import balance, query


def test_what_agencies_delivered_is_in_one_center(center: Center) -> None:
    reports = balance(center.outcomes.values())
    assert len(reports) == 12
    tables = current(center.platform)
    for id_, [(state, _, accepted, _)] in reports.items():
        assert state == "loaded"
        assert tables[f"standard/{id_}"].row_count == accepted


def test_base_and_thematic_data_of_several_agencies_are_asked_in_one_session(center: Center) -> None:
    rows = query(
        center.platform,
        "SELECT b.name, t.name, s.name FROM base.authority.population b, thematic.first.all_parks t, "
        "standard.second.geography s WHERE b.id = '2' AND t.district = '一区' AND s.id = '3'",
    )
    assert rows == [("乙", "东园", "丙")]


def test_a_thematic_database_holds_the_rows_of_all_its_sources(center: Center) -> None:
    rows = query(center.platform, "SELECT _source, name, district FROM thematic.first.all_parks ORDER BY ALL")
    assert rows == [("first/parks", "东园", "一区"), ("second/parks", "西园", "二区"), ("second/parks", "西园", "二区")]


def test_every_row_leads_back_to_the_file_an_agency_delivered(center: Center) -> None:
    known = {d.id: d for one in center.outcomes.values() for d in one.deliveries}
    rows = query(
        center.platform,
        "SELECT DISTINCT _source, _delivery_id FROM thematic.first.all_parks UNION "
        "SELECT DISTINCT name__source, name__delivery FROM base.authority.credit",
    )
    assert len(rows) == 4
    for source, delivery in rows:
        assert known[delivery].dataset == source
        landed = center.platform.lake.landing.path(source, known[delivery].sha256)
        assert landed.stat().st_size == known[delivery].size_bytes


def test_the_open_products_come_from_the_center(center: Center) -> None:
    tables = current(center.platform)
    assert sum(key.startswith("open/") for key in tables) == len(center.catalog.datasets) == 18
    for one in center.catalog.datasets:
        assert tables[f"open/{one.id}"].row_count == tables[f"{one.zone}/{one.id}"].row_count


@pytest.mark.slow
def test_the_demo_citys_deliveries_end_as_they_should(demo_center: Center) -> None:
    assert demo_center.city is not None
    reports = balance(demo_center.outcomes.values())
    expected: dict[str, list[str]] = {}
    for one in demo_center.city.deliveries:
        if one.dataset_id in demo_center.catalog.dataset and one.expected != "duplicate":
            expected.setdefault(one.dataset_id, []).append(one.expected)
    assert {id_: [state for state, *_ in report] for id_, report in reports.items()} == expected
    tables = current(demo_center.platform)
    assert {one.zone for one in demo_center.catalog.datasets if f"{one.zone}/{one.id}" in tables} >= {"base", "thematic"}
