"""What each rule means in DuckDB SQL: the condition under which a row breaks it, and the rows it applies to.

Here: SQL text, ignoring NULL except where the rule is about NULL. Not here: who evaluates it and when (counting, repetition).
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from catalog_service.catalog.quality import OF_TABLES, Metric, Rule
from lake.expressions import ident, identifier_is_valid, literal, literal_list

_SQL_TYPES = {"integer": "BIGINT", "number": "DOUBLE", "date": "DATE", "datetime": "TIMESTAMP"}


def is_missing(field: str) -> str:
    """Return the condition that the field has no value."""
    return f"{ident(field)} IS NULL"


def is_outside_set(field: str, values: Sequence[str]) -> str:
    """Return the condition that the value, as text, is none of `values`; nothing is in an empty list."""
    if not values:
        return f"{ident(field)} IS NOT NULL"
    return f"{_text(field)} NOT IN {literal_list(list(values))}"


def is_mismatch(field: str, pattern: str) -> str:
    """Return the condition that the whole value, as text, does not match an RE2 pattern."""
    return f"NOT regexp_full_match({_text(field)}, {literal(pattern)})"


def is_longer(field: str, length: int) -> str:
    """Return the condition that the value, as text, has more than `length` characters (code points)."""
    return f"length({_text(field)}) > {int(length)}"


def is_outside(field: str, minimum: float | None, maximum: float | None) -> str:
    """Return the condition that the value is below `minimum` or above `maximum`; NaN is above every maximum."""
    bounds = ((minimum, "<"), (maximum, ">"))
    return " OR ".join(f"{ident(field)} {sign} {_number(bound)}" for bound, sign in bounds if bound is not None) or "FALSE"


def is_invalid_identifier(field: str, scheme: Literal["uscc", "resident_id", "adcode"]) -> str:
    """Return the condition that the value is not a well-formed identifier with a right check digit."""
    return f"NOT ({identifier_is_valid(scheme, _text(field))})"


def is_of_other_type(field: str, kind: str) -> str:
    """Return the condition that the value cannot be read as a type (`integer`, `number`, `date`, `datetime`)."""
    return f"{ident(field)} IS NOT NULL AND TRY_CAST({_text(field)} AS {_SQL_TYPES[kind]}) IS NULL"


def compares_otherwise(left: str, operator: str, right: str) -> str:
    """Return the condition that two fields are not in the relation `operator`; never where one is missing."""
    return f"NOT ({ident(left)} {operator} {ident(right)})"


def is_false(expression: str) -> str:
    """Return the condition that a boolean expression is false; unknown is not false."""
    return f"NOT ({expression}\n)"


def is_known(expression: str) -> str:
    """Return the condition that a boolean expression is true or false."""
    return f"({expression}\n) IS NOT NULL"


def is_recent(field: str, since: str) -> str:
    """Return the condition that the value is not before a day (ISO)."""
    return f"{ident(field)} >= DATE {literal(since)}"


def is_keyed(fields: Sequence[str]) -> str:
    """Return the condition that at least one field of a key has a value."""
    return "(" + " OR ".join(f"{ident(field)} IS NOT NULL" for field in fields) + ")"


def are_present(fields: Sequence[str]) -> str:
    """Return the condition that every one of the fields has a value."""
    return "(" + " AND ".join(f"{ident(field)} IS NOT NULL" for field in fields) + ")"


def is_orphan(field: str, target: str, target_field: str) -> str:
    """Return the condition that the value does not occur in `target` (SQL text usable after FROM)."""
    name, target_name = ident(field), ident(target_field)
    # Both NULL tests are needed: NULL is in no empty set, and nothing is known to be outside a set that holds NULL.
    return f"{name} IS NOT NULL AND {name} NOT IN (SELECT {target_name} FROM {target} WHERE {target_name} IS NOT NULL)"


def has_counterpart(field: str, other: str, key: Mapping[str, str], target: str) -> str:
    """Return the condition that the row's counterpart in `target` (by key) has a value to compare with."""
    return _counterpart(field, key, target, f"c.{ident(other)} IS NOT NULL")


def disagrees(field: str, other: str, key: Mapping[str, str], target: str) -> str:
    """Return the condition that the row's counterpart in `target` (by key) has another value."""
    return _counterpart(field, key, target, f"c.{ident(other)} <> {ROWS}.{ident(field)}")


def both(first: str, second: str) -> str:
    """Return the conjunction of two conditions, either of which may be empty."""
    return f"({first}\n) AND ({second}\n)" if first and second else first or second


def count_where(condition: str) -> str:
    """Return the aggregate that counts rows under a condition; all rows where it is empty."""
    return f"count(*) FILTER (WHERE {condition})" if condition else "count(*)"


def breaking(rule: Rule, references: Mapping[str, str]) -> str | None:
    """Return the condition that a row breaks a rule; None for rules of whole tables and of repeated keys.

    Raises:
        KeyError: a parameter of the rule, or the data set it refers to, is missing.
    """
    if rule.metric in OF_TABLES or rule.metric is Metric.UNIQUE:
        return None
    return both(_breaking(rule, references), rule.condition)


def _breaking(rule: Rule, references: Mapping[str, str]) -> str:
    field, given = rule.field or "", rule.parameters
    match rule.metric:
        case Metric.NOT_NULL:
            return is_missing(field)
        case Metric.IN_SET:
            return is_outside_set(field, given["values"])
        case Metric.MATCHES:
            return is_mismatch(field, given["pattern"])
        case Metric.MAX_LENGTH:
            return is_longer(field, given["length"])
        case Metric.BETWEEN:
            return is_outside(field, given["minimum"], given["maximum"])
        case Metric.IDENTIFIER:
            return is_invalid_identifier(field, given["scheme"])
        case Metric.OF_TYPE:
            return is_of_other_type(field, given["type"])
        case Metric.COMPARE:
            return compares_otherwise(field, given["operator"], given["other"])
        case Metric.SATISFIES:
            return is_false(given["expression"])
        case Metric.REFERENCE:
            return is_orphan(field, references[given["dataset"]], given["field"])
        case Metric.AGREES:
            return disagrees(field, given["other"], given["key"], references[given["dataset"]])
        case _:
            raise ValueError(f"no row breaks {rule.metric}")


ROWS = "checked"
"""Alias of the rows under check, wherever a condition is used: correlated conditions name their fields by it."""


def _counterpart(field: str, key: Mapping[str, str], target: str, condition: str) -> str:
    joined = " AND ".join(f"c.{ident(there)} = {ROWS}.{ident(here)}" for here, there in key.items())
    return f"{ROWS}.{ident(field)} IS NOT NULL AND EXISTS (SELECT 1 FROM (FROM {target}) AS c WHERE {joined} AND {condition})"


def _text(field: str) -> str:
    return f"CAST({ident(field)} AS VARCHAR)"


def _number(value: float) -> str:
    # A whole bound stays an integer, so that 64-bit integers are compared exactly and not as floating-point numbers.
    return literal(int(value) if float(value).is_integer() else float(value))
