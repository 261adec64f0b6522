"""A platform with published data, shared by the tests that only read, and one of its own for those that change it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.services.platform import Platform
from tests.unit.services.reading_platform import make_platform


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home: Path = tmp_path_factory.mktemp("reading")
    with make_platform(home) as platform:
        yield platform


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Platform]:
    with make_platform(tmp_path, export_row_limit=50) as platform:
        yield platform
