import os
from collections import Counter
from pathlib import Path

import pytest

from catalog_service.formats import shanghai
from catalog_service.formats.documents import read_document

SHARED = Path(os.environ.get("WUXI_SHARED", Path(__file__).resolve().parents[4] / "shared"))
FOLDER = SHARED / "data" / "catalogue_shanghai_2014"

needs_plan = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no {FOLDER}")


def plan(suffix: str) -> Path:
    return next(FOLDER.glob(f"*{suffix}"))


@needs_plan
def test_csv_and_workbook_give_the_same_190_drafts() -> None:
    csv, xlsx = read_document(plan(".csv")), read_document(plan(".xlsx"))
    assert csv.problems == xlsx.problems == ()
    assert (csv.read, xlsx.read, len(csv.catalog.datasets)) == (190, 190, 190)
    assert csv.catalog == xlsx.catalog
    assert len({one.agency for one in csv.catalog.datasets}) == 27
    assert {one.agency for one in csv.catalog.datasets} <= set(shanghai.AGENCIES.values())
    themes = Counter(one.theme for one in csv.catalog.datasets)
    assert (len(themes), themes["经济发展"]) == (11, 41)


@needs_plan
def test_what_was_tidied_or_left_out_is_said() -> None:
    csv, xlsx = read_document(plan(".csv")), read_document(plan(".xlsx"))
    assert Counter(one.code for one in csv.notices) == {"joint-providers": 9, "tidied-spaces": 2, "tidied-brackets": 1}
    assert Counter(one.code for one in xlsx.notices) == {"joint-providers": 9, "tidied-spaces": 3, "tidied-brackets": 1}
    number = next(one for one in xlsx.notices if one.where.field == "编号")
    assert "190 " in number.message.zh
    joint = next(one for one in csv.notices if one.where.row == 191)
    assert "市教育委员会" in joint.message.zh


@needs_plan
def test_an_entry_in_full() -> None:
    found = read_document(plan(".csv"))
    (entry,) = [one for one in found.catalog.datasets if one.name == "item_002"]
    assert (entry.id, entry.title, entry.theme) == ("economy/item_002", "加油站", "公共服务")
    assert [(one.name, one.title) for one in entry.schema_.fields] == [
        ("f01", "名称"),
        ("f02", "地址"),
        ("f03", "电话"),
        ("f04", "价格"),
        ("f05", "服务内容"),
    ]
    assert entry.basis.statute is not None
    assert entry.basis.statute.law == shanghai.PLAN
    assert found.places[entry.id].row == 3
    titles = Counter(field.title for one in found.catalog.datasets for field in one.schema_.fields)
    assert (titles["地址"], titles["联系电话"], titles["服务时间"]) == (107, 89, 43)
    assert not [title for title in titles if "\xa0" in title or title != title.strip() or title.endswith("等")]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("名称、地址等", ["名称", "地址"]),
        ("名称（含甲、乙）、地址", ["名称（含甲、乙）", "地址"]),
        ("名称、名称、", ["名称"]),
        ("服务等级", ["服务等级"]),
        ("）、a（、b", ["）", "a（、b"]),
        ("等", []),
        ("", []),
    ],
)
def test_field_lists(text: str, fields: list[str]) -> None:
    assert shanghai.split_fields(text) == fields


def test_rows_with_faults_are_refused_and_unknown_providers_get_a_stable_slug(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(
        "编号,提供部门,数据项名称,数据项描述,数据项内容（包括但不仅限于）,领域\n"
        "1,市新机构,甲,说明,名称,公共服务\n"
        ",市公安局,乙,说明,名称,公共服务\n"
        "3,市公安局,,说明,等,公共服务\n",
        "utf-8",
    )
    found = read_document(path)
    assert [one.agency for one in found.catalog.datasets] == [shanghai.agency_slug("市新机构")]
    assert {(one.where.row, one.where.field) for one in found.problems} == {
        (3, "编号"),
        (4, "数据项名称"),
        (4, "数据项内容"),
    }
