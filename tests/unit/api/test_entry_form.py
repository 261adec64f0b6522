"""The form of an entry: what it shows comes back as it was, and what it does not show is never lost."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.dataset import Dataset
from catalog_service.web import entry_form
from tests.unit.catalog.samples import dataset, dataset_data

RICH = dataset(
    keywords=["甲", "乙"],
    sharing={"class": "conditional", "conditions": "公安机关", "basis": {"law": "某法", "article": "第二条"}},
    basis={"consent": {"purpose": "服务", "manner": "窗口", "scope": "姓名", "channel": "热线"}},
    schema={
        "fields": [
            {"name": "code", "title": "编号", "type": "text", "length": 18, "identifier": "uscc", "required": True},
            {"name": "age", "title": "年龄", "type": "integer", "minimum": 0, "maximum": 150, "pattern": None},
            {
                "name": "place",
                "title": "地点",
                "reference": {"dataset": "civil/places", "field": "id"},
                "source_names": ["地址"],
            },
        ],
        "key": ["code", "place"],
    },
    delivery={"format": "xlsx", "sheet": "一", "header_row": 2, "null_values": ["", "无"]},
    issued="2026-01-31",
).model_dump(mode="json", by_alias=True, exclude_none=True)


def sent(document: dict[str, Any], blank: int = 3) -> dict[str, str]:
    """Return what a browser sends when nothing was changed."""
    form = dict(entry_form.values(document))
    for row in entry_form.rows(document, blank=blank):
        form |= {
            f"f{row.number}.{path}": value for path, value in row.values.items() if value or path not in ("key", "required")
        }
        form |= {f"f{row.number}.order": str(row.number + 1), f"f{row.number}.was": row.values["name"]}
    return form


def test_an_unchanged_form_changes_nothing() -> None:
    back = entry_form.merged(RICH, sent(RICH))
    assert Dataset.model_validate(back) == Dataset.model_validate(RICH)


def test_what_the_form_does_not_show_is_kept_even_when_a_field_is_renamed() -> None:
    form = sent(RICH) | {"f1.name": "years", "title": " 新名称 ", "keywords": "一，二; 三"}
    back = entry_form.merged(RICH, form)
    field = Dataset.model_validate(back).schema_.field("years")
    assert (field.minimum, field.maximum, back["title"], back["keywords"]) == (0, 150, "新名称", ["一", "二", "三"])


def test_fields_are_added_removed_and_put_in_order() -> None:
    form = sent(RICH) | {"f0.order": "9", "f1.gone": "on", "f3.name": "phone", "f3.title": "电话", "f3.key": "on"}
    back = entry_form.merged(RICH, form)
    assert [one["name"] for one in back["schema"]["fields"]] == ["place", "phone", "code"]
    assert back["schema"]["key"] == ["code", "place", "phone"]


def test_what_is_emptied_goes_and_takes_its_group_along() -> None:
    form = sent(RICH) | {name: "" for name in entry_form.values(RICH) if name.startswith(("basis.", "sharing.basis"))}
    back = entry_form.merged(RICH, form)
    assert "basis" not in back
    assert back["sharing"] == {"class": "conditional", "conditions": "公安机关"}


def test_what_is_no_number_is_left_for_the_check_to_refuse() -> None:
    back = entry_form.merged(dataset_data(), {"f0.name": "code", "f0.title": "编号", "f0.length": "十"})
    assert back["schema"]["fields"][0]["length"] == "十"


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["title", "schema", "sharing", "keywords", "delivery"]), st.none() | st.integers() | st.text()
    ),
    st.dictionaries(st.from_regex(r"(f[0-9]{1,3}\.(name|order|key|gone|was)|title|sharing\.class)", fullmatch=True), st.text()),
)
def test_any_draft_and_any_form_make_a_draft(document: dict[str, Any], form: dict[str, str]) -> None:
    entry_form.values(document)
    entry_form.rows(document)
    assert isinstance(entry_form.merged(document, form), dict)
