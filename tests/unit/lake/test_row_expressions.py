"""Expressions of rules: what is allowed passes, everything else is refused with its kind."""

import pytest

from lake.row_expressions import ExpressionRefusedError, verify_expression

COLUMNS = {"a": "VARCHAR", "n": "BIGINT", "d": "DATE"}


@pytest.mark.parametrize(
    "expression",
    [
        "n > 1 AND a IS NOT NULL -- why",
        "d + INTERVAL 1 DAY > DATE '2020-01-01'",
        "TRY_CAST(a AS DECIMAL(18, 2)) BETWEEN 0 AND 1",
        "CASE WHEN a LIKE '9%' THEN length(a) = 18 ELSE n % 2 = 0 END",
        "a NOT IN ('x', 'y') OR regexp_full_match(a, '[0-9]+')",
        "coalesce(\"A\", '') <> ''",
    ],
)
def test_what_speaks_of_one_row_is_allowed(expression: str) -> None:
    verify_expression(expression, COLUMNS)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("EXISTS (SELECT 1)", "part"),
        ("n > (SELECT max(n) FROM t)", "part"),
        ("n IN (FROM t)", "part"),
        ("row_number() OVER () > 1", "part"),
        ("sum(n) > 1", "function"),
        ("read_text('/etc/passwd') = ''", "function"),
        ("getenv('HOME') = ''", "function"),
        ("repeat(a, 1000000000) = ''", "function"),
        ("system.main.upper(a) = ''", "function"),
        ("len(list_filter([1], lambda x: x > 1)) > 0", "function"),
        ("t.n > 1", "column"),
        ("m > 1", "column"),
        ("COLUMNS(*) > 1", "part"),
        ("n = $1", "part"),
        ("a COLLATE nocase = 'x'", "part"),
        ("a::INTEGER[] IS NULL", "type"),
        ("a", "not_boolean"),
        ("n", "not_boolean"),
        ("a > d - n", "type"),
        ("", "syntax"),
        ("n > 1) OR (1 = 1", "syntax"),
        ("n > 1, n > 2", "syntax"),
        ("n > 1 AS m", "syntax"),
        ("n > 1 FROM t", "syntax"),
        ("n > 1 WHERE n > 2", "syntax"),
        ("n > 1; DROP TABLE t", "syntax"),
        ("n" + " + 1" * 400 + " > 1", "length"),
        ("n > " + "1" * 3_000, "length"),
    ],
)
def test_everything_else_is_refused(expression: str, kind: str) -> None:
    with pytest.raises(ExpressionRefusedError) as refused:
        verify_expression(expression, COLUMNS)
    assert refused.value.kind == kind
