from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.store.database import Database
from tests.support.homes import copy_migrated_database
from tests.unit.store.servers import migrated_postgresql_database, new_postgresql_database

BOTH = ["sqlite", "postgresql"]


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without tables."""
    return f"sqlite:///{tmp_path / 'catalog.db'}" if request.param == "sqlite" else new_postgresql_database()


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a migrated database without rows; every store test runs on both."""
    if request.param == "postgresql":
        return migrated_postgresql_database()
    copy_migrated_database(tmp_path / "catalog.db")
    return f"sqlite:///{tmp_path / 'catalog.db'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A migrated database without rows."""
    database = Database(url)
    yield database
    database.close()
