"""Article 24: open data are had directly; conditionally open ones by an application, answered in time, and an agreement."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pyarrow.parquet as pq
import pytest

from catalog_service.services import clocks
from tests.acceptance.sharing_city import FILES, Desk, codes, opened
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


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("applications")) as made:
        yield made


def act(desk: Desk, who: str, id_: str, event: str, **body: Any) -> Any:
    return desk.post(who, f"/open-requests/{id_}/{event}", body)


def test_an_application_is_answered_within_ten_working_days_counted_day_by_day(desk: Desk) -> None:
    filed = desk.apply()
    assert filed.status_code == 201, filed.text
    view = filed.json()
    assert view["request"]["wish"]["columns"] == ["id", "born_on", "district"]
    assert [one["number"] for one in view["deadline"]["days"] if one["number"]] == list(range(1, 11))
    assert view["deadline"]["days"][-1]["day"] == view["deadline"]["due"]
    assert not view["is_overdue"]
    assert codes(act(desk, "civil", view["request"]["id"], "refuse")) == [("no-reasons", 24)]
    refused = act(desk, "civil", view["request"]["id"], "refuse", reason="用途不属于养老服务").json()
    assert (refused["request"]["state"], refused["request"]["reason"]) == ("refused", "用途不属于养老服务")


def test_an_overdue_answer_is_visible(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = desk.apply().json()["request"]["id"]
    monkeypatch.setattr(clocks, "today", lambda _: date(2099, 1, 1))
    overdue = desk.get("reviewer", "/open-requests", overdue=True, state="submitted").json()["items"]
    assert id_ in [one["request"]["id"] for one in overdue]
    assert all(one["is_overdue"] for one in overdue)


def test_an_agreement_accepted_by_both_sides_gates_the_data_and_its_breach_ends_them(desk: Desk) -> None:
    id_ = desk.apply().json()["request"]["id"]
    assert act(desk, "health", id_, "approve").status_code == 404
    agreement = act(desk, "civil", id_, "approve").json()["agreement"]
    text_sha256 = hashlib.sha256(agreement["text"]["zh"].encode()).hexdigest()
    assert "不得以任何形式将数据转让" in agreement["text"]["zh"]
    assert "（born_on）、" in agreement["text"]["zh"], "fields are named by their titles"
    assert codes(act(desk, "citizen", id_, "sign")) == [("other-text", 24)]
    assert act(desk, "civil", id_, "countersign", text_sha256=text_sha256).status_code == 409
    assert act(desk, "neighbour", id_, "sign", text_sha256=text_sha256).status_code == 404
    signed = act(desk, "citizen", id_, "sign", text_sha256=text_sha256).json()
    assert (signed["request"]["state"], signed["request"]["grant"]) == ("signed", None)
    granted = act(desk, "civil", id_, "countersign", text_sha256=text_sha256).json()
    both = [granted["agreement"][side] for side in ("applicant_signature", "source_signature")]
    assert [one["text_sha256"] for one in both] == [text_sha256] * 2
    assert both[0]["by"] == granted["request"]["applicant"]
    grant = granted["request"]["grant"]
    found = list(csv.DictReader(io.StringIO(desk.get("citizen", f"/grants/{grant}/data.csv", purpose="养老需求研究").text)))
    assert (len(found), found[0]) == (60, {"id": "E000", "born_on": "1930-01-01", "district": "320205"})
    assert desk.get("neighbour", f"/grants/{grant}/data.csv", purpose="养老需求研究").status_code == 404
    breached = act(desk, "civil", id_, "breach", reason="向第三方提供数据").json()
    assert (breached["request"]["state"], breached["agreement"]["ending_reason"]) == ("breached", "向第三方提供数据")
    assert codes(desk.get("citizen", f"/grants/{grant}/data.csv", purpose="养老需求研究")) == [("grant-not-in-force", 21)]


def test_the_agreement_can_be_had_as_odrl(desk: Desk) -> None:
    id_ = desk.apply().json()["request"]["id"]
    agreement = act(desk, "civil", id_, "approve").json()["agreement"]
    act(desk, "citizen", id_, "sign", text_sha256=hashlib.sha256(agreement["text"]["zh"].encode()).hexdigest())
    answer = desk.get("citizen", f"/agreements/{agreement['id']}/odrl")
    assert answer.headers["content-type"] == "application/ld+json"
    policy = answer.json()
    assert (policy["@type"], policy["permission"][0]["constraint"][0]["rightOperand"]) == ("Agreement", "养老需求研究")
    assert {one["action"] for one in policy["prohibition"]} >= {"distribute"}
    assert len(policy["prov:wasAttributedTo"]) == 1
    assert desk.get("neighbour", f"/agreements/{agreement['id']}").status_code == 404


@pytest.mark.parametrize(
    ("who", "changes", "status", "code"),
    [
        ("nobody", {}, 401, "sign-in"),
        ("police", {}, 403, "not-permitted"),
        ("citizen", {"dataset": FILES}, 403, "not-open"),
        ("citizen", {"columns": ["id", "phone"]}, 422, "not-openable"),
        ("citizen", {"columns": ["name"]}, 422, "not-openable"),
        ("citizen", {"valid_until": "2021-01-01"}, 422, "period-over"),
        ("citizen", {"dataset": "civil/nothing"}, 404, "unknown-dataset"),
    ],
)
def test_what_cannot_be_applied_for_is_refused_at_once(
    desk: Desk, who: str, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = desk.apply(who, **changes)
    assert (answer.status_code, codes(answer)[0][0]) == (status, code)
