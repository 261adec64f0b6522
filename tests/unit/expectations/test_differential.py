"""The same expectations on DuckDB, on Great Expectations' own pandas engine, and in plain Python."""

import random
from collections import Counter
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.identifiers import is_valid
from catalog_service.catalog.quality import OF_TABLES, Metric, Rule
from catalog_service.catalog.vocabularies import IdentifierScheme
from expectations.counting import Subject
from expectations.repetition import Repetition
from expectations.suites import expectation_config
from tests.unit.expectations.support import check_rows, measured, rule

RULES = (
    rule(Metric.ROW_COUNT, minimum=1),
    rule(Metric.NOT_NULL, "k"),
    rule(Metric.NOT_NULL, "v", threshold=0.5),
    rule(Metric.UNIQUE, "k", columns=["k"]),
    rule(Metric.UNIQUE, columns=["a", "b"]),
    rule(Metric.IN_SET, "s", values=["A", "B"]),
    rule(Metric.MATCHES, "k", pattern="K[0-4][0-9]"),
    rule(Metric.MAX_LENGTH, "s", length=1),
    rule(Metric.BETWEEN, "v", minimum=0, maximum=None, threshold=0.4),
    rule(Metric.BETWEEN, "v", minimum=-1.5, maximum=3).model_copy(update={"name": "v__between_both"}),
    rule(Metric.COMPARE, "a", operator="=", other="s"),
    rule(Metric.COMPARE, "v", operator=">", other="w", threshold=0.5),
    rule(Metric.COMPARE, "v", operator="<=", other="w").model_copy(update={"name": "v__at_most"}),
    rule(Metric.COMPARE, "v", operator="<", other="w").model_copy(update={"name": "v__less"}),
    rule(Metric.COMPARE, "v", operator=">=", other="w").model_copy(update={"name": "v__at_least"}),
)
WHERE = "g == 'p'"
"""A row condition that pandas and DuckDB write alike."""
CONDITIONAL = tuple(
    one.model_copy(update={"name": f"{one.name}__where", "condition": WHERE}) for one in RULES if one.metric not in OF_TABLES
)
TYPES = {
    **dict.fromkeys(("k", "a", "b", "s"), pa.string()),
    **dict.fromkeys(("v", "w"), pa.float64()),
    "g": pa.string(),
}
Columns = dict[str, list[Any]]
Counts = tuple[bool | None, int, int]


def _random_columns(seed: int) -> Columns:
    source = random.Random(seed)
    rows, missing = source.choice([0, 1, 7, 400]), source.choice([0, 0.1, 0.6, 1.0])

    def maybe(value: object) -> object:
        return None if source.random() < missing else value

    return {
        "k": [maybe(f"K{source.randrange(60):02d}") for _ in range(rows)],
        "a": [maybe(f"x{source.randrange(6)}") for _ in range(rows)],
        "b": [maybe(f"y{source.randrange(6)}") for _ in range(rows)],
        "s": [maybe(source.choice(["A", "B", "Z", "", "市区"])) for _ in range(rows)],
        "v": [maybe(source.choice([source.uniform(-5, 5), 0.5])) for _ in range(rows)],
        "w": [maybe(source.choice([source.uniform(-5, 5), 0.5])) for _ in range(rows)],
        "g": [source.choice("pq") for _ in range(rows)],
    }


def _by_duckdb(columns: Columns, rules: tuple[Rule, ...] = RULES) -> dict[str, Counts]:
    run = check_rows({name: (TYPES[name], values) for name, values in columns.items()}, rules)
    return {name: (one.passed, one.evaluated_count, one.unexpected_count) for name, one in measured(run).items()}


def _by_pandas(columns: Columns, rules: tuple[Rule, ...] = RULES) -> dict[str, Counts]:
    import great_expectations as gx
    import pandas as pd
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    frame = pd.DataFrame(
        {name: pd.Series(values, dtype="float64" if name in "vw" else "object") for name, values in columns.items()}
    )
    configs = [expectation_config(one) for one in rules]
    for config in configs:
        if "regex" in config["kwargs"]:
            config["kwargs"]["regex"] = rf"^(?:{config['kwargs']['regex']})\Z"  # pandas searches, ours matches the whole value
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    batch = asset.add_batch_definition_whole_dataframe("whole")
    expectations = [ExpectationConfiguration(**config).to_domain_obj() for config in configs]
    suite = context.suites.add(gx.ExpectationSuite(name="suite", expectations=expectations))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="run", data=batch, suite=suite))
    found = definition.run(batch_parameters={"dataframe": frame}, result_format="BASIC")
    return {_name(one): _counts(one) for one in found.results}


def _name(result: Any) -> str:
    return str(result.expectation_config.meta["rule"])


def _counts(result: Any) -> Counts:
    if "observed_value" in result.result:
        return result.success, result.result["observed_value"], 0
    return (
        result.success,
        _evaluated(result),
        result.result["unexpected_count"],
    )


def _evaluated(result: Any) -> int:
    """Return the rows that were judged; results about pairs count the skipped ones as missing."""
    return int(result.result["element_count"] - result.result.get("missing_count", 0))


def _in_python(columns: Columns) -> dict[str, Counts]:
    """Evaluate `RULES` without any engine."""
    rows = len(columns["k"])

    def share(bad: int, of: int, threshold: float = 1.0) -> Counts:
        return (of == 0 or (of - bad) / of >= threshold), of, bad

    def each(name: str, is_bad: Any, threshold: float = 1.0) -> Counts:
        values = [value for value in columns[name] if value is not None]
        return share(sum(map(is_bad, values)), len(values), threshold)

    def pairs(left: str, right: str, is_bad: Any, threshold: float = 1.0) -> Counts:
        both = [two for two in zip(columns[left], columns[right], strict=True) if None not in two]
        return share(sum(is_bad(*two) for two in both), len(both), threshold)

    def repeated(keys: list[tuple[object, ...]]) -> Counts:
        present = [key for key in keys if any(part is not None for part in key)]
        return share(sum(count for count in Counter(present).values() if count > 1), len(present))

    return {
        "table__row_count": (rows >= 1, rows, 0),
        "k__not_null": share(columns["k"].count(None), rows),
        "v__not_null": share(columns["v"].count(None), rows, 0.5),
        "k__unique": repeated([(value,) for value in columns["k"]]),
        "table__unique": repeated(list(zip(columns["a"], columns["b"], strict=True))),
        "s__in_set": each("s", lambda value: value not in ("A", "B")),
        "k__matches": each("k", lambda v: not (len(v) == 3 and v[0] == "K" and v[1] in "01234" and v[2] in "0123456789")),
        "s__max_length": each("s", lambda value: len(value) > 1),
        "v__between": each("v", lambda value: value < 0, 0.4),
        "v__between_both": each("v", lambda value: not -1.5 <= value <= 3),
        "a__compare": pairs("a", "s", lambda a, s: a != s),
        "v__compare": pairs("v", "w", lambda v, w: v <= w, 0.5),
        "v__at_most": pairs("v", "w", lambda v, w: v > w),
        "v__less": pairs("v", "w", lambda v, w: v >= w),
        "v__at_least": pairs("v", "w", lambda v, w: v < w),
    }


@pytest.mark.parametrize("seed", range(8))
def test_pandas_engine_and_plain_python_agree_with_duckdb(seed: int) -> None:
    columns = _random_columns(seed)
    found = _by_duckdb(columns)
    assert found == _in_python(columns)
    assert found == _by_pandas(columns)


@pytest.mark.parametrize("seed", range(8, 14))
def test_row_conditions_mean_the_same_everywhere(seed: int) -> None:
    columns = _random_columns(seed)
    chosen = {name: [v for v, g in zip(values, columns["g"], strict=True) if g == "p"] for name, values in columns.items()}
    expected = {f"{name}__where": counts for name, counts in _in_python(chosen).items() if not name.startswith("table__")}
    expected["table__unique__where"] = _in_python(chosen)["table__unique"]
    found = _by_duckdb(columns, CONDITIONAL)
    assert found == expected
    assert found == _by_pandas(columns, CONDITIONAL)


def _columns_of(rows: list[tuple[Any, ...]]) -> Columns:
    columns = {name: [row[index] for row in rows] for index, name in enumerate(TYPES) if name not in "wg"}
    return {**columns, "w": list(reversed(columns["v"])), "g": ["p"] * len(rows)}


_texts = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4)
_keys = st.none() | st.sampled_from(["K00", "K19", "K50", "k00", "K0", "K００", ""])
_numbers = st.none() | st.floats(allow_nan=False) | st.sampled_from([-1.5, 0.0, -0.0, 3.0])


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(_keys, _keys, _texts, _texts, _numbers), max_size=30))
def test_plain_python_agrees_on_hostile_values(rows: list[tuple[Any, ...]]) -> None:
    columns = _columns_of(rows)
    assert _by_duckdb(columns) == _in_python(columns)


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(_keys, _keys, _texts, _texts, _numbers), max_size=200))
def test_plain_python_agrees_on_many_hostile_values(rows: list[tuple[Any, ...]]) -> None:
    columns = _columns_of(rows)
    assert _by_duckdb(columns) == _in_python(columns)


def test_duplicates_of_numbers_are_found_whatever_their_bits() -> None:
    connection = duckdb.connect()

    @settings(deadline=None)
    @given(st.lists(st.none() | st.floats() | st.sampled_from([0.0, -0.0, float("nan"), 1.5]), max_size=20))
    def holds(values: list[float | None]) -> None:
        connection.register("rows", pa.table({"v": pa.array(values, type=pa.float64())}))
        found = Repetition(Subject(connection, "rows"), ("v",)).count
        # SQL's equality: zero has no sign, and NaN equals itself.
        present = ["nan" if value != value else value + 0.0 for value in values if value is not None]
        assert found == sum(count for count in Counter(present).values() if count > 1)

    holds()


def test_identifiers_agree_with_the_catalogs_own_verification() -> None:
    source = random.Random(20)
    for scheme, length, alphabet in (
        (IdentifierScheme.RESIDENT_ID, 17, "0123456789"),
        (IdentifierScheme.USCC, 17, "0123456789ABCDEFGHJKLMNPQRTUWXY"),
    ):
        stems = [
            "91320200"[: 8 * (scheme is IdentifierScheme.USCC)] + "".join(source.choices(alphabet, k=17)) for _ in range(60)
        ]
        values = [stem[:length] + last for stem in stems for last in "0123456789ABCDEFGHJKLMNPQRTUWXYIO "]
        values += ["", *(value[1:] for value in values), *(value + "0" for value in values)]
        run = check_rows({"id": (pa.string(), values)}, [rule(Metric.IDENTIFIER, "id", scheme=scheme.value)])
        wrong = sum(not is_valid(scheme, value) for value in values)
        assert run.measurements[0].unexpected_count == wrong < len(values) - 50
