"""Metadata points: each fault costs what the indicator set says, and mending it brings exactly that."""

from typing import Any

import pytest

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.indicators import Check, MetadataDimension
from catalog_service.catalog.metadata_score import Described, metadata_score
from catalog_service.formats.indicator_sets import shipped_indicator_sets
from tests.support.city import agency, dataset

SET = shipped_indicator_sets().sets[0]
WHOLE: dict[str, Any] = {
    "keywords": ["住房"],
    "classification": "30101001",
    "resource_format": "database",
    "issued": "2026-01-01",
}
FIELDS = [{"name": "code", "data_element": "DE1"}, {"name": "built_on", "type": "date", "data_element": "DE2"}]


def described(entry: Dataset, **changes: Any) -> Described:
    return Described(entry, agency("civil"), 100, has_data=True, has_product=True)._replace(**changes)


def whole(**changes: Any) -> Dataset:
    return dataset("civil/homes", FIELDS, ["code"], **(WHOLE | changes))


def lost(one: Described) -> dict[Check, float]:
    return {fix.check: fix.gain for fix in metadata_score(one, SET).fixes(SET)}


def test_an_entry_that_lacks_nothing_has_all_points() -> None:
    found = metadata_score(described(whole()), SET)
    assert (found.earned, found.possible, found.points, found.grade.value) == (405, 405, 100, "excellent")
    assert found.fixes(SET) == ()
    assert found.of(MetadataDimension.CONTEXTUALITY) == (20, 20)


@pytest.mark.parametrize(
    ("change", "costs"),
    [
        ({"keywords": []}, {Check.KEYWORDS: 30}),
        ({"classification": ""}, {Check.CATEGORY: 30}),
        ({"delivery": {"format": "xlsx"}}, {Check.OPEN_FORMAT: 20}),
        ({"basis": {"statute": {"law": "某法"}}}, {Check.RIGHTS: 5}),
        ({"sharing": {"class": "conditional", "conditions": "仅限民政"}}, {Check.TERMS: 7.5}),
        ({"sharing": {"class": "none"}}, {Check.TERMS: 15}),
    ],
)
def test_a_fault_costs_its_points(change: dict[str, Any], costs: dict[Check, float]) -> None:
    assert lost(described(whole(**change))) == costs


def test_what_is_published_and_registered_counts_too() -> None:
    one = described(whole())
    assert lost(one._replace(has_product=False)) == {Check.DOWNLOAD: 40}
    assert lost(one._replace(completeness=90)) == {Check.COMPLETENESS: 3}
    nobody = agency("civil").model_copy(update={"responsible_person": ""})
    assert lost(one._replace(agency=nobody)) == {Check.CONTACT: 12.5}
    without = lost(one._replace(has_data=False, has_product=False))
    assert without == {Check.REACHABLE: 60, Check.DOWNLOAD: 40, Check.MACHINE_READABLE: 20, Check.SIZE: 5, Check.MODIFIED: 5}


def test_what_brings_most_comes_first_and_what_does_not_apply_is_left_out() -> None:
    closed = whole(opening={"class": "none", "basis": {"law": "某法", "article": "第一条"}}, keywords=[], issued=None)
    found = metadata_score(described(closed, has_product=False), SET)
    assert found.possible == 365, "what is not open needs no download"
    assert [(one.check, one.gain) for one in found.fixes(SET)] == [(Check.KEYWORDS, 30), (Check.ISSUED, 5)]
    assert found.points == 90.41
    half = whole(
        schema={"fields": [{**FIELDS[0], "title": "甲", "data_element": ""}, {**FIELDS[1], "title": "乙"}], "key": ["code"]}
    )
    assert lost(described(half)) == {Check.DATA_ELEMENTS: 5}
