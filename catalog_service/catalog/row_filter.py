"""Which rows of a data set a grant gives: declared conditions, never text of a query language.

Here: the conditions and their faults. Not here: their SQL (services.treating).
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field as Attribute
from pydantic import StringConstraints, model_validator

from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.model import Model, Slug
from catalog_service.catalog.schema import Schema
from catalog_service.catalog.vocabularies import FieldType, Term


class Operator(Term):
    """How a value is compared."""

    EQUAL = "equal", "等于", "equals"
    NOT_EQUAL = "not_equal", "不等于", "differs from"
    ONE_OF = "one_of", "属于", "is one of"
    AT_LEAST = "at_least", "不小于", "is at least"
    AT_MOST = "at_most", "不大于", "is at most"
    MORE_THAN = "more_than", "大于", "is more than"
    LESS_THAN = "less_than", "小于", "is less than"
    STARTS_WITH = "starts_with", "以此开头", "starts with"
    IS_EMPTY = "is_empty", "为空", "is empty"
    IS_GIVEN = "is_given", "不为空", "is given"

    @property
    def takes(self) -> range:
        """How many values it takes."""
        match self:
            case Operator.IS_EMPTY | Operator.IS_GIVEN:
                return range(1)
            case Operator.ONE_OF:
                return range(1, 1_001)
            case _:
                return range(1, 2)


Value = Annotated[str, StringConstraints(max_length=400, strip_whitespace=False, pattern=r"^[^\x00]*$")]
"""A value as text; it is read as the type of its field."""


class Condition(Model):
    """One field compared with values; a row without a value meets `is_empty` only."""

    field: Slug
    operator: Operator
    values: tuple[Value, ...] = ()

    @model_validator(mode="after")
    def _count(self) -> "Condition":
        if len(self.values) not in self.operator.takes:
            raise ValueError(f"{self.operator.zh}：值的个数不对 / wrong number of values for {self.operator.value}")
        return self

    def problems(self, type_: FieldType) -> Iterator[Problem]:
        """Yield the faults of the condition for a field of this type."""
        if self.operator is Operator.STARTS_WITH and type_ is not FieldType.TEXT:
            zh, en = (
                f"“以此开头”只适用于字符型信息项，{self.field} 不是",
                f"only texts can start with something; {self.field} is none",
            )
            yield problem("filter-type", zh, en, field=self.field, article=20)
        else:
            yield from _unreadable(self, type_)


class RowFilter(Model):
    """Rows that meet every condition."""

    all_of: tuple[Condition, ...] = Attribute(min_length=1, max_length=50)

    def problems(self, schema: Schema) -> Iterator[Problem]:
        """Yield the faults of the conditions against the fields of a data set."""
        for one in self.all_of:
            if one.field not in schema.names:
                zh, en = f"行条件中的信息项 {one.field} 不存在", f"the row condition names an unknown field {one.field}"
                yield problem("unknown-filter-field", zh, en, field=one.field, article=20)
            else:
                yield from one.problems(schema.field(one.field).type)


def _unreadable(one: Condition, type_: FieldType) -> Iterator[Problem]:
    for value in one.values:
        try:
            _READERS[type_](value)
        except (ValueError, ArithmeticError):
            zh, en = (
                f"行条件的值“{value}”不是{type_.zh}，请改正",
                f'the value "{value}" is not of type {type_.value}; correct it',
            )
            yield problem("filter-value", zh, en, field=one.field, article=20)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def instant(text: str) -> dt.datetime:
    """Return a time as an instant in UTC; one without an offset is local time.

    Raises:
        ValueError, OverflowError: it is none.
    """
    at = dt.datetime.fromisoformat(text)
    return (at if at.tzinfo is not None else at.replace(tzinfo=LOCAL)).astimezone(dt.UTC)


LOCAL = ZoneInfo("Asia/Shanghai")
"""Where local times are meant."""
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_READERS: dict[FieldType, Callable[[str], object]] = {
    FieldType.TEXT: str,
    FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _number,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: dt.date.fromisoformat,
    FieldType.DATETIME: instant,
}
