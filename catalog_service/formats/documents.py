"""Catalog files of any known form: recognised, read, every fault collected.

Here: which reader a file gets, and the document form (keys agencies, code_lists, datasets) in YAML and JSON.
Not here: storing what was read (services.compiling).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError, NotFoundError, Problem, TooLargeError, Where, problem
from catalog_service.formats import json_text, shanghai, tabular, workbook, yaml_text
from catalog_service.formats.entries import MAX_BYTES, MODELS, CatalogDocument, Entry, assemble
from catalog_service.formats.faults import Location
from catalog_service.formats.workbook_columns import SHEETS


def load_catalog(path: Path) -> tuple[Catalog, list[Problem]]:
    """Return the good entries of a catalog file, and all its faults and notices."""
    document = read_document(path)
    return document.catalog, [*document.problems, *document.notices]


def read_document(path: Path, registered: Sequence[Agency] = ()) -> CatalogDocument:
    """Read a catalog file: YAML, JSON, the national form as XLSX or as CSV files in a ZIP, or the Shanghai plan of 2014.

    What the form says of a provider is compared with the file's own agencies, and with those that are `registered`.
    Whatever is wrong inside the file is a problem in the result; a file that cannot be read as a whole has no entries.

    Raises:
        NotFoundError: there is no such file.
        TooLargeError: it is larger than a catalog can be.
    """
    if not path.is_file():
        raise NotFoundError(
            problem("no-file", "文件不存在，请检查路径", "there is no such file; check the path", file=str(path))
        )
    if path.stat().st_size > MAX_BYTES:
        raise TooLargeError(
            problem(
                "catalog-too-large",
                f"目录文件超过 {MAX_BYTES // 2**20} MiB，请拆分后导入",
                f"the catalog file exceeds {MAX_BYTES // 2**20} MiB; split it",
                file=path.name,
            )
        )
    try:
        document = _READERS.get(path.suffix.lower(), _refuse)(path, registered)
    except InvalidError as error:
        document = assemble((), problems=error.problems)
    return _in_file(document, path.name)


def _in_file(document: CatalogDocument, name: str) -> CatalogDocument:
    return replace(
        document,
        problems=tuple(one.at(file=name) for one in document.problems),
        notices=tuple(one.at(file=name) for one in document.notices),
        places={key: where.model_copy(update={"file": name}) for key, where in document.places.items()},
        file=name,
    )


def _refuse(path: Path, _: Sequence[Agency]) -> CatalogDocument:
    raise InvalidError(
        problem(
            "unknown-catalog-format",
            f"不支持的目录文件类型 {path.suffix}，请使用 {'、'.join(_READERS)}",
            f"unknown type of catalog file {path.suffix}; use one of {', '.join(_READERS)}",
        )
    )


def _read_yaml(path: Path, _: Sequence[Agency]) -> CatalogDocument:
    root = yaml_text.parse(tabular.decode(path))
    problems: list[Problem] = []

    def locate(section: str, index: int) -> Callable[[Location], Where]:
        return lambda loc: Where(row=root.find((section, index, *loc)).line)

    entries = list(_entries(root.value, locate, lambda key: Where(row=root.find((key,)).line), problems))
    return assemble(entries, problems=problems)


def _read_json(path: Path, _: Sequence[Agency]) -> CatalogDocument:
    text = tabular.decode(path)
    value = json_text.parse(text)
    lines = json_text.entry_lines(text)
    problems: list[Problem] = []

    def locate(section: str, index: int) -> Callable[[Location], Where]:
        return lambda _loc: Where(row=lines[section][index])

    entries = list(_entries(value, locate, lambda _key: Where(), problems))
    return assemble(entries, problems=problems)


def _entries(
    value: object,
    locate: Callable[[str, int], Callable[[Location], Where]],
    locate_section: Callable[[str], Where],
    problems: list[Problem],
) -> Iterator[Entry]:
    """Yield the entries of a document of our form; what does not belong there is added to `problems`."""
    if not isinstance(value, Mapping) or not value:
        problems.append(
            problem(
                "not-a-catalog",
                f"文件顶层应为 {'、'.join(MODELS)} 三项的映射",
                f"the file must be a mapping with the keys {', '.join(MODELS)}",
            )
        )
        return
    problems += [
        problem(
            "unknown-section",
            f"没有 {key} 这一项，顶层只能有 {'、'.join(MODELS)}",
            f"there is no section {key}; use {', '.join(MODELS)}",
            **locate_section(key).model_dump() | {"field": key},
        )
        for key in value
        if key not in MODELS
    ]
    for kind in MODELS:
        section = value.get(kind)
        if isinstance(section, list):
            for index, data in enumerate(section):
                yield Entry(kind, data, locate(kind, index))
        elif section is not None:
            problems.append(
                problem(
                    "not-a-list",
                    f"{kind} 应为列表",
                    f"{kind} must be a list",
                    **locate_section(kind).model_dump() | {"field": kind},
                )
            )


def _read_csv(path: Path, _: Sequence[Agency]) -> CatalogDocument:
    rows = tabular.read_csv(path)
    if not shanghai.is_plan(rows):
        raise _unknown_table("CSV")
    return shanghai.read(rows)


def _read_workbook(path: Path, registered: Sequence[Agency]) -> CatalogDocument:
    sheets = tabular.read_workbook(path, SHEETS)
    if workbook.is_form(sheets):
        return workbook.read(sheets, registered)
    first = next(iter(sheets.values()))
    if shanghai.is_plan(first):
        return shanghai.read(first)
    raise _unknown_table("XLSX")


def _read_archive(path: Path, registered: Sequence[Agency]) -> CatalogDocument:
    sheets = tabular.read_archive(path)
    if not workbook.is_form(sheets):
        raise _unknown_table("ZIP")
    return workbook.read(sheets, registered)


def _unknown_table(kind: str) -> InvalidError:
    return InvalidError(
        problem(
            "unknown-catalog-table",
            f"无法识别该 {kind} 的表头；可导入的表格：含“数据集”“信息项”工作表的目录工作簿，或上海 2014 年数据开放清单",
            f"the header of this {kind} is not known; tables that can be imported: the catalog workbook with the sheets "
            "数据集 and 信息项, and the Shanghai plan of 2014",
        )
    )


_READERS: dict[str, Callable[[Path, Sequence[Agency]], CatalogDocument]] = {
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".json": _read_json,
    ".xlsx": _read_workbook,
    ".csv": _read_csv,
    ".zip": _read_archive,
}
