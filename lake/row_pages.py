"""Pages of rows out of pinned Parquet files: conditions, an order, and the place where the page before ended.

Data files never change, so a place (file, row) is where to go on: over all pages every row comes exactly once. Not here: who
may read what, and the conditions' SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lake.exports import column_types, json_object, ordered
from lake.expressions import ident, literal
from lake.tables import Lake

_PATH, _ROW = "_path", "file_row_number"
"""Where a row lies. DuckDB's virtual columns of that kind (2.0) fail in conditions over several files; these do not."""
_BATCH_ROWS = 256


class NoSuchRowError(Exception):
    """There is no row at that place."""


@dataclass(frozen=True, slots=True)
class PageWish:
    """Which rows of which files are wanted."""

    files: Sequence[str]
    columns: Sequence[str]
    condition: str = ""
    """SQL that a row must meet; empty: none."""
    order: Sequence[tuple[str, bool]] = ()
    """Columns and whether descending; rows that are equal in them come as they lie in the files."""
    after: tuple[int, int] | None = None
    """File and row that the page before ended with."""
    limit: int = 100
    most_bytes: int = 8 * 1024 * 1024
    """A page ends where it would become longer; it has one row at least."""


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows as JSON objects, and whether there are more."""

    rows: tuple[bytes, ...]
    last: tuple[int, int] | None
    """File and row of the last one."""
    has_more: bool
    matched_count: int | None
    """Rows that meet the condition; None where there is no condition."""


def read_page(lake: Lake, wish: PageWish) -> RowPage:
    """Return a page.

    Raises:
        NoSuchRowError: there is no row where the page before is said to have ended.
    """
    if not wish.files:
        return RowPage((), None, has_more=False, matched_count=0 if wish.condition else None)
    with ordered(lake) as connection:
        relation = lake.relation(wish.files, file_column=_PATH)
        conditions = [wish.condition] if wish.condition else []
        count = f"SELECT count(*) FROM {relation} WHERE {wish.condition}"
        matched = int(connection.sql(count).fetchall()[0][0]) if wish.condition else None
        if wish.after is not None:
            conditions.append(_beyond(connection, lake, wish, wish.after))
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        keys = ", ".join([*(_ordered_by(name, descending) for name, descending in wish.order), "_file", "_row"])
        names = dict.fromkeys([*wish.columns, *(name for name, _ in wish.order)])
        shown = "".join(f"{ident(name)}, " for name in names) + f"{_file(lake, wish)} AS _file, {_ROW} AS _row"
        inner = f"SELECT {shown} FROM {relation}{where} ORDER BY {keys} LIMIT {int(wish.limit) + 1}"
        types = column_types(connection, relation, wish.columns)
        line = json_object(wish.columns, types)
        return _cut(connection.sql(f"SELECT {line}, _file, _row FROM ({inner}) ORDER BY {keys}"), wish, matched)


def stored_types(lake: Lake, files: Sequence[str]) -> dict[str, pa.DataType]:
    """Return the types of the columns that the files have, from the footer of the first; empty where there is no file."""
    return {one.name: one.type for one in pq.read_schema(lake.root / files[0])} if files else {}


def _cut(found: duckdb.DuckDBPyRelation, wish: PageWish, matched: int | None) -> RowPage:
    rows: list[bytes] = []
    last, size, has_more = wish.after, 0, False
    for batch in found.to_arrow_reader(_BATCH_ROWS):
        for text, file, row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            line = text.encode()
            size += len(line)
            if len(rows) == wish.limit or (rows and size > wish.most_bytes):
                has_more = True
                break
            rows.append(line)
            last = (file, row)
        if has_more:
            break
    return RowPage(tuple(rows), last, has_more, matched)


def _file(lake: Lake, wish: PageWish) -> str:
    """Return SQL for the number of the file that a row lies in."""
    if len(wish.files) == 1:
        return "0"
    paths = ", ".join(literal(str(lake.root / one)) for one in wish.files)
    return f"(list_position([{paths}], {_PATH}) - 1)"


def _ordered_by(name: str, descending: bool) -> str:
    return f"{ident(name)} IS NULL, {ident(name)}{' DESC' if descending else ''}"


def _beyond(connection: duckdb.DuckDBPyConnection, lake: Lake, wish: PageWish, after: tuple[int, int]) -> str:
    """Return SQL for the rows that come after a place in the order."""
    file, row = after
    if file >= len(wish.files):
        raise NoSuchRowError
    alternatives, same = list[str](), list[str]()
    for (name, descending), (value, kind) in zip(wish.order, _keys(connection, lake, wish, file, row), strict=True):
        typed = f"CAST({literal(value)} AS {kind})"
        if value is not None:
            later = f"({ident(name)} {'<' if descending else '>'} {typed} OR {ident(name)} IS NULL)"
            alternatives.append(" AND ".join([*same, later]))
        same.append(f"{ident(name)} IS NOT DISTINCT FROM {typed}")
    place = _file(lake, wish)
    alternatives.append(" AND ".join([*same, f"({place} > {file} OR ({place} = {file} AND {_ROW} > {row}))"]))
    return "(" + " OR ".join(f"({one})" for one in alternatives) + ")"


def _keys(
    connection: duckdb.DuckDBPyConnection, lake: Lake, wish: PageWish, file: int, row: int
) -> list[tuple[str | None, str]]:
    """Return the texts and types of what a row is ordered by: text and back loses nothing."""
    names = [name for name, _ in wish.order]
    if not names:
        return []
    # Of all files: where they differ in a column's type it is the common one that is compared.
    relation = lake.relation(wish.files, file_column=_PATH)
    texts = ", ".join(f"{ident(name)}::VARCHAR" for name in names)
    found = connection.sql(f"SELECT {texts} FROM {relation} WHERE {_file(lake, wish)} = {file} AND {_ROW} = {row}").fetchall()
    if not found:
        raise NoSuchRowError
    types = column_types(connection, relation, names)
    return [(value, types[name]) for name, value in zip(names, found[0], strict=True)]
