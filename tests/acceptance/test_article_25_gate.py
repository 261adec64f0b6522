"""Article 25 over HTTP: quality as all read it, failing rows for those concerned, a gate that only a named person opens."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.ledger import LedgerQuery
from catalog_service.catalog.principal import Role
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from pipelines.workbench import Outcome
from tests.acceptance.support import agencies, deliver, entry, publish, query, run
from tests.support.people import bearer

ID = "health/hospitals"
URL = f"/api/v1/datasets/{ID}"
GOOD = "code,phone,beds\n1,0510-1,100\n2,0510-2,50\n"
REPEATED = "code,phone,beds\n1,0510-1,100\n1,0510-3,20000\n"
REASON = "医院合并期间编码暂时重复，卫健委 12 月 5 日前改正"
RULE = {
    "name": "plausible",
    "metric": "satisfies",
    "parameters": {"expression": "beds BETWEEN 1 AND 9000"},
    "condition": "code <> '2'",
    "description": "床位数应在合理范围内",
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    phone = {"name": "phone", "sensitivity": "sensitive", "opening": "conditional"}
    catalog = Catalog(
        agencies=agencies({"authority": "大数据管理局", "health": "卫生健康委员会", "police": "公安局"}),
        datasets=(entry(ID, ["code", phone, "beds:integer"], ["code"], frequency="monthly"),),
    )
    with publish(tmp_path, catalog) as opened:
        load(opened, tmp_path, GOOD)
        yield opened


@pytest.fixture
def client(platform: Platform) -> TestClient:
    return TestClient(create_app(platform), raise_server_exceptions=False)


def load(platform: Platform, folder: Path, text: str) -> Outcome:
    path = folder / "hospitals.csv"
    path.write_text(text, encoding="utf-8")
    deliver(platform, ID, path)
    return run(platform)[ID]


def versions(platform: Platform) -> tuple[int, int]:
    published = current(platform)
    return published[f"standard/{ID}"].version, published[f"open/{ID}"].version


def test_a_named_person_lets_one_version_pass_and_no_other(platform: Platform, tmp_path: Path, client: TestClient) -> None:
    assert load(platform, tmp_path, REPEATED).deliveries[0].state.value == "withheld"
    before = client.get(f"{URL}/quality").json()
    assert (before["is_published"], before["override"]) == (False, None)
    assert "读者看到的仍是" in client.get(f"/datasets/{ID}").text
    body = {"version": before["version"], "reason": REASON}

    for role, agency, status in ((None, None, 401), (Role.RESPONSIBLE, "health", 403), (Role.INSPECTOR, None, 403)):
        headers = {} if role is None else bearer(platform, role, agency=agency)
        assert client.post(f"{URL}/quality/overrides", json=body, headers=headers).status_code == status
    officer = bearer(platform, Role.QUALITY_OFFICER, agency="authority")
    assert client.post(f"{URL}/quality/overrides", json={**body, "reason": "急"}, headers=officer).status_code == 422
    assert client.post(f"{URL}/quality/overrides", json={**body, "version": 77}, headers=officer).status_code == 409
    done = client.post(f"{URL}/quality/overrides", json=body, headers=officer)

    assert done.status_code == 201, done.text
    assert [(one["rule"], one["unexpected_count"]) for one in done.json()["rules"]] == [("code__unique", 2)]
    after = client.get(f"{URL}/quality").json()
    assert (after["is_published"], after["override"]["reason"]) == (True, REASON)
    assert query(platform, f"SELECT beds FROM open.{ID.replace('/', '.')} ORDER BY 1") == [(100,), (20000,)]
    page = client.get(f"/datasets/{ID}").text
    assert REASON in page
    assert "放行发布" in page
    assert client.post(f"{URL}/quality/overrides", json=body, headers=officer).status_code == 409
    with platform.database.reading() as transaction:
        (noted,) = transaction.ledger.search(LedgerQuery(action="override_gate")).items
    assert (noted.entry.target, noted.entry.details["reason"]) == (ID, REASON)

    # The decision was about one version: the same fault withholds the next one.
    again = load(platform, tmp_path, REPEATED + "3,,9\n")
    assert again.deliveries[0].state.value == "withheld"
    assert client.get(f"{URL}/quality").json()["override"]["version"] == body["version"]


def test_failing_rows_are_found_in_full_and_shown_to_those_concerned(
    platform: Platform, tmp_path: Path, client: TestClient
) -> None:
    load(platform, tmp_path, REPEATED)
    for role, agency, status in (
        (None, None, 401),
        (Role.COMPILER, "police", 403),
        (Role.COMPILER, "health", 200),
        (Role.INSPECTOR, None, 200),
    ):
        headers = {} if role is None else bearer(platform, role, agency=agency)
        found = client.get(f"{URL}/quality/failed-rows", headers=headers)
        assert found.status_code == status
    assert found.json()["counts"] == {"code__unique": 2}
    assert [(one["row_number"], json.loads(one["key"])) for one in found.json()["rows"]] == [
        (2, {"code": "1"}),
        (3, {"code": "1"}),
    ]
    assert query(platform, "SELECT rule, count(*) FROM quality.health.hospitals_failed_rows GROUP BY ALL") == [
        ("code__unique", 2)
    ]
    load(platform, tmp_path, GOOD.replace("100", "101"))
    assert query(platform, "SELECT count(*) FROM quality.health.hospitals_failed_rows") == [(0,)]


def test_quality_officers_declare_rules_and_no_sql_gets_past_the_allow_list(
    platform: Platform, tmp_path: Path, client: TestClient
) -> None:
    officer = bearer(platform, Role.QUALITY_OFFICER, agency="authority")
    assert client.put(f"{URL}/rules", json=RULE).status_code == 401
    for expression in ("(SELECT count(*) FROM x) > 1", "getenv('HOME') = ''", "nothing > 1", "beds", "beds > 1) OR (1 = 1"):
        bad = {**RULE, "parameters": {"expression": expression}}
        refused = client.put(f"{URL}/rules", json=bad, headers=officer)
        assert refused.status_code == 422, expression
        assert "rules.1.parameters.expression" in refused.text
    assert client.put(f"{URL}/rules", json=RULE, headers=officer).status_code == 200

    outcome = load(platform, tmp_path, "code,phone,beds\n1,0510-1,100\n2,0510-3,20000\n3,0510-4,20000\n")

    assert outcome.deliveries[0].state.value == "loaded"
    (found,) = [one for one in client.get(f"{URL}/quality").json()["rules"] if one["metric"] == "satisfies"]
    assert (found["evaluated_count"], found["unexpected_count"], found["condition"]) == (2, 1, RULE["condition"])
    assert client.delete(f"{URL}/rules/table__plausible", headers=officer).status_code == 200
    assert client.delete(f"{URL}/rules/table__plausible", headers=officer).status_code == 404


def test_everybody_reads_trend_dqv_and_freshness(platform: Platform, tmp_path: Path, client: TestClient) -> None:
    load(platform, tmp_path, REPEATED)
    points = client.get(f"{URL}/quality/trend").json()["points"]
    accuracy = [(one["rules"], one["failed"], one["unexpected"]) for one in points if one["dimension"] == "accuracy"]
    assert accuracy == [(1, 0, 0), (1, 1, 2)]
    graph = client.get(f"{URL}/quality/dqv").json()["@graph"]
    values = {one["@id"].rpartition("-")[2]: one["dqv:value"]["@value"] for one in graph if "dqv:value" in one}
    assert values["code__unique"] == "0.0"
    turtle = client.get(f"{URL}/quality/dqv", params={"form": "turtle"})
    assert turtle.headers["content-type"].startswith("text/turtle")
    assert "dqv:isMeasurementOf" in turtle.text
    fresh = client.get(f"{URL}/freshness").json()
    assert (fresh["timeliness"], fresh["frequency"]) == ("current", "monthly")
    assert fresh["due_on"] > fresh["updated_on"]
    assert [one["dataset"] for one in client.get("/api/v1/freshness", params={"agency": "health"}).json()] == [ID]
