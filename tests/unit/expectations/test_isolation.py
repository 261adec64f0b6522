"""What checks must not do: import Great Expectations early, phone home, write files, or tell sensitive values."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from catalog_service.catalog.quality import Metric
from catalog_service.services.delivering import receive
from catalog_service.services.publishing import published_catalog
from expectations.results import to_arrow
from pipelines.loading import load_pending
from pipelines.workbench import Workbench
from tests.support import city
from tests.unit.expectations.support import check_rows, measured, rule

ROOT = Path(__file__).parents[3]
PERSON = "320211199001011234"


def _python(code: str, cwd: Path, home: Path) -> str:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(home), "TMPDIR": str(home)}
    run = subprocess.run([sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    return run.stdout


def test_the_package_loads_without_great_expectations(tmp_path: Path) -> None:
    code = """
import sys
import expectations.rules, expectations.results, expectations.checking, expectations.suites
import duckdb
run = expectations.checking.run_checks(
    duckdb.connect(), "range(3)", (), table="t", version=0, reference_relation=lambda _: None).run
print(run.row_count, "great_expectations" in sys.modules)
"""
    assert _python(code, tmp_path, tmp_path).split() == ["3", "False"]


@pytest.mark.slow
def test_the_service_shows_results_without_great_expectations(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with city.platform(home, city.catalog(city.dataset("health/wards", ["code"], ["code"]))) as platform:
        file = tmp_path / "wards.csv"
        file.write_text("code\n1\n1\n", encoding="utf-8")
        receive(platform, "health/wards", file)
        catalog = published_catalog(platform)
        with Workbench(platform, catalog, catalog.dataset["health/wards"]) as bench:
            assert load_pending(bench).withheld
    code = f"""
import sys
from pathlib import Path
from starlette.testclient import TestClient
from catalog_service.api.app import create_app
from catalog_service.services.platform import open_platform
from catalog_service.settings import Settings
from catalog_service.catalog.principal import Role
from tests.support.people import bearer
with open_platform(Settings(home=Path({str(home)!r}))) as platform:
    client, officer = TestClient(create_app(platform)), bearer(platform, Role.QUALITY_OFFICER, agency="health")
    api = "/api/v1/datasets/health/wards"
    for path in ("/datasets/health/wards", "/datasets/health/wards/quality", "/datasets/health/wards/quality.xlsx",
            f"{{api}}/quality", f"{{api}}/quality/trend", f"{{api}}/quality/dqv", f"{{api}}/quality/failed-rows",
            f"{{api}}/score", f"{{api}}/freshness", "/api/v1/scores", "/api/v1/scores/health", "/api/v1/quality/issues"):
        assert client.get(path, headers=officer).status_code == 200, path
print(sorted({{"great_expectations", "dagster", "pandas"}} & sys.modules.keys()))
"""
    assert _python(code, tmp_path, tmp_path).strip() == "[]"


@pytest.mark.slow
def test_a_run_sends_nothing_and_writes_nothing(tmp_path: Path) -> None:
    code = """
import os, socket
def refuse(*_): raise AssertionError("network")
socket.socket.connect = socket.getaddrinfo = refuse
import duckdb
from tests.unit.expectations.support import check, rule
from catalog_service.catalog.quality import Metric
run = check("range(3) t(n)", [rule(Metric.NOT_NULL, "n"), rule(Metric.UNIQUE, "n", columns=["n"])])
from great_expectations.data_context.data_context.context_factory import project_manager
used = project_manager.get_current_project().config
print([one.passed for one in run.measurements], os.environ["GX_ANALYTICS_ENABLED"], used.analytics_enabled)
"""
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    home.mkdir()
    before = {path for path in (ROOT / "expectations").rglob("*") if "__pycache__" not in path.parts}

    assert _python(code, work, home).split("\n")[0] == "[True, True] false False"

    after = {path for path in (ROOT / "expectations").rglob("*") if "__pycache__" not in path.parts}
    assert (list(work.rglob("*")), list(home.rglob("*")), after - before) == ([], [], set())


def test_sensitive_values_appear_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    texts = pa.string()
    columns: dict[str, tuple[pa.DataType, list[str | None]]] = {
        "id": (texts, [PERSON, PERSON, None]),
        "name": (texts, ["甲"] * 3),
    }
    rules = [
        rule(Metric.IDENTIFIER, "id", scheme="resident_id"),
        rule(Metric.UNIQUE, "id", columns=["id"]),
        rule(Metric.UNIQUE, columns=["name", "id"]),
        rule(Metric.MATCHES, "id", pattern="[A-Z]+"),
        rule(Metric.IN_SET, "id", values=["1"]),
        rule(Metric.MAX_LENGTH, "id", length=3),
        rule(Metric.NOT_NULL, "id"),
        rule(Metric.REFERENCE, "id", dataset="a/b", field="k"),
        rule(Metric.BETWEEN, "id", minimum=1, maximum=2),
        rule(Metric.COMPARE, "name", operator="=", other="id"),
        rule(Metric.OF_TYPE, "id", type="date"),
        rule(Metric.AGREES, "id", dataset="a/b", other="k", key={"name": "n"}),
    ]
    caplog.set_level("DEBUG")

    run = check_rows(columns, rules, sensitive=frozenset({"id"}), references={"a/b": "(SELECT 'x' AS k, '甲' AS n)"})

    assert {one.unexpected_count for one in run.measurements} == {0, 1, 2}
    assert measured(run)["id__agrees"].unexpected_count == 2
    told = run.model_dump_json() + json.dumps(to_arrow(run).to_pylist(), default=str) + caplog.text
    assert PERSON not in told
    assert all(one.examples == () for one in run.measurements)


def test_errors_never_quote_data(caplog: pytest.LogCaptureFixture) -> None:
    target = f"(SELECT CAST(k AS BIGINT) AS k FROM (VALUES ('{PERSON}?')) AS planes(k))"
    caplog.set_level("DEBUG")

    run = check_rows(
        {"n": (pa.int64(), [1])}, [rule(Metric.REFERENCE, "n", dataset="a/b", field="k")], references={"a/b": target}
    )

    found = measured(run)["n__reference"]
    assert found.passed is None
    assert "ConversionException" in found.error
    assert PERSON not in found.error + caplog.text
