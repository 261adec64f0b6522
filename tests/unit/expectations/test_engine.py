"""Guards: what the engine relies on in Great Expectations and SQLAlchemy. They fail when an upgrade changes it."""

import duckdb
import pytest
import sqlalchemy as sa

from catalog_service.catalog.quality import Metric
from expectations.duckdb_dialect import lend
from expectations.suites import expectation_config
from tests.unit.expectations.support import rule

COLUMN_METRICS = (
    "column_values.nonnull",
    "column_values.unique",
    "column_values.in_set",
    "column_values.match_regex",
    "column_values.value_length.between",
    "column_values.between",
    "column_pair_values.equal",
    "column_pair_values.a_greater_than_b",
)


def _keys(name: str, engine: str) -> tuple[set[str], set[str]]:
    """Domain and value keys that the providers of an engine would be asked with."""
    from great_expectations.expectations import registry

    definition = registry._registered_metrics[name]
    assert engine in definition["providers"], f"{name} is not computed by {engine}"
    return set(definition["metric_domain_keys"]), set(definition["metric_value_keys"])


@pytest.mark.parametrize("metric", COLUMN_METRICS)
@pytest.mark.parametrize("suffix", ["unexpected_count", "unexpected_values"])
def test_column_metrics_replace_those_of_the_stock_engine(metric: str, suffix: str) -> None:
    import expectations.gx_metrics  # noqa: F401  registers

    name = f"{metric}.{suffix}"
    assert _keys(name, "DuckDBExecutionEngine") == _keys(name, "SqlAlchemyExecutionEngine")
    domain, values = _keys(name, "DuckDBExecutionEngine")
    assert domain & {"column", "column_A"}
    assert ("result_format" in values) == (suffix == "unexpected_values")


@pytest.mark.parametrize("suffix", ["unexpected_count", "unexpected_values", "filtered_row_count"])
def test_compound_metrics_replace_those_of_the_stock_engine(suffix: str) -> None:
    import expectations.gx_metrics  # noqa: F401  registers

    assert "column_list" in _keys(f"compound_columns.unique.{suffix}", "DuckDBExecutionEngine")[0]
    assert _keys(f"compound_columns.unique.{suffix}", "SqlAlchemyExecutionEngine")


@pytest.mark.parametrize(
    "one",
    [
        rule(Metric.NOT_NULL, "k"),
        rule(Metric.UNIQUE, "k", columns=["k"]),
        rule(Metric.UNIQUE, columns=["a", "b"]),
        rule(Metric.IN_SET, "k", values=["x"]),
        rule(Metric.MATCHES, "k", pattern="x"),
        rule(Metric.MAX_LENGTH, "k", length=1),
        rule(Metric.BETWEEN, "k", minimum=1, maximum=None),
        rule(Metric.IDENTIFIER, "k", scheme="uscc"),
        rule(Metric.REFERENCE, "k", dataset="a/b", field="c"),
        rule(Metric.ROW_COUNT, minimum=1),
        rule(Metric.OF_TYPE, "k", type="integer"),
        rule(Metric.COMPARE, "k", operator=">=", other="m"),
        rule(Metric.COMPARE, "m", operator="=", other="k"),
        rule(Metric.SATISFIES, expression="k > 1"),
        rule(Metric.FRESH, "k", since="2026-01-01"),
        rule(Metric.VOLUME, minimum=1, maximum=2),
        rule(Metric.AGREES, "k", dataset="a/b", other="c", key={"k": "c"}),
    ],
    ids=lambda one: one.name,
)
def test_expectations_ask_only_metrics_of_ours(one: object) -> None:
    """Another metric would be answered by GX's stock SQL: an unplanned scan, perhaps with samples of sensitive values."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    from expectations import gx_engine, gx_metrics

    expectation = ExpectationConfiguration(**expectation_config(one)).to_domain_obj()  # type: ignore[arg-type]
    with lend(duckdb.connect()) as url:
        engine = gx_engine.DuckDBExecutionEngine(connection_string=url, create_temp_table=False)
        asked = expectation.get_validation_dependencies(
            engine, {"result_format": {"result_format": "BASIC"}}
        ).metric_configurations

    from great_expectations.expectations import registry

    for name in asked:
        providers = registry._registered_metrics[name]["providers"]
        assert providers["DuckDBExecutionEngine"][0].__module__ == gx_metrics.__name__


def test_a_lent_connection_is_seen_and_given_back() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TEMP TABLE mine AS SELECT 41 AS n")
    with lend(connection) as url:
        engine = sa.create_engine(url)
        with engine.connect() as session:
            assert session.execute(sa.text("SELECT n + :more FROM mine"), {"more": 1}).scalar_one() == 42
            assert session.execute(sa.text("FROM range(5)")).fetchmany(2) == [(0,), (1,)]
        engine.dispose()
    assert connection.execute("SELECT n FROM mine").fetchall() == [(41,)]
    with pytest.raises(KeyError):
        sa.create_engine(url).connect()
