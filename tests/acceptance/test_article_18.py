"""Article 18: the authority builds the five base databases; other agencies build thematic ones."""

import pytest

from catalog_service.catalog.dataset import Golden, Union
from catalog_service.catalog.principal import operator
from catalog_service.catalog.vocabularies import BaseDatabase
from catalog_service.services.access import analyst_session
from catalog_service.services.publishing import current
from pipelines.demo.truth import score
from tests.acceptance.conftest import Center
from tests.acceptance.support import query


def test_each_of_the_five_base_databases_is_built(center: Center) -> None:
    assert len(BaseDatabase) == 5
    for database in BaseDatabase:
        rows = query(
            center.platform,
            f"SELECT id, name, place, name__source, place__source, _conflict_count FROM base.authority.{database} ORDER BY id",
        )
        first, second = f"first/{database}", f"second/{database}"
        assert rows == [
            ("1", "甲", "城东", first, second, 1),
            ("2", "乙", "城中", first, first, 0),
            ("3", "丙", "城西", second, second, 0),
        ]


def test_conflicts_are_reported_per_database(center: Center) -> None:
    for database in BaseDatabase:
        rows = query(
            center.platform,
            f"SELECT id, field, source, value, is_chosen FROM base.authority.{database}_conflicts ORDER BY source",
        )
        assert rows == [("1", "name", f"first/{database}", "甲", True), ("1", "name", f"second/{database}", "甲甲", False)]


@pytest.mark.slow
@pytest.mark.parametrize("database", list(BaseDatabase))
def test_the_demo_citys_authority_builds_each_from_several_agencies(demo_center: Center, database: BaseDatabase) -> None:
    (golden,) = [
        one for one in demo_center.catalog.datasets if one.base_database is database and isinstance(one.derivation, Golden)
    ]
    assert golden.agency == "big_data_bureau"
    assert len({id_.partition("/")[0] for id_ in golden.upstream}) >= 3
    table, key = f"base.{golden.id.replace('/', '.')}", ", ".join(golden.schema_.key)
    ((rows, keys),) = query(demo_center.platform, f"SELECT count(*), count(DISTINCT ({key})) FROM {table}")
    assert rows == keys == current(demo_center.platform)[f"base/{golden.id}"].row_count > 0


@pytest.mark.slow
def test_the_demo_citys_thematic_databases_belong_to_other_agencies(demo_center: Center) -> None:
    thematic = [one for one in demo_center.catalog.datasets if isinstance(one.derivation, Union)]
    assert len(thematic) == 3
    assert "big_data_bureau" not in {one.agency for one in thematic}
    assert all(current(demo_center.platform)[f"thematic/{one.id}"].row_count > 0 for one in thematic)


@pytest.mark.slow
def test_the_demo_citys_base_records_recover_the_known_truth(demo_center: Center) -> None:
    """Errors are planted in the deliveries: nearly all records are found, none is invented, and most values are right."""
    assert demo_center.city is not None
    golden = {}
    with analyst_session(demo_center.platform, operator("test")) as session:
        for id_ in demo_center.city.truth.tables:
            golden[id_] = session.execute(f"FROM base.{id_.replace('/', '.')}").to_arrow_table()
    scores = score(demo_center.city.truth, golden)
    assert len(scores) == 5
    for one in scores:
        assert one.found_records >= 0.9 * one.true_records, one
        assert one.correct_values >= 0.85 * one.field_values, one
        assert one.false_records == 0, one
