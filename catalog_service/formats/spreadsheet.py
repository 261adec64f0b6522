"""Rows as an Excel workbook: values as they are, nothing rounded, nothing cut, no formulas.

Here: cells. Not here: which rows, and how many at most (services.export_forms).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO

import pyarrow as pa
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from catalog_service.catalog.errors import TooLargeError, problem

_MOST_CHARACTERS = 32_767
_MOST_DIGITS, _FIRST_INEXACT = 15, 10**15
"""Digits of a number that Excel keeps; more are written as text."""
_FIRST_DAY = dt.date(1900, 3, 1)
"""Excel's calendar has a 29 February 1900: earlier days are written as text."""


def write_spreadsheet(
    file: IO[bytes], columns: Sequence[str], batches: Iterable[pa.RecordBatch], notes: Sequence[tuple[str, str]]
) -> None:
    """Write rows on a sheet 数据 and what there is to know of them on a sheet 说明, in constant memory.

    Raises:
        TooLargeError: a text is longer than a cell can hold.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("数据")
        sheet.freeze_panes(1, 0)
        for number, name in enumerate(columns):
            sheet.write_string(0, number, name)
        row = 0
        for batch in batches:
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row += 1
                for number, value in enumerate(values):
                    _write(sheet, row, number, value, day, columns[number])
        about = book.add_worksheet("说明")
        for number, (name, text) in enumerate(notes):
            about.write_string(number, 0, name)
            about.write_string(number, 1, text)


def _write(sheet: Worksheet, row: int, column: int, value: object, day: object, name: str) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(row, column, value)
        case int() | float() | Decimal() if _is_exact(value):
            sheet.write_number(row, column, value)
        case dt.date() if value >= _FIRST_DAY:
            sheet.write_datetime(row, column, value, day)
        case _:
            _write_text(sheet, row, column, str(value), name)


def _write_text(sheet: Worksheet, row: int, column: int, text: str, name: str) -> None:
    if len(text.encode("utf-16-le")) // 2 > _MOST_CHARACTERS:
        zh = f"有单元格超过 Excel 的 {_MOST_CHARACTERS} 个字符，不能完整写入工作簿；请改用 CSV 或 Parquet"
        en = f"a cell is longer than the {_MOST_CHARACTERS} characters that Excel holds; take CSV or Parquet instead"
        raise TooLargeError(problem("cell-too-long", zh, en, row=row + 1, field=name))
    sheet.write_string(row, column, text)


def _is_exact(number: float | Decimal) -> bool:
    """Tell whether Excel, which keeps 15 digits, keeps the number."""
    if isinstance(number, int):
        return abs(number) < _FIRST_INEXACT
    if isinstance(number, float):
        return number == float(f"{number:.{_MOST_DIGITS}g}")
    return bool(number.is_finite()) and len(number.as_tuple().digits) <= _MOST_DIGITS
