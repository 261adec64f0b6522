"""Reading the catalog: metadata of published entries are public, sensitive values nowhere (Art. 13, 14, 25)."""

import pytest

from catalog_service.catalog.errors import NotFoundError
from catalog_service.catalog.record import SearchQuery
from catalog_service.catalog.vocabularies import OpeningClass
from catalog_service.services import browsing, measuring, tracing
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release
from tests.unit.services.reading_platform import STOPS, stops_sql, write, write_quality

USES = (browsing.detail, browsing.schema, browsing.versions, measuring.quality, tracing.lineage)


def test_search_finds_published_entries_with_the_names_of_their_agencies(reading: Platform) -> None:
    page = browsing.search(reading, SearchQuery(text="公交"))
    assert {one.id for one in page.items} == {STOPS, "transport/bus_lines"}
    assert {one.agency_name for one in page.items} == {"市交通运输局"}
    assert page.facets.opening == {"unconditional": 2}
    assert browsing.search(reading, SearchQuery(text="隧道")).total == 0


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("dataset_id", ["transport/tunnels", "transport/none", "x/y", "../../etc", "a\x00/b"])
def test_drafts_and_unknown_entries_do_not_exist(reading: Platform, use: object, dataset_id: str) -> None:
    assert callable(use)
    with pytest.raises(NotFoundError):
        use(reading, dataset_id)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("dataset_id", [STOPS, "health/clinics", "health/patients", "transport/stations"])
def test_metadata_of_every_class_are_public(reading: Platform, use: object, dataset_id: str) -> None:
    assert callable(use)
    use(reading, dataset_id)


def test_detail_has_the_six_elements_and_what_is_published(reading: Platform) -> None:
    detail = browsing.detail(reading, STOPS)
    assert (detail.title, detail.agency_name, detail.frequency, detail.opening) == (
        "公交站点",
        "市交通运输局",
        "monthly",
        OpeningClass.UNCONDITIONAL,
    )
    assert detail.product is not None
    assert (detail.product.version, detail.product.row_count, len(detail.product.files)) == (1, 300, 1)
    assert [(one.table, one.row_count) for one in detail.tables] == [(f"standard/{STOPS}", 300)]


def test_detail_of_closed_data_tells_counts_but_no_product_and_no_person(reading: Platform) -> None:
    detail = browsing.detail(reading, "health/patients")
    assert detail.product is None
    assert detail.tables[0].row_count == 1
    assert "张三" not in detail.model_dump_json()


def test_schema_gives_the_attributes_in_force(reading: Platform) -> None:
    fields = {one.name: one for one in browsing.schema(reading, STOPS).fields}
    assert fields["code"].is_key
    assert fields["code"].opening is OpeningClass.UNCONDITIONAL
    assert fields["phone"].opening is OpeningClass.NONE


def test_versions_stay_listed_newest_first(reading: Platform) -> None:
    found = browsing.versions(reading, STOPS)
    assert [(one.version, one.row_count, one.is_current) for one in found] == [(1, 300, True), (0, 200, False)]
    assert browsing.versions(reading, "health/patients") == ()


def test_quality_is_the_latest_run_with_failing_rules_first(reading: Platform) -> None:
    found = measuring.quality(reading, STOPS)
    assert (found.run_id, found.is_published, found.row_count) == ("run-2", True, 300)
    assert [one.passed for one in found.rules] == [False, False, None, True, True]
    by_rule = {one.rule: one for one in found.rules}
    assert by_rule["opened_at__not_null"].share == pytest.approx(0.99)
    assert by_rule["line__reference"].share is None
    dimensions = {one.dimension.value: one for one in found.dimensions}
    assert dimensions["completeness"].share == pytest.approx((1 + 0.99) / 2)
    assert dimensions["consistency"].share is None
    assert dimensions["consistency"].not_evaluated_count == 1


def test_quality_shows_values_of_open_fields_only(reading: Platform) -> None:
    found = measuring.quality(reading, STOPS)
    examples = {one.rule: one.examples for one in found.rules}
    assert examples["opened_at__not_null"] == ("(空)",)
    assert examples["phone__matches"] == ()
    assert "13800000000" not in found.model_dump_json()


def test_quality_of_a_withheld_version_says_so_and_shows_no_values(changing: Platform) -> None:
    write(changing, f"standard/{STOPS}", stops_sql(5))
    release(changing, [write_quality(changing, STOPS, 2, "run-3", later=True)])
    found = measuring.quality(changing, STOPS)
    assert (found.run_id, found.version, found.is_published) == ("run-3", 2, False)
    assert all(one.examples == () for one in found.rules)


def test_quality_of_unchecked_data_is_empty(reading: Platform) -> None:
    assert measuring.quality(reading, "health/clinics").run_id is None


def test_lineage_gives_sources_in_order_and_uses(reading: Platform) -> None:
    golden = tracing.lineage(reading, "transport/stations")
    assert [(one.rank, one.dataset, one.copy_of) for one in golden.upstream] == [(1, STOPS, None), (2, "health/clinics", STOPS)]
    stops = tracing.lineage(reading, STOPS)
    assert [(one.dataset, one.relation) for one in stops.downstream] == [("transport/stations", "golden")]
    assert [one.dataset for one in stops.references] == ["transport/bus_lines"]
    assert [one.dataset for one in tracing.lineage(reading, "transport/bus_lines").downstream] == [STOPS]


def test_deliveries_balance_and_hide_file_names_and_sensitive_details(reading: Platform) -> None:
    (delivery,) = tracing.lineage(reading, STOPS).deliveries
    assert delivery.rows_accepted + delivery.rows_quarantined == delivery.rows_read == 303
    assert next(one.message.en for one in delivery.quarantine) == "bad date"
    text = delivery.model_dump_json()
    assert "secret-name" not in text
    assert "138 is bad" not in text


def test_home_counts_only_what_everybody_can_have(reading: Platform) -> None:
    home = browsing.home(reading)
    assert (home.entry_count, home.agency_count, home.open_count, home.product_count, home.row_count) == (5, 2, 3, 1, 300)
    assert [one.dataset for one in home.latest] == [STOPS]
    assert [(one.slug, one.entry_count) for one in home.agencies] == [("transport", 3), ("health", 2)]
