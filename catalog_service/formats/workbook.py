"""The catalog workbook: one row per entry (数据集), one per field (信息项); agencies (机构) and code lists (代码表) if wanted.

Here: reading and writing this form. Not here: its columns (workbook_columns), other tables (shanghai).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError, Problem, Where, problem
from catalog_service.formats.entries import CatalogDocument, Entry, assemble
from catalog_service.formats.faults import Location
from catalog_service.formats.tabular import Row
from catalog_service.formats.workbook_columns import SHEETS, Column

_MAX_CELL_CHARACTERS = 32_767
_COLUMN_WIDTH = 18


@dataclass(frozen=True)
class _Sheet:
    """A sheet of the form with the columns found in it."""

    name: str
    rows: list[Row]
    found: dict[Column, int]

    def text(self, row: Row, path: tuple[str, ...]) -> str:
        """Return the text of the column that holds `path`, empty where there is none."""
        return next((row.cell(index) for column, index in self.found.items() if column.path == path), "")

    def values(self, row: Row) -> dict[str, Any]:
        """Return the filled cells of a row as a nested mapping."""
        data: dict[str, Any] = {}
        for column, index in self.found.items():
            text = row.cell(index)
            if text:
                inner = data
                for part in column.path[:-1]:
                    inner = inner.setdefault(part, {})
                inner[column.path[-1]] = column.codec.read(text)
        return data

    def place(self, row: Row, loc: Location) -> Where:
        """Return the cell that holds the part of the entry at `loc`."""
        where = Where(sheet=self.name, row=row.number)
        path = tuple(part for part in loc if isinstance(part, str))
        if not path:
            return where
        for column in SHEETS[self.name]:
            shorter = min(len(column.path), len(path))
            if column.path[:shorter] == path[:shorter]:
                index = self.found.get(column)
                cell = "" if index is None else f" ({get_column_letter(index + 1)}{row.number})"
                return where.model_copy(update={"field": column.header + cell})
        return where


def is_form(sheets: Mapping[str, list[Row]]) -> bool:
    """Tell whether a workbook has the sheets of this form."""
    return "数据集" in sheets or "机构" in sheets or "代码表" in sheets


def read(sheets: Mapping[str, list[Row]]) -> CatalogDocument:
    """Return the catalog in a workbook of this form."""
    problems: list[Problem] = []
    forms = {name: _sheet(name, sheets.get(name, []), problems) for name in SHEETS}
    entries = [
        *_agencies(forms["机构"]),
        *_code_lists(forms["代码表"]),
        *_datasets(forms["数据集"], forms["信息项"], problems),
    ]
    return assemble(entries, problems=problems)


def _sheet(name: str, rows: list[Row], problems: list[Problem]) -> _Sheet:
    if not rows:
        return _Sheet(name, [], {})
    header, *body = rows
    columns = {column.header: column for column in SHEETS[name]}
    found: dict[Column, int] = {}
    for index in range(len(header.cells)):
        title = header.cell(index)
        column = columns.get(title)
        if column is None and any(row.cell(index) for row in rows):
            problems.append(_unknown_column(name, title, header.number, index))
        elif column is not None and column in found:
            problems.append(
                _column_problem("duplicate-column", "列重复", "this column occurs twice", name, title, header.number)
            )
        elif column is not None:
            found[column] = index
    problems += [
        _column_problem("missing-column", "缺少这一列", "this column is missing", name, column.header, header.number)
        for column in columns.values()
        if column.is_required and column not in found
    ]
    return _Sheet(name, body, found)


def _column_problem(code: str, zh: str, en: str, sheet: str, title: str, row: int) -> Problem:
    return problem(code, zh, en, sheet=sheet, row=row, field=title)


def _unknown_column(sheet: str, title: str, row: int, index: int) -> Problem:
    letter = get_column_letter(index + 1)
    zh = f"{letter} 列的表头不属于本表，请改正或删去；可用的列：{'、'.join(column.header for column in SHEETS[sheet])}"
    return _column_problem(
        "unknown-column", zh, f"column {letter} is not one of this form; correct or remove it", sheet, title, row
    )


def _agencies(sheet: _Sheet) -> Iterator[Entry]:
    for row in sheet.rows:
        yield Entry("agencies", sheet.values(row), _locator(sheet, row))


def _locator(sheet: _Sheet, row: Row) -> Callable[[Location], Where]:
    return lambda loc: sheet.place(row, loc)


def _grouped(sheet: _Sheet, path: tuple[str, ...]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in sheet.rows:
        groups.setdefault(sheet.text(row, path), []).append(row)
    return groups


def _code_lists(sheet: _Sheet) -> Iterator[Entry]:
    for name, rows in _grouped(sheet, ("name",)).items():
        items = [{key: value for key, value in sheet.values(row).items() if key in {"code", "label"}} for row in rows]
        data = {"name": name, "title": sheet.text(rows[0], ("title",)), "items": items}
        yield Entry("code_lists", data, _nested_locator(sheet, rows[0], ("items",), sheet, rows))


def _datasets(sheet: _Sheet, fields: _Sheet, problems: list[Problem]) -> Iterator[Entry]:
    by_dataset = _grouped(fields, ("id",))
    for row in sheet.rows:
        data = sheet.values(row)
        dataset_id = str(data.pop("id", ""))
        data["agency"], _, data["name"] = dataset_id.partition("/")
        rows = by_dataset.pop(dataset_id, [])
        values = [fields.values(one) for one in rows]
        data.setdefault("schema", {})["fields"] = [{k: v for k, v in one.items() if k != "id"} for one in values]
        if "derivation" not in data:
            data.setdefault("delivery", {})
        yield Entry("datasets", data, _nested_locator(sheet, row, ("schema", "fields"), fields, rows))
    for dataset_id, rows in by_dataset.items():
        problems.append(
            problem(
                "field-without-dataset",
                f"“数据集”工作表中没有 {dataset_id}，请补充该条目或改正标识",
                f"the sheet 数据集 has no {dataset_id}; add the entry or correct the id",
                **fields.place(rows[0], ("id",)).model_dump(),
            )
        )


def _nested_locator(
    sheet: _Sheet, row: Row, nested: tuple[str, ...], inner: _Sheet, rows: list[Row]
) -> Callable[[Location], Where]:
    """Return the locator of an entry on `row` whose list at `nested` stands on other `rows`."""
    depth = len(nested)

    def locate(loc: Location) -> Where:
        index = loc[depth] if len(loc) > depth and loc[:depth] == nested else None
        if isinstance(index, int) and index < len(rows):
            return inner.place(rows[index], loc[depth + 1 :])
        if loc[:1] in {("agency",), ("name",)} and sheet.name == "数据集":
            return sheet.place(row, ("id",))
        return sheet.place(row, loc)

    return locate


def write(catalog: Catalog, path: Path) -> None:
    """Write a catalog as a workbook of this form.

    Raises:
        InvalidError: a text is longer than a cell can hold, or has characters that no workbook can hold.
    """
    sheets: dict[str, Iterable[dict[str, Any]]] = {
        "数据集": (_dump(one) | {"id": one.id} for one in catalog.datasets),
        "信息项": (_dump(field) | {"id": one.id} for one in catalog.datasets for field in one.schema_.fields),
        "机构": (_dump(one) for one in catalog.agencies),
        "代码表": ({"name": one.name, "title": one.title} | _dump(item) for one in catalog.code_lists for item in one.items),
    }
    rows = {name: [_spelled_row(name, one) for one in values] for name, values in sheets.items()}
    book = Workbook(write_only=True)
    for name, spelled in rows.items():
        _write_sheet(book, name, spelled)
    book.save(path)


def _dump(model: Any) -> dict[str, Any]:  # noqa: ANN401
    dumped: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


def _spelled_row(sheet: str, data: Mapping[str, Any]) -> list[str]:
    return [_checked(_spelled(data, column), sheet) for column in SHEETS[sheet]]


def _spelled(data: Mapping[str, Any], column: Column) -> str:
    value: Any = data
    for part in column.path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return "" if value is None else column.codec.write(value)


def _checked(text: str, sheet: str) -> str:
    if len(text) > _MAX_CELL_CHARACTERS or ILLEGAL_CHARACTERS_RE.search(text):
        raise InvalidError(
            problem(
                "unwritable-cell",
                f"文本过长或含控制字符，无法写入单元格：{text[:40]!r}",
                f"a text is too long for a cell or has control characters: {text[:40]!r}",
                sheet=sheet,
            )
        )
    return text


def _write_sheet(book: Workbook, name: str, rows: Iterable[list[str]]) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    columns = SHEETS[name]
    for index in range(len(columns)):
        sheet.column_dimensions[get_column_letter(index + 1)].width = _COLUMN_WIDTH
    sheet.append([_cell(sheet, column.header, is_bold=True) for column in columns])
    for row in rows:
        sheet.append([_cell(sheet, text) if text else None for text in row])


def _cell(sheet: Any, text: str, *, is_bold: bool = False) -> Cell:  # noqa: ANN401
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # else a text that begins with = becomes a formula
    if is_bold:
        cell.font = Font(bold=True)
    return cell
