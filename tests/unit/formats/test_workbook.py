import contextlib
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from catalog_service.catalog.access import OpeningTerms, SharingTerms
from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog, dataset_problems
from catalog_service.catalog.dataset import Dataset, DeliveryFormat
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.schema import CodeItem, CodeList, Field
from catalog_service.formats import workbook
from catalog_service.formats.classification import shipped_classification
from catalog_service.formats.documents import read_document
from catalog_service.formats.exporting import write_catalog, write_template
from catalog_service.formats.tabular import read_archive, read_workbook
from catalog_service.formats.workbook_columns import SHEETS
from tests.unit.catalog.samples import agency, dataset

RICH = dataset(
    "rich",
    title="=SUM(A1)",
    title_en="#N/A",
    description="第一行\n第二行",
    keywords=["a、b", "c"],
    base_database="population",
    sharing={"class": "conditional", "conditions": "仅限", "basis": {"law": "法", "article": "3"}, "method": "medium"},
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
    classification="30100507",
    code="30100507/000100002",
    resource_format="spreadsheet",
    related=["10100101/000200001", "30100507/000100001"],
)
GOLDEN = dataset(
    "golden",
    delivery=None,
    derivation={"kind": "golden", "sources": [{"dataset": "civil/rich", "fields": {"code": "id"}}]},
)
CODES = CodeList(name="sex", title="性别", items=(CodeItem(code="01", label="男"), CodeItem(code="02", label="女")))
WHOLE = Catalog(agencies=(agency(),), code_lists=(CODES,), datasets=(dataset(), RICH, GOLDEN))


FORMS = ["c.xlsx", "c.zip", "c.json"]


@pytest.mark.parametrize("form", FORMS)
def test_a_catalog_survives_every_form(tmp_path: Path, form: str) -> None:
    write_catalog(WHOLE, tmp_path / form)
    found = read_document(tmp_path / form)
    assert found.problems == ()
    assert found.catalog == WHOLE
    if form != "c.json":
        assert (found.read, found.places["civil/rich"].row, found.places["civil/rich"].sheet) == (3, 3, "数据集")


def test_every_part_of_the_model_has_a_column() -> None:
    """A part that is added to the model without a column would be lost on the way through the form."""
    roots: dict[str, type[BaseModel]] = {"数据集": Dataset, "信息项": Field, "机构": Agency}
    for sheet, model in roots.items():
        columns = {column.path[0] for column in SHEETS[sheet] if not column.is_derived}
        names = {info.alias or name for name, info in model.model_fields.items()}
        assert names - columns <= ({"agency", "name"} if model is Dataset else set()), sheet
    nested: dict[str, type[BaseModel]] = {"sharing": SharingTerms, "opening": OpeningTerms, "delivery": DeliveryFormat}
    for first, part in nested.items():
        columns = {column.path[1] for column in SHEETS["数据集"] if column.path[0] == first}
        assert {info.alias or name for name, info in part.model_fields.items()} <= columns


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=20)


@settings(max_examples=8, deadline=None)
@given(title=CELL, words=st.lists(CELL, max_size=3), nulls=st.lists(CELL, max_size=3), name=CELL)
def test_any_text_survives_every_form(
    tmp_path_factory: pytest.TempPathFactory, title: str, words: list[str], nulls: list[str], name: str
) -> None:
    folder = tmp_path_factory.mktemp("forms")
    fields = [{"name": "f", "title": f"题{name}", "source_names": words}]
    entry = dataset(title=f"题{title}", keywords=words, delivery={"null_values": nulls}, schema={"fields": fields})
    catalog = Catalog(datasets=(entry,))
    for form in FORMS:
        write_catalog(catalog, folder / form)
        assert read_document(folder / form).catalog == catalog, form


def change(path: Path, *cells: tuple[str, str, int, Any]) -> list[str]:
    """Change cells, given as sheet, header, row and value; return their names."""
    book = openpyxl.load_workbook(path)
    found = []
    for sheet, header, row, value in cells:
        column = [cell.value for cell in book[sheet][1]].index(header) + 1
        book[sheet].cell(row, column).value = value
        found.append(str(book[sheet].cell(row, column).coordinate))
    for reference in ("资源分类", "词表", "填表说明"):
        del book[reference]
    book.save(path)
    return found


def test_a_fault_names_sheet_row_and_cell_and_spares_the_other_entries(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    write_catalog(WHOLE, path)
    cells = change(
        path,
        ("数据集", "更新周期", 2, "偶尔"),
        ("信息项", "数据类型", 4, "电话"),
        ("机构", "统一社会信用代码", 2, "11320200MB0000000X"),
        ("代码表", "代码", 3, None),
    )
    found = read_document(path)
    places = {(one.where.file, one.where.sheet, one.where.row, one.where.field) for one in found.problems}
    assert places == {
        ("c.xlsx", "数据集", 2, f"更新周期 ({cells[0]})"),
        ("c.xlsx", "信息项", 4, f"数据类型 ({cells[1]})"),
        ("c.xlsx", "机构", 2, f"统一社会信用代码 ({cells[2]})"),
        ("c.xlsx", "代码表", 3, f"代码 ({cells[3]})"),
    }
    assert found.catalog.datasets == (GOLDEN,)


def test_numbers_dates_and_flags_typed_by_hand_are_understood(tmp_path: Path) -> None:
    import datetime as dt

    path = tmp_path / "c.xlsx"
    write_catalog(Catalog(datasets=(dataset(),)), path)
    day = dt.datetime(2020, 5, 1)  # noqa: DTZ001
    fields = [("信息项", "长度", 2, 18), ("信息项", "必填", 2, True), ("信息项", "最小值", 2, 1.5)]
    change(path, ("数据集", "发布日期", 2, day), *fields)
    found = read_document(path)
    assert found.problems == ()
    (entry,) = found.catalog.datasets
    field = entry.schema_.fields[0]
    assert (entry.issued, field.length, field.required, field.minimum) == (dt.date(2020, 5, 1), 18, True, 1.5)


def test_faults_of_the_form_itself(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    write_catalog(Catalog(datasets=(dataset(),)), path)
    change(path, ("数据集", "名称", 1, "题目"), ("信息项", "数据集标识", 3, "civil/unknown"))
    found = read_document(path)
    assert {one.code for one in found.problems} == {
        "unknown-column",
        "missing-column",
        "invalid-entry",
        "field-without-dataset",
    }
    assert found.read == 1


def test_formulas_are_faults_of_their_entries_and_all_are_told(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    write_catalog(WHOLE, path)
    change(path, ("数据集", "摘要", 2, "=1+1"), ("信息项", "英文名称", 5, "=A1"))
    found = read_document(path)
    assert [one.code for one in found.problems] == ["formula", "formula"]
    assert {(one.where.sheet, one.where.row) for one in found.problems} == {("数据集", 2), ("信息项", 5)}
    assert found.catalog.datasets == (GOLDEN,)


def test_what_no_cell_can_hold_is_refused_when_written(tmp_path: Path) -> None:
    for description in ("x" * 32_768, "a\x01b", "_x0041_"):
        catalog = Catalog(datasets=(dataset(delivery={"sheet": description}),))
        with pytest.raises(InvalidError, match="cell"):
            write_catalog(catalog, tmp_path / "c.xlsx")


@pytest.mark.parametrize(
    ("changed", "codes", "header"),
    [
        ([], [], ""),
        ([("数据集", "资源分类代码", 2, "10100101")], ["classification-mismatch"], "资源分类代码"),
        ([("数据集", "细目", 2, "没有")], ["unknown-classification"], "细目"),
    ],
)
def test_names_of_the_classification_stand_for_its_code_and_must_agree_with_it(
    tmp_path: Path, changed: list[tuple[str, str, int, Any]], codes: list[str], header: str
) -> None:
    path = tmp_path / "c.xlsx"
    place = shipped_classification().places["30100507"]
    write_catalog(Catalog(datasets=(dataset(),)), path)
    named = [("数据集", level, 2, name) for level, name in zip(("类", "项", "目", "细目"), place.names, strict=True)]
    change(path, *named, *changed)
    found = read_document(path)
    assert [one.code for one in found.problems] == codes
    assert [(one.where.sheet, one.where.row, (one.where.field or "").split()[0]) for one in found.problems] == [
        ("数据集", 2, header) for _ in codes
    ]
    assert [one.classification for one in found.catalog.datasets] == ([] if codes else [place.code])


def test_the_provider_told_must_be_the_agency_of_the_entry(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    write_catalog(Catalog(agencies=(agency(),), datasets=(dataset(),)), path)
    change(path, ("数据集", "提供方", 2, "别的局"), ("数据集", "提供方代码", 2, "11320200MB0000001T"))
    found = read_document(path)
    assert [one.code for one in found.problems] == ["provider-mismatch", "provider-mismatch"]
    assert (found.read, found.catalog.datasets) == (1, ())


def test_a_provider_that_is_registered_already_need_not_stand_in_the_form_again(tmp_path: Path) -> None:
    path = tmp_path / "c.zip"
    write_catalog(Catalog(agencies=(agency(),), datasets=(dataset(),)), path)
    renamed = agency().model_copy(update={"name": "别的局"})
    for own, registered, codes in (({}, (renamed,), []), (None, (renamed,), ["provider-mismatch"]), (None, (), [])):
        sheets = read_archive(path) if own is not None else read_archive(path) | {"机构": []}
        assert [one.code for one in workbook.read(sheets, registered).problems] == codes


def test_faults_of_fields_and_of_repeated_entries_name_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "c.zip"
    open_field = {"name": "a", "title": "甲", "sharing": "unconditional", "code_list": "none"}
    sharing = {"class": "none", "basis": {"law": "法"}}
    entry = dataset("a", sharing=sharing, schema={"fields": [{"name": "b", "title": "乙"}, open_field]})
    write_catalog(Catalog(agencies=(agency(),), datasets=(entry,)), path)
    sheets = read_archive(path)
    sheets["数据集"].append(replace(sheets["数据集"][1], number=3))
    found = workbook.read(sheets)
    assert [(one.code, one.where.row) for one in found.problems] == [("duplicate-entry", 3)]
    placed = [found.place("civil/a", one.where.field) for one in dataset_problems(entry, found.catalog)]
    assert [(one.sheet, one.row, one.field) for one in placed] == [
        ("信息项", 3, "代码表 (L3)"),
        ("信息项", 3, "共享属性 (R3)"),
    ]


def test_the_template_explains_itself_offers_lists_and_its_example_can_be_imported(tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    write_template(path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["填表说明", "数据集", "信息项", "机构", "代码表", "资源分类", "词表"]
    described = {(row[0].value, row[1].value) for row in book["填表说明"].iter_rows(min_row=9)}
    for name, columns in SHEETS.items():
        headers = [cell.value for cell in book[name][1]]
        assert headers == [column.header for column in columns]
        assert {(name, header) for header in headers} <= described
        assert all(cell.comment is not None and cell.comment.text for cell in book[name][1]), name
        listed = [one for one in columns if one.codec.words or one.header in ("类", "项", "目", "细目")]
        assert len(book[name].data_validations.dataValidation) == len(listed)
    assert read_document(path).problems == ()
    for name in ("数据集", "信息项"):
        for index, column in enumerate(SHEETS[name], start=1):
            book[name].cell(2, index).value = column.example or None
    book.save(path)
    found = read_document(path)
    assert found.problems == ()
    assert found.catalog.datasets[0].classification == "30101402"


@pytest.mark.parametrize("place", ['r=""', 'r="A0"', 'r="ZZZZ9"', 'r="1e9"'])
@pytest.mark.parametrize("value", ['t="inlineStr"><is><t>甲</t></is>', 't="s"><v>99999</v>'])
def test_a_cell_that_is_nowhere_or_holds_nothing_breaks_the_workbook_and_nothing_else(
    tmp_path: Path, place: str, value: str
) -> None:
    """What is no workbook is refused as one; no other error comes out, whatever stands in the XML."""
    path, broken = tmp_path / "catalog.xlsx", tmp_path / "broken.xlsx"
    write_catalog(Catalog(agencies=(), datasets=()), path)
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(broken, "w") as written:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "xl/worksheets/sheet2.xml":
                content = content.replace(b"<sheetData>", f'<sheetData><row r="1"><c {place} {value}</c></row>'.encode(), 1)
            written.writestr(name, content)
    with contextlib.suppress(InvalidError):
        read_workbook(broken, SHEETS)
