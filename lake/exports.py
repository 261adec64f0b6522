"""Exports of pinned Parquet files as CSV and JSON text, in the order of their rows and in constant memory.

DuckDB writes each row as one line of text; the bytes of a batch are handed on as they lie in Arrow's buffer. Not here: who
may read what, and what the answer is wrapped in.
"""

from collections.abc import Iterator, Sequence

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
    with _ordered(lake) as connection:
        relation = lake.relation(files)
        types = _types(connection, relation, columns)
        cells = [_csv_cell(name, types[name], for_spreadsheet) for name in columns]
        if len(cells) == 1:
            cells = [f"coalesce(nullif({cells[0]}, ''), '\"\"')"]  # an empty line would be no row at all
        line = " || ',' || ".join(cells)
        yield from _texts(connection, f"SELECT {line} || chr(10) FROM {relation} LIMIT {int(limit)}")


def json_lines(lake: Lake, files: Sequence[str], columns: Sequence[str], *, limit: int, before: str = "") -> Iterator[bytes]:
    """Yield at most `limit` rows as JSON objects, one a line, each line after the text `before`."""
    if not files:
        return
    with _ordered(lake) as connection:
        relation = lake.relation(files)
        types = _types(connection, relation, columns)
        members = ", ".join(f"{ident(name)} := {_json_value(name, types[name])}" for name in columns)
        line = f"{literal(before)} || to_json(struct_pack({members}))::VARCHAR || chr(10)"
        yield from _texts(connection, f"SELECT {line} FROM {relation} LIMIT {int(limit)}")


def first_rows(lake: Lake, files: Sequence[str], columns: Sequence[str], *, limit: int) -> list[tuple[str | None, ...]]:
    """Return the first rows as texts, written as in CSV; None for a missing value."""
    if not files:
        return []
    with _ordered(lake) as connection:
        relation = lake.relation(files)
        types = _types(connection, relation, columns)
        texts = ", ".join(_text(name, types[name]) for name in columns)
        return connection.sql(f"SELECT {texts} FROM {relation} LIMIT {int(limit)}").fetchall()


def _ordered(lake: Lake) -> duckdb.DuckDBPyConnection:
    connection = lake.connect()
    connection.execute("SET preserve_insertion_order = true")
    return connection


def _types(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]) -> dict[str, str]:
    names = ", ".join(ident(name) for name in columns)
    rows = connection.sql(f"DESCRIBE SELECT {names} FROM {relation}").fetchall()
    return {row[0]: row[1] for row in rows}


def _texts(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[bytes]:
    """Yield the texts of a one-column query, joined per batch. `sql` streams; `execute` would hold the whole result."""
    for batch in connection.sql(query).to_arrow_reader(_BATCH_ROWS):
        yield _joined(batch.column(0))


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
    if kind != "TIMESTAMP WITH TIME ZONE":
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
    return _text(name, kind) if kind == "TIMESTAMP WITH TIME ZONE" else ident(name)
