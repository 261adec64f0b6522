"""Tables as rows of texts: CSV files and workbooks, with the row numbers an editor shows.

Here: safe reading of cells. Not here: what the columns mean (workbook, shanghai).
"""

import csv
import datetime as dt
import io
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from catalog_service.catalog.errors import InvalidError, TooLargeError, problem

MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_DECODED_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One row: its number in the file, counted from 1, and the text of each cell as it stands there."""

    number: int
    cells: tuple[str, ...]

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
    content = path.read_bytes()
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
    reader = csv.reader(io.StringIO(decode(path), newline=""), strict=True)
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


def read_workbook(path: Path) -> dict[str, list[Row]]:
    """Return, by sheet name, the rows of a workbook that are not empty.

    Raises:
        InvalidError: it is no workbook, or has formulas.
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
            return {sheet.title: _sheet_rows(sheet) for sheet in book.worksheets}
        except (SyntaxError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise _broken_workbook() from error
        finally:
            book.close()


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise _broken_workbook() from error
    if size > MAX_DECODED_BYTES:
        raise TooLargeError(
            problem(
                "workbook-too-large",
                f"工作簿解压后超过 {MAX_DECODED_BYTES // 2**20} MiB，请拆分",
                f"the workbook holds more than {MAX_DECODED_BYTES // 2**20} MiB; split it",
                file=path.name,
            )
        )


def _broken_workbook() -> InvalidError:
    return InvalidError(
        problem(
            "broken-workbook", "不是有效的 XLSX 工作簿，请重新保存为 .xlsx", "not a valid XLSX workbook; save it as .xlsx again"
        )
    )


def _sheet_rows(sheet: Any) -> list[Row]:  # noqa: ANN401
    rows: list[Row] = []
    for number, cells in enumerate(sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS), start=1):
        if any(cell.value is not None for cell in cells):
            if number > MAX_ROWS:
                raise TooLargeError(
                    problem(
                        "sheet-too-long",
                        f"超过 {MAX_ROWS} 行，请拆分",
                        f"more than {MAX_ROWS} rows; split it",
                        sheet=sheet.title,
                    )
                )
            rows.append(Row(number, tuple(_text(cell, sheet.title, number) for cell in cells)))
    return rows


def _text(cell: Any, sheet: str, row: int) -> str:  # noqa: ANN401
    if cell.data_type == "f":
        raise InvalidError(
            problem(
                "formula",
                f"单元格 {cell.coordinate} 是公式，请改为数值",
                f"cell {cell.coordinate} is a formula; replace it by its value",
                sheet=sheet,
                row=row,
            )
        )
    match cell.value:
        case None:
            return ""
        case bool() as flag:
            return "true" if flag else "false"
        case float() as number if number.is_integer():
            return str(int(number))
        case dt.datetime() as instant if instant.time() == dt.time():
            return instant.date().isoformat()
        case value:
            return str(value)
