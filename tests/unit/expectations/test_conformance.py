"""Each metric against its folder under `cases`: good.csv, bad.csv and what must be counted."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.quality import OF_TABLES, Metric, Rule
from lake.expressions import ident, literal
from tests.unit.expectations.support import check, measured, rule

CASES = Path(__file__).parent / "cases"


def _case(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "case.json").read_text("utf-8"))
    return document


def _relation(path: Path, columns: dict[str, str]) -> str:
    types = ", ".join(f"{ident(name)}: {literal(kind)}" for name, kind in columns.items())
    return f"read_csv({literal(str(path))}, header = true, columns = {{{types}}}, nullstr = '')"


def _rule(case: dict[str, Any]) -> Rule:
    one = rule(Metric(case["metric"]), case["field"], **case["parameters"])
    return one.model_copy(update={"condition": case.get("condition", "")})


def _circumstances(case: dict[str, Any]) -> dict[str, Any]:
    given = dict(case.get("circumstances", {}))
    return given | ({"today": dt.date.fromisoformat(given["today"])} if "today" in given else {})


@pytest.mark.parametrize("side", ["good", "bad"])
@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda path: str(path.name))
def test_the_metric_counts_what_its_case_says(folder: Path, side: str) -> None:
    case = _case(folder)
    one = _rule(case)

    relation = _relation(folder / f"{side}.csv", case["columns"])
    run = check(relation, [one], references=case.get("references"), **_circumstances(case))

    found = measured(run)[one.name]
    assert found.error == ""
    assert found.model_dump(include=set(case["expected"][side])) == {
        **case["expected"][side],
        "examples": tuple(case["expected"][side]["examples"]),
    }


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda path: str(path.name))
def test_an_empty_table_breaks_only_rules_of_whole_tables(folder: Path) -> None:
    case = _case(folder)
    one = _rule(case)

    relation = f"{_relation(folder / 'bad.csv', case['columns'])} WHERE false"
    run = check(relation, [one], references=case.get("references"), **_circumstances(case))

    found = measured(run)[one.name]
    assert (found.passed, found.evaluated_count, found.unexpected_count) == (one.metric not in OF_TABLES, 0, 0)


def test_every_metric_has_a_case() -> None:
    assert {_case(folder)["metric"] for folder in CASES.iterdir()} == set(Metric)
