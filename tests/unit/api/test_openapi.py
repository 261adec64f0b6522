"""The OpenAPI document holds: schemathesis, driven by it, finds no answer that it does not announce."""

import re
from typing import Any

import pytest
import schemathesis
import schemathesis.generation.dictionaries  # now: two threads that import it at once fail on Python before 3.11.8 (gh-106905)
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from catalog_service.api.app import create_app
from catalog_service.api.dependencies import SLUG
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.unit.services.reading_platform import STOPS

DATASETS = (STOPS, "transport/bus_lines", "health/clinics", "health/patients", "transport/stations")
# A cursor and a file number are answered by what is stored: well formed and yet refused.
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 320200,
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "401", "403", "404", "413", "422"]},
            "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "409", "410", "413", "422", "503"]},
        },
    }
)
# Tests are generated when they are collected, before there is any platform: the document needs none.
APP = create_app(Platform(Settings()))
schema = schemathesis.openapi.from_asgi("/openapi.json", APP, config=CONFIG)


@pytest.fixture(autouse=True)
def _served(platform: Platform) -> None:
    APP.state.platform = platform


def _aim_at_data(case: Any) -> None:
    """Let half of the well-formed ids be ids that exist, else nearly every answer would be 404."""
    names = [case.path_parameters.get(part) for part in ("agency", "name")]
    if all(isinstance(name, str) and re.fullmatch(SLUG, name) for name in names):
        chosen = DATASETS[sum(map(ord, "".join(names))) % len(DATASETS)]
        case.path_parameters |= dict(zip(("agency", "name"), chosen.split("/"), strict=True))
    if isinstance(case.path_parameters.get("version"), int) and case.path_parameters["version"] > 2:
        case.path_parameters["version"] %= 4


QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@schema.include(method="GET", path_regex=r"/datasets").parametrize()
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=QUIET)
def test_every_answer_about_data_sets_is_announced(case: Any) -> None:
    _aim_at_data(case)
    case.call_and_validate()


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=QUIET)
def test_every_answer_is_announced(case: Any) -> None:
    _aim_at_data(case)
    case.call_and_validate()


def test_operations_have_their_own_ids_and_announce_problems_only(app: FastAPI) -> None:
    document = app.openapi()
    operations = [(path, method, one) for path, methods in document["paths"].items() for method, one in methods.items()]
    ids = [one["operationId"] for _, _, one in operations]
    assert len(set(ids)) == len(ids) >= 14
    for path, method, one in operations:
        for status, response in one["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (path, method, status)
    assert "HTTPValidationError" not in document["components"]["schemas"]
