"""Files of the lake: what was published is verified, what nothing refers to goes, and nothing else does."""

import datetime as dt
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from typer.testing import CliRunner

from catalog_service.catalog.decision import Zone
from catalog_service.catalog.errors import GoneError, InvalidError
from catalog_service.catalog.principal import ANONYMOUS, operator
from catalog_service.cli import app
from catalog_service.services.access import Wish
from catalog_service.services.downloading import open_file
from catalog_service.services.housekeeping import retire, sweep_left, verify
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, release
from lake.manifest import Snapshot
from lake.tables import Mode
from tests.support import city

WHO = operator("test")
DATA, BASE = "alpha/things", "authority/golden"
NOW = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    golden = city.dataset(BASE, ["id"], ["id"], derivation={"kind": "golden", "sources": [{"dataset": DATA}]})
    with city.platform(tmp_path, city.catalog(city.dataset(DATA, ["id"], ["id"]), golden)) as opened:
        yield opened


def put(platform: Platform, key: str, days_ago: int, values: str, mode: Mode = "overwrite") -> Snapshot:
    """Publish a version of a table some days ago."""
    sql = f"SELECT unnest([{values}])::VARCHAR AS id"
    with time_machine.travel(NOW - dt.timedelta(days=days_ago), tick=False), platform.lake.connect() as connection:
        snapshot = platform.lake.write(key, connection, sql, mode=mode, token=f"{key}{days_ago}")
        release(platform, [snapshot])
    return snapshot


def orphan(platform: Platform, folder: str, days_old: int) -> Path:
    path = platform.lake.root / folder / f"{days_old}-killed.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half")
    then = time.time() - days_old * 86_400
    os.utime(path, (then, then))
    return path


def actions(platform: Platform) -> list[str]:
    with platform.database.reading() as transaction:
        return [row.action for row in transaction.ledger.rows()]


def test_what_killed_runs_left_goes_and_nothing_else(platform: Platform) -> None:
    key = f"base/{BASE}"
    put(platform, key, 40, "'1', '2'")
    with platform.lake.connect() as connection:
        platform.lake.replace(key, connection, keys="SELECT '1' AS id", rows="SELECT '1' AS id", token="later")
    for path in platform.lake.root.rglob("*.parquet"):
        os.utime(path, (0, 0))
    old = [orphan(platform, folder, 30) for folder in (key, f"{key}/_rows", f"{key}/_keys")]
    young = orphan(platform, key, 3)
    before = set(platform.lake.root.rglob("*.parquet"))
    listed = sweep_left(platform, WHO, is_trial=True)
    assert [(one.table, one.file_count, one.size_bytes) for one in listed] == [(key, 3, 12)]
    assert set(platform.lake.root.rglob("*.parquet")) == before
    assert sweep_left(platform, WHO) == listed
    assert set(platform.lake.root.rglob("*.parquet")) == before - {*old}
    assert young.exists()
    assert sweep_left(platform, WHO) == ()
    assert actions(platform) == ["sweep_lake"]


def test_versions_replaced_long_ago_are_given_up_with_what_only_they_have(platform: Platform) -> None:
    for key in (f"open/{DATA}", f"base/{BASE}"):
        for days_ago, value in ((50, "'a'"), (30, "'b'"), (2, "'c'")):
            put(platform, key, days_ago, value)
    put(platform, f"standard/{DATA}", 50, "'a'")
    put(platform, f"standard/{DATA}", 30, "'b'", mode="append")
    with platform.lake.connect() as connection:  # made, withheld: it may yet be published
        platform.lake.write(f"open/{DATA}", connection, "SELECT 'd' AS id", mode="overwrite", token="withheld")
    with time_machine.travel(NOW, tick=False):
        with pytest.raises(InvalidError):
            retire(platform, WHO, days=6)
        assert retire(platform, WHO, days=40) == ()
        (cleared,) = retire(platform, WHO, days=10)
        assert (cleared.table, cleared.file_count) == (f"open/{DATA}", 1)
        assert retire(platform, WHO, days=10) == ()
    assert verify(platform) == ()
    for version in (1, 2):
        assert open_file(platform, ANONYMOUS, Wish(DATA, version=version)).path.exists()
    with pytest.raises(GoneError):
        open_file(platform, ANONYMOUS, Wish(DATA, version=0))
    for key in (f"base/{BASE}", f"standard/{DATA}"):
        for version in range(current(platform)[key].version + 1):
            assert all((platform.lake.root / path).exists() for path in platform.lake.snapshot(key, version).paths)
    assert open_file(platform, WHO, Wish(DATA, Zone.MAIN), number=2).path.exists()
    assert actions(platform).count("retire_versions") == 1


def test_a_changed_and_a_missing_file_are_found(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    changed, missing = put(platform, f"open/{DATA}", 5, "'a'").paths[0], put(platform, f"base/{BASE}", 5, "'a'").paths[0]
    monkeypatch.setenv("WUXI_HOME", str(platform.settings.home_path))
    assert CliRunner().invoke(app, ["lake", "verify"]).exit_code == 0
    path = platform.lake.root / changed
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    (platform.lake.root / missing).unlink()
    assert {(one.path, one.is_missing) for one in verify(platform)} == {(changed, False), (missing, True)}
    told = CliRunner().invoke(app, ["lake", "verify", "--json"])
    assert told.exit_code == 1
    assert {one["path"] for one in json.loads(told.output)} == {changed, missing}


def test_the_commands_tell_what_goes(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    put(platform, f"open/{DATA}", 400, "'a'")
    put(platform, f"open/{DATA}", 300, "'b'")
    left = orphan(platform, f"open/{DATA}", 30)
    monkeypatch.setenv("WUXI_HOME", str(platform.settings.home_path))
    assert "可清除的文件" in CliRunner().invoke(app, ["lake", "sweep", "--dry-run"]).output
    assert left.exists()
    assert json.loads(CliRunner().invoke(app, ["lake", "sweep", "--json"]).output)[0]["file_count"] == 1
    assert not left.exists()
    assert "已清除的文件" in CliRunner().invoke(app, ["lake", "retire", "--days", "200"]).output
    assert "没有记录" in CliRunner().invoke(app, ["lake", "retire", "--days", "200"]).output
