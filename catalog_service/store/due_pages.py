"""Pages of what is due, soonest first: documents with a last day, read on from a cursor.

Here: order, cursor and count, the same for all that has a deadline. Not here: which documents answer a question.
"""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from catalog_service.catalog.errors import InvalidError, problem

Conditions = Iterable[sa.ColumnElement[bool]]


def page(
    connection: sa.Connection, table: sa.Table, conditions: Conditions, *, limit: int, cursor: str | None
) -> tuple[list[str], str | None]:
    """Return documents (JSON) of a table with the columns `id`, `due_on`, `document`, and the cursor of the next page.

    Raises:
        InvalidError: the cursor names no day.
    """
    order = (table.c.due_on, table.c.id)
    wanted = sa.select(table.c.document, *order).where(*conditions).order_by(*order)
    if cursor is not None:
        due, _, id_ = cursor.partition("~")
        wanted = wanted.where(sa.tuple_(*order) > sa.tuple_(sa.literal(_day(due)), sa.literal(id_)))
    rows = connection.execute(wanted.limit(limit + 1)).all()
    shown = rows[:limit]
    following = f"{shown[-1].due_on}~{shown[-1].id}" if len(rows) > limit else None
    return [row.document for row in shown], following


def count(connection: sa.Connection, table: sa.Table, conditions: Conditions) -> int:
    """Return how many rows of a table meet the conditions."""
    return int(connection.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        zh, en = "翻页标记无效，请从第一页重新开始", "the cursor is not valid; start again from the first page"
        raise InvalidError(problem("bad-cursor", zh, en, field="cursor")) from error
