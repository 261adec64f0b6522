"""Exports of pinned Parquet files as CSV and JSON text, Arrow data or Parquet, in the order of their rows, in constant memory.

DuckDB writes each row as one line of text; the bytes of a batch are handed on as they lie in Arrow's buffer. Not here: who
may read what, and what the answer is wrapped in.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lake.expressions import ident, literal
from lake.tables import Lake

BOM = "\ufeff".encode()
_BATCH_ROWS = 8_192
_FORMULA_STARTS = "=+-@\t\r＝＋－＠"
_ZONE = "Asia/Shanghai"
_OFFSET = "+08:00"
_INSTANT = "TIMESTAMP WITH TIME ZONE"


def column_names(lake: Lake, files: Sequence[str]) -> tuple[str, ...]:
    """Return the column names of files of one version, from the footer of the first; empty where there is no file."""
    return tuple(pq.read_schema(lake.root / files[0]).names) if files else ()


def csv_lines(
    lake: Lake, files: Sequence[str], columns: Sequence[str], *, limit: int, for_spreadsheet: bool = False
) -> Iterator[bytes]:
    """Yield a header and at most `limit` rows as RFC 4180 text (UTF-8, LF).

    An empty text is `""`, a missing value is nothing. `for_spreadsheet` puts an apostrophe before texts that a spreadsheet
    would run as a formula.
    """
    yield (",".join(columns) + "\n").encode()
    if not files:
        return
    with ordered(lake) as connection:
        relation = lake.relation(files)
        types = column_types(connection, relation, columns)
        cells = [_csv_cell(name, types[name], for_spreadsheet) for name in columns]
        if len(cells) == 1:
            cells = [f"coalesce(nullif({cells[0]}, ''), '\"\"')"]  # an empty line would be no row at all
        line = " || ',' || ".join(cells)
        yield from _texts(connection, f"SELECT {line} || chr(10) FROM {relation}", limit)


def json_lines(lake: Lake, files: Sequence[str], columns: Sequence[str], *, limit: int, before: str = "") -> Iterator[bytes]:
    """Yield at most `limit` rows as JSON objects, one a line, each line after the text `before`."""
    if not files:
        return
    with ordered(lake) as connection:
        relation = lake.relation(files)
        types = column_types(connection, relation, columns)
        line = f"{literal(before)} || {json_object(columns, types)} || chr(10)"
        yield from _texts(connection, f"SELECT {line} FROM {relation}", limit)


def first_rows(lake: Lake, files: Sequence[str], columns: Sequence[str], *, limit: int) -> list[tuple[str | None, ...]]:
    """Return the first rows as texts, written as in CSV; None for a missing value."""
    if not files:
        return []
    with ordered(lake) as connection:
        relation = lake.relation(files)
        types = column_types(connection, relation, columns)
        texts = ", ".join(_text(name, types[name]) for name in columns)
        return connection.sql(f"SELECT {texts} FROM {relation} LIMIT {int(limit)}").fetchall()


def typed_batches(lake: Lake, files: Sequence[str], columns: Sequence[str], *, limit: int) -> Iterator[pa.RecordBatch]:
    """Yield at most `limit` rows as Arrow data; instants as the texts that CSV has, everything else as it is stored."""
    if not files:
        return
    with ordered(lake) as connection:
        relation = lake.relation(files)
        types = column_types(connection, relation, columns)
        values = ", ".join(f"{_text(n, types[n]) if types[n] == _INSTANT else ident(n)} AS {ident(n)}" for n in columns)
        yield from _batches(connection, f"SELECT {values} FROM {relation}", limit)


def write_parquet(lake: Lake, files: Sequence[str], columns: Sequence[str], target: Path, *, limit: int | None) -> None:
    """Write rows with these columns and no others as one Parquet file, all or at most `limit`; there must be a file to read."""
    with ordered(lake) as connection:
        names = ", ".join(ident(name) for name in columns)
        query = f"SELECT {names} FROM {lake.relation(files)}" + ("" if limit is None else f" LIMIT {int(limit)}")
        connection.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")


def ordered(lake: Lake) -> duckdb.DuckDBPyConnection:
    """Return a connection that keeps the order of rows."""
    connection = lake.connect()
    connection.execute("SET preserve_insertion_order = true")
    return connection


def column_types(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]) -> dict[str, str]:
    """Return the SQL types of columns."""
    names = ", ".join(ident(name) for name in columns)
    rows = connection.sql(f"DESCRIBE SELECT {names} FROM {relation}").fetchall()
    return {row[0]: row[1] for row in rows}


def json_object(columns: Sequence[str], types: Mapping[str, str]) -> str:
    """Return SQL for a row as the text of a JSON object."""
    members = ", ".join(f"{ident(name)} := {_json_value(name, types[name])}" for name in columns)
    return f"to_json(struct_pack({members}))::VARCHAR"


def _texts(connection: duckdb.DuckDBPyConnection, query: str, limit: int) -> Iterator[bytes]:
    """Yield the texts of a one-column query, joined per batch."""
    for batch in _batches(connection, query, limit):
        yield _joined(batch.column(0))


def _batches(connection: duckdb.DuckDBPyConnection, query: str, limit: int) -> Iterator[pa.RecordBatch]:
    """Yield at most `limit` rows of a query. `sql` streams them; `execute`, and LIMIT where it is large, hold them all."""
    connection.execute("SET threads = 1")  # what goes out is text over a wire; a second thread only reads ahead into memory
    left = limit
    with connection.sql(query).to_arrow_reader(_BATCH_ROWS) as reader:
        while left > 0 and (batch := next(reader, None)) is not None:
            yield batch.slice(0, left)
            left -= len(batch)


def _joined(texts: pa.Array) -> bytes:
    """Return the texts one after another: their bytes already lie so in the array's data buffer."""
    if not len(texts):
        return b""
    offsets = texts.buffers()[1]
    width = 8 if pa.types.is_large_string(texts.type) else 4
    start, end = (
        int.from_bytes(offsets[(texts.offset + at) * width : (texts.offset + at + 1) * width].to_pybytes(), "little")
        for at in (0, len(texts))
    )
    return bytes(texts.buffers()[2][start:end].to_pybytes())


def _text(name: str, kind: str) -> str:
    """Return SQL for a value as text; instants in ISO 8601 with the offset of local time."""
    if kind != _INSTANT:
        return ident(name) if kind == "VARCHAR" else f"{ident(name)}::VARCHAR"
    local = f"strftime({ident(name)} AT TIME ZONE {literal(_ZONE)}, '%Y-%m-%dT%H:%M:%S.%f')"
    return f"(replace({local}, '.000000', '') || {literal(_OFFSET)})"


def _csv_cell(name: str, kind: str, for_spreadsheet: bool) -> str:
    text = _text(name, kind)
    if kind != "VARCHAR":
        return f"coalesce({text}, '')"
    if for_spreadsheet:
        starts = ", ".join(literal(one) for one in _FORMULA_STARTS)
        text = f"CASE WHEN {text}[1] IN ({starts}) THEN '''' || {text} ELSE {text} END"
    special = " OR ".join(f"contains({text}, {one})" for one in ("','", "'\"'", "chr(10)", "chr(13)"))
    quoted = f"'\"' || replace({text}, '\"', '\"\"') || '\"'"
    return f"coalesce(CASE WHEN {special} OR ({text}) = '' THEN {quoted} ELSE {text} END, '')"


def _json_value(name: str, kind: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):  # JSON knows neither NaN nor infinity
        return f"CASE WHEN isfinite({ident(name)}) THEN {ident(name)} END"
    return _text(name, kind) if kind == _INSTANT else ident(name)
