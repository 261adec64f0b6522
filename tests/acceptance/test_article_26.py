"""Article 26: whoever finds data wrong says so to the agency that collects them, and is told what becomes of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from catalog_service.services import clocks, filing
from catalog_service.services.notifying import send_waiting
from catalog_service.services.platform import Platform
from tests.acceptance.desks import PARKS, STOPS, Desks, open_desks
from tests.acceptance.support import deliver, run
from tests.support.mail import mail_server
from tests.support.people import csrf

WISH = {
    "dataset": STOPS,
    "kind": "wrong",
    "description": "站名写错了",
    "field": "name",
    "row": "S1",
    "contact": "who@example.cn",
}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with open_desks(tmp_path_factory.mktemp("objections")) as made:
        yield made


def load(platform: Platform, folder: Path, text: str) -> str:
    path = folder / "stops.csv"
    path.write_text(text, encoding="utf-8")
    [delivery] = deliver(platform, STOPS, path)
    run(platform)
    return delivery.id


def step(desks: Desks, who: dict[str, str], number: str, status: int, event: str, **more: str) -> Any:
    return desks.post(who, f"/objections/{number}/steps", {"event": event, **more}, status)


def test_from_a_stranger_s_word_to_the_correcting_delivery(desks: Desks, tmp_path: Path) -> None:
    before = load(desks.platform, tmp_path, "id,name\nS1,太胡站\n")
    filed = desks.post(desks.anonymous, "/objections", WISH)
    number = filed["number"]
    assert (filed["state"], filed["wish"]["contact"], filed["possible"]) == ("filed", "", [])
    due = clocks.calendar(desks.platform).deadline(clocks.today(desks.platform), len(numbered(filed)))
    assert filed["deadline"]["due"] == str(due.due)
    [seen] = [one for one in desks.get(desks.compiler, "/objections")["items"] if one["number"] == number]
    assert set(seen["possible"]) == {"accept", "reject"}
    assert step(desks, desks.compiler, number, 200, "accept")["state"] == "accepted"
    assert step(desks, desks.compiler, number, 200, "verify")["state"] == "verifying"
    for wrong in ("", before):
        refused = step(desks, desks.compiler, number, 422, "correct", delivery=wrong)
        assert refused["problems"][0]["article"] == 26
    after = load(desks.platform, tmp_path, "id,name\nS1,太湖站\n")
    closed = step(desks, desks.responsible, number, 200, "correct", delivery=after, reason="已按现场站牌更正")
    assert (closed["state"], closed["correction"], closed["deadline"]) == ("corrected", after, None)
    told = desks.get(desks.anonymous, f"/objections/{number}")
    assert told["reason"] == "已按现场站牌更正"
    assert [one["label_zh"] for one in told["steps"]] == ["受理", "开始核实", "已更正"]
    assert len(desks.logged("objection_correct")) == 1


def numbered(view: Any) -> list[Any]:
    return [one for one in view["deadline"]["days"] if one["number"]]


def test_a_rejection_gives_its_reasons_and_only_the_collecting_agency_answers(desks: Desks) -> None:
    number = desks.post(desks.anonymous, "/objections", {**WISH, "dataset": PARKS, "field": None})["number"]
    step(desks, desks.stranger, number, 403, "accept")
    desks.ask(desks.anonymous, "POST", f"/objections/{number}/steps", 401, {"event": "accept"})
    assert step(desks, desks.compiler, number, 422, "reject")["problems"][0]["code"] == "no-reasons"
    assert step(desks, desks.compiler, number, 200, "reject", reason="与规划图一致，无误")["state"] == "rejected"
    assert step(desks, desks.compiler, number, 409, "accept")["problems"][0]["article"] == 26
    assert desks.get(desks.anonymous, f"/objections/{number}")["reason"] == "与规划图一致，无误"
    assert number not in {one["number"] for one in desks.get(desks.stranger, "/objections")["items"]}
    assert number in {one["number"] for one in desks.get(desks.reviewer, "/objections")["items"]}


def test_bad_words_are_refused_with_what_to_do(desks: Desks) -> None:
    unknown = desks.post(desks.anonymous, "/objections", {**WISH, "field": "colour"}, 422)
    assert unknown["problems"][0]["where"]["field"] == "field"
    desks.post(desks.anonymous, "/objections", {**WISH, "dataset": "transport/none"}, 404)
    desks.post(desks.anonymous, "/objections", {**WISH, "contact": "a@b.cn\nBcc: all@b.cn"}, 422)
    desks.get(desks.anonymous, "/objections/Y-AAAA-AAAA-AAAA", 404)


def test_the_reporter_is_told_by_mail_and_nobody_else_sees_the_address(desks: Desks) -> None:
    number = desks.post(desks.anonymous, "/objections", WISH)["number"]
    step(desks, desks.compiler, number, 200, "reject", reason="站名无误")
    with mail_server() as server:
        assert send_waiting(desks.platform) == (0, 0), "without settings nothing leaves the outbox"
        changes = {
            "smtp_host": "127.0.0.1",
            "smtp_port": server.port,
            "smtp_from": "data@wuxi.example",
            "is_smtp_encrypted": False,
        }
        settings = desks.platform.settings.model_copy(update=changes)
        sent, failed = send_waiting(Platform(settings))
        assert (sent > 0, failed) == (True, 0)
        mails = [one for one in server.received if number in str(one["Subject"])]
        assert {str(one["To"]) for one in mails} == {"who@example.cn"}
        assert "站名无误" in mails[-1].get_content()
        assert send_waiting(Platform(settings)) == (0, 0), "nothing is sent twice"
    for who in (desks.compiler, desks.reviewer, desks.anonymous):
        assert "who@example.cn" not in str(desks.get(who, f"/objections/{number}"))
    assert "who@example.cn" not in str(desks.logged("objection_file"))


def test_one_address_cannot_flood_the_desks(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "PER_DAY", 0)
    refused = desks.post(desks.anonymous, "/objections", WISH, 429)
    assert "登录" in refused["detail"]
    desks.post(desks.compiler, "/objections", WISH)


def test_pages_lead_from_the_data_set_to_the_answer(desks: Desks) -> None:
    browser = TestClient(desks.client.app)
    page = f"/datasets/{STOPS}/objection"
    assert page in browser.get(f"/datasets/{STOPS}").text
    words = {"csrf": csrf(browser, page), "kind": "outdated", "description": "<b>旧</b>", "field": "", "row": "", "contact": ""}
    made = browser.post(page, data=words)
    number = made.text.split("<code>")[1].split("<")[0]
    assert (made.status_code, number[:2]) == (200, "Y-")
    assert "<b>旧</b>" not in made.text
    assert browser.get("/objections", params={"number": number.lower()}).url.path == f"/objections/{number}"
    assert "Objection" in browser.get(f"/objections/{number}?lang=en").text
    assert browser.post(page, data={**words, "csrf": "wrong"}).status_code == 403
