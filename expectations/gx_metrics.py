"""Metrics and expectations for DuckDB within Great Expectations' extension points, beside gx_engine the only importer of it.

Here: which count answers which metric, and the expectations that Great Expectations does not have. Not here: the engine and its
runs (gx_engine), what the conditions mean (conditions).
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import great_expectations.expectations as gxe
import sqlalchemy as sa
from great_expectations.compatibility import pydantic
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.expectations.expectation import BatchExpectation, ColumnMapExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.metric_provider import MetricProvider, metric_partial, metric_value
from great_expectations.expectations.row_conditions import RowConditionType

from expectations import conditions
from expectations.conditions import both, count_where
from expectations.gx_engine import NO_SAMPLE, DuckDBExecutionEngine, Task

_TABLE_KEYS = ("batch_id", "table", "row_condition", "condition_parser")
_COLUMN_KEYS = (*_TABLE_KEYS, "column")
_PAIR_KEYS = (*_TABLE_KEYS, "column_A", "column_B", "ignore_row_if")
_COMPOUND_KEYS = (*_TABLE_KEYS, "column_list", "ignore_row_if")
_BOUND_KEYS = ("min_value", "max_value", "strict_min", "strict_max")


def _where(domain: Mapping[str, Any]) -> str:
    """Return the row condition of a domain as SQL, empty where it has none."""
    given = domain.get("row_condition")
    if given is None:
        return ""
    return str(given["pass_through_filter"] if isinstance(given, Mapping) else given.pass_through_filter)


def _aggregate(name: str, keys: tuple[str, ...], values: tuple[str, ...], build: Callable[..., str]) -> None:
    """Register a metric that is one aggregate of the common query; `build(domain, values)` returns its SQL."""

    class Aggregate(MetricProvider):
        metric_name = name
        domain_keys = keys
        value_keys = values

        @staticmethod
        @metric_partial(
            engine=DuckDBExecutionEngine,
            partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
            domain_type=MetricDomainTypes.TABLE,
        )
        def _aggregate(
            *, metric_domain_kwargs: dict[str, Any], metric_value_kwargs: dict[str, Any], **_: object
        ) -> tuple[sa.ColumnElement[Any], dict[str, Any], dict[str, Any]]:
            return sa.literal_column(build(metric_domain_kwargs, metric_value_kwargs)), {}, {}


def _value(name: str, keys: tuple[str, ...], values: tuple[str, ...], compute: Callable[..., int]) -> None:
    """Register a metric with a query of its own; `compute(task, domain, values)` returns its value."""

    class Value(MetricProvider):
        metric_name = name
        domain_keys = keys
        value_keys = values

        @staticmethod
        @metric_value(engine=DuckDBExecutionEngine)
        def _value(
            *,
            execution_engine: DuckDBExecutionEngine,
            metric_domain_kwargs: dict[str, Any],
            metric_value_kwargs: dict[str, Any],
            **_: object,
        ) -> int:
            return compute(execution_engine.task, metric_domain_kwargs, metric_value_kwargs)


def _no_samples(name: str, keys: tuple[str, ...], values: tuple[str, ...]) -> None:
    """Offending values are found with the failing rows (failing), not by GX: results carry none."""
    _aggregate(f"{name}.unexpected_values", keys, (*values, "result_format"), lambda *_: NO_SAMPLE)


def _rows(name: str, keys: tuple[str, ...], values: tuple[str, ...], applies: Callable[..., str]) -> None:
    """Register the number of rows under `applies(domain, values)`."""
    _aggregate(name, keys, values, lambda d, v: count_where(both(applies(d, v), _where(d))))


def _condition(name: str, keys: tuple[str, ...], values: tuple[str, ...], broken: Callable[..., str]) -> None:
    """Register the number of rows under `broken(domain, values)` as that of unexpected ones."""
    _rows(f"{name}.unexpected_count", keys, values, broken)
    _no_samples(name, keys, values)


def _query(name: str, keys: tuple[str, ...], values: tuple[str, ...], find: Callable[..., int]) -> None:
    """Register `find(task, domain, values)` as the number of unexpected rows."""
    _value(f"{name}.unexpected_count", keys, values, find)
    _no_samples(name, keys, values)


def _on_column(broken: Callable[..., str], *names: str) -> Callable[..., str]:
    """Return `broken(column, *values)` as a function of domain and values."""
    return lambda domain, wanted: broken(domain["column"], *(wanted[name] for name in names))


def _repeated(task: Task, domain: Mapping[str, Any], _: object) -> int:
    columns = (domain["column"],) if "column" in domain else tuple(domain["column_list"])
    return task.repetitions[columns, _where(domain)].count


def _orphans(task: Task, domain: Mapping[str, Any], wanted: Mapping[str, Any]) -> int:
    condition = conditions.is_orphan(domain["column"], task.references[wanted["dataset"]], wanted["field"])
    return task.subject.count_rows(both(condition, _where(domain)))


def _counterparts(condition: Callable[..., str]) -> Callable[..., int]:
    def count(task: Task, domain: Mapping[str, Any], wanted: Mapping[str, Any]) -> int:
        found = condition(domain["column"], wanted["other"], wanted["key"], task.references[wanted["dataset"]])
        return task.subject.count_rows(both(found, _where(domain)))

    return count


def _compares(operator: str | None) -> Callable[..., str]:
    def otherwise(domain: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        sign = operator or (">=" if wanted["or_equal"] else ">")
        return conditions.compares_otherwise(domain["column_A"], sign, domain["column_B"])

    return otherwise


def _paired(domain: Mapping[str, Any], _: object) -> str:
    return conditions.are_present((domain["column_A"], domain["column_B"]))


_COUNTERPART = ("dataset", "other", "key")
_MAPPED: dict[str, tuple[tuple[str, ...], Callable[..., str]]] = {
    "nonnull": ((), _on_column(conditions.is_missing)),
    "in_set": (("value_set",), _on_column(conditions.is_outside_set, "value_set")),
    "match_regex": (("regex",), _on_column(conditions.is_mismatch, "regex")),
    "value_length.between": (_BOUND_KEYS, _on_column(conditions.is_longer, "max_value")),
    "between": (_BOUND_KEYS, _on_column(conditions.is_outside, "min_value", "max_value")),
    "valid_identifier": (("scheme",), _on_column(conditions.is_invalid_identifier, "scheme")),
    "readable_as_type": (("kind",), _on_column(conditions.is_of_other_type, "kind")),
}
for _name, (_values, _broken) in _MAPPED.items():
    _condition(f"column_values.{_name}", _COLUMN_KEYS, _values, _broken)
_rows("table.row_count", _TABLE_KEYS, (), lambda *_: "")
_rows("column.recent_count", _COLUMN_KEYS, ("since",), _on_column(conditions.is_recent, "since"))
_condition("column_pair_values.a_greater_than_b", _PAIR_KEYS, ("or_equal",), _compares(None))
_rows("column_pair_values.a_greater_than_b.filtered_row_count", _PAIR_KEYS, ("or_equal", "result_format"), _paired)
_condition("column_pair_values.equal", _PAIR_KEYS, (), _compares("="))
_rows("column_pair_values.equal.filtered_row_count", _PAIR_KEYS, ("result_format",), _paired)
_condition("rows.satisfying", _TABLE_KEYS, ("expression",), lambda _, v: conditions.is_false(v["expression"]))
_rows("rows.satisfying.filtered_row_count", _TABLE_KEYS, ("expression",), lambda _, v: conditions.is_known(v["expression"]))
_query("column_values.unique", _COLUMN_KEYS, (), _repeated)
_query("compound_columns.unique", _COMPOUND_KEYS, (), _repeated)
_keyed = "compound_columns.unique.filtered_row_count"
_rows(_keyed, _COMPOUND_KEYS, ("result_format",), lambda d, _: conditions.is_keyed(d["column_list"]))
_query("column_values.occur_in_dataset", _COLUMN_KEYS, ("dataset", "field"), _orphans)
_query("column_values.agreeing", _COLUMN_KEYS, _COUNTERPART, _counterparts(conditions.disagrees))
_value("column_values.agreeing.filtered_row_count", _COLUMN_KEYS, _COUNTERPART, _counterparts(conditions.has_counterpart))


class ExpectColumnValuesToBeValidIdentifiers(ColumnMapExpectation):
    """Expect values to be well-formed identifiers of a national scheme, check digit included."""

    scheme: str
    map_metric: ClassVar[str] = "column_values.valid_identifier"
    success_keys: ClassVar[tuple[str, ...]] = ("scheme", "mostly")


class ExpectColumnValuesToBeReadableAsType(ColumnMapExpectation):
    """Expect texts to be readable as numbers or days."""

    kind: str
    map_metric: ClassVar[str] = "column_values.readable_as_type"
    success_keys: ClassVar[tuple[str, ...]] = ("kind", "mostly")


class ExpectColumnValuesToOccurInDataset(ColumnMapExpectation):
    """Expect values to occur in a field of another published data set."""

    dataset: str
    field: str
    map_metric: ClassVar[str] = "column_values.occur_in_dataset"
    success_keys: ClassVar[tuple[str, ...]] = ("dataset", "field", "mostly")


class _RowsExpectation(BatchExpectation):
    """An expectation about the rows that its two metrics count: those it applies to, and those among them that break it."""

    mostly: float = 1.0

    def _validate(self, metrics: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
        unexpected, applied = (int(metrics[name]) for name in self.metric_dependencies)
        result = {"element_count": applied, "unexpected_count": unexpected, "partial_unexpected_list": []}
        return {"success": applied == 0 or (applied - unexpected) / applied >= self.mostly, "result": result}


class ExpectRowsToSatisfyExpression(_RowsExpectation):
    """Expect a boolean SQL expression over the fields of a row not to be false."""

    expression: str
    row_condition: RowConditionType = None
    condition_parser: str | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = ("rows.satisfying.unexpected_count", "rows.satisfying.filtered_row_count")
    domain_keys: ClassVar[tuple[str, ...]] = _TABLE_KEYS
    success_keys: ClassVar[tuple[str, ...]] = ("expression", "mostly")


class ExpectColumnValuesToAgreeWithDataset(_RowsExpectation):
    """Expect values to equal those of the rows with the same key in another published data set."""

    column: str
    dataset: str
    other: str
    key: dict[str, str]
    row_condition: RowConditionType = None
    condition_parser: str | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = (
        "column_values.agreeing.unexpected_count",
        "column_values.agreeing.filtered_row_count",
    )
    domain_keys: ClassVar[tuple[str, ...]] = _COLUMN_KEYS
    success_keys: ClassVar[tuple[str, ...]] = (*_COUNTERPART, "mostly")


class ExpectTableToBeFresh(BatchExpectation):
    """Expect at least one row of a day or later."""

    column: str
    since: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("column.recent_count", "table.row_count")
    domain_keys: ClassVar[tuple[str, ...]] = _COLUMN_KEYS
    success_keys: ClassVar[tuple[str, ...]] = ("since",)

    def _validate(self, metrics: dict[str, Any], *_: object, **__: object) -> dict[str, Any]:
        return {"success": metrics["column.recent_count"] > 0, "result": {"observed_value": metrics["table.row_count"]}}


def _steady(kind: Any) -> None:  # noqa: ANN401  a class of a library without types
    """Register an expectation of the same name that computes its configuration once.

    Great Expectations asks an expectation for its configuration some ninety times a run, and copies it each time: that was
    half of what a small check cost.
    """

    def configuration(self: Any) -> ExpectationConfiguration:  # noqa: ANN401  an expectation with a private attribute
        if self._known is None:
            self._known = kind.configuration.fget(self)
        known: ExpectationConfiguration = self._known
        return known

    members = {"_known": pydantic.PrivateAttr(default=None), "configuration": property(configuration)}
    type(kind)(kind.__name__, (kind,), {"__module__": __name__, "__doc__": kind.__doc__, **members})


_STOCK = (
    "ExpectTableRowCountToBeBetween",
    "ExpectColumnValuesToNotBeNull",
    "ExpectColumnValuesToBeUnique",
    "ExpectCompoundColumnsToBeUnique",
    "ExpectColumnValuesToBeInSet",
    "ExpectColumnValuesToMatchRegex",
    "ExpectColumnValueLengthsToBeBetween",
    "ExpectColumnValuesToBeBetween",
    "ExpectColumnPairValuesAToBeGreaterThanB",
    "ExpectColumnPairValuesToBeEqual",
)
_OWN: tuple[Any, ...] = (
    ExpectColumnValuesToBeValidIdentifiers,
    ExpectColumnValuesToBeReadableAsType,
    ExpectColumnValuesToOccurInDataset,
    ExpectRowsToSatisfyExpression,
    ExpectColumnValuesToAgreeWithDataset,
    ExpectTableToBeFresh,
)
# Each takes the place of its namesake, which Great Expectations would warn of at length.
_registry_log = logging.getLogger("great_expectations.expectations.registry")
_registry_log.disabled = True
for _kind in (*(getattr(gxe, name) for name in _STOCK), *_OWN):
    _steady(_kind)
_registry_log.disabled = False
