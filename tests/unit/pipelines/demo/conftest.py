from pathlib import Path

import pytest

from catalog_service.catalog.catalog import Catalog
from pipelines.demo.city import DemoCity, build_city
from pipelines.demo.declared import as_catalog, read_catalog


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> DemoCity:
    """A small demo city."""
    return build_city(tmp_path_factory.mktemp("city"), scale=0.05)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Its catalog, as declared."""
    return as_catalog(read_catalog())


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    """Where a reader may unpack files."""
    path = tmp_path / "work"
    path.mkdir()
    return path
