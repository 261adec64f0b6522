"""Script of the child process that parses one workbook. It runs alone, limited, and imports nothing of ours.

Here: cells to texts, one JSON line per row on standard output. Not here: header rules, limits of bytes (workbook).
Lines: `[row number, [text or null, ...], fault or null]`, `{"error": ...}`, and last of all `{"end": true}`.
"""

import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

_WHOLE = 1e21
"""Whole numbers beyond this are written with an exponent."""


class _Parser(WorkSheetParser):
    """Tells formulas without a stored result from empty cells."""

    def parse_cell(self, element: Any) -> dict[str, Any]:  # noqa: ANN401
        cell: dict[str, Any] = super().parse_cell(element)
        if element.find(FORMULA_TAG) is not None and element.find(VALUE_TAG) is None:
            cell["data_type"] = "f"
        return cell


def main(given: dict[str, Any]) -> None:
    """Write the rows of the sheet that is asked for."""
    # A path would have to end in .xlsx; a kept delivery has a name of our own.
    with Path(given["path"]).open("rb") as file:
        _write_rows(file, given)


def _write_rows(file: IO[bytes], given: dict[str, Any]) -> None:
    book: Any = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    sheets = [sheet.title for sheet in book.worksheets]
    wanted = given["sheet"] or (sheets[0] if sheets else "")
    if wanted not in sheets:
        _say({"error": "no-sheet", "sheets": sheets[:20]})
        return
    sheet: Any = book[wanted]
    with sheet._get_source() as source:
        parser = _Parser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for line in _lines(parser, given["first_row"], given["max_columns"]):
            _say(line)
    _say({"end": True})


def _lines(parser: WorkSheetParser, first_row: int, max_columns: int) -> Iterator[Any]:
    """Yield rows that hold anything; the gaps of a sparse sheet are never filled."""
    for number, cells in parser.parse():
        if number < first_row:
            continue
        texts: list[str | None] = []
        fault = None
        for cell in cells:
            text = _text(cell["value"])
            fault = fault or {"e": "error-cell", "f": "formula"}.get(cell["data_type"])
            if text is None:
                continue
            column = cell["column"]
            if column > max_columns:
                yield {"error": "too-many-columns", "row": number}
                return
            texts.extend([None] * (column - len(texts)))
            texts[column - 1] = text
        if texts or fault:
            yield [number, texts, fault]


def _text(value: object) -> str | None:
    """Return a cell's value as text: whole numbers without `.0`, dates and times as ISO 8601."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < _WHOLE:
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)


def _say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
