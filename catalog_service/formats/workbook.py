"""Reading the national form: a row per entry (数据集), a row per field (信息项); agencies (机构), code lists (代码表) if any.

Here: rows to entries, every fault with its sheet, row and column. Not here: the columns (workbook_columns), writing
(workbook_writing), other tables (shanghai).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openpyxl.utils import get_column_letter

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.errors import Problem, Where, problem
from catalog_service.catalog.identifiers import is_valid
from catalog_service.catalog.vocabularies import IdentifierScheme
from catalog_service.formats.classification import shipped_classification
from catalog_service.formats.entries import CatalogDocument, Entry, assemble
from catalog_service.formats.faults import Location
from catalog_service.formats.tabular import Row
from catalog_service.formats.workbook_columns import SHEETS, Column


@dataclass(frozen=True)
class _Sheet:
    """A sheet of the form with the columns found in it."""

    name: str
    rows: list[Row]
    found: dict[Column, int]

    @cached_property
    def _index(self) -> dict[tuple[str, ...], int]:
        return {column.path: index for column, index in self.found.items()}

    def text(self, row: Row, path: tuple[str, ...]) -> str:
        """Return the text of the column that holds `path`, empty where there is none."""
        index = self._index.get(path)
        return "" if index is None else row.cell(index)

    def values(self, row: Row) -> dict[str, Any]:
        """Return the filled cells of a row as a nested mapping, without what only follows from others."""
        data: dict[str, Any] = {}
        for column, index in self.found.items():
            text = row.cell(index)
            if text and not column.is_derived:
                inner = data
                for part in column.path[:-1]:
                    inner = inner.setdefault(part, {})
                inner[column.path[-1]] = column.codec.read(text)
        return data

    def formulas(self, row: Row) -> Iterator[Problem]:
        """Yield a fault for every cell of the row that is a formula."""
        for column, index in self.found.items():
            if index in row.formulas:
                zh, en = "单元格是公式，请改为数值", "the cell is a formula; replace it by its value"
                yield problem("formula", zh, en, **self.place(row, column.path).model_dump())

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


def read(sheets: Mapping[str, list[Row]], registered: Iterable[Agency] = ()) -> CatalogDocument:
    """Return the catalog in a workbook of this form, which need not tell again of agencies that are registered."""
    problems: list[Problem] = []
    forms = {name: _sheet(name, sheets.get(name, []), problems) for name in SHEETS}
    entries = [
        *_agencies(forms["机构"]),
        *_code_lists(forms["代码表"]),
        *_datasets(forms["数据集"], forms["信息项"], _providers(forms["机构"], registered), problems),
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
        yield Entry("agencies", sheet.values(row), _locator(sheet, row), tuple(sheet.formulas(row)))


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
        faults = tuple(one for row in rows for one in sheet.formulas(row))
        yield Entry("code_lists", data, _nested_locator(sheet, rows[0], ("items",), sheet, rows), faults)


def _providers(sheet: _Sheet, registered: Iterable[Agency]) -> dict[str, tuple[str, str]]:
    """Return name and code of each agency, by slug; the file's own word comes first."""
    known = {one.slug: (one.name, one.uscc) for one in registered}
    return known | {sheet.text(row, ("slug",)): (sheet.text(row, ("name",)), sheet.text(row, ("uscc",))) for row in sheet.rows}


def _datasets(
    sheet: _Sheet, fields: _Sheet, providers: Mapping[str, tuple[str, str]], problems: list[Problem]
) -> Iterator[Entry]:
    by_dataset, known = _grouped(fields, ("id",)), set[str]()
    for row in sheet.rows:
        data = sheet.values(row)
        dataset_id = str(data.pop("id", ""))
        data["agency"], _, data["name"] = dataset_id.partition("/")
        rows = by_dataset.get(dataset_id, [])
        known.add(dataset_id)
        values = [fields.values(one) for one in rows]
        data.setdefault("schema", {})["fields"] = [{k: v for k, v in one.items() if k != "id"} for one in values]
        data.setdefault("basis", {})
        if "derivation" not in data:
            data.setdefault("delivery", {})
        faults = [
            *sheet.formulas(row),
            *(fault for one in rows for fault in fields.formulas(one)),
            *_classified(sheet, row, data),
            *_provided(sheet, row, providers.get(data["agency"])),
        ]
        yield Entry("datasets", data, _nested_locator(sheet, row, ("schema", "fields"), fields, rows), tuple(faults))
    for dataset_id, rows in ((one, rows) for one, rows in by_dataset.items() if one not in known):
        problems.append(
            problem(
                "field-without-dataset",
                f"“数据集”工作表中没有 {dataset_id}，请补充该条目或改正标识",
                f"the sheet 数据集 has no {dataset_id}; add the entry or correct the id",
                **fields.place(rows[0], ("id",)).model_dump(),
            )
        )


_LEVELS = ("class_name", "section_name", "group_name", "detail_name")


def _classified(sheet: _Sheet, row: Row, data: dict[str, Any]) -> Iterator[Problem]:
    """Put in the classification that the four names stand for; yield what is wrong with them."""
    names = tuple(sheet.text(row, (level,)) for level in _LEVELS)
    if not any(names):
        return
    place, given = shipped_classification().by_names.get(names), data.get("classification")
    said = "/".join(name or "（空）" for name in names)
    if place is None:
        zh = f"资源分类中没有 {said}，请按“资源分类”表填写类、项、目、细目，或只填资源分类代码"
        en = f"the classification has no {said}; choose 类, 项, 目 and 细目 from the sheet 资源分类"
        yield problem("unknown-classification", zh, en, **sheet.place(row, ("detail_name",)).model_dump())
    elif given is not None and given != place.code:
        zh = f"资源分类代码 {given} 与类、项、目、细目（{said}，代码 {place.code}）不一致，请改正其一"
        en = f"the classification {given} is not that of {said}, which is {place.code}; correct one of them"
        yield problem("classification-mismatch", zh, en, **sheet.place(row, ("classification",)).model_dump())
    else:
        data["classification"] = place.code


def _provided(sheet: _Sheet, row: Row, provider: tuple[str, str] | None) -> Iterator[Problem]:
    """Yield what is wrong with name and code of the provider, which the agency's id decides."""
    name, code = sheet.text(row, ("provider",)), sheet.text(row, ("provider_code",))
    if name and provider is not None and name != provider[0]:
        zh = f"提供方“{name}”与该机构标识登记的“{provider[0]}”不一致，请改正或留空"
        en = f"the provider {name} is not the agency of the id, which is {provider[0]}"
        yield problem("provider-mismatch", zh, en, **sheet.place(row, ("provider",)).model_dump())
    if code and provider is not None and code != provider[1] and is_valid(IdentifierScheme.USCC, provider[1]):
        zh, en = (
            f"提供方代码与该机构标识登记的 {provider[1]} 不一致，请改正或留空",
            f"the provider's code is not that of the agency, {provider[1]}",
        )
        yield problem("provider-mismatch", zh, en, **sheet.place(row, ("provider_code",)).model_dump())
    elif code and not is_valid(IdentifierScheme.USCC, code):
        zh, en = "统一社会信用代码校验失败，请核对", "invalid unified social credit code"
        yield problem("invalid-uscc", zh, en, **sheet.place(row, ("provider_code",)).model_dump())


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
        if loc == nested and inner is not sheet:
            return sheet.place(row, ("id",)).model_copy(update={"field": inner.name})
        return sheet.place(row, loc)

    return locate
