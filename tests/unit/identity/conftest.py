"""A platform with two agencies for the tests of identity, on SQLite; the repositories are tested on both databases."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.services import passwords
from catalog_service.services.platform import Platform
from tests.support import city

CHEAP = PasswordHasher(time_cost=1, memory_cost=2_048, parallelism=1)


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """Hash with few rounds: dozens of passwords are made here. The product's own parameters have their test."""
    assert (passwords._HASHER.memory_cost, passwords._HASHER.time_cost) == (65_536, 3), "RFC 9106, second recommendation"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", CHEAP)
        passwords._nobodys.cache_clear()
        yield
    passwords._nobodys.cache_clear()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    published = city.catalog(city.dataset("alpha/people", ["id"], ["id"]), city.dataset("beta/people", ["id"], ["id"]))
    with city.platform(tmp_path_factory.mktemp("identity"), published) as platform:
        yield platform


@pytest.fixture(scope="session")
def app(platform: Platform) -> FastAPI:
    return create_app(platform)


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client without cookies of its own, in one event loop for all tests."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def browser(app: FastAPI) -> TestClient:
    """A browser that keeps cookies."""
    return TestClient(app, raise_server_exceptions=False)
