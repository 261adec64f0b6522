"""Delta Sharing over HTTP: whatever token, path or body comes, it is refused in the protocol's words and never breaks us."""

import datetime as dt
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.unit.services.reading_platform import STOPS

TABLE = f"/delta-sharing/shares/open/schemas/{STOPS.replace('/', '/tables/')}"
OPEN = {"Authorization": "Bearer open"}
ERRORS = {"INVALID_PARAMETER_VALUE", "UNAUTHENTICATED", "PERMISSION_DENIED", "RESOURCE_DOES_NOT_EXIST", "FAILED_PRECONDITION"}

texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=30)
header_texts = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=60)
tokens = st.one_of(
    header_texts,
    st.sampled_from(["open", "wxs_", "wxs_" + "A" * 43, "wxk_x", "eyJhbGciOiJub25lIn0.e30.", "Bearer", "é" * 40, "open\t"]),
)
schemes = st.sampled_from(["Bearer ", "bearer ", "Basic ", "", "Bearer  Bearer "])
capabilities = st.one_of(
    header_texts,
    st.sampled_from(["", "responseformat=delta", "responseformat=delta,parquet;readerfeatures=x", ";;==;", "=" * 500]),
)
words = st.one_of(
    texts,
    st.sampled_from(
        [
            "open",
            "transport",
            "bus_stops",
            "..",
            "%2e%2e",
            "a" * 300,
            "grant_" + "0" * 32,
            "x'--",
            "\u200b",
            "health",
            "patients",
        ]
    ),
)
numbers = st.one_of(st.integers(-3, 4), st.integers(-(2**70), 2**70), st.floats(), texts, st.none(), st.booleans())
times = st.one_of(
    st.datetimes().map(dt.datetime.isoformat),
    st.sampled_from(["0001-01-01T00:00:00", "9999-12-31T23:59:59-23:59", "2024-01-01T00:00:00Z", "now", "", "1e9"]),
    numbers,
)
hints = st.recursive(
    st.one_of(texts, st.integers(), st.none(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["op", "children", "name", "value", "valueType"]), inner)
    ),
    max_leaves=8,
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "limitHint": numbers,
        "version": numbers,
        "timestamp": times,
        "startingVersion": numbers,
        "endingVersion": numbers,
        "predicateHints": hints,
        "jsonPredicateHints": hints.map(lambda one: json.dumps(one)) | texts,
        "includeRefreshToken": hints,
    },
)
QUIET = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
DEEP = settings(QUIET, max_examples=300)


def ask(client: TestClient, method: str, path: str, token: str, form: str, **more: Any) -> None:
    """Ask, and hold the answer to the protocol."""
    headers = {
        b"authorization": token.encode("latin-1", "replace"),
        b"delta-sharing-capabilities": form.encode("latin-1", "replace"),
    }
    answer = client.request(method, path, headers=headers, **more)
    assert answer.status_code < 500, (method, path, answer.text)
    if answer.status_code >= 400 and answer.url.path.startswith("/delta-sharing/") and not answer.headers.get("allow"):
        found = answer.json()
        assert set(found) == {"errorCode", "message"}, found
        assert found["errorCode"] in ERRORS


def query(client: TestClient, scheme: str, token: str, form: str, body: dict[str, Any]) -> None:
    content = json.dumps(body)  # NaN and Infinity too, which are no JSON
    ask(client, "POST", f"{TABLE}/query", scheme + token, form, content=content.encode("utf-8", "surrogatepass"))


def walk(client: TestClient, scheme: str, token: str, parts: list[str], asked: dict[str, str]) -> None:
    share, schema, name = (quote(one, safe="") or "x" for one in parts)
    for path in (
        "/shares",
        f"/shares/{share}",
        f"/shares/{share}/schemas",
        f"/shares/{share}/schemas/{schema}/tables",
        f"/shares/{share}/all-tables",
        f"/shares/{share}/schemas/{schema}/tables/{name}/version",
        f"/shares/{share}/schemas/{schema}/tables/{name}/metadata",
        f"/shares/{share}/schemas/{schema}/tables/{name}/changes",
        f"/files/{share}/{schema}/{name}/x/1/1.parquet",
    ):
        ask(client, "GET", f"/delta-sharing{path}", scheme + token, "", params=asked)


asked_for = st.fixed_dictionaries(
    {},
    optional={
        "maxResults": numbers.map(str),
        "pageToken": numbers.map(str),
        "startingVersion": numbers.map(str),
        "startingTimestamp": times.map(str),
        "endingTimestamp": times.map(str),
        "X-Amz-Signature": texts,
    },
)


@given(scheme=schemes, token=tokens | st.just("open"), form=capabilities, body=bodies)
@QUIET
def test_no_token_and_no_body_breaks_a_query(
    client: TestClient, scheme: str, token: str, form: str, body: dict[str, Any]
) -> None:
    query(client, scheme, token, form, body)
    query(client, "Bearer ", "open", form, body)


@given(scheme=schemes, token=tokens, parts=st.lists(words, min_size=3, max_size=3), asked=asked_for)
@settings(QUIET, max_examples=3)
def test_no_address_breaks_the_service(
    client: TestClient, scheme: str, token: str, parts: list[str], asked: dict[str, str]
) -> None:
    walk(client, scheme, token, parts, asked)


@pytest.mark.slow
@given(scheme=schemes, token=tokens | st.just("open"), form=capabilities, body=bodies)
@DEEP
def test_no_token_and_no_body_breaks_a_query_in_depth(
    client: TestClient, scheme: str, token: str, form: str, body: dict[str, Any]
) -> None:
    query(client, scheme, token, form, body)
    query(client, "Bearer ", "open", form, body)


@pytest.mark.slow
@given(token=tokens | st.just("open"), parts=st.lists(words, min_size=3, max_size=3), asked=asked_for)
@settings(DEEP, max_examples=25)
def test_no_address_breaks_the_service_in_depth(
    client: TestClient, token: str, parts: list[str], asked: dict[str, str]
) -> None:
    walk(client, "Bearer ", token, parts, asked)
    walk(client, "Bearer ", "open", ["open", *STOPS.split("/")], asked)


def files(client: TestClient, **body: Any) -> int:
    answer = client.post(f"{TABLE}/query", headers=OPEN, json=body)
    assert answer.status_code == 200, answer.text
    return sum("file" in json.loads(line) for line in answer.text.splitlines())


def test_hints_never_change_what_is_right_to_read(client: TestClient) -> None:
    """Hints are best effort: a reader filters by itself, so more files than needed are right and fewer would be wrong."""
    hint = {
        "op": "equal",
        "children": [
            {"op": "column", "name": "code", "valueType": "string"},
            {"op": "literal", "value": "S00001", "valueType": "string"},
        ],
    }
    assert files(client) == 1
    assert files(client, jsonPredicateHints=json.dumps(hint)) == 1
    assert files(client, predicateHints=["code = 'S00001'", "nonsense ("]) == 1
    assert files(client, limitHint=0) == 0
    assert files(client, limitHint=5) == 1
