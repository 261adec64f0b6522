"""Cells of one sheet of a workbook, row by row, at the price of reading its XML once.

Here: the values of cells, as openpyxl takes them from a sheet. Not here: what a value is as a text, limits (tabular).

openpyxl makes objects of several layers of every cell, and of every text that stands in its cell (as spreadsheet programs that
write in one go put them) a whole tree; a catalog of five thousand entries has a million cells. Its parser is used without that.
"""

from collections.abc import Iterator
from typing import Any

from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet._reader import INLINE_STRING, WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS

_TEXT_TAG = f"{{{SHEET_MAIN_NS}}}t"

Cell = dict[str, Any]
"""What openpyxl knows of a cell: row, column, value, data_type, and style_id."""


def rows(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:  # noqa: ANN401
    """Yield the rows of a sheet opened by openpyxl for reading only: number, and the cells that are there."""
    book = sheet.parent
    with sheet._get_source() as source:
        yield from _Parser(
            source,
            sheet._shared_strings,
            data_only=book.data_only,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        ).parse()


class _Parser(WorkSheetParser):
    """Takes a plain text that stands in its cell as it is."""

    def parse_cell(self, element: Any) -> Cell:  # noqa: ANN401
        """Return a cell."""
        place, inner = element.get("r"), element[0] if len(element) == 1 else None
        if not place or inner is None or inner.tag != INLINE_STRING or [one.tag for one in inner] != [_TEXT_TAG]:
            cell: Cell = super().parse_cell(element)
            return cell
        row, self.col_counter = coordinate_to_tuple(place)
        return {"row": row, "column": self.col_counter, "value": inner[0].text or "", "data_type": "s", "style_id": 0}
