"""Writing the national form: as a workbook with drop-downs and notes, empty for agencies to fill in, or as CSV files in a ZIP.

Here: catalog to cells. Not here: the columns (workbook_columns), reading (workbook).
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.formats.classification import shipped_classification
from catalog_service.formats.workbook_columns import DATASETS, SHEETS, Column

_MAX_CELL_CHARACTERS = 32_767
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_?x[0-9A-Fa-f]{4}_")
"""Characters that XML has not, and what Excel takes for a character written as its code."""
_COLUMN_WIDTH = 18
_ROWS_WITH_LISTS = 20_000
_PLACES = "资源分类"
_WORDS = "词表"
_LEVEL_NAMES = ("类", "项", "目", "细目")
_INTRODUCTION = (
    "一、每条目录在“数据集”表中占一行，它的每个信息项在“信息项”表中占一行，用“数据集标识”对应。",
    "二、红色表头为必填；带下拉列表的列请从列表中选择。鼠标停在表头上可以看到填写说明，下表是全部列的说明和示例。",
    "三、单元格一律填文本，不使用公式；代码、编号保留前导零。多个值用顿号（、）分隔。",
    "四、“机构”“代码表”只在平台尚未登记，或内容有变化时填写。资源代码由平台生成，请留空。",
    "五、导入时逐表、逐行、逐列报告全部问题；有问题的条目整条不导入，其余条目照常导入。",
    "依据：《政务信息资源目录编制指南（试行）》《无锡市公共数据管理办法》第十三条、第十四条。",
)


def write_workbook(catalog: Catalog, path: Path) -> None:
    """Write a catalog as a workbook of the national form; an empty one is the template for agencies.

    Raises:
        InvalidError: a text is longer than a cell can hold, or has characters that no workbook can hold.
    """
    rows = {name: [[_checked(text, name) for text in row] for row in one] for name, one in _rows(catalog)}
    with path.open("wb") as file, xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        book.set_calc_mode("manual")
        _write_instructions(book)
        for name, columns in SHEETS.items():
            _write_sheet(book, name, columns, rows[name])
        _write_places(book)
        _write_words(book)


def write_archive(catalog: Catalog, path: Path) -> None:
    """Write a catalog as CSV files of the national form, one per sheet, in a ZIP; in UTF-8 with the mark Excel wants."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in _rows(catalog):
            text = io.StringIO(newline="")
            csv.writer(text).writerows([[column.header for column in SHEETS[name]], *rows])
            archive.writestr(f"{name}.csv", text.getvalue().encode("utf-8-sig"))


def _rows(catalog: Catalog) -> Iterator[tuple[str, Iterable[list[str]]]]:
    """Yield every sheet and its spelled rows."""
    sheets: dict[str, Iterable[Mapping[str, Any]]] = {
        "数据集": (_dump(one) | _derived(one.agency, one.classification, catalog) | {"id": one.id} for one in catalog.datasets),
        "信息项": (_dump(field) | {"id": one.id} for one in catalog.datasets for field in one.schema_.fields),
        "机构": (_dump(one) for one in catalog.agencies),
        "代码表": ({"name": one.name, "title": one.title} | _dump(item) for one in catalog.code_lists for item in one.items),
    }
    for name, values in sheets.items():
        yield name, ([_spelled(one, column) for column in SHEETS[name]] for one in values)


def _dump(model: Any) -> dict[str, Any]:  # noqa: ANN401
    dumped: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


def _derived(agency: str, classification: str, catalog: Catalog) -> dict[str, str]:
    place, provider = shipped_classification().places.get(classification), catalog.agency.get(agency)
    names = {} if place is None else {column: getattr(place, column) for column in place._fields if column != "code"}
    return names | ({} if provider is None else {"provider": provider.name, "provider_code": provider.uscc})


def _spelled(data: Mapping[str, Any], column: Column) -> str:
    value: Any = data
    for part in column.path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return "" if value is None else column.codec.write(value)


def _checked(text: str, sheet: str) -> str:
    if len(text) > _MAX_CELL_CHARACTERS or _UNWRITABLE.search(text):
        raise InvalidError(
            problem(
                "unwritable-cell",
                f"文本过长或含控制字符，无法写入单元格，请改用 CSV 或 JSON：{text[:40]!r}",
                f"a text is too long for a cell or has control characters; use CSV or JSON: {text[:40]!r}",
                sheet=sheet,
            )
        )
    return text


def _write_instructions(book: Any) -> None:  # noqa: ANN401
    sheet, bold = book.add_worksheet("填表说明"), book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 1, _COLUMN_WIDTH)
    sheet.set_column(2, 2, 8)
    sheet.set_column(3, 4, 46, wrapped)
    sheet.write_string(0, 0, "公共数据目录填报表", book.add_format({"bold": True, "font_size": 16}))
    for number, line in enumerate(_INTRODUCTION, start=1):
        sheet.write_string(number, 0, line)
    first = len(_INTRODUCTION) + 2
    for index, header in enumerate(("工作表", "列", "必填", "怎样填", "示例")):
        sheet.write_string(first, index, header, bold)
    described = [(name, column) for name, columns in SHEETS.items() for column in columns]
    for number, (name, column) in enumerate(described, start=first + 1):
        texts = (name, column.header, "是" if column.is_required else "", column.note, column.example)
        for index, text in enumerate(texts):
            sheet.write_string(number, index, text)


def _write_sheet(book: Any, name: str, columns: tuple[Column, ...], rows: Iterable[list[str]]) -> None:  # noqa: ANN401
    sheet = book.add_worksheet(name)
    text = book.add_format({"num_format": "@"})
    header = book.add_format({"bold": True, "bg_color": "#DCE9F5", "bottom": 1})
    required = book.add_format({"bold": True, "bg_color": "#DCE9F5", "bottom": 1, "font_color": "#B00020"})
    sheet.set_column(0, len(columns) - 1, _COLUMN_WIDTH, text)
    sheet.freeze_panes(1, 1)
    for index, column in enumerate(columns):
        sheet.write_string(0, index, column.header, required if column.is_required else header)
        sheet.write_comment(0, index, column.note + (f"\n示例：{column.example}" if column.example else ""))
    for column, source in _lists():
        if column in columns:
            index = columns.index(column)
            sheet.data_validation(
                1, index, _ROWS_WITH_LISTS, index, {"validate": "list", "source": source, "ignore_blank": True}
            )
    for number, row in enumerate(rows, start=1):
        for index, value in enumerate(row):
            if value:
                sheet.write_string(number, index, value, text)


def _vocabularies() -> list[tuple[Column, tuple[str, ...]]]:
    """Return the columns with a list to choose from, and their lists."""
    places = shipped_classification().places.values()
    levels = [tuple(dict.fromkeys(place.names[level] for place in places)) for level in range(len(_LEVEL_NAMES))]
    named = {column.header: column for column in DATASETS}
    found = [(named[header], words) for header, words in zip(_LEVEL_NAMES, levels, strict=True)]
    return found + [(one, one.codec.words) for columns in SHEETS.values() for one in columns if one.codec.words]


def _lists() -> Iterator[tuple[Column, str]]:
    for index, (column, words) in enumerate(_vocabularies()):
        letter = xl_col_to_name(index, col_abs=True)
        yield column, f"={_WORDS}!{letter}$2:{letter}${len(words) + 1}"


def _write_words(book: Any) -> None:  # noqa: ANN401
    sheet, bold = book.add_worksheet(_WORDS), book.add_format({"bold": True})
    listed = _vocabularies()
    for number in range(max(len(words) for _, words in listed) + 1):
        for index, (column, words) in enumerate(listed):
            if number == 0:
                sheet.write_string(0, index, column.header, bold)
            elif number <= len(words):
                sheet.write_string(number, index, words[number - 1])


def _write_places(book: Any) -> None:  # noqa: ANN401
    sheet, bold = book.add_worksheet(_PLACES), book.add_format({"bold": True})
    sheet.set_column(0, len(_LEVEL_NAMES), _COLUMN_WIDTH)
    sheet.freeze_panes(1, 0)
    rows = [(*_LEVEL_NAMES, "资源分类代码"), *((*one.names, one.code) for one in shipped_classification().places.values())]
    for number, row in enumerate(rows):
        for index, text in enumerate(row):
            sheet.write_string(number, index, text, bold if number == 0 else None)
