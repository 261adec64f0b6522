"""A question about the rows of a table (Art. 20, 24): columns, conditions, order, a page. Never text of a query language.

Here: the question and the place where a page ended. Not here: conditions (row_filter), SQL (services.treating, lake.row_pages).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple, Self

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.errors import InvalidError, Problem, problem
from catalog_service.catalog.model import Model, Slug
from catalog_service.catalog.row_filter import Condition
from catalog_service.catalog.vocabularies import FieldType

MOST_ROWS = 10_000
"""Rows of one page."""
_VERSIONS = 2**53


class Sort(Model):
    """A column to order by; rows without a value come last, whichever the direction."""

    field: Slug
    descending: bool = False


class RowQuery(Model):
    """What of a table is wanted, page by page."""

    columns: Annotated[tuple[Slug, ...], Attribute(min_length=1, max_length=5_000)] | None = None
    """None: all that may be read."""
    where: Annotated[tuple[Condition, ...], Attribute(max_length=50)] = ()
    """Conditions, all of which a row must meet."""
    sort: Annotated[tuple[Sort, ...], Attribute(max_length=5)] = ()
    """None: the order of the published files."""
    limit: Annotated[int, Attribute(ge=1, le=MOST_ROWS)] = 100
    cursor: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,200}$")] | None = None
    """`next_cursor` of the page before, with everything else as it was."""

    @property
    def touched(self) -> tuple[str, ...]:
        """Columns that the answer depends on, shown or not."""
        return tuple(dict.fromkeys([*(one.field for one in self.where), *(one.field for one in self.sort)]))

    @property
    def digest(self) -> str:
        """Names the question, whatever the page."""
        parts = self.model_dump_json(include={"columns", "where", "sort"})
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    def problems(self, types: Mapping[str, FieldType]) -> Iterator[Problem]:
        """Yield the faults of the question against the columns that there are and their types."""
        for name in dict.fromkeys((*(self.columns or ()), *self.touched)):
            if name not in types:
                zh, en = f"该版本的数据中没有信息项 {name}", f"this version of the data has no field {name}"
                yield problem("column-absent", zh, en, field=name)
        for one in self.where:
            if one.field in types:
                yield from one.problems(types[one.field])


class Place(NamedTuple):
    """The last row of a page: table version, file and row within it, both from 0."""

    version: int
    file: int
    row: int

    def cursor(self, query: RowQuery) -> str:
        """Return the text that the next page of `query` is asked with."""
        text = json.dumps([*self, query.digest], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, query: RowQuery) -> Self | None:
        """Return where the page before ended; None for the first page.

        Raises:
            InvalidError: the cursor is none of ours, or belongs to another question.
        """
        if query.cursor is None:
            return None
        try:
            *numbers, digest = json.loads(base64.urlsafe_b64decode(query.cursor + "=" * (-len(query.cursor) % 4)))
            found = cls(*numbers)
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise _bad_cursor() from None
        if not all(type(one) is int and 0 <= one <= _VERSIONS for one in found):
            raise _bad_cursor()
        if digest != query.digest:
            zh = "游标属于另一个查询：翻页时信息项、条件和排序须保持不变；请从第一页重新查询"
            en = "the cursor belongs to another query: keep columns, conditions and order while paging, or begin anew"
            raise InvalidError(problem("other-query", zh, en, field="cursor"))
        return found


def _bad_cursor() -> InvalidError:
    zh, en = "游标无效，请使用上一页返回的 next_cursor", "the cursor is not valid; send the next_cursor of the page before"
    return InvalidError(problem("bad-cursor", zh, en, field="cursor"))
