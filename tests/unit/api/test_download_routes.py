"""Downloads over HTTP: validators, conditions, ranges (RFC 9110), counts of exports; only what is open (Art. 22, 24)."""

import base64
import datetime as dt
import hashlib
import io
import json
import re
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.services.platform import Platform
from tests.unit.services.reading_platform import STOPS

BASE = f"/api/v1/datasets/{STOPS}"
URL = f"{BASE}/download.parquet"


@pytest.fixture(scope="module")
def content(platform: Platform) -> bytes:
    with platform.database.reading() as transaction:
        publication = transaction.publications.current(f"open/{STOPS}")
    assert publication is not None
    return (platform.lake.root / publication.files[0].path).read_bytes()


def test_a_file_carries_its_digest_and_its_immutable_address(client: TestClient, content: bytes) -> None:
    answer = client.get(URL)
    sha256 = hashlib.sha256(content)
    assert answer.content == content
    assert answer.headers["etag"] == f'"{sha256.hexdigest()}"'
    assert answer.headers["x-content-sha256"] == sha256.hexdigest()
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(sha256.digest()).decode()}:"
    assert answer.headers["content-disposition"] == 'attachment; filename="transport_bus_stops_v1.parquet"'
    assert answer.headers["cache-control"] == "no-cache"
    pinned = client.get(answer.headers["content-location"])
    assert pinned.content == content
    assert "immutable" in pinned.headers["cache-control"]


def test_old_and_current_versions_have_different_tags(client: TestClient) -> None:
    tags = {client.head(f"{BASE}/versions/{version}/download.parquet").headers["etag"] for version in (0, 1)}
    assert len(tags) == 2


def test_head_has_the_headers_of_get_and_no_body(client: TestClient) -> None:
    get, head = client.get(URL), client.head(URL)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("etag", "content-length", "accept-ranges", "content-type", "last-modified"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"If-None-Match": "{etag}"}, 304),
        ({"If-None-Match": "W/{etag}"}, 304),
        ({"If-None-Match": '"other", {etag}'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": "{bare}"}, 200),
        ({"If-Match": "{etag}"}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"other", {etag}'}, 200),
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": "W/{etag}"}, 412),
        ({"If-Match": '"other"', "If-None-Match": "{etag}"}, 412),
        ({"If-None-Match": "{etag}", "Range": "bytes=0-1"}, 304),
    ],
    ids=str,
)
def test_conditions(client: TestClient, condition: dict[str, str], status: int) -> None:
    etag = client.head(URL).headers["etag"]
    headers = {name: value.format(etag=etag, bare=etag.strip('"')) for name, value in condition.items()}
    answer = client.get(URL, headers=headers)
    assert answer.status_code == status
    if status == 304:
        assert answer.content == b""
        assert answer.headers["etag"] == etag


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-3", slice(0, 4)),
        ("bytes=-8", slice(-8, None)),
        ("bytes=4-", slice(4, None)),
        ("bytes=4-999999", slice(4, None)),
    ],
)
def test_ranges(client: TestClient, content: bytes, text: str, expected: slice) -> None:
    answer = client.get(URL, headers={"Range": text})
    assert answer.status_code == 206
    assert answer.content == content[expected]
    assert answer.headers["content-range"].endswith(f"/{len(content)}")


def test_several_ranges(client: TestClient, content: bytes) -> None:
    answer = client.get(URL, headers={"Range": "bytes=0-3, -4"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    assert answer.content.count(b"PAR1") == 2


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("bytes=999999-", 416),
        ("bytes=-0", 416),
        ("bytes=5-2", 400),
        ("bytes=", 400),
        ("bytes=a-b", 400),
        ("bytes=-", 400),
        ("bytes=١-٢", 400),
        ("bytes=0-1," * 10_000, 400),
        ("bytes=" + "9" * 5_000 + "-", 400),
        ("lines=1-2", 200),
        ("nonsense", 200),
    ],
    ids=lambda value: str(value)[:12],
)
def test_faulty_ranges(client: TestClient, text: str, status: int) -> None:
    answer = client.get(URL, headers={b"Range": text.encode()})
    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    if status == 416:
        assert answer.headers["content-range"].startswith("bytes */")


@pytest.mark.parametrize("tag", ['"other"', 'W/"other"'])
def test_if_range_of_other_bytes_gives_the_whole(client: TestClient, content: bytes, tag: str) -> None:
    assert client.get(URL, headers={"Range": "bytes=0-3", "If-Range": tag}).content == content
    etag = client.head(URL).headers["etag"]
    assert client.get(URL, headers={"Range": "bytes=0-3", "If-Range": etag}).content == content[:4]


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "xlsx"])
def test_a_cut_export_says_so(client: TestClient, form: str) -> None:
    cut, whole = client.get(f"{BASE}/download.{form}?limit=3"), client.get(f"{BASE}/download.{form}")
    counts = [
        [answer.headers[name] for name in ("x-total-count", "x-returned-count", "x-truncated")] for answer in (cut, whole)
    ]
    assert counts == [["300", "3", "true"], ["300", "300", "false"]]
    head = client.head(f"{BASE}/download.{form}?limit=3")
    assert "content-length" not in head.headers, "a length of 0 would be taken for that of the data"
    assert head.content == b""
    assert head.headers["x-truncated"] == "true"


def test_json_envelope(client: TestClient) -> None:
    document = json.loads(client.get(f"{BASE}/download.json?limit=3").content)
    assert (document["total_count"], document["returned_count"], document["is_truncated"]) == (300, 3, True)


DOWNLOADS = (
    "download.parquet",
    "versions/0/download.parquet",
    "download.csv",
    "download.json",
    "download.jsonl",
    "download.xlsx",
)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("download", DOWNLOADS)
@pytest.mark.parametrize(
    ("dataset_id", "status"),
    [("health/clinics", 401), ("health/patients", 403), ("transport/tunnels", 404), ("transport/bus_lines", 404)],
)
def test_what_is_not_open_is_answered_as_the_law_says(
    client: TestClient, method: str, download: str, dataset_id: str, status: int
) -> None:
    answer = client.request(method, f"/api/v1/datasets/{dataset_id}/{download}")
    assert answer.status_code == status
    assert b"private-name" not in answer.content
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")


DAY = dt.datetime(2020, 1, 2)  # noqa: DTZ001  # Excel knows no zones


def test_a_workbook_has_the_rows_as_what_they_are(client: TestClient) -> None:
    answer = client.get(f"{BASE}/download.xlsx")
    assert answer.headers["content-disposition"].endswith('_v1.xlsx"')
    book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
    rows = list(book["数据"].iter_rows(values_only=True))
    assert (len(rows), rows[0][:5]) == (301, ("code", "name", "line", "latitude", "fare"))
    assert rows[2][1] == "=cmd|'/c calc'!A1, \"甲\""
    assert rows[2][3:] == (31.501, 1, False, DAY, "2024-03-01T00:00:01+08:00")
    assert rows[5][3] == "nan"
    about = {row[0]: row[1] for row in book["说明"].iter_rows(values_only=True)}
    assert (about["total_count"], about["returned_count"], about["is_truncated"]) == ("300", "300", "False")


def test_what_no_workbook_holds_is_refused_with_the_remedy(platform: Platform) -> None:
    settings = platform.settings.model_copy(update={"xlsx_row_limit": 299})
    small = TestClient(create_app(Platform(settings)))
    answer = small.get(f"{BASE}/download.xlsx")
    (problem,) = answer.json()["problems"]
    assert (answer.status_code, problem["code"]) == (413, "too-many-rows")
    assert "CSV" in problem["message"]
    assert small.get(f"{BASE}/download.xlsx?limit=299").status_code == 200


def test_exports_beyond_what_the_platform_bears_are_told_when_to_come_again(platform: Platform) -> None:
    narrow = Platform(platform.settings.model_copy(update={"simultaneous_exports": 2}))
    client = TestClient(create_app(narrow), raise_server_exceptions=False)
    held = [narrow.slots.take() for _ in range(2)]
    for method, path in (("GET", "/download.csv"), ("HEAD", "/download.json"), ("POST", "/query")):
        answer = client.request(method, BASE + path, json={} if method == "POST" else None)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert method == "HEAD" or answer.json()["problems"][0]["code"] == "too-many-exports"
    assert client.get(URL).status_code == 200, "files cost little and are served all the same"
    for one in held:
        one.release()
    for _ in range(3):
        for path in ("/download.csv", "/download.jsonl?limit=1"):
            assert client.get(BASE + path).status_code == client.head(BASE + path).status_code == 200


def test_rows_are_queried_page_by_page(client: TestClient) -> None:
    question = {"where": [{"field": "line", "operator": "equal", "values": ["L2"]}], "columns": ["code"], "limit": 30}
    first = client.post(f"{BASE}/query", json=question).json()
    assert (first["total_count"], first["matched_count"], first["returned_count"]) == (300, 42, 30)
    assert first["is_truncated"]
    rest = client.post(f"{BASE}/query", json=question | {"cursor": first["next_cursor"]}).json()
    assert (len(rest["rows"]), rest["is_truncated"], rest["next_cursor"]) == (12, False, None)
    assert len({row["code"] for row in first["rows"] + rest["rows"]}) == 42


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ({"columns": ["phone"]}, 403, "columns-beyond"),
        ({"where": [{"field": "fare", "operator": "equal", "values": ["x"]}]}, 422, "filter-value"),
        ({"where": [{"field": "fare", "operator": "equal", "values": []}]}, 422, "parameter-value-error"),
        ({"where": [{"field": "fare", "operator": "SELECT", "values": ["1"]}]}, 422, "parameter-enum"),
        ({"sql": "SELECT 1"}, 422, "parameter-extra-forbidden"),
        ({"limit": 10_001}, 422, "parameter-less-than-equal"),
        ({"cursor": "AAAA"}, 422, "bad-cursor"),
    ],
    ids=str,
)
def test_a_question_that_does_not_fit_is_answered_in_words(
    client: TestClient, question: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(f"{BASE}/query", json=question)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert [one["code"] for one in answer.json()["problems"]] == [code]
    assert re.search("[一-鿿]", answer.json()["problems"][0]["message"])
