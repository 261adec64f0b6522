"""Every error has the one shape, in the language asked for, and tells nothing of the inside."""

import logging

import httpx2
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from catalog_service.api.problems import STATUS, TITLES, ProblemDetails
from catalog_service.catalog import errors
from catalog_service.catalog.errors import WuxiError, problem

FAULTS = [
    ("GET", "/nowhere", 404),
    ("GET", "/api/v1/nowhere", 404),
    ("POST", "/api/v1/datasets", 405),
    ("GET", "/api/v1/datasets?limit=0", 422),
    ("GET", "/api/v1/datasets?limit=x", 422),
    ("GET", "/api/v1/datasets?unknown=1", 422),
    ("GET", "/api/v1/datasets?opening=maybe", 422),
    ("GET", "/api/v1/datasets?q=%00", 422),
    ("GET", "/api/v1/datasets?lang=xx", 422),
    ("GET", "/api/v1/datasets/Transport/bus", 422),
    ("GET", "/api/v1/datasets/transport/%00", 422),
    ("GET", "/api/v1/datasets/transport/" + "a" * 10_000, 422),
    ("GET", "/api/v1/datasets/..%2f..%2fetc/passwd", 404),
    ("GET", "/api/v1/datasets/transport/%2e%2e%2fsecret", 404),
    ("GET", "/api/v1/datasets/transport/none", 404),
    ("GET", "/api/v1/datasets/transport/bus_stops/versions/99999999999999999999/download.parquet", 422),
    ("GET", "/api/v1/datasets/transport/bus_stops/versions/77/download.parquet", 404),
    ("GET", "/static/../catalog_service/settings.py", 404),
    ("GET", "/static/%2e%2e/web/pages.py", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), FAULTS, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_error_has_the_one_shape(client: TestClient, method: str, path: str, status: int, language: str) -> None:
    answer = client.request(method, path, headers={"Accept-Language": language})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == language
    details = ProblemDetails.model_validate_json(answer.content)
    assert (details.status, details.title) == (status, TITLES[status].to(errors.Language(language)))
    assert details.problems
    assert all(one.code and one.message for one in details.problems)
    assert details.detail
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_fault_names_the_parameter_and_says_what_to_do(client: TestClient) -> None:
    zh = client.get("/api/v1/datasets?limit=1000").json()["problems"][0]
    assert (zh["where"]["field"], zh["message"]) == ("limit", "不得大于 100")
    en = client.get("/api/v1/datasets?limit=1000&lang=en").json()["problems"][0]
    assert en["message"] == "must be at most 100"


def test_what_was_sent_is_not_sent_back(client: TestClient) -> None:
    assert "sesame" not in client.get("/api/v1/datasets?limit=sesame&agency=SESAME").text.lower()


def test_every_error_class_has_a_status() -> None:
    classes = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, WuxiError)}
    assert classes - {WuxiError} == set(STATUS)
    assert set(STATUS.values()) <= set(TITLES)


def _explode() -> None:
    raise RuntimeError("secret-path /var/lib/secret")


def test_an_unexpected_error_has_an_opaque_id_that_the_log_knows(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    app.add_api_route("/api/v1/explode", _explode, include_in_schema=False)
    with caplog.at_level(logging.ERROR, "catalog_service.api.problems"):
        answer = TestClient(app, raise_server_exceptions=False).get("/api/v1/explode")
    details = ProblemDetails.model_validate_json(answer.content)
    assert (answer.status_code, details.problems[0].code) == (500, "internal-error")
    assert "secret" not in answer.text
    assert details.instance.removeprefix("urn:uuid:") in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("kind", "status"), list(STATUS.items()), ids=lambda value: getattr(value, "__name__", str(value)))
def test_refusals_keep_their_article(app: FastAPI, kind: type[WuxiError], status: int) -> None:
    def _refuse() -> None:
        raise kind(problem("refused", "不行，请改", "no; change it", article=15, file="a.csv", row=3, field="name"))

    path = f"/api/v1/refuse-{kind.__name__}"
    app.add_api_route(path, _refuse, include_in_schema=False)
    answer = TestClient(app).get(path)
    (item,) = answer.json()["problems"]
    assert answer.status_code == status
    assert item == {
        "code": "refused",
        "message": "不行，请改",
        "where": {"file": "a.csv", "sheet": None, "row": 3, "field": "name"},
        "article": 15,
    }


async def _swallow(request: Request) -> Response:
    return Response(str(len(await request.body())))


@pytest.mark.parametrize("chunked", [False, True])
def test_large_bodies_are_refused(app: FastAPI, chunked: bool) -> None:
    app.add_api_route("/api/v1/swallow", _swallow, methods=["POST"], include_in_schema=False)
    client = TestClient(app)

    def post(size: int) -> httpx2.Response:
        return client.post("/api/v1/swallow", content=iter([b"x" * size]) if chunked else b"x" * size)

    assert post(64 * 1024).text == "65536"
    answer = post(64 * 1024 + 1)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
