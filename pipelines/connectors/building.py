"""From rows of Python texts to Arrow batches, for the formats that are read row by row.

Here: the last checks of a value, batches, and the spool that lets a whole file be judged before any row of it is used.
Not here: any format.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from catalog_service.catalog.errors import problem
from pipelines.connectors.delivered import Tally, forbidden_character

Row = tuple[int, Sequence[str | None], str]
"""Row number, one text or None per declared field, and an excerpt for people."""

_BATCH_ROWS = 8_192
_BATCH_CHARACTERS = 8 * 1024 * 1024


def spool(rows: Iterable[Row], schema: pa.Schema, tally: Tally, workdir: Path) -> Iterator[pa.RecordBatch]:
    """Read all rows into a temporary file and return them as batches from there."""
    workdir.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=workdir, prefix="rows-", delete=False) as target:
        with pa.ipc.new_stream(target, schema) as writer:
            for batch in _batches(rows, schema, tally):
                writer.write_batch(batch)
        path = Path(target.name)
    if tally.empty_rows:
        note_empty_rows(tally)
    return _spooled(path)


def note_empty_rows(tally: Tally) -> None:
    """Say how many empty rows were skipped."""
    zh, en = f"跳过 {tally.empty_rows} 个空行", f"{tally.empty_rows} empty rows were skipped"
    tally.notices.append(problem("empty-rows", zh, en))


def _spooled(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
            yield from reader
    finally:
        path.unlink(missing_ok=True)


def _batches(rows: Iterable[Row], schema: pa.Schema, tally: Tally) -> Iterator[pa.RecordBatch]:
    held: list[Sequence[str | None]] = []
    numbers: list[int] = []
    characters = 0
    for number, values, excerpt in rows:
        if not _is_good(number, values, excerpt, tally):
            continue
        held.append(values)
        numbers.append(number)
        characters += sum(len(value) for value in values if value)
        if len(held) >= _BATCH_ROWS or characters >= _BATCH_CHARACTERS:
            yield _batch(schema, held, numbers)
            held, numbers, characters = [], [], 0
    if held:
        yield _batch(schema, held, numbers)


def _is_good(number: int, values: Sequence[str | None], excerpt: str, tally: Tally) -> bool:
    """Tell whether a row may be handed on; note it where not."""
    texts = [value for value in values if value]
    if not texts:
        tally.empty_rows += 1
        return False
    limit = tally.limits.max_cell_bytes
    if any(len(text) * 4 > limit and len(text.encode("utf-8", "replace")) > limit for text in texts):
        zh, en = f"有一个值超过 {limit} 字节的上限", f"a value is longer than the limit of {limit} bytes"
        tally.set_aside(number, "value-too-long", zh, en, excerpt)
        return False
    if (character := forbidden_character("".join(texts))) is not None:
        zh, en = f"含有不允许的字符 {character}", f"it holds the character {character}, which is not allowed"
        tally.set_aside(number, "control-character", zh, en, excerpt)
        return False
    return True


def _batch(schema: pa.Schema, rows: list[Sequence[str | None]], numbers: list[int]) -> pa.RecordBatch:
    arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.record_batch([*arrays, pa.array(numbers, pa.int64())], schema=schema)
