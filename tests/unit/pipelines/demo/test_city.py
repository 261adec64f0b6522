"""The deliveries of the demo city: the same each time, readable where they should be, and broken as counted."""

import hashlib
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.identifiers import is_valid
from catalog_service.catalog.vocabularies import IdentifierScheme
from pipelines.connectors.limits import Limits
from pipelines.connectors.reading import open_delivery
from pipelines.demo.city import DemoCity, build_city
from pipelines.demo.hostile import DemoDelivery
from pipelines.transforms.standardise import Standardisation


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _read(catalog: Catalog, delivery: DemoDelivery, workdir: Path) -> tuple[int, int]:
    """Read a delivery like the main job does; return rows read and rows set aside."""
    dataset = catalog.dataset[delivery.dataset_id]
    assert dataset.delivery is not None
    rows = open_delivery(delivery.path, delivery.path.name, dataset.schema_, dataset.delivery, Limits(), workdir)
    with duckdb.connect() as connection:
        connection.register("delivered", rows.reader())
        connection.execute("CREATE TABLE raw AS SELECT *, 'd' AS _delivery_id FROM delivered")
        accepted = connection.execute(f"SELECT count(*) FROM ({Standardisation(dataset).accepted('raw')})").fetchall()[0][0]
    assert rows.bad_rows == []
    return rows.rows_read, rows.rows_read - accepted


def test_same_seed_same_bytes(city: DemoCity, tmp_path: Path) -> None:
    again = build_city(tmp_path / "again", scale=0.05)
    assert _digests(again.catalog_file.parent) == _digests(city.catalog_file.parent)
    assert again.truth.tables.keys() == city.truth.tables.keys()
    assert all(again.truth.tables[one].equals(table) for one, table in city.truth.tables.items())


def test_another_seed_gives_another_city(city: DemoCity, tmp_path: Path) -> None:
    other = build_city(tmp_path / "other", seed=1, scale=0.05)
    name = "big_data_bureau/legal_entity"
    assert not other.truth.tables[name].equals(city.truth.tables[name])


def test_all_outcomes_are_expected(city: DemoCity) -> None:
    counts = Counter(one.expected for one in city.deliveries)
    assert counts["rejected"] >= 7
    assert counts["withheld"] == 1
    assert counts["duplicate"] == 1
    assert counts["loaded"] >= 100
    assert all(one.path.is_file() and one.note.zh and one.note.en for one in city.deliveries)


def test_every_delivered_entry_but_one_gets_a_file(city: DemoCity, catalog: Catalog) -> None:
    delivered = {one.dataset_id for one in city.deliveries}
    waiting = [one.id for one in catalog.datasets if one.delivery is not None and one.id not in delivered]
    assert waiting == ["water_group/water_outages"]


def test_bad_deliveries_come_after_a_good_one(city: DemoCity) -> None:
    loaded: set[str] = set()
    for one in city.deliveries:
        if one.expected == "loaded":
            loaded.add(one.dataset_id)
        elif one.dataset_id != "public_security/camera_snapshots":
            assert one.dataset_id in loaded


_ONE_OF_EACH_KIND = (
    "market_regulation/enterprises",
    "human_resources/insured_units",
    "statistics_bureau/statistical_units",
    "education_bureau/students",
    "public_security/residents",
    "housing_fund/depositors",
    "tax_bureau/taxpayers",
    "civil_affairs/marriages",
    "liangxi_approval/local_entities",
    "justice_bureau/taiwan_notarised_documents",
    "ecology_environment/air_quality_hourly",
)
"""Every format, encoding and compression, a sheet with title lines, dates in all styles."""


def _assert_sound(city: DemoCity, catalog: Catalog, delivery: DemoDelivery, workdir: Path) -> None:
    planted = city.truth.planted.get(delivery.dataset_id)
    read, set_aside = _read(catalog, delivery, workdir)
    assert read > 0
    assert set_aside == (planted.quarantined if planted else 0), delivery.path.name
    assert planted is None or read == planted.rows


@pytest.mark.parametrize("dataset", _ONE_OF_EACH_KIND)
def test_exactly_the_planted_rows_are_set_aside(city: DemoCity, catalog: Catalog, workdir: Path, dataset: str) -> None:
    delivery = next(one for one in city.deliveries if one.dataset_id == dataset)
    _assert_sound(city, catalog, delivery, workdir)


@pytest.mark.slow
def test_exactly_the_planted_rows_are_set_aside_in_all(city: DemoCity, catalog: Catalog, workdir: Path) -> None:
    for delivery in city.deliveries:
        if delivery.expected == "loaded":
            _assert_sound(city, catalog, delivery, workdir)


def test_roc_years_come_back(city: DemoCity, catalog: Catalog) -> None:
    """The day written in 民國 years precedes the day of verification written in common years, by less than a year."""
    dataset = catalog.dataset["justice_bureau/taiwan_notarised_documents"]
    delivery = next(one for one in city.deliveries if one.dataset_id == dataset.id)
    with duckdb.connect() as connection:
        columns = ", ".join(f'"{one.title}" AS {one.name}' for one in dataset.schema_.fields)
        relation = f"read_csv('{delivery.path}', all_varchar = true)"
        connection.execute(f"CREATE TABLE raw AS SELECT {columns}, 'd' AS _delivery_id, 1 AS _row_number FROM {relation}")
        accepted = Standardisation(dataset).accepted("raw")
        days = connection.execute(
            f"SELECT min(verified_date - issued_date), max(verified_date - issued_date) FROM ({accepted})"
        )
        least, most = days.fetchall()[0]
    assert 0 < least <= most <= 300


def test_the_hostile_ones_are_refused(city: DemoCity, catalog: Catalog, workdir: Path) -> None:
    for one in city.deliveries:
        if one.expected != "rejected" or one.dataset_id not in catalog.dataset:
            continue
        with pytest.raises(InvalidError):
            _read(catalog, one, workdir)


def test_the_withheld_one_repeats_keys(city: DemoCity, catalog: Catalog) -> None:
    delivery = next(one for one in city.deliveries if one.expected == "withheld")
    keys = [line.split(",")[0] for line in delivery.path.read_text(encoding="utf-8").splitlines()]
    assert catalog.dataset[delivery.dataset_id].schema_.key == ("facility_id",)
    assert len(set(keys)) < len(keys)


def test_the_duplicate_has_the_bytes_of_the_good_one(city: DemoCity) -> None:
    again = next(one for one in city.deliveries if one.expected == "duplicate")
    first = next(one for one in city.deliveries if one.dataset_id == again.dataset_id)
    assert again.path != first.path
    assert again.path.read_bytes() == first.path.read_bytes()


def test_true_identifiers_are_valid_and_belong_to_nobody(city: DemoCity) -> None:
    persons = city.truth.tables["big_data_bureau/population"]
    numbers = persons["resident_id"].to_pylist()
    assert all(is_valid(IdentifierScheme.RESIDENT_ID, one) for one in numbers)
    assert {one[:5] for one in numbers} == {"32029"}
    assert all(one is None or one.startswith("12") for one in persons["mobile_phone"].to_pylist())
    codes = city.truth.tables["big_data_bureau/legal_entity"]["uscc"].to_pylist()
    assert all(is_valid(IdentifierScheme.USCC, one) for one in codes)
    assert len(set(codes)) == len(codes)


def test_division_keys_are_distinct(city: DemoCity) -> None:
    codes = city.truth.tables["big_data_bureau/divisions"]["area_code"].to_pylist()
    assert len(set(codes)) == len(codes)
    assert {len(one) for one in codes} == {6, 9, 12}
