"""Rules as Great Expectations suites on a live DuckDB connection; beside gx_metrics the only importer of great_expectations.

Here: GX's data source and execution engine for DuckDB, and one run of a suite. Every metric that can be a sum is an aggregate
partial, so GX asks them all at once, and our engine answers from one scan or from what it knows of immutable files. Not here:
the metrics (gx_metrics), how rows are counted (counting, repetition), which rules there are (rules). Import it through
`checking`, lazily.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import great_expectations as gx
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.execution_engine import MetricComputationConfiguration
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from catalog_service.catalog.quality import Measurement, Rule
from expectations.counting import QueryFailedError, Subject
from expectations.duckdb_dialect import lend
from expectations.outcome import measurement_of, not_evaluated
from expectations.repetition import Repetition
from expectations.suites import expectation_config

_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
NO_SAMPLE = ""
"""SQL of a metric that is an empty list: offending values are found with the failing rows, not by Great Expectations."""
_one_suite_at_a_time = threading.Lock()


class Task(NamedTuple):
    """What the metrics of one run must know beside GX's own arguments."""

    subject: Subject
    references: Mapping[str, str]
    """Data set id → SQL text of its published rows."""
    repetitions: Mapping[tuple[tuple[str, ...], str], Repetition]
    """Repeated keys by columns and row condition."""
    breaking: Sequence[str] = ()
    """The conditions under which rows break the rules."""
    title: str = ""
    """Name of the suite in Data Docs: the table."""
    page: Path | None = None
    """Where the page of Data Docs goes; None: none is written."""


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """GX's SQL engine for one run of one suite."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  GX's signature
        super().__init__(*args, **kwargs)
        self.task: Task
        # GX asks for failed metrics, and for all asked beside them, three times: each failure is remembered.
        self.failures: dict[str, str] = {}

    def resolve_metric_bundle(self, metric_fn_bundle: Iterable[MetricComputationConfiguration]) -> dict[Any, Any]:
        """Compute the aggregates together; where that fails GX asks for each alone, and the guilty one is noted."""
        given: list[Any] = list(metric_fn_bundle)
        asked = {one.metric_configuration.id: str(one.metric_fn.name) for one in given}
        known = next((self.failures[str(key)] for key in asked if str(key) in self.failures), None)
        if known is not None:
            raise QueryFailedError(known)
        try:
            texts = [text for text in dict.fromkeys(asked.values()) if text != NO_SAMPLE]
            found = self.task.subject.count(texts, self.task.breaking)
        except QueryFailedError as error:
            if len(asked) == 1:
                self.failures[str(next(iter(asked)))] = str(error)
            raise
        return {key: [] if text == NO_SAMPLE else found[text] for key, text in asked.items()}


_EngineType = type[DuckDBExecutionEngine]


class DuckDBDatasource(SQLDatasource):
    """A GX data source over a lent DuckDB connection."""

    type: Literal["duckdb_lent"] = "duckdb_lent"  # type: ignore[assignment]  # how GX tells data sources apart

    @property
    def execution_engine_type(self) -> _EngineType:
        """The engine that carries our metrics."""
        return DuckDBExecutionEngine


def evaluate(task: Task, rules: Sequence[Rule]) -> dict[str, Measurement]:
    """Run one suite over the rows of a task and return the measurement of each rule, by rule name.

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
    with _one_suite_at_a_time, lend(task.subject.connection) as url:
        results, failures = _run(url, task, expectations)
    for result in results:
        config: Any = result.expectation_config
        rule = by_name[config.meta["rule"]]
        measured[rule.name] = measurement_of(rule, result, failures)
    return measured


@cache
def _context() -> Any:  # noqa: ANN401  a class that the library does not export
    # In memory only: no docs site in a temporary directory, no usage statistics, no progress bars.
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _run(url: str, task: Task, expectations: list[Expectation]) -> tuple[list[ExpectationValidationResult], Mapping[str, str]]:
    name = task.subject.view
    context = _context()
    source = context.data_sources.add_duckdb_lent(name, connection_string=url)
    engine = source.get_execution_engine()
    engine.task = task
    batch = source.add_table_asset(name, table_name=name).add_batch_definition_whole_table(name).get_batch()
    suite = gx.ExpectationSuite(name=task.title or name, expectations=expectations)
    try:
        found = batch.validate(suite, result_format=_RESULT_FORMAT)
        if task.page is not None:
            from expectations import gx_docs

            gx_docs.write_page(found, task.page)
        return list(found.results), engine.failures
    finally:
        context.data_sources.delete(name)
