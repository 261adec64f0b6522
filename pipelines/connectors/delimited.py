"""CSV and TSV: header by the rules, rows by pyarrow with declared columns only, every value as text.

Here: records of a checked UTF-8 file. Not here: its encoding and quotes (text, quotes).
"""

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as arrow_csv

from catalog_service.catalog.dataset import DeliveryFormat
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.schema import Schema
from pipelines.connectors.building import note_empty_rows
from pipelines.connectors.columns import checked
from pipelines.connectors.delivered import Tally, arrow_schema, refuse, refuse_unreadable
from pipelines.connectors.header import Header, match_header
from pipelines.connectors.limits import Limits
from pipelines.connectors.text import TextFile, check_text

_HEAD = 4 * 1024 * 1024
_BLOCK = 1024 * 1024


def read_delimited(path: Path, schema: Schema, form: DeliveryFormat, tally: Tally, workdir: Path) -> Iterator[pa.RecordBatch]:
    """Check the whole file and its header, and return its rows.

    Raises:
        InvalidError: the file is not text as declared, or its header is at fault; while iterating: a record is too long.
    """
    if not form.delimiter.isascii() or form.delimiter in '"\r\n':
        refuse(
            "bad-delimiter",
            "目录条目声明的分隔符不可用：应为一个 ASCII 字符，且不能是引号或换行",
            "the delimiter in the catalog entry cannot be used: it must be one ASCII character, not a quote or line break",
        )
    text = check_text(path, form.encoding, tally.limits, workdir, delimiter=form.delimiter)
    names, start = _header(text, form)
    header = match_header(names, schema, form, tally.limits.max_columns, row=form.header_row)
    tally.notices += header.notices
    return _rows(_Layout(text, start, len(names), header, schema, form), tally)


class _Layout:
    """Where the rows begin and which of their columns are wanted."""

    def __init__(self, text: TextFile, start: int, width: int, header: Header, schema: Schema, form: DeliveryFormat) -> None:
        self.text, self.start, self.form = text, start, form
        self.labels = [str(i) for i in range(width)]
        self.positions = header.positions
        self.schema = arrow_schema(schema)
        self.wanted = [str(i) for i in header.positions if i is not None]


def _header(text: TextFile, form: DeliveryFormat) -> tuple[list[str], int]:
    """Return the column names and the byte position of the first row."""
    with text.path.open("rb") as file:
        file.seek(text.start)
        head = file.read(_HEAD)
    used = 0

    def lines() -> Iterator[str]:
        nonlocal used
        for line in head.splitlines(keepends=True):
            used += len(line)
            yield line.decode("utf-8", "replace")

    records = csv.reader(lines(), delimiter=form.delimiter)
    try:
        names = [next(records) for _ in range(form.header_row)][-1]
    except StopIteration:
        refuse("no-rows", "文件没有表头行，也没有数据", "the file holds no header row and no data", row=form.header_row)
    except csv.Error:
        refuse("unreadable-header", "表头无法读取", "the header cannot be read", row=form.header_row)
    return names or [""], text.start + used


def _rows(layout: _Layout, tally: Tally) -> Iterator[pa.RecordBatch]:
    numbers = _RowNumbers(layout.form.header_row)
    ragged = _Ragged(numbers, len(layout.labels), tally)
    with pa.OSFile(str(layout.text.path)) as file:
        if file.size() <= layout.start:
            return
        stream = file.get_stream(layout.start, file.size() - layout.start)
        try:
            for batch in _open(stream, layout, tally.limits, ragged.handle):
                yield from _finish(batch, numbers, layout, tally)
        except pa.ArrowInvalid as error:
            if ragged.refusal is not None:
                raise ragged.refusal from None
            _refuse_record(str(error), numbers.next)
    if tally.empty_rows:
        note_empty_rows(tally)


class _Ragged:
    """Sets rows aside that have more or fewer columns than the header."""

    def __init__(self, numbers: "_RowNumbers", width: int, tally: Tally) -> None:
        self._numbers, self._width, self._tally = numbers, width, tally
        self.refusal: InvalidError | None = None
        """Why the file is given up: the parser swallows what its handler raises."""

    def handle(self, row: Any) -> str:  # noqa: ANN401 - pyarrow's InvalidRow has no public type
        """Note one row and tell the parser to go on, or to stop."""
        columns = row.actual_columns
        zh = f"本行有 {columns} 列，表头有 {self._width} 列；请检查多余或缺少的分隔符、引号"
        en = f"the row has {columns} columns, the header {self._width}: check for delimiters and quotes too many or missing"
        try:
            self._tally.set_aside(self._numbers.skip(row.number), "ragged-row", zh, en, row.text)
        except InvalidError as error:
            self.refusal = error
            return "error"
        return "skip"


def _open(stream: Any, layout: _Layout, limits: Limits, set_aside: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    block = max(_BLOCK, 2 * min(layout.text.longest_line, limits.max_record_bytes))
    return arrow_csv.open_csv(
        stream,
        # Row numbers of skipped rows are exact in one thread only.
        arrow_csv.ReadOptions(use_threads=False, block_size=block, column_names=layout.labels),
        arrow_csv.ParseOptions(
            delimiter=layout.form.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=set_aside,
        ),
        arrow_csv.ConvertOptions(
            check_utf8=False,
            column_types={label: pa.string() for label in layout.wanted},
            include_columns=layout.wanted,
            strings_can_be_null=False,
        ),
    )


class _RowNumbers:
    """Numbers of the good rows, given those of the bad ones, which the parser reports before the rows after them."""

    def __init__(self, header_row: int) -> None:
        self.next = header_row + 1
        self._header_row = header_row
        self._skipped: deque[int] = deque()

    def skip(self, physical: int) -> int:
        """Note a bad row by its 1-based number after the header and return its number in the file."""
        number = physical + self._header_row
        self._skipped.append(number)
        return number

    def take(self, count: int) -> npt.NDArray[np.int64]:
        """Return the numbers of the next `count` good rows."""
        numbers = np.arange(self.next, self.next + count, dtype=np.int64)
        while self._skipped and count and self._skipped[0] <= numbers[-1]:
            numbers[np.searchsorted(numbers, self._skipped.popleft()) :] += 1
        if count:
            self.next = int(numbers[-1]) + 1
        return numbers


def _finish(batch: pa.RecordBatch, numbers: _RowNumbers, layout: _Layout, tally: Tally) -> Iterator[pa.RecordBatch]:
    """Put the columns in declared order, add row numbers, and leave out empty rows and rows with huge values."""
    number = pa.array(numbers.take(batch.num_rows))
    missing = pa.nulls(batch.num_rows, pa.string())
    arrays = [missing if at is None else batch.column(str(at)) for at in layout.positions]
    result = pa.record_batch([*arrays, number], schema=layout.schema)
    yield from checked(result, tally)


def _refuse_record(detail: str, row: int) -> NoReturn:
    if "straddling" in detail:
        refuse(
            "record-too-long",
            "本行之后有一条记录过长，无法读取；请检查引号是否闭合，或拆分过长的值",
            "a record after this row is too long to be read; check that quotes are closed, or split the value",
            row=row,
        )
    refuse_unreadable(detail)
