"""A real municipal plan of 190 data sets as catalog import: the same drafts from CSV and workbook, every fault reported."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.record import SearchQuery
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.formats.shanghai import AGENCIES
from catalog_service.services.compiling import import_catalog, list_entries
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.acceptance.support import agencies, revise
from tests.support.homes import open_platform
from tests.support.shared_data import SHARED, needs

pytestmark = [needs("catalogue_shanghai_2014"), pytest.mark.slow]


def plan(suffix: str) -> Path:
    (path,) = (SHARED / "catalogue_shanghai_2014").glob(f"*{suffix}")
    return path


def drafts(platform: Platform) -> dict[str, str]:
    """All drafts, as documents by id."""
    found: dict[str, str] = {}
    cursor = None
    while True:
        page = list_entries(platform, SearchQuery(limit=100, cursor=cursor), state=RecordState.DRAFT)
        found |= {one.id: one.dataset.model_dump_json() for one in page.items}
        cursor = page.next_cursor
        if cursor is None:
            assert len(found) == page.total
            return found


def wuxi_data(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WUXI_")}
    command = [sys.executable, "-m", "catalog_service.cli", *arguments]
    return subprocess.run(
        command, env=environment | {"WUXI_HOME": str(home)}, capture_output=True, text=True, timeout=120, check=False
    )


def test_csv_and_workbook_give_190_identical_drafts(tmp_path: Path) -> None:
    seen = []
    for suffix in (".csv", ".xlsx"):
        with open_platform(Settings(home=tmp_path / suffix[1:])) as platform:
            report = import_catalog(platform, plan(suffix), publish=False)
            counts = report.counts
            assert (counts.read, counts.added, counts.draft, counts.refused) == (190, 190, 190, 0)
            # the plan names agencies, but nobody has registered them: each entry says so, with its row
            assert Counter(one.code for one in report.problems) == {"unknown-agency": 190}
            assert {one.where.row for one in report.problems} == set(range(2, 192))
            assert Counter(one.code for one in report.notices)["joint-providers"] == 9
            again = import_catalog(platform, plan(suffix), publish=False).counts
            assert (again.unchanged, again.added, again.updated) == (190, 0, 0)
            seen.append(drafts(platform))
    assert seen[0] == seen[1]
    assert len(seen[0]) == 190


def test_once_the_agencies_are_registered_all_entries_are_published(tmp_path: Path) -> None:
    with open_platform(Settings(home=tmp_path / "home")) as platform:
        registered = revise(platform, Catalog(agencies=agencies({slug: name for name, slug in AGENCIES.items()})), tmp_path)
        assert registered.agencies == len(AGENCIES)
        report = import_catalog(platform, plan(".csv"), publish=True)
        assert report.problems == ()
        assert report.counts.published == 190
        assert list_entries(platform, SearchQuery(text="加油站")).total == 1


def test_the_command_line_reports_faults_and_says_so_by_its_exit_code(tmp_path: Path) -> None:
    done = wuxi_data(tmp_path, "catalog", "import", str(plan(".csv")))
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert "读取 190 条：新增 190，更新 0，未变 0，退回 0；其中已发布 0，草稿 190" in said
    assert "未登记，请先登记机构" in said
    assert "第 191 行" in said
    english = wuxi_data(tmp_path, "--lang", "en", "catalog", "import", str(plan(".xlsx")), "--json")
    assert english.returncode == 1
    assert json.loads(english.stdout)["counts"] == {
        "read": 190, "added": 0, "updated": 0, "unchanged": 190, "refused": 0, "published": 0, "draft": 190,
    }  # fmt: skip


@pytest.mark.slow
def test_the_command_line_refuses_what_is_no_catalog(tmp_path: Path) -> None:
    done = wuxi_data(tmp_path, "catalog", "import", str(SHARED / "catalogue_shanghai_2014" / "readme.md"))
    assert done.returncode == 1
    assert "不支持的目录文件类型" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
