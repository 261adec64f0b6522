"""Small tables as an Excel workbook: a sheet each, with a frozen header and columns wide enough to read.

Here: cells. Not here: what the tables say (services), rows of data sets (spreadsheet).
"""

import io
from collections.abc import Sequence
from typing import NamedTuple

import xlsxwriter

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST = 60
Cell = str | int | float | None


class Sheet(NamedTuple):
    """A table: name of the sheet, header, rows; None is an empty cell."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def write_tables(sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook of these tables; texts stay texts, whatever they begin with."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DCE9F5", "bottom": 1})
        for one in sheets:
            sheet = book.add_worksheet(one.name)
            sheet.freeze_panes(1, 0)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            for number, name in enumerate(one.columns):
                sheet.set_column(number, number, _width([name, *(row[number] for row in one.rows)]))
                sheet.write_string(0, number, name, bold)
            for place, row in enumerate(one.rows, start=1):
                for number, value in enumerate(row):
                    if value is not None:
                        sheet.write(place, number, value)
    return file.getvalue()


def _width(values: Sequence[Cell]) -> int:
    """Return the width in letters; a Chinese character takes two."""
    longest = max(sum(1 if letter.isascii() else 2 for letter in str(one)) for one in values if one is not None)
    return min(_WIDEST, longest + 2)
