"""Completeness of entries by requirements that are data."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog_service.catalog.requirements import Requirement, Requirements, completeness
from catalog_service.catalog.ruleset import DEFAULT
from catalog_service.formats.rule_sets import shipped_rule_sets
from tests.support.city import agency, dataset

(SHIPPED,) = [one.requirements for one in shipped_rule_sets() if one.id == DEFAULT]
FULL: dict[str, Any] = {
    "title_en": "bus stops",
    "keywords": ["公交"],
    "issued": "2026-01-01",
}
FIELDS: list[str | dict[str, Any]] = [
    {"name": "id", "length": 10, "data_element": "DE1"},
    {"name": "lon", "type": "number", "data_element": "DE2"},
]


def requirements(*items: dict[str, Any]) -> Requirements:
    common = {"title": {"zh": "要素"}, "weight": 1, "remedy": {"zh": "补充"}}
    return Requirements.model_validate({"version": "1", "items": [common | one for one in items]})


def test_an_entry_with_everything_has_a_hundred() -> None:
    assert SHIPPED is not None
    found = completeness(dataset("a/b", FIELDS, ["id"], **FULL), agency("a"), SHIPPED)
    assert (found.score, found.missing) == (100, ())


def test_what_is_missing_is_named_with_its_gain_and_its_remedy() -> None:
    assert SHIPPED is not None
    changes = FULL | {"keywords": [], "sharing": {"class": "conditional", "conditions": "仅限民政"}}
    found = completeness(dataset("a/b", [*FIELDS, "note"], ["id"], **changes), agency("a"), SHIPPED)
    assert [(one.element, one.article, one.places) for one in found.missing] == [
        ("sharing.basis", 19, ()),
        ("keywords", 13, ()),
        ("schema.fields.*.data_element", 13, ("note",)),
        ("schema.fields.*.length", 13, ("note",)),
    ]
    assert found.score == int(100 - sum(one.gain for one in found.missing))
    assert all(one.remedy.zh and one.gain > 0 for one in found.missing)


def test_the_registration_of_the_agency_counts() -> None:
    unit = requirements({"element": "agency_record.responsible_unit"})
    without = agency("a").model_copy(update={"responsible_unit": ""})
    assert [completeness(dataset("a/b", ["x"]), one, unit).score for one in (agency("a"), without, None)] == [100, 0, 0]


def test_a_condition_decides_whether_an_element_is_asked_for() -> None:
    asked = requirements(
        {"element": "opening.conditions", "when": {"opening.class": ["conditional"]}},
        {"element": "schema.key", "when": {"derivation": ["absent"], "delivery": ["present"]}},
    )
    assert completeness(dataset("a/b", ["x"], ["x"]), None, asked).score == 100
    assert completeness(dataset("a/b", ["x"], ["x"], opening={"class": "conditional"}), None, asked).score == 50
    derived = dataset("a/b", ["x"], derivation={"kind": "union", "sources": ["a/c"]})
    assert completeness(derived, None, asked).score == 100


@pytest.mark.parametrize(
    "draft", [{}, {"schema": {}}, {"schema": {"fields": ["x", None, {"name": 1}]}}, {"schema": [1], "basis": 3}]
)
def test_a_draft_of_any_form_can_be_measured(draft: dict[str, Any]) -> None:
    assert SHIPPED is not None
    assert 0 <= completeness(draft, None, SHIPPED).score < 50


@pytest.mark.parametrize(
    "path", ["sharing.basi", "schema.fields.title", "schema.fields.*.titel", "agency_record.unit", "nothing"]
)
def test_a_requirement_about_nothing_is_refused_and_says_what_there_is(path: str) -> None:
    with pytest.raises(ValidationError, match="可用"):
        Requirement.model_validate({"element": path, "title": {"zh": "x"}, "weight": 1, "remedy": {"zh": "x"}})


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(1, 100))
@settings(max_examples=15, deadline=None)
def test_supplying_what_is_missing_never_lowers_the_score(filled: list[int], weight: int) -> None:
    """The score grows with every field that is supplied, and is 100 only at the end."""
    asked = requirements({"element": "schema.fields.*.data_element", "weight": weight}, {"element": "title"})
    fields = [{"name": f"f{n}", "data_element": "DE" if flag else ""} for n, flag in enumerate(filled)]
    before = completeness(dataset("a/b", fields), None, asked)
    assert (before.score == 100) == all(filled)
    for n, flag in enumerate(filled):
        if not flag:
            fields[n]["data_element"] = "DE"
            after = completeness(dataset("a/b", fields), None, asked)
            assert after.score >= before.score
            before = after
    assert before.score == 100
