"""The header: which delivered column is which declared field.

Here: matching by normalised name, and every fault of a header at once. Not here: how a format stores its column names.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalog_service.catalog.dataset import DeliveryFormat
from catalog_service.catalog.errors import InvalidError, Problem, problem
from catalog_service.catalog.schema import Field, Schema
from pipelines.connectors.delivered import refuse

_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))
_SHOWN = 60


@dataclass(frozen=True)
class Header:
    """Where the declared fields stand in the delivered columns."""

    positions: tuple[int | None, ...]
    """Per declared field, in declared order: index of its delivered column, None where it was not delivered."""
    notices: tuple[Problem, ...]


def normalise(name: str) -> str:
    """Return a column name as it is compared: NFKC, without invisible characters, blanks collapsed, case folded."""
    return " ".join(unicodedata.normalize("NFKC", name.translate(_INVISIBLE)).split()).casefold()


class ColumnNames:
    """The names under which an entry knows its columns."""

    def __init__(self, schema: Schema, form: DeliveryFormat) -> None:
        self.schema = schema
        self._ignored = {normalise(name) for name in form.ignored_columns}
        self._index: dict[str, int] = {}
        # A later, more deliberate kind of name wins over an earlier one: title < source name < field name.
        for names_of in (lambda one: (one.title,), lambda one: one.source_names, lambda one: (one.name,)):
            known = {normalise(name): i for i, one in enumerate(schema.fields) for name in _names(names_of(one))}
            self._index.update(known)

    def field_index(self, name: str) -> int | None:
        """Return the index of the declared field that a delivered name means, or None."""
        return self._index.get(normalise(name))

    def is_ignored(self, name: str) -> bool:
        """Tell whether the entry names this column as one that it does not load."""
        return normalise(name) in self._ignored

    def faults(self, names: Iterable[str], row: int | None = None) -> Iterator[Problem]:
        """Yield a problem per duplicate, unnamed or unknown column."""
        listed = list(names)
        counts = Counter(normalise(name) for name in listed)
        seen: dict[int, str] = {}
        for position, name in enumerate(listed, start=1):
            plain, index = normalise(name), self.field_index(name)
            if index is None and self.is_ignored(name):
                continue
            if not plain:
                yield _unnamed(position, row)
            elif counts[plain] > 1:
                counts[plain] = 0
                yield _duplicate(name, name, row)
            elif counts[plain] == 0:
                continue
            elif index is None:
                yield _unknown(name, row)
            elif index in seen:
                yield _duplicate(name, seen[index], row)
            else:
                seen[index] = name

    def missing(self, present: Iterable[int], row: int | None = None) -> tuple[list[Problem], list[Problem]]:
        """Return a problem per key or required field that was not delivered, and a notice per other one."""
        found = set(present)
        absent = [one for i, one in enumerate(self.schema.fields) if i not in found]
        needed = [one for one in absent if one.required or one.name in self.schema.key]
        return [_missing(one, row) for one in needed], [_left_out(one) for one in absent if one not in needed]


def match_header(names: Sequence[str], schema: Schema, form: DeliveryFormat, limit: int, row: int | None = None) -> Header:
    """Match delivered column names to the declared fields.

    Raises:
        InvalidError: all faults of the header.
    """
    check_column_count(len(names), limit)
    columns = ColumnNames(schema, form)
    problems = list(columns.faults(names, row))
    positions = {index: i for i, name in enumerate(names) if (index := columns.field_index(name)) is not None}
    missing, notices = columns.missing(positions, row)
    problems += missing
    if problems:
        raise InvalidError(problems)
    return Header(tuple(positions.get(i) for i in range(len(schema.fields))), tuple(notices))


def check_column_count(count: int, limit: int, row: int | None = None) -> None:
    """Refuse a file with more columns than are allowed."""
    if count > limit:
        refuse("too-many-columns", f"超过 {limit} 列，请拆分后提供", f"more than {limit} columns; split the data set", row=row)


def _names(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if normalise(name))


def _shown(name: str) -> str:
    printable = "".join(c if c.isprintable() else "�" for c in name.strip())
    return printable if len(printable) <= _SHOWN else printable[:_SHOWN] + "…"


def _unnamed(position: int, row: int | None) -> Problem:
    return problem(
        "unnamed-column",
        f"第 {position} 列没有列名。请改正文件；该列确实存在而无需汇聚的，请先变更目录条目，在 ignored_columns 中加入空字符串",
        f"column {position} has no name. Correct the file, or, if the column is to be left out, have the catalog entry changed "
        "first: add an empty string to ignored_columns",
        article=14,
        row=row,
    )


def _unknown(name: str, row: int | None) -> Problem:
    return problem(
        "unknown-column",
        f"列“{_shown(name)}”不在目录条目的信息项中。请改正文件，或先变更目录条目（增加信息项，或列入 ignored_columns）后再提供",
        f'column "{_shown(name)}" is not in the catalog entry. Correct the file, or have the entry changed first '
        "(add the field, or name it in ignored_columns) and deliver again",
        article=14,
        row=row,
        field=_shown(name),
    )


def _duplicate(name: str, other: str, row: int | None) -> Problem:
    return problem(
        "duplicate-column",
        f"列“{_shown(name)}”与列“{_shown(other)}”指同一信息项或同名，无法判断应取哪一列；请删除或改名其中一列",
        f'columns "{_shown(name)}" and "{_shown(other)}" mean the same field or bear the same name; remove or rename one',
        article=17,
        row=row,
        field=_shown(name),
    )


def _missing(one: Field, row: int | None) -> Problem:
    return problem(
        "missing-column",
        f"缺少必需的列“{one.title}”（{one.name}）。请补充该列；列名不同的，请先在目录条目的 source_names 中登记",
        f"the required column {one.name} is missing. Add it; if it is delivered under another name, "
        "have that name added to source_names of the entry first",
        article=15,
        row=row,
        field=one.name,
    )


def _left_out(one: Field) -> Problem:
    return problem(
        "column-left-out",
        f"文件没有非必需的列“{one.title}”（{one.name}），按空值处理",
        f"the optional column {one.name} was not delivered and is read as empty",
        field=one.name,
    )
