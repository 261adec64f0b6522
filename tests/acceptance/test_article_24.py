"""Article 24: what is opened unconditionally is had directly, without identity, from search to verified bytes."""

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pyarrow.parquet as pq
import pytest

from tests.integration.api_server import running
from tests.unit.services.reading_platform import STOPS, make_platform


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    home: Path = tmp_path_factory.mktemp("article")
    make_platform(home).close()
    with running(home) as (_, address), httpx2.Client(base_url=address) as client:
        yield client


def test_from_search_to_verified_rows_without_identity(client: httpx2.Client) -> None:
    found = client.get("/api/v1/datasets", params={"q": "公交 站点", "opening": "unconditional"}).json()
    assert [one["id"] for one in found["items"]] == [STOPS]
    entry = client.get(f"/api/v1/datasets/{found['items'][0]['id']}").json()
    link = next(one for one in entry["distributions"] if one["format"] == "Parquet")
    answer = client.get(link["url"])
    assert hashlib.sha256(answer.content).hexdigest() == link["sha256"]
    table = pq.read_table(io.BytesIO(answer.content))
    assert table.num_rows == entry["product"]["row_count"] == 300
    rows = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/datasets/{STOPS}/download.csv").text)))
    assert [row["code"] for row in rows] == table["code"].to_pylist()


def test_old_versions_stay_what_they_were(client: httpx2.Client) -> None:
    versions = client.get(f"/api/v1/datasets/{STOPS}/versions").json()["items"]
    assert [one["row_count"] for one in versions] == [300, 200]
    for one in versions:
        content = client.get(one["urls"][0]).content
        assert hashlib.sha256(content).hexdigest() == one["files"][0]["sha256"]


def test_conditionally_open_data_name_the_way_to_them(client: httpx2.Client) -> None:
    answer = client.get("/api/v1/datasets/health/clinics/download.parquet", headers={"Accept-Language": "en"})
    (problem,) = answer.json()["problems"]
    assert (answer.status_code, problem["article"]) == (401, 24)
    assert "10 working days" in problem["message"]
