"""The catalog on a real PostgreSQL server, through settings and services."""

import json
import threading
from pathlib import Path

import pytest

from catalog_service.catalog.record import SearchQuery
from catalog_service.services.compiling import ImportReport, import_catalog, list_entries, show
from catalog_service.settings import Settings
from tests.support.homes import open_platform
from tests.unit.catalog.samples import agency, dataset_data
from tests.unit.store.servers import new_postgresql_database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=new_postgresql_database())


def write(path: Path, count: int) -> Path:
    fields = [{"name": f"f{n}", "title": f"信息项 {n}"} for n in range(10)]
    entries = [dataset_data(f"n{n}", title=f"目錄 {n}", schema={"fields": fields}) for n in range(count)]
    path.write_text(json.dumps({"agencies": [agency().model_dump(mode="json")], "datasets": entries}), "utf-8")
    return path


def test_the_catalog_lives_in_postgresql_and_nothing_in_the_home(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "catalog.json", 20)
    with open_platform(settings) as platform:
        assert platform.database.dialect == "postgresql"
        assert import_catalog(platform, path, publish=True).counts.published == 20
    with open_platform(settings) as platform:
        assert import_catalog(platform, path, publish=True).counts.unchanged == 20
        assert show(platform, "civil/n7").dataset.title == "目錄 7"
        page = list_entries(platform, SearchQuery(text="目录 信息项", limit=7))
        assert (page.total, len(page.items), page.facets.agency) == (20, 7, {"civil": 20})
    assert not list(settings.home_path.glob("catalog.db*"))


def test_two_imports_at_once_end_like_one(settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "catalog.json", 50)
    reports: list[ImportReport] = []
    with open_platform(settings) as platform:
        barrier = threading.Barrier(4)

        def run() -> None:
            barrier.wait()
            reports.append(import_catalog(platform, path, publish=True))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {show(platform, f"civil/n{n}").version for n in range(50)} == {1}
    assert sorted(report.counts.added for report in reports) == [0, 0, 0, 50]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_five_thousand_entries_are_imported_and_found(tmp_path: Path, backend: str) -> None:
    url = "" if backend == "sqlite" else new_postgresql_database()
    path = write(tmp_path / "catalog.json", 5_000)
    with open_platform(Settings(home=tmp_path / "home", database_url=url)) as platform:
        assert import_catalog(platform, path, publish=True).counts.published == 5_000
        assert list_entries(platform, SearchQuery(text="目录 99 信息")).total == 95
