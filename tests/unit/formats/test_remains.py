"""Faults of form do not hide faults of law: what remains of an entry is judged in the same go."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.catalog import Catalog, dataset_problems
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Where
from catalog_service.formats.entries import CatalogDocument, Entry, assemble
from catalog_service.formats.faults import Location
from tests.unit.catalog.samples import agency, dataset_data

LAWLESS: dict[str, Any] = {
    "basis": {},
    "sharing": {"class": "conditional"},
    "opening": {"class": "none"},
    "schema": {
        "key": ["none"],
        "fields": [
            {"name": "id", "title": "编号", "sharing": "unconditional", "code_list": "none"},
            {"name": "day", "title": "日期"},
        ],
    },
}
OF_LAW = {
    "sharing-basis": "sharing.basis",
    "sharing-conditions": "sharing.conditions",
    "opening-basis": "opening.basis",
    "collection-basis": "basis",
    "unknown-key": "schema.key",
    "looser-sharing": "schema.fields.0.sharing",
    "unknown-code-list": "schema.fields.0.code_list",
}


def document(*data: object) -> CatalogDocument:
    def locator(row: int) -> Callable[[Location], Where]:
        return lambda loc: Where(row=row, field=".".join(map(str, loc)))

    return assemble(Entry("datasets", one, locator(row)) for row, one in enumerate(data))


def rest(found: CatalogDocument) -> dict[str, str | None]:
    world = Catalog(agencies=(agency(),))
    return {one.code: one.where.field for one in found.rest(lambda dataset: dataset_problems(dataset, world))}


@pytest.mark.parametrize(
    ("fault", "silenced"),
    [
        ({"frequency": "often"}, set()),
        ({"title": "", "description": None, "theme": 5}, set()),
        ({"issued": "gestern", "unknown": 1, "keywords": "a"}, set()),
        ({"sharing": {"class": "maybe"}}, {"sharing-basis", "sharing-conditions", "looser-sharing"}),
        ({"sharing": {"class": "conditional", "basis": {"law": ""}}}, {"sharing-basis"}),
        ({"opening": 5}, {"opening-basis"}),
        ({"basis": {"consent": {"purpose": "服务"}}}, {"collection-basis"}),
        ({"delivery": {"format": "pdf"}}, set()),
        ({"derivation": {"kind": "none"}, "delivery": None}, set()),
        ({"schema": {"fields": []}}, {"unknown-key", "looser-sharing", "unknown-code-list"}),
    ],
)
def test_each_fault_of_law_is_told_beside_those_of_form_and_none_is_made_up(fault: dict[str, Any], silenced: set[str]) -> None:
    found = document(dataset_data("a", **LAWLESS | fault))
    assert {one.code for one in found.problems} == {"invalid-entry"}
    assert rest(found) == {code: place for code, place in OF_LAW.items() if code not in silenced}


def test_a_field_that_nobody_can_name_does_not_make_the_key_wrong() -> None:
    fields = [{"name": "No 1", "title": "编号"}, "field", {"name": "day", "title": "", "length": 0}]
    assert rest(document(dataset_data("a", schema={"key": ["no_1"], "fields": fields}))) == {}


def test_a_second_entry_of_the_same_name_is_refused_whatever_else_is_wrong() -> None:
    found = document(dataset_data("a"), dataset_data("a", title="", basis={}), dataset_data("a", frequency="x"))
    assert [one.code for one in found.problems] == ["invalid-entry", "duplicate-entry"] * 2
    assert [one.id for one in found.catalog.datasets] == ["civil/a"]
    assert rest(found) == {"collection-basis": "basis"}
    nameless = document({}, {}, "entry", dataset_data("B"), dataset_data("B"))
    assert "duplicate-entry" not in {one.code for one in nameless.problems}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "id", "2020-01-01", "conditional"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["class", "fields", "law", "name"]), inner),
    max_leaves=5,
)


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.sampled_from([info.alias or name for name, info in Dataset.model_fields.items()]), VALUES, max_size=4)
)
def test_whatever_an_entry_holds_it_is_told_and_breaks_nothing(changes: dict[str, Any]) -> None:
    found = document(dataset_data("a") | LAWLESS | changes)
    assert bool(found.catalog.datasets) != bool(found.problems)
    for one in found.refused:
        list(one.true(dataset_problems(one.dataset, Catalog())))
