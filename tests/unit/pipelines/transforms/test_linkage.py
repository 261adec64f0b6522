"""Linkage: blocks are bounded before anything is compared; groups do not depend on the order of pairs."""

import duckdb
import pytest

from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.linkage import Linkage, linkage_problems
from catalog_service.catalog.schema import Schema
from pipelines.transforms.linkage import clusters, link

PLAN = {"compare": [{"field": "name"}, {"field": "place"}], "blocks": [["name"], ["place"]], "largest_block": 10}


def test_a_block_that_explodes_is_refused_before_anything_is_compared() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE r AS SELECT range AS unique_id, 'n' || range AS name, '城中' AS place FROM range(11)")
        with pytest.raises(InvalidError) as refused:
            link(connection, "r", Linkage.model_validate(PLAN))
    (one,) = refused.value.problems
    assert one.code == "block-explodes"
    assert "place" in one.message.en
    assert "11" in one.message.zh


def test_a_block_of_codes_is_refused_when_the_entry_is_submitted() -> None:
    fields = [{"name": "name", "title": "名称"}, {"name": "place", "title": "区划", "code_list": "places"}]
    schema = Schema.model_validate({"fields": fields})
    assert [one.code for one in linkage_problems(Linkage.model_validate(PLAN), schema)] == ["block-explodes"]
    wrong = Linkage.model_validate({**PLAN, "blocks": [["name"], ["born"]]})
    assert [one.code for one in linkage_problems(wrong, schema)] == ["unknown-linkage-field"]


def test_groups_do_not_depend_on_the_order_of_pairs() -> None:
    pairs = [("a", "b"), ("c", "d"), ("b", "c"), ("x", "y")]
    assert clusters(pairs) == clusters(pairs[::-1]) == [("a", "b", "c", "d"), ("x", "y")]
