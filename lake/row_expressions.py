"""Boolean SQL expressions over one row, written by people: parsed and refused unless every part is on an allow list.

Nothing else is let through: no subquery, no table, no window, no aggregate, no function that is not listed, no column that is
not given. The session that parses and binds them has no file system and a locked configuration. Not here: who may write them.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import duckdb

from lake.expressions import ident, literal

MAX_LENGTH = 2_000
_MAX_PARTS = 300

_CLASSES = frozenset(
    {"COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "OPERATOR", "BETWEEN", "CASE", "CAST", "FUNCTION", "TYPE"}
)
_OPERATORS = frozenset(
    {"OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE", "COMPARE_IN", "COMPARE_NOT_IN"}
)
FUNCTIONS = frozenset(
    """
    + - * / // % || ~~ !~~ ~~* !~~* abs ceil ceiling floor round trunc sign mod greatest least nullif ifnull length strlen
    lower upper trim ltrim rtrim left right substr substring replace concat starts_with ends_with suffix prefix contains
    instr strpos position regexp_matches regexp_full_match like_escape year month day quarter week hour minute second
    dayofweek isodow date_part date_diff datediff date_trunc to_days to_months to_years to_hours to_minutes isnan isfinite
    isinf
    """.split()  # noqa: SIM905  a list of seventy words is read more easily this way
)
"""Functions that a rule may call: of one row, bounded in time and memory."""

TYPES = frozenset(["BOOLEAN", "BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP"])
"""Types that a rule may cast to, by DuckDB's names."""


class ExpressionRefusedError(Exception):
    """The expression is not one that a rule may have; `part` says which piece of it and `kind` why."""

    def __init__(self, kind: str, part: str) -> None:
        super().__init__(f"{kind}: {part}")
        self.kind = kind
        self.part = part


@lru_cache(maxsize=4_096)
def pattern_compiles(pattern: str) -> bool:
    """Tell whether this is a regular expression that columns can be matched with (RE2)."""
    with duckdb.connect(config={"memory_limit": "64MB", "threads": 1, "temp_directory": ""}) as session:
        try:
            session.execute(f"SELECT regexp_full_match('', {literal(pattern)})").fetchall()
        except duckdb.Error:
            return False
    return True


def verify_expression(expression: str, columns: Mapping[str, str]) -> None:
    """Return where `expression` is a boolean over `columns` (name → SQL type) and every part of it is allowed.

    Raises:
        ExpressionRefusedError: it is not; kinds: `length`, `syntax`, `part`, `function`, `column`, `type`, `not_boolean`.
    """
    if len(expression) > MAX_LENGTH:
        raise ExpressionRefusedError("length", str(len(expression)))
    with duckdb.connect(config={"memory_limit": "64MB", "threads": 1, "temp_directory": ""}) as session:
        session.execute("SET enable_external_access = false; SET lock_configuration = true")
        for number, part in enumerate(_parts(_parse(session, expression))):
            if number >= _MAX_PARTS:
                raise ExpressionRefusedError("length", str(number))
            _verify_part(part, columns)
        _verify_type(session, expression, columns)


def _parse(session: duckdb.DuckDBPyConnection, expression: str) -> object:
    """Return the tree of the one expression that the text is."""
    # Without brackets around it: `a) OR (b` is no expression, though it would be one between brackets.
    answer = session.execute("SELECT json_serialize_sql(?)", [f"SELECT {expression}\n"]).fetchall()[0][0]
    try:
        tree = json.loads(answer)
    except RecursionError:
        raise ExpressionRefusedError("length", "nesting") from None
    if tree["error"]:
        raise ExpressionRefusedError("syntax", str(tree.get("error_message", "")).splitlines()[0][:200])
    statements = tree["statements"]
    node = statements[0]["node"]
    alone = len(statements) == 1 and node["type"] == "SELECT_NODE" and node["from_table"]["type"] == "EMPTY"
    bare = alone and not any(node[key] for key in ("where_clause", "group_expressions", "having", "qualify", "modifiers"))
    if not bare or len(node["select_list"]) != 1 or node["select_list"][0]["alias"]:
        raise ExpressionRefusedError("syntax", "more than one expression")
    return node["select_list"][0]


def _parts(tree: object) -> Iterator[dict[str, Any]]:
    """Yield every node of the tree that has a class."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if "class" in one:
                yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _verify_part(part: dict[str, Any], columns: Mapping[str, str]) -> None:
    kind = part["class"]
    if kind not in _CLASSES or (kind == "OPERATOR" and part["type"] not in _OPERATORS):
        raise ExpressionRefusedError("part", str(part["type"]).lower())
    if kind == "FUNCTION" and not _is_allowed(part):
        raise ExpressionRefusedError("function", str(part["function_name"]))
    if kind == "COLUMN_REF":
        names = part["column_names"]
        if len(names) != 1 or names[0].lower() not in {one.lower() for one in columns}:
            raise ExpressionRefusedError("column", ".".join(names))
    if kind == "TYPE" and str(part.get("type_name", "")).upper() not in TYPES:
        raise ExpressionRefusedError("type", str(part.get("type_name", "")))


def _is_allowed(part: dict[str, Any]) -> bool:
    plain = not (part.get("schema") or part.get("catalog") or part.get("filter") or part.get("distinct"))
    return plain and part["function_name"].lower() in FUNCTIONS


def _verify_type(session: duckdb.DuckDBPyConnection, expression: str, columns: Mapping[str, str]) -> None:
    declared = ", ".join(f"NULL::{kind} AS {ident(name)}" for name, kind in columns.items())
    query = f"SELECT typeof(({expression}\n)) FROM (SELECT {declared}) AS row_"
    try:
        found = session.execute(query).fetchall()[0][0]
    except duckdb.Error as error:
        raise ExpressionRefusedError("type", str(error).splitlines()[0][:200]) from None
    if found != "BOOLEAN":
        raise ExpressionRefusedError("not_boolean", str(found))
