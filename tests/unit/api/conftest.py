"""One platform with published data for all API tests; they only read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.services.platform import Platform
from tests.unit.services.reading_platform import make_platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home: Path = tmp_path_factory.mktemp("reading")
    with make_platform(home) as platform:
        yield platform


@pytest.fixture(scope="session")
def app(platform: Platform) -> FastAPI:
    return create_app(platform)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)
