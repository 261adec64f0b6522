from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.schema import CodeItem, CodeList
from catalog_service.formats import workbook
from catalog_service.formats.documents import read_document
from tests.unit.catalog.samples import agency, dataset

RICH = dataset(
    "rich",
    title="=SUM(A1)",
    title_en="#N/A",
    description="第一行\n第二行",
    keywords=["a、b", "c"],
    base_database="population",
    sharing={"class": "conditional", "conditions": "仅限", "basis": {"law": "法", "article": "3"}},
    opening={"class": "none", "basis": {"law": "法"}},
    basis={"consent": {"purpose": "p", "manner": "m", "scope": "s", "channel": "c"}},
    schema={
        "key": ["id", "day"],
        "fields": [
            {"name": "id", "title": "编号", "type": "text", "length": 18, "required": True, "identifier": "resident_id"},
            {"name": "day", "title": "日期", "type": "date", "date_order": "roc", "source_names": ["日 期", "[x]"]},
            {"name": "sum", "title": "金额", "type": "decimal", "minimum": -0.1, "maximum": 1e22, "sensitivity": "sensitive"},
            {"name": "ref", "title": "引用", "pattern": "^0+1$", "code_list": "sex", "sharing": "none", "opening": "none"},
            {"name": "fk", "title": "外键", "reference": {"dataset": "civil/people", "field": "code", "blocking": True}},
        ],
    },
    delivery={
        "format": "csv",
        "encoding": "gb18030",
        "delimiter": "\t",
        "mode": "incremental",
        "header_row": 3,
        "ignored_columns": ["", "备注"],
        "null_values": ["", "N/A", "—"],
    },
    issued="2020-05-01",
)
GOLDEN = dataset(
    "golden",
    delivery=None,
    derivation={"kind": "golden", "sources": [{"dataset": "civil/rich", "fields": {"code": "id"}}]},
)
CODES = CodeList(name="sex", title="性别", items=(CodeItem(code="01", label="男"), CodeItem(code="02", label="女")))
WHOLE = Catalog(agencies=(agency(),), code_lists=(CODES,), datasets=(dataset(), RICH, GOLDEN))


def test_a_catalog_survives_the_workbook(tmp_path: Path) -> None:
    workbook.write(WHOLE, tmp_path / "c.xlsx")
    found = read_document(tmp_path / "c.xlsx")
    assert found.problems == ()
    assert found.catalog == WHOLE
    assert (found.read, found.places["civil/rich"].row, found.places["civil/rich"].sheet) == (3, 3, "数据集")


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=20)


@settings(max_examples=40, deadline=None)
@given(title=CELL, words=st.lists(CELL, max_size=3), nulls=st.lists(CELL, max_size=3), name=CELL)
def test_any_text_survives_the_workbook(
    tmp_path_factory: pytest.TempPathFactory, title: str, words: list[str], nulls: list[str], name: str
) -> None:
    path = tmp_path_factory.mktemp("workbook") / "c.xlsx"
    fields = [{"name": "f", "title": f"题{name}", "source_names": words}]
    entry = dataset(title=f"题{title}", keywords=words, delivery={"null_values": nulls}, schema={"fields": fields})
    catalog = Catalog(datasets=(entry,))
    workbook.write(catalog, path)
    assert read_document(path).catalog == catalog


def change(path: Path, sheet: str, cell: str, value: Any) -> None:
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = value
    book.save(path)


def test_a_fault_names_sheet_row_and_cell_and_spares_the_other_entries(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    workbook.write(WHOLE, path)
    change(path, "数据集", "I2", "偶尔")
    change(path, "信息项", "E4", "电话")
    change(path, "机构", "D2", "11320200MB0000000X")
    change(path, "代码表", "C3", None)
    found = read_document(path)
    places = {(one.where.file, one.where.sheet, one.where.row, one.where.field) for one in found.problems}
    assert places == {
        ("c.xlsx", "数据集", 2, "更新周期 (I2)"),
        ("c.xlsx", "信息项", 4, "数据类型 (E4)"),
        ("c.xlsx", "机构", 2, "统一社会信用代码 (D2)"),
        ("c.xlsx", "代码表", 3, "代码 (C3)"),
    }
    assert found.catalog.datasets == (GOLDEN,)


def test_numbers_dates_and_flags_typed_by_hand_are_understood(tmp_path: Path) -> None:
    import datetime as dt

    path = tmp_path / "c.xlsx"
    workbook.write(Catalog(datasets=(dataset(),)), path)
    change(path, "数据集", "AI2", dt.datetime(2020, 5, 1))  # noqa: DTZ001
    change(path, "信息项", "F2", 18)
    change(path, "信息项", "G2", True)
    change(path, "信息项", "J2", 1.5)
    found = read_document(path)
    assert found.problems == ()
    (entry,) = found.catalog.datasets
    field = entry.schema_.fields[0]
    assert (entry.issued, field.length, field.required, field.minimum) == (dt.date(2020, 5, 1), 18, True, 1.5)


def test_faults_of_the_form_itself(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    workbook.write(Catalog(datasets=(dataset(),)), path)
    change(path, "数据集", "B1", "题目")
    change(path, "信息项", "A3", "civil/unknown")
    found = read_document(path)
    assert {one.code for one in found.problems} == {
        "unknown-column",
        "missing-column",
        "invalid-entry",
        "field-without-dataset",
    }
    assert found.read == 1
    change(path, "数据集", "B1", "=1+1")
    assert {one.code for one in read_document(path).problems} == {"formula"}


def test_what_no_cell_can_hold_is_refused_when_written(tmp_path: Path) -> None:
    for description in ("x" * 32_768, "a\x01b"):
        catalog = Catalog(datasets=(dataset(delivery={"sheet": description}),))
        with pytest.raises(InvalidError, match="cell"):
            workbook.write(catalog, tmp_path / "c.xlsx")
