"""Tables as rows of texts: CSV files and workbooks, with the row numbers an editor shows.

Here: safe reading of cells. Not here: what the columns mean (workbook, shanghai).
"""

import csv
import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from catalog_service.catalog.errors import InvalidError, TooLargeError, problem
from catalog_service.formats import workbook_cells

MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_DECODED_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One row: its number in the file, counted from 1, and the text of each cell as it stands there."""

    number: int
    cells: tuple[str, ...]
    formulas: tuple[int, ...] = ()
    """Positions of cells that are formulas; their values are nobody's."""

    def cell(self, index: int) -> str:
        """Return the text of a cell, trimmed; empty where the row is shorter."""
        return self.cells[index].strip() if index < len(self.cells) else ""

    @property
    def is_empty(self) -> bool:
        """Whether no cell has text."""
        return not any(cell.strip() for cell in self.cells)


def decode(path: Path) -> str:
    """Return the text of a UTF-8 file, with or without byte order mark.

    Raises:
        InvalidError: it is not UTF-8.
    """
    return text_of(path.read_bytes())


def text_of(content: bytes) -> str:
    """Return the text in UTF-8 bytes, with or without byte order mark.

    Raises:
        InvalidError: they are not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidError(
            problem(
                "not-utf-8",
                f"第 {line} 行不是 UTF-8 编码，请另存为 UTF-8",
                f"line {line} is not UTF-8; save the file as UTF-8",
                row=line,
            )
        ) from error


def read_csv(path: Path) -> list[Row]:
    """Return the rows of a CSV file that are not empty.

    Raises:
        InvalidError: it is no CSV in UTF-8.
    """
    return _csv_rows(decode(path))


def read_archive(path: Path) -> dict[str, list[Row]]:
    """Return, by name without suffix, the rows of the CSV files in a ZIP.

    Raises:
        InvalidError: it is no ZIP, or one of its files is no CSV in UTF-8.
        TooLargeError: it is larger than a catalog can be.
    """
    _refuse_bombs(path)
    found: dict[str, list[Row]] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                sheet = PurePosixPath(name).stem
                try:
                    found[sheet] = _csv_rows(text_of(archive.read(name)))
                except (zipfile.BadZipFile, RuntimeError) as error:
                    raise _broken_archive() from error
                except InvalidError as error:
                    raise InvalidError(one.at(sheet=sheet) for one in error.problems) from error
    return found


def _csv_rows(text: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    number = 1
    try:
        for cells in reader:
            rows.append(Row(number, tuple(cells)))
            number = reader.line_num + 1
    except csv.Error as error:
        raise InvalidError(
            problem("broken-csv", f"不是有效的 CSV：{error}", f"not valid CSV: {error}", row=reader.line_num)
        ) from error
    return [row for row in rows if not row.is_empty]


def read_workbook(path: Path, wanted: Container[str]) -> dict[str, list[Row]]:
    """Return, by sheet name, the rows that are not empty of the sheets wanted, or where there are none, of the first sheet.

    Raises:
        InvalidError: it is no workbook.
        TooLargeError: it is larger than a catalog can be.
    """
    _refuse_bombs(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of extensions it does not keep; we only read texts
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
        except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError) as error:
            raise _broken_workbook() from error
        try:
            sheets = [sheet for sheet in book.worksheets if sheet.title in wanted] or book.worksheets[:1]
            return {sheet.title: _sheet_rows(sheet) for sheet in sheets}
        except (SyntaxError, ValueError, LookupError, zipfile.BadZipFile) as error:
            raise _broken_workbook() from error
        finally:
            book.close()


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise (_broken_workbook() if path.suffix.lower() == ".xlsx" else _broken_archive()) from error
    if size > MAX_DECODED_BYTES:
        raise TooLargeError(
            problem(
                "workbook-too-large",
                f"工作簿解压后超过 {MAX_DECODED_BYTES // 2**20} MiB，请拆分",
                f"the workbook holds more than {MAX_DECODED_BYTES // 2**20} MiB; split it",
                file=path.name,
            )
        )


def _broken_archive() -> InvalidError:
    return InvalidError(
        problem("broken-archive", "不是有效的 ZIP 压缩包，请重新压缩", "not a valid ZIP archive; make it again")
    )


def _broken_workbook() -> InvalidError:
    return InvalidError(
        problem(
            "broken-workbook", "不是有效的 XLSX 工作簿，请重新保存为 .xlsx", "not a valid XLSX workbook; save it as .xlsx again"
        )
    )


def _sheet_rows(sheet: Any) -> list[Row]:  # noqa: ANN401
    rows: list[Row] = []
    for number, cells in workbook_cells.rows(sheet):
        texts, formulas = _texts(cells)
        if texts or formulas:
            if number > MAX_ROWS:
                raise TooLargeError(
                    problem(
                        "sheet-too-long",
                        f"超过 {MAX_ROWS} 行，请拆分",
                        f"more than {MAX_ROWS} rows; split it",
                        sheet=sheet.title,
                    )
                )
            rows.append(Row(number, texts, formulas))
    return rows


def _texts(cells: list[workbook_cells.Cell]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the texts of a row's cells, none where all are empty, and where formulas are."""
    texts: list[str] = []
    formulas: list[int] = []
    for cell in cells:
        index = cell["column"] - 1
        if cell["value"] is not None and index < MAX_COLUMNS:
            texts.extend([""] * (index + 1 - len(texts)))
            texts[index] = _text(cell["value"])
            if cell["data_type"] == "f":
                formulas.append(index)
    return tuple(texts), tuple(formulas)


def _text(value: object) -> str:
    match value:
        case str():
            return value.replace("_x000D_", "\r")
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case _:
            return str(value)
