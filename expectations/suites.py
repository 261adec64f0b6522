"""Rules as Great Expectations configurations: the type and arguments of the expectation that evaluates each.

Here: plain dictionaries, so that a suite can be read and stored without Great Expectations. Not here: GX itself (gx_engine).
"""

from typing import Any

from catalog_service.catalog.quality import OF_TABLES, Metric, Rule
from catalog_service.catalog.vocabularies import Severity


def expectation_config(rule: Rule) -> dict[str, Any]:
    """Return type, kwargs, severity, description and meta of the expectation for a rule; KeyError for a missing parameter."""
    kind, arguments = _compile(rule)
    if rule.metric not in OF_TABLES:
        arguments["mostly"] = rule.threshold
    if rule.condition:
        arguments["row_condition"] = {"type": "pass_through", "pass_through_filter": rule.condition}
    return {
        "type": kind,
        "kwargs": arguments,
        "severity": "critical" if rule.severity is Severity.BLOCKING else "warning",
        "description": rule.reason.zh,
        "meta": {"rule": rule.name},
    }


def _compile(rule: Rule) -> tuple[str, dict[str, Any]]:
    given = rule.parameters
    match rule.metric:
        case Metric.ROW_COUNT:
            return "expect_table_row_count_to_be_between", {"min_value": given["minimum"]}
        case Metric.UNIQUE:
            return _compile_unique(tuple(given["columns"]))
        case Metric.NOT_NULL:
            return "expect_column_values_to_not_be_null", {"column": rule.field}
        case Metric.IN_SET:
            return "expect_column_values_to_be_in_set", {"column": rule.field, "value_set": list(given["values"])}
        case Metric.MATCHES:
            return "expect_column_values_to_match_regex", {"column": rule.field, "regex": given["pattern"]}
        case Metric.MAX_LENGTH:
            return "expect_column_value_lengths_to_be_between", {"column": rule.field, "max_value": given["length"]}
        case Metric.BETWEEN:
            bounds = {"min_value": given["minimum"], "max_value": given["maximum"]}
            return "expect_column_values_to_be_between", {"column": rule.field, **bounds}
        case Metric.IDENTIFIER:
            return "expect_column_values_to_be_valid_identifiers", {"column": rule.field, "scheme": given["scheme"]}
        case Metric.REFERENCE:
            target = {"dataset": given["dataset"], "field": given["field"]}
            return "expect_column_values_to_occur_in_dataset", {"column": rule.field, **target}
        case Metric.OF_TYPE:
            return "expect_column_values_to_be_readable_as_type", {"column": rule.field, "kind": given["type"]}
        case Metric.COMPARE:
            return _compile_compare(str(rule.field), given["operator"], given["other"])
        case Metric.SATISFIES:
            return "expect_rows_to_satisfy_expression", {"expression": given["expression"]}
        case Metric.AGREES:
            target = {"dataset": given["dataset"], "other": given["other"], "key": dict(given["key"])}
            return "expect_column_values_to_agree_with_dataset", {"column": rule.field, **target}
        case Metric.FRESH:
            return "expect_table_to_be_fresh", {"column": rule.field, "since": given["since"]}
        case Metric.VOLUME:
            bounds = {"min_value": given["minimum"], "max_value": given["maximum"]}
            return "expect_table_row_count_to_be_between", bounds


def _compile_compare(left: str, operator: str, right: str) -> tuple[str, dict[str, Any]]:
    """Great Expectations knows > and >= and =; the others are the same with the fields exchanged."""
    if operator == "=":
        return "expect_column_pair_values_to_be_equal", _pair(left, right)
    if operator.startswith("<"):
        left, right = right, left
    return "expect_column_pair_values_a_to_be_greater_than_b", {**_pair(left, right), "or_equal": operator.endswith("=")}


def _pair(left: str, right: str) -> dict[str, Any]:
    return {"column_A": left, "column_B": right, "ignore_row_if": "either_value_is_missing"}


def _compile_unique(columns: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    if len(columns) == 1:
        return "expect_column_values_to_be_unique", {"column": columns[0]}
    compound = {"column_list": list(columns), "ignore_row_if": "all_values_are_missing"}
    return "expect_compound_columns_to_be_unique", compound
