"""`wuxi-data catalog submit`, `approve`, `history`, `diff`, `as-of`: many entries in one command, each reported by name."""

import datetime as dt
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from catalog_service.cli import app
from catalog_service.services import life_cycle
from catalog_service.settings import Settings
from tests.support.actors import COMPILER
from tests.support.homes import open_platform
from tests.unit.catalog.samples import agency, dataset_data


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two drafts that can be submitted and one that cannot."""
    with open_platform(Settings(home=tmp_path)) as platform:
        with platform.database.transaction() as transaction:
            transaction.catalog.put_agencies([agency("civil")])
        for document in (dataset_data("homes"), dataset_data("beds"), dataset_data("poor", basis={})):
            life_cycle.save_draft(platform, COMPILER, document, edition=0)
    monkeypatch.setenv("WUXI_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["catalog", *words], catch_exceptions=False)


def test_many_are_submitted_and_approved_each_reported_and_again_changes_nothing(home: Path) -> None:
    first = run("submit", "civil/homes", "civil/poor", "civil/beds", "civil/homes")
    assert (first.exit_code, first.stdout.count("待审核")) == (1, 2)
    assert "civil/poor" in first.stderr
    assert "第16条" in first.stderr
    again = run("submit", "civil/homes", "civil/beds")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr.count("不能提交审核") == 2
    assert run("approve", "civil/homes", "civil/beds", "--publish").exit_code == 0
    events = [one["event"] for one in json.loads(run("history", "civil/homes", "--json").stdout)["changes"]]
    assert events == ["save", "submit", "approve", "publish"]
    tomorrow = str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1))
    assert [one["name"] for one in json.loads(run("as-of", tomorrow, "--json").stdout)] == ["beds", "homes"]
    found = json.loads(run("diff", "civil/homes", "--from", "1", "--to", "4", "--json").stdout)["differences"]
    assert [one["path"] for one in found] == ["classification", "code"], "given by the platform at submission"
