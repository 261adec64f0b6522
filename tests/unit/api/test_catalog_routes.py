"""Catalog over HTTP: search, pages of results, entry, fields, quality, lineage, versions, agencies, health."""

from starlette.testclient import TestClient

from tests.unit.services.reading_platform import STOPS

BASE = f"/api/v1/datasets/{STOPS}"


def test_search_filters_and_leads_through_all_pages(client: TestClient) -> None:
    seen, cursor = [], None
    while True:
        parameters = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/v1/datasets", params=parameters).json()
        assert page["total"] == 5
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    found = client.get("/api/v1/datasets", params={"q": "公交", "opening": "unconditional", "agency": "transport"}).json()
    assert {one["id"] for one in found["items"]} == {STOPS, "transport/bus_lines"}


def test_a_cursor_of_another_question_is_refused(client: TestClient) -> None:
    cursor = client.get("/api/v1/datasets?limit=1").json()["next_cursor"]
    answer = client.get("/api/v1/datasets", params={"q": "公交", "cursor": cursor})
    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, "bad-cursor")


def test_an_entry_links_to_downloads_that_work(client: TestClient) -> None:
    entry = client.get(BASE).json()
    assert entry["title"] == "公交站点"
    formats = {one["format"]: one for one in entry["distributions"]}
    assert set(formats) == {"Parquet", "CSV", "JSON", "JSONL", "XLSX"}
    for one in formats.values():
        answer = client.get(one["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == one["media_type"]
    assert len(client.get(formats["Parquet"]["url"]).content) == formats["Parquet"]["size_bytes"]


def test_a_closed_entry_is_public_and_links_to_nothing(client: TestClient) -> None:
    entry = client.get("/api/v1/datasets/health/patients").json()
    assert (entry["opening"], entry["distributions"], entry["product"]) == ("none", [], None)


def test_schema_quality_lineage_versions_and_agencies_answer(client: TestClient) -> None:
    assert client.get(f"{BASE}/schema").json()["key"] == ["code"]
    assert client.get(f"{BASE}/quality").json()["run_id"] == "run-2"
    assert client.get(f"{BASE}/lineage").json()["deliveries"][0]["rows_read"] == 303
    versions = client.get(f"{BASE}/versions").json()["items"]
    assert [client.get(one["urls"][0]).headers["x-content-sha256"] for one in versions] == [
        one["files"][0]["sha256"] for one in versions
    ]
    assert client.get("/api/v1/agencies").json()["total"] == 2


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
