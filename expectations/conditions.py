"""What each rule means in DuckDB SQL: the condition that a row breaks it, and the queries for duplicates and orphans.

Here: SQL text, ignoring NULL except where the rule is about NULL. Not here: who evaluates it and when.
"""

from collections.abc import Sequence
from typing import Literal

from lake.expressions import ident, identifier_is_valid, literal, literal_list

SAMPLE_SIZE = 20
"""Greatest number of offending values fetched per rule."""

NO_SAMPLE = "CASE WHEN count(*) >= 0 THEN [] END"
"""An aggregate that is always the empty list: as a plain literal it would return a row per row where it is alone."""


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


def is_keyed(fields: Sequence[str]) -> str:
    """Return the condition that at least one field of a key has a value."""
    return "(" + " OR ".join(f"{ident(field)} IS NOT NULL" for field in fields) + ")"


def count_where(condition: str) -> str:
    """Return the aggregate that counts rows under a condition."""
    return f"count(*) FILTER (WHERE {condition})"


def sample_where(field: str, condition: str) -> str:
    """Return the aggregate that lists the smallest values under a condition as texts: bounded, the same at every run.

    Not DISTINCT: several distinct aggregates in the common query would cost four times the whole query.
    """
    return f"coalesce(CAST(min({ident(field)}, {SAMPLE_SIZE}) FILTER (WHERE {condition}) AS VARCHAR[]), [])"


def duplicates_query(relation: str, fields: Sequence[str]) -> str:
    """Return a query for the rows in groups of equal keys (NULL equals NULL within a key): their number and a sample.

    Keys are grouped by their 64-bit hashes first, which needs a fraction of the memory; only those whose hash occurs
    twice are then compared themselves, so the result is exact.
    """
    key = ", ".join(ident(field) for field in fields)
    value = key if len(fields) == 1 else f"row({key})"
    return f"""
        WITH suspect AS MATERIALIZED (
            SELECT hash({key}) AS h FROM {relation} WHERE {is_keyed(fields)} GROUP BY h HAVING count(*) > 1
        ), repeated AS (
            SELECT {value} AS v, count(*) AS n FROM {relation}
            WHERE hash({key}) IN (SELECT h FROM suspect) AND {is_keyed(fields)} GROUP BY {key} HAVING count(*) > 1
        )
        SELECT coalesce(sum(n), 0)::BIGINT, coalesce(CAST(min(v, {SAMPLE_SIZE}) AS VARCHAR[]), []) FROM repeated"""


def orphans_query(relation: str, field: str, target: str, target_field: str) -> str:
    """Return a query for the rows whose value does not occur in `target`: their number and a sample."""
    name, target_name = ident(field), ident(target_field)
    # Both NULL tests are needed: NULL is in no empty set, and nothing is known to be outside a set that holds NULL.
    known = f"(SELECT {target_name} FROM {target} WHERE {target_name} IS NOT NULL)"
    return f"""
        SELECT count(*), coalesce(CAST(min(DISTINCT {name}, {SAMPLE_SIZE}) AS VARCHAR[]), []) FROM {relation}
        WHERE {name} IS NOT NULL AND {name} NOT IN {known}"""


def _text(field: str) -> str:
    return f"CAST({ident(field)} AS VARCHAR)"


def _number(value: float) -> str:
    # A whole bound stays an integer, so that 64-bit integers are compared exactly and not as floating-point numbers.
    return literal(int(value) if float(value).is_integer() else float(value))
