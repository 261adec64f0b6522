"""Rules as Great Expectations suites on a live DuckDB connection: the only module that imports great_expectations.

Here: GX's data source, execution engine, metrics and expectations for DuckDB, and one run of a suite. Every metric that
can be a sum is an aggregate partial, so GX asks them all in one query; duplicates and orphans are one query each.
Not here: what the conditions mean (conditions), which rules there are (rules). Import it through `checking`, lazily.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import duckdb
import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core import ExpectationValidationResult
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.execution_engine import MetricComputationConfiguration
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation, Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.metric_provider import MetricProvider, metric_partial, metric_value

from catalog_service.catalog.quality import Measurement, Rule
from expectations import conditions
from expectations.duckdb_dialect import lend
from expectations.outcome import measurement_of, not_evaluated
from expectations.suites import expectation_config
from lake.expressions import ident

_TABLE_KEYS = ("batch_id", "table", "row_condition", "condition_parser")
_COLUMN_KEYS = (*_TABLE_KEYS, "column")
_COMPOUND_KEYS = (*_TABLE_KEYS, "column_list", "ignore_row_if")
_BOUND_KEYS = ("min_value", "max_value", "strict_min", "strict_max")
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": conditions.SAMPLE_SIZE}
_one_suite_at_a_time = threading.Lock()


class QueryFailedError(Exception):
    """DuckDB refused a check; the text never quotes data."""


class Task(NamedTuple):
    """What the metrics of one run must know beside GX's own arguments."""

    view: str
    """Name of the temporary view of the rows under check."""
    sensitive: Collection[str]
    """Columns whose values are never sampled."""
    references: Mapping[str, str]
    """Data set id → SQL text of its published rows."""


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """GX's SQL engine for one run of one suite."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  GX's signature
        super().__init__(*args, **kwargs)
        self.task = Task("", (), {})
        # GX asks for failed metrics, and for all asked beside them, three times: each is computed once.
        self._answers: dict[Any, Any] = {}
        self.failures: dict[str, str] = {}

    def resolve_metric_bundle(self, metric_fn_bundle: Iterable[MetricComputationConfiguration]) -> dict[Any, Any]:
        """Compute the aggregates in one query; where that fails GX asks for each alone, and the guilty one is noted."""
        asked = {one.metric_configuration.id: one for one in metric_fn_bundle}
        todo = {key: one for key, one in asked.items() if key not in self._answers}
        failed = next((self.failures[str(key)] for key in todo if str(key) in self.failures), None)
        if failed is not None:
            raise QueryFailedError(failed)
        try:
            self._answers.update(super().resolve_metric_bundle(list(todo.values())))
        except Exception as error:
            if len(todo) == 1:
                self.failures[str(next(iter(todo)))] = str(error)
            raise
        return {key: self._answers[key] for key in asked}

    def find(self, query: str, columns: Collection[str]) -> tuple[int, list[str]]:
        """Return count and sample that a query finds, once; no sample where one of `columns` is sensitive."""
        if query not in self._answers:
            escaped = query.replace(":", "\\:")  # a colon would announce a bound parameter
            try:
                self._answers[query] = tuple(self.execute_query(sa.text(escaped)).one())
            except QueryFailedError as error:
                self._answers[query] = error
        answer = self._answers[query]
        if isinstance(answer, QueryFailedError):
            raise answer
        count, sample = answer
        return count, [] if set(columns) & set(self.task.sensitive) else list(sample)

    def execute_query(self, query: Any) -> Any:  # noqa: ANN401  GX's signature
        """Run a query; an error names columns and types, but never values (the text of a conversion error would)."""
        try:
            return super().execute_query(query)
        except sa.exc.DBAPIError as error:
            speaks_of_names_only = isinstance(error.orig, duckdb.BinderException | duckdb.CatalogException)
            detail = f": {str(error.orig).splitlines()[0]}" if speaks_of_names_only else ""
            raise QueryFailedError(f"{type(error.orig).__name__}{detail}") from None
        except Exception as error:
            raise QueryFailedError(type(error).__name__) from None


_EngineType = type[DuckDBExecutionEngine]


class DuckDBDatasource(SQLDatasource):
    """A GX data source over a lent DuckDB connection."""

    type: Literal["duckdb_lent"] = "duckdb_lent"  # type: ignore[assignment]  # how GX tells data sources apart

    @property
    def execution_engine_type(self) -> _EngineType:
        """The engine that carries our metrics."""
        return DuckDBExecutionEngine


def _table(domain: Mapping[str, Any]) -> dict[str, Any]:
    return {key: domain.get(key) for key in _TABLE_KEYS}


def _aggregate(name: str, keys: tuple[str, ...], values: tuple[str, ...], build: Callable[..., str]) -> None:
    """Register a metric that is one aggregate of the common query; `build(engine, domain, values)` returns its SQL."""

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
            *,
            execution_engine: DuckDBExecutionEngine,
            metric_domain_kwargs: dict[str, Any],
            metric_value_kwargs: dict[str, Any],
            **_: object,
        ) -> tuple[sa.ColumnElement[Any], dict[str, Any], dict[str, Any]]:
            sql = build(execution_engine, metric_domain_kwargs, metric_value_kwargs)
            return sa.literal_column(sql), _table(metric_domain_kwargs), {}


def _value(name: str, keys: tuple[str, ...], values: tuple[str, ...], compute: Callable[..., Any]) -> None:
    """Register a metric with a query of its own; `compute(engine, domain, values)` returns its value."""

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
        ) -> Any:  # noqa: ANN401  a count or a sample
            return compute(execution_engine, metric_domain_kwargs, metric_value_kwargs)


def _register_condition(name: str, values: tuple[str, ...], broken: Callable[..., str]) -> None:
    """Register count and sample of the rows under `broken(column, *values)`."""

    def condition(domain: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        return broken(domain["column"], *(wanted[key] for key in values if not key.startswith("strict_")))

    def count(_: DuckDBExecutionEngine, domain: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        return conditions.count_where(condition(domain, wanted))

    def sample(engine: DuckDBExecutionEngine, domain: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
        if domain["column"] in engine.task.sensitive:
            return conditions.NO_SAMPLE
        return conditions.sample_where(domain["column"], condition(domain, wanted))

    _aggregate(f"{name}.unexpected_count", _COLUMN_KEYS, values, count)
    _aggregate(f"{name}.unexpected_values", _COLUMN_KEYS, (*values, "result_format"), sample)


def _register_query(name: str, keys: tuple[str, ...], values: tuple[str, ...], find: Callable[..., Any]) -> None:
    """Register count and sample of the rows that `find` finds; the engine asks the query once for both."""
    _value(f"{name}.unexpected_count", keys, values, lambda *given: find(*given)[0])
    _value(f"{name}.unexpected_values", keys, (*values, "result_format"), lambda *given: find(*given)[1])


def _find_duplicates(engine: DuckDBExecutionEngine, domain: Mapping[str, Any], _: object) -> tuple[int, list[str]]:
    columns = [domain["column"]] if "column" in domain else list(domain["column_list"])
    return engine.find(conditions.duplicates_query(ident(engine.task.view), columns), columns)


def _find_orphans(engine: DuckDBExecutionEngine, domain: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[int, list[str]]:
    column, target = domain["column"], engine.task.references[wanted["dataset"]]
    return engine.find(conditions.orphans_query(ident(engine.task.view), column, target, wanted["field"]), [column])


_aggregate(
    "column_values.nonnull.unexpected_count",
    _COLUMN_KEYS,
    (),
    lambda _, domain, __: conditions.count_where(conditions.is_missing(domain["column"])),
)
_aggregate("column_values.nonnull.unexpected_values", _COLUMN_KEYS, ("result_format",), lambda *_: conditions.NO_SAMPLE)
_aggregate(
    "compound_columns.unique.filtered_row_count",
    _COMPOUND_KEYS,
    ("result_format",),
    lambda _, domain, __: conditions.count_where(conditions.is_keyed(domain["column_list"])),
)
_register_condition("column_values.in_set", ("value_set",), conditions.is_outside_set)
_register_condition("column_values.match_regex", ("regex",), conditions.is_mismatch)
_register_condition(
    "column_values.value_length.between", _BOUND_KEYS, lambda field, _, longest: conditions.is_longer(field, longest)
)
_register_condition("column_values.between", _BOUND_KEYS, conditions.is_outside)
_register_condition("column_values.valid_identifier", ("scheme",), conditions.is_invalid_identifier)
_register_query("column_values.unique", _COLUMN_KEYS, (), _find_duplicates)
_register_query("compound_columns.unique", _COMPOUND_KEYS, (), _find_duplicates)
_register_query("column_values.occur_in_dataset", _COLUMN_KEYS, ("dataset", "field"), _find_orphans)


class ExpectColumnValuesToBeValidIdentifiers(ColumnMapExpectation):
    """Expect values to be well-formed identifiers of a national scheme, check digit included."""

    scheme: str
    map_metric: ClassVar[str] = "column_values.valid_identifier"
    success_keys: ClassVar[tuple[str, ...]] = ("scheme", "mostly")


class ExpectColumnValuesToOccurInDataset(ColumnMapExpectation):
    """Expect values to occur in a field of another published data set."""

    dataset: str
    field: str
    map_metric: ClassVar[str] = "column_values.occur_in_dataset"
    success_keys: ClassVar[tuple[str, ...]] = ("dataset", "field", "mostly")


def evaluate(connection: duckdb.DuckDBPyConnection, task: Task, rules: Sequence[Rule]) -> dict[str, Measurement]:
    """Run one suite over a temporary view of `connection` and return the measurement of each rule, by rule name.

    A rule that cannot be compiled or evaluated is measured too: as not evaluated, with the reason.
    """
    measured: dict[str, Measurement] = {}
    expectations = []
    for rule in rules:
        try:
            expectations.append(ExpectationConfiguration(**expectation_config(rule)).to_domain_obj())
        except Exception as error:
            measured[rule.name] = not_evaluated(rule, type(error).__name__)
    by_name = {rule.name: rule for rule in rules}
    # GX keeps one current context per process.
    with _one_suite_at_a_time, lend(connection) as url:
        results, failures = _run(url, task, expectations)
    for result in results:
        config: Any = result.expectation_config
        rule = by_name[config.meta["rule"]]
        measured[rule.name] = measurement_of(rule, result, failures)
    return measured


def _run(url: str, task: Task, expectations: list[Expectation]) -> tuple[list[ExpectationValidationResult], Mapping[str, str]]:
    # In memory only: no docs site in a temporary directory, no usage statistics, no progress bars.
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    source = context.data_sources.add_duckdb_lent(task.view, connection_string=url)
    engine = source.get_execution_engine()
    engine.task = task
    batch = source.add_table_asset(task.view, table_name=task.view).add_batch_definition_whole_table(task.view)
    suite = context.suites.add(gx.ExpectationSuite(name=task.view, expectations=expectations))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=task.view, data=batch, suite=suite))
    return list(definition.run(result_format=_RESULT_FORMAT).results), engine.failures
