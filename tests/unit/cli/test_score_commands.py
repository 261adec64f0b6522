"""`wuxi-data quality scores`, `… evaluate`, `… reproduce`: for people and for scripts."""

import json
from pathlib import Path

import pytest
import time_machine
from typer.testing import CliRunner, Result

from catalog_service.cli import app
from tests.support import city

RULES = {"delivery": {"format": "csv"}, "frequency": "irregular"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with time_machine.travel("2026-10-12T02:00:00Z"):
        city.platform(tmp_path, city.catalog(city.dataset("civil/homes", ["code"], ["code"], **RULES))).close()
    return tmp_path


def invoke(home: Path, *arguments: str) -> Result:
    with time_machine.travel("2026-11-02T02:00:00Z"):
        return CliRunner().invoke(app, ["quality", *arguments], env={"WUXI_HOME": str(home), "COLUMNS": "160"})


def test_scores_evaluations_and_their_proof(home: Path, tmp_path: Path) -> None:
    book = tmp_path / "city.xlsx"
    shown = invoke(home, "scores", "--xlsx", str(book))
    assert (shown.exit_code, "civil局" in shown.output, "未评" in shown.output) == (0, True, True)
    assert book.read_bytes().startswith(b"PK")
    card = json.loads(invoke(home, "scores", "--agency", "civil", "--json").output)
    assert [one["score"]["points"] for one in card["datasets"]] == [None]
    issued = json.loads(invoke(home, "evaluate", "--json").output)
    assert (issued["month"], len(issued["issued"])) == ("2026-10", 1)
    assert "原有 1 份不变" in invoke(home, "evaluate", "--month", "2026-10").output
    assert "一致" in invoke(home, "reproduce", "civil", "--month", "2026-10").output
    assert invoke(home, "publish-evaluations", "--month", "2026-10").exit_code == 0
    (listed,) = json.loads(invoke(home, "evaluations", "--json").output)
    assert listed["published_at"] is not None


def test_a_month_that_is_none_or_not_over_is_refused(home: Path) -> None:
    for month, words in (("2026-13", "2026-10"), ("2026-11", "is not over")):
        refused = invoke(home, "evaluate", "--month", month)
        assert refused.exit_code == 1
        assert words in str(refused.exception)
