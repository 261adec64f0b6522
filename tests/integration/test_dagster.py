"""Dagster's definitions follow the catalog; a run started from Dagster does what the CLI's run does (Art. 13, 17)."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.principal import operator
from catalog_service.catalog.publication import Publication
from catalog_service.services.access import analyst_session
from catalog_service.services.delivering import receive
from catalog_service.services.freshness import reminders
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, published_catalog
from catalog_service.services.rectification import escalate
from pipelines.build import build_defs
from pipelines.daily import DAILY_JOB
from pipelines.running import run_main_job
from pipelines.selection import with_downstream
from tests.support import city

FIELDS: list[str | dict[str, Any]] = ["id", {"name": "name", "required": True}]


def entries() -> list[Dataset]:
    golden = {"kind": "golden", "sources": [{"dataset": "alpha/people"}, {"dataset": "beta/people"}]}
    union = {"kind": "union", "sources": ["alpha/people", "beta/people"]}
    return [
        city.dataset("alpha/people", FIELDS, ["id"], frequency="weekly"),
        city.dataset("beta/people", FIELDS, ["id"]),
        city.dataset("authority/people", FIELDS, ["id"], derivation=golden),
        city.dataset("gamma/everyone", FIELDS, derivation=union, opening={"class": "none", "basis": {"law": "保守国家秘密法"}}),
        city.dataset("gamma/visits", ["id", {"name": "person", "reference": {"dataset": "authority/people", "field": "id"}}]),
    ]


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return city.platform(tmp_path / "home", city.catalog(*entries()))


def definitions(platform: Platform) -> dg.Definitions:
    overrides = {"platform": dg.ResourceDefinition.hardcoded_resource(platform)}
    return build_defs(published_catalog(platform), platform.settings, resource_overrides=overrides)


def deliver(platform: Platform, dataset: str, text: str, folder: Path) -> None:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    receive(platform, dataset, path)


def test_the_graph_leads_from_agency_to_open(platform: Platform) -> None:
    graph = definitions(platform).resolve_asset_graph()

    def parents(key: str) -> set[str]:
        return {one.to_user_string() for one in graph.get(dg.AssetKey(key.split("/"))).parent_keys}

    assert parents("landing/alpha/people") == {"agency/alpha"}
    assert parents("raw/alpha/people") == {"landing/alpha/people"}
    assert parents("standard/alpha/people") == {"raw/alpha/people"}
    assert parents("base/authority/people") == {"standard/alpha/people", "standard/beta/people"}
    assert parents("thematic/gamma/everyone") == {"standard/alpha/people", "standard/beta/people"}
    assert parents("open/authority/people") == {"base/authority/people"}
    assert parents("standard/gamma/visits") == {"raw/gamma/visits", "base/authority/people"}
    assert not any(one.path[0] == "open" and one.path[2] == "everyone" for one in graph.get_all_asset_keys())


def test_checks_and_schedules_follow_the_catalog(platform: Platform) -> None:
    made = definitions(platform)
    checks = {f"{one.asset_key.to_user_string()}:{one.name}" for one in made.resolve_asset_graph().asset_check_keys}
    assert "standard/alpha/people:completeness" in checks
    assert {one.name: one.cron_schedule for one in made.schedules or () if isinstance(one, dg.ScheduleDefinition)} == {
        "daily_duties_schedule": "30 6 * * *",
        "update_daily_schedule": "0 3 * * *",
        "update_weekly_schedule": "30 3 * * 1",
        "evaluate_month_schedule": "0 6 1 * *",
        "refresh_scores_schedule": "0 7 * * *",
    }
    weekly = made.resolve_job_def("update_weekly").asset_layer.selected_asset_keys
    assert dg.AssetKey(["open", "authority", "people"]) in weekly
    assert dg.AssetKey(["raw", "beta", "people"]) not in weekly


def sensor_named(made: dg.Definitions, name: str) -> dg.SensorDefinition:
    [found] = [one for one in made.sensors or [] if one.name == name]
    assert isinstance(found, dg.SensorDefinition)
    return found


def test_the_sensor_asks_for_what_waits_and_what_follows_from_it(platform: Platform, tmp_path: Path) -> None:
    sensor = sensor_named(definitions(platform), "waiting_work")
    cursor: str | None = None
    with dg.DagsterInstance.ephemeral() as instance:

        def evaluate() -> Any:
            nonlocal cursor
            resources = {"platform": platform}
            tick = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=cursor, resources=resources))
            cursor = tick.cursor
            return tick

        assert evaluate().skip_message == "nothing waits"
        deliver(platform, "beta/people", "id,name\n1,甲\n", tmp_path)
        [request] = evaluate().run_requests
        keys = {one.to_user_string() for one in request.asset_selection}
        assert {"raw/beta/people", "standard/beta/people", "open/authority/people", "thematic/gamma/everyone"} <= keys
        assert not any("alpha" in key or "visits" in key for key in keys)
        run = instance.create_run_for_job(definitions(platform).resolve_job_def("main_job"))
        assert "under way" in evaluate().skip_message
        instance.report_run_failed(run)
        assert [len(evaluate().run_requests) for _ in range(3)] == [1, 1, 0], "not for ever"
        deliver(platform, "alpha/people", "id,name\n1,甲\n", tmp_path)
        assert len(evaluate().run_requests) == 1, "new work is asked for, whatever became of the old"


def test_a_changed_catalog_is_noticed(platform: Platform, tmp_path: Path) -> None:
    sensor = sensor_named(definitions(platform), "catalog_changes")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, resources={"platform": platform})
        same = sensor.evaluate_tick(context).skip_message
        more = city.dataset("delta/more", FIELDS, ["id"])
        city.platform(tmp_path / "home", city.catalog(*entries(), more)).close()
        changed = sensor.evaluate_tick(context).skip_message
    assert "is the one that is loaded" in (same or "")
    assert "reload the code location" in (changed or "")


def test_sources_come_before_what_is_derived_from_them(platform: Platform) -> None:
    catalog = published_catalog(platform)
    order = with_downstream(catalog, ["beta/people", "alpha/people", "gamma/visits"])
    assert set(order) == {one.id for one in catalog.datasets}
    assert order.index("authority/people") > max(order.index("alpha/people"), order.index("beta/people"))
    assert order.index("gamma/visits") > order.index("authority/people")


@pytest.mark.slow
def test_a_run_started_from_dagster_ends_in_the_same_tables(tmp_path: Path) -> None:
    contents = []
    for way in ("cli", "dagster"):
        platform = city.platform(tmp_path / way, city.catalog(*entries()))
        deliver(platform, "alpha/people", "id,name\n1,甲\n2,乙\n", tmp_path)
        deliver(platform, "beta/people", "id,name\n2,乙乙\n3,丙\n", tmp_path)
        deliver(platform, "gamma/visits", "id,person\na,1\nb,9\n", tmp_path)
        if way == "cli":
            run_main_job(platform)
        else:
            home = {"WUXI_HOME": str(tmp_path / way), "DAGSTER_HOME": str(tmp_path / way / "dagster")}
            (tmp_path / way / "dagster").mkdir()
            command = [sys.executable, "-m", "dagster", "job", "execute", "-m", "pipelines.definitions", "-j", "main_job"]
            subprocess.run(command, env={**os.environ, **home}, check=True, capture_output=True)
        with analyst_session(platform, operator("test")) as session:
            tables = [key for key in sorted(current(platform)) if key.split("/")[0] in ("base", "thematic", "open")]
            contents.append(
                {key: session.execute(f"SELECT id FROM {key.replace('/', '.')} ORDER BY ALL").fetchall() for key in tables}
            )
    assert contents[0] == contents[1]
    assert contents[0]["open/authority/people"] == [("1",), ("2",), ("3",)]


def test_the_daily_job_does_what_the_commands_do(platform: Platform) -> None:
    late = dt.datetime(2026, 5, 6, 4, tzinfo=dt.UTC)
    one = Publication(table="standard/beta/people", version=0, row_count=1, files=(), release_id="r", published_at=late)
    with platform.database.transaction() as transaction:
        transaction.publications.release([one])
    job = definitions(platform).resolve_job_def(DAILY_JOB)
    assert job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), resources={"platform": platform}).success
    assert [(found.dataset, found.kind.value) for found in reminders(platform, operator("tests"))] == [("beta/people", "after")]
    assert escalate(platform, operator("tests")).escalated == 0
