import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from catalog_service.catalog.access import Consent, LegalBasis, OpeningTerms, SharingTerms
from catalog_service.catalog.comparison import LABELS, Kind, as_problem, compare
from catalog_service.catalog.dataset import Dataset, DeliveryFormat, Golden
from catalog_service.catalog.errors import Language
from catalog_service.catalog.schema import Field
from tests.unit.catalog.samples import dataset, dataset_data


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(one.path, one.kind.value, one.before.zh, one.after.zh) for one in compare(before, after)]


def test_attributes_are_compared_one_by_one_in_words() -> None:
    before = dataset_data()
    after = dataset_data(
        title="新名称", frequency="weekly", sharing={"class": "none", "basis": {"law": "某法"}}, keywords=["甲", "乙"]
    )
    assert changes(before, after) == [
        ("title", "changed", "名称 people", "新名称"),
        ("frequency", "changed", "每日", "每周"),
        ("sharing.class", "changed", "无条件共享", "不予共享"),
        ("sharing.basis.law", "added", "", "某法"),
        ("keywords", "added", "", "甲、乙"),
    ]


def test_fields_are_matched_by_name() -> None:
    before, after = dataset_data(), dataset_data()
    after["schema"] = {
        "fields": [
            {"name": "label", "title": "名称", "opening": "none"},
            {"name": "phone", "title": "电话", "type": "text", "length": 11},
        ],
        "key": [],
    }
    assert changes(before, after) == [
        ("schema.fields[code]", "removed", "标识：code；名称：编号", ""),
        ("schema.fields[label].opening", "added", "", "不予开放"),
        ("schema.fields[phone]", "added", "", "标识：phone；名称：电话；数据类型：字符型 C；长度：11"),
        ("schema.key", "removed", "code", ""),
    ]


def test_another_order_of_the_same_fields_is_one_difference() -> None:
    after = dataset_data()
    after["schema"] = after["schema"] | {"fields": after["schema"]["fields"][::-1]}
    assert changes(dataset_data(), after) == [("schema.fields", "changed", "code、label", "label、code")]


def test_nothing_said_in_different_ways_is_the_same_but_zero_is_not_nothing() -> None:
    assert compare({"title": "", "keywords": [], "schema": None}, {}) == ()
    assert changes({"minimum": None}, {"minimum": 0}) == [("minimum", "added", "", "0")]


@pytest.mark.parametrize("model", [Dataset, Field, SharingTerms, OpeningTerms, LegalBasis, Consent, DeliveryFormat, Golden])
def test_every_attribute_has_words(model: type[BaseModel]) -> None:
    names = {one.alias or name for name, one in model.model_fields.items()}
    assert names - LABELS.keys() == set()
    assert all(zh and en for zh, en in LABELS.values())


def test_a_difference_can_be_said_as_a_sentence() -> None:
    (found,) = compare(dataset_data(), dataset_data(title="新"))
    assert as_problem(found).to(Language.ZH) == "字段 title：名称（修改）：名称 people → 新"
    assert as_problem(found).to(Language.EN) == "field title: title (changed): 名称 people → 新"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "fields", "schema", "name"]), inner),
    max_leaves=8,
)
_DOCUMENT = st.dictionaries(st.sampled_from(["title", "schema", "sharing", "keywords"]), _JSON)


@settings(max_examples=60, deadline=None)
@given(_DOCUMENT, _DOCUMENT)
def test_whatever_a_draft_holds_it_can_be_compared_and_equals_itself(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert compare(one, copy.deepcopy(one)) == ()
    there, back = compare(one, other), compare(other, one)
    assert sum(found.kind is Kind.ADDED for found in there) == sum(found.kind is Kind.REMOVED for found in back)


def test_complete_entries_differ_in_what_was_changed_only() -> None:
    def dumped(**change: Any) -> dict[str, Any]:
        return dataset(**change).model_dump(mode="json", by_alias=True, exclude_none=True)

    assert [one.path for one in compare(dumped(), dumped(description="别的"))] == ["description"]
