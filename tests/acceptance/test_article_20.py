"""Article 20: unconditional sharing is direct; a conditional request is reviewed jointly, with reasons and a way to dispute."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.sharing_city import ELDERS, FILES, HOMES, PURPOSE, Desk, codes, opened
from tests.acceptance.support import deliver, run

RICH = {"all_of": [{"field": "income", "operator": "more_than", "values": ["50"]}]}
"""Rows chosen by a field that is shared with nobody: whoever gets them would know its values."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("article")) as made:
        yield made


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_any_agency_takes_what_is_shared_unconditionally_directly_and_the_use_is_told_to_the_source(desk: Desk) -> None:
    found = rows(desk.get("police", f"/datasets/{HOMES}/shared.csv", purpose="查询养老机构"))
    assert found == [{"id": "H1", "name": "夕阳红"}, {"id": "H2", "name": "福寿居"}]
    desk.platform.auditor.drain()
    uses = desk.get("civil", "/ledger/uses/civil").json()["items"]
    (use,) = [one["entry"] for one in uses if one["entry"]["agency"] == "police" and one["entry"]["outcome"] == "allowed"]
    assert (use["action"], use["target"], use["purpose"], use["rows"]) == ("read_main", HOMES, "查询养老机构", 2)


@pytest.mark.parametrize(
    ("who", "dataset", "status", "code"),
    [
        ("nobody", HOMES, 401, "sign-in"),
        ("citizen", HOMES, 403, "agencies-only"),
        ("reviewer", HOMES, 403, "agencies-only"),
        ("police", ELDERS, 403, "request-required"),
        ("police", FILES, 403, "not-shared"),
    ],
)
def test_others_and_other_data_are_refused_with_the_article_and_the_way(
    desk: Desk, who: str, dataset: str, status: int, code: str
) -> None:
    answer = desk.get(who, f"/datasets/{dataset}/shared.csv", purpose="查询")
    assert answer.status_code == status
    assert codes(answer)[0][0] == code


def test_a_conditional_request_is_reviewed_jointly_and_the_data_come_with_the_decision(desk: Desk) -> None:
    filed = desk.request()
    assert filed.status_code == 201, filed.text
    id_ = filed.json()["request"]["id"]
    assert filed.json()["deadline"]["due"] > filed.json()["request"]["submitted_at"][:10]
    # The authority cannot decide before the providing agency was heard, nor take up what is not overdue.
    assert desk.post("reviewer", f"/share-requests/{id_}/approve").status_code == 409
    assert codes(desk.post("reviewer", f"/share-requests/{id_}/take_up", {"reason": "急"})) == [("opinion-not-due", 20)]
    assert desk.post("health", f"/share-requests/{id_}/opine", {"opinion": {"agrees": True}}).status_code == 403
    heard = desk.post("civil", f"/share-requests/{id_}/opine", {"opinion": {"agrees": True, "reason": "支持"}})
    assert heard.json()["request"]["state"] == "reviewing"
    assert desk.post("civil", f"/share-requests/{id_}/approve").status_code == 403
    telling = desk.post("reviewer", f"/share-requests/{id_}/approve", {"narrowing": {"row_filter": RICH}})
    assert codes(telling) == [("not-shared", 19)]
    decided = desk.post("reviewer", f"/share-requests/{id_}/approve", {"narrowing": {"columns": ["id", "name", "born_on"]}})
    request = decided.json()["request"]
    assert (request["state"], [one["event"] for one in request["history"]]) == ("granted", ["submit", "opine", "approve"])
    found = rows(desk.get("health", f"/grants/{request['grant']}/data.csv", purpose=PURPOSE))
    assert (len(found), found[0]) == (60, {"id": "E000", "name": "王**", "born_on": "1930-01-01"})


def test_a_refusal_needs_reasons_and_can_be_taken_to_the_government(desk: Desk) -> None:
    id_ = desk.request().json()["request"]["id"]
    assert codes(desk.post("civil", f"/share-requests/{id_}/opine", {"opinion": {"agrees": False}})) == [("no-opinion", 20)]
    desk.post("civil", f"/share-requests/{id_}/opine", {"opinion": {"agrees": False, "reason": "涉及隐私"}})
    assert codes(desk.post("reviewer", f"/share-requests/{id_}/refuse")) == [("no-reasons", 20)]
    refused = desk.post("reviewer", f"/share-requests/{id_}/refuse", {"reason": "职责依据不足"}).json()["request"]
    assert (refused["state"], refused["reason"]) == ("refused", "职责依据不足")
    for who, event in (("health", "dispute"), ("reviewer", "coordinate"), ("reviewer", "escalate")):
        answer = desk.post(who, f"/share-requests/{id_}/{event}", {"reason": "津贴发放有法定期限"})
        assert answer.status_code == 200, answer.text
    assert desk.post("reviewer", f"/share-requests/{id_}/rule_sharing", {"reason": "应予共享"}).status_code == 403
    ruled = desk.post("government", f"/share-requests/{id_}/rule_sharing", {"reason": "应予共享"}).json()["request"]
    assert ruled["state"] == "granted"
    assert rows(desk.get("health", f"/grants/{ruled['grant']}/data.csv", purpose=PURPOSE, limit=1))


def test_a_dispute_can_be_settled_without_sharing(desk: Desk) -> None:
    id_ = desk.request().json()["request"]["id"]
    desk.post("civil", f"/share-requests/{id_}/opine", {"opinion": {"agrees": True}})
    for who, event in (
        ("reviewer", "refuse"),
        ("health", "dispute"),
        ("reviewer", "coordinate"),
        ("reviewer", "settle_refusal"),
    ):
        settled = desk.post(who, f"/share-requests/{id_}/{event}", {"reason": "另行核验"}).json()["request"]
    assert (settled["state"], settled["grant"]) == ("settled", None)
    assert codes(desk.post("health", f"/share-requests/{id_}/dispute", {"reason": "再议"})) == [("illegal-move", 20)]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"dataset": HOMES, "columns": ["id", "name"]}, 409, "no-request-needed"),
        ({"dataset": FILES, "columns": ["id"]}, 403, "not-shared"),
        ({"columns": ["id", "income"]}, 403, "not-shared"),
        ({"row_filter": RICH}, 403, "not-shared"),
        ({"columns": ["id", "height"]}, 422, "unknown-field"),
        ({"valid_until": "2020-02-01"}, 422, "period-over"),
        ({"row_filter": {"all_of": [{"field": "born_on", "operator": "at_least", "values": ["去年"]}]}}, 422, "filter-value"),
    ],
)
def test_what_cannot_be_requested_is_refused_at_once(desk: Desk, changes: dict[str, Any], status: int, code: str) -> None:
    answer = desk.request(**changes)
    assert (answer.status_code, codes(answer)[0][0]) == (status, code)


def test_nobody_else_learns_of_a_request(desk: Desk) -> None:
    id_ = desk.request().json()["request"]["id"]
    assert desk.get("police", f"/share-requests/{id_}").status_code == 404
    assert desk.get("citizen", f"/share-requests/{id_}").status_code == 403
    assert id_ not in [one["request"]["id"] for one in desk.get("police", "/share-requests").json()["items"]]
    for who in ("health", "civil", "reviewer", "inspector"):
        assert desk.get(who, f"/share-requests/{id_}").status_code == 200


@pytest.mark.slow
def test_what_is_delivered_later_reaches_the_holders_of_grants_with_the_next_run(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        _, grant = desk.grant(columns=["id", "name"])
        path = tmp_path / "elders.csv"
        path.write_text("id,name,phone,born_on,district,income\nN1,赵大,139,1950-01-01,320205,1\n", encoding="utf-8")
        deliver(desk.platform, ELDERS, path)
        run(desk.platform)
        assert rows(desk.get("health", f"/grants/{grant}/data.csv", purpose=PURPOSE)) == [{"id": "N1", "name": "赵*"}]
