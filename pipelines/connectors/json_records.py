"""JSON (array of objects) and NDJSON: keys by the header rules, every value as the text it is written as.

Here: records to rows. Not here: encodings (text), tokens (json_stream).
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from catalog_service.catalog.dataset import DeliveryFormat
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.schema import Schema
from catalog_service.catalog.vocabularies import FileFormat
from pipelines.connectors.building import Row, spool
from pipelines.connectors.delivered import Tally, arrow_schema, refuse
from pipelines.connectors.header import ColumnNames, check_column_count
from pipelines.connectors.json_stream import DECODER, BrokenJsonError, JsonStream, Pairs
from pipelines.connectors.text import TextFile, check_text

_FAULTS = {
    "not-json": ("本行不是有效的 JSON", "the line is not valid JSON"),
    "not-an-object": ("记录不是 JSON 对象", "the record is not a JSON object"),
    "duplicate-key": ("同一记录中有重复的键", "a key occurs twice in the record"),
    "nested-value": (
        "值是嵌套的对象或数组，应为文本、数字、布尔值或 null",
        "a value is an object or array, not text or a number",
    ),
    "not-a-number": (
        "NaN 和无穷大不是有效的 JSON 值，没有值时请用 null",
        "NaN and infinities are not JSON; use null for no value",
    ),
}
Record = tuple[int, object, str]
"""Row number, parsed value or what is wrong with the text, excerpt."""


class _Fault(str):
    """Code of what is wrong with a record as a whole."""

    __slots__ = ()


def read_json(path: Path, schema: Schema, form: DeliveryFormat, tally: Tally, workdir: Path) -> Iterator[pa.RecordBatch]:
    """Read a whole JSON or NDJSON file and return its rows.

    Raises:
        InvalidError: the file is not what is declared, or its keys are at fault.
    """
    text = check_text(path, form.encoding, tally.limits, workdir)
    records = _lines(text, tally) if form.format is FileFormat.NDJSON else _elements(text, form, tally)
    keys = _Keys(schema, form, tally)
    batches = spool(keys.rows(records), arrow_schema(schema), tally, workdir)
    keys.finish()
    return batches


class _Keys:
    """The keys met in a file and the fields that they mean."""

    def __init__(self, schema: Schema, form: DeliveryFormat, tally: Tally) -> None:
        self._columns = ColumnNames(schema, form)
        self._width = len(schema.fields)
        self._tally = tally
        self._slots: dict[str, int | None] = {}
        """Key as written → index of its field, None where it is not loaded."""

    def rows(self, records: Iterator[Record]) -> Iterator[Row]:
        """Yield good rows and set aside the others."""
        for number, record, excerpt in records:
            values = self._values(record)
            if isinstance(values, _Fault):
                self._tally.set_aside(number, values, *_FAULTS[values], excerpt)
            else:
                yield number, values, excerpt

    def finish(self) -> None:
        """Apply the header rules to all keys of the file."""
        unloaded = [name for name, slot in self._slots.items() if slot is None]
        problems = [one for name in unloaded for one in self._columns.faults([name])]
        missing, notices = self._columns.missing(slot for slot in self._slots.values() if slot is not None)
        if self._slots:
            problems += missing
        if problems:
            raise InvalidError(problems)
        self._tally.notices += notices

    def _values(self, record: object) -> list[str | None] | _Fault:
        if isinstance(record, _Fault):
            return record
        if not isinstance(record, Pairs):
            return _Fault("not-an-object")
        values: list[str | None] = [None] * self._width
        seen: set[int] = set()
        for key, value in record:
            slot = self._slots[key] if key in self._slots else self._meet(key)
            if slot is None:
                continue
            if slot in seen:
                return _Fault("duplicate-key")
            seen.add(slot)
            if isinstance(value, str) or value is None:
                values[slot] = value
            elif isinstance(value, bool):
                values[slot] = "true" if value else "false"
            else:
                return _Fault("nested-value" if isinstance(value, list) else "not-a-number")
        return values

    def _meet(self, key: str) -> int | None:
        check_column_count(len(self._slots) + 1, self._tally.limits.max_columns)
        self._slots[key] = slot = self._columns.field_index(key)
        return slot


def _lines(text: TextFile, tally: Tally) -> Iterator[Record]:
    """Yield the record of each line that is not blank, by line number."""
    limit = tally.limits.max_record_bytes
    with text.path.open("rb") as file:
        file.seek(text.start)
        number = 0
        while raw := file.readline(limit):
            number += 1
            if len(raw) == limit:
                refuse("record-too-long", f"本行超过 {limit} 字节", f"the line is longer than {limit} bytes", row=number)
            line = raw.decode().strip()
            if number == 1 and line.startswith("["):
                refuse(
                    "wrong-format",
                    "目录条目声明的格式是 JSON 行，而文件是 JSON 数组；请按声明的格式提供，或先变更目录条目",
                    "the catalog entry declares JSON lines, but the file is a JSON array; "
                    "deliver the declared format, or have the entry changed first",
                )
            if line:
                yield number, _parse(line), line[:1_000]


def _parse(line: str) -> object:
    try:
        return DECODER.decode(line)
    except (json.JSONDecodeError, RecursionError):
        return _Fault("not-json")


def _elements(text: TextFile, form: DeliveryFormat, tally: Tally) -> Iterator[Record]:
    """Yield the elements of the document's array of records, by ordinal."""
    number = 0
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        stream = JsonStream(file, tally.limits.max_record_bytes)
        try:
            for number, (record, excerpt) in enumerate(stream.records(form.records_path), start=1):
                yield number, record, excerpt
        except (BrokenJsonError, RecursionError):
            refuse(
                "not-json",
                f"第 {number} 条记录之后不是有效的 JSON，文件可能不完整；请重新导出后提供",
                f"after record {number} the file is not valid JSON and may be truncated; export it again",
                row=number + 1,
            )
