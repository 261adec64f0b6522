"""Article 22: three classes of opening. Only what is opened unconditionally can be had by everybody; over HTTP, on a socket."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from catalog_service.services.publishing import release
from tests.integration.api_server import running
from tests.unit.services.reading_platform import STOPS, make_platform, write

DOWNLOADS = ("download.parquet", "versions/0/download.parquet", "download.csv", "download.json", "download.jsonl")
HIDDEN = "private-name"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("article")
    with make_platform(home) as platform:
        # Even a product released by mistake is not served: the entry decides on every read.
        for dataset_id in ("health/patients", "health/clinics"):
            release(platform, [write(platform, f"open/{dataset_id}", f"SELECT '1' AS code, '{HIDDEN}' AS name")])
    with running(home) as (_, address):
        yield address


def test_unconditionally_open_data_are_for_everybody(address: str) -> None:
    for download in DOWNLOADS:
        assert httpx2.get(f"{address}/api/v1/datasets/{STOPS}/{download}").status_code == 200


@pytest.mark.parametrize(("dataset_id", "status", "article"), [("health/clinics", 401, 24), ("health/patients", 403, 22)])
def test_the_other_classes_are_refused_with_their_article(address: str, dataset_id: str, status: int, article: int) -> None:
    for method in ("GET", "HEAD"):
        for download in DOWNLOADS:
            answer = httpx2.request(method, f"{address}/api/v1/datasets/{dataset_id}/{download}")
            assert answer.status_code == status
            assert HIDDEN.encode() not in answer.content
            if method == "GET":
                assert [one["article"] for one in answer.json()["problems"]] == [article]


@pytest.mark.parametrize("part", ["", "/schema", "/quality", "/lineage", "/versions"])
def test_their_catalog_entries_are_public_without_data(address: str, part: str) -> None:
    for dataset_id in ("health/clinics", "health/patients"):
        answer = httpx2.get(f"{address}/api/v1/datasets/{dataset_id}{part}")
        assert answer.status_code == 200
        assert HIDDEN not in answer.text


def test_pages_explain_the_refusal_and_show_no_data(address: str) -> None:
    for dataset_id, words in (("health/clinics", "开放申请"), ("health/patients", "第22条")):
        page = httpx2.get(f"{address}/datasets/{dataset_id}").text
        assert words in page
        assert HIDDEN not in page


def test_a_field_that_is_not_open_is_in_no_product(address: str) -> None:
    header = httpx2.get(f"{address}/api/v1/datasets/{STOPS}/download.csv?limit=1").text.splitlines()[0]
    assert "phone" not in header.split(",")
