"""Article 27: the public says what it wants opened, by every channel; somebody answers, and what came of it is seen."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from catalog_service.catalog.principal import Role
from tests.acceptance.desks import PARKS, STOPS, Desks, open_desks
from tests.support.people import bearer, csrf

WISH = {"title": "停车场余位", "description": "希望开放实时余位", "contact": "me@example.cn"}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with open_desks(tmp_path_factory.mktemp("demands")) as made:
        yield made


def step(desks: Desks, who: dict[str, str], number: str, status: int, event: str, **more: str) -> Any:
    return desks.post(who, f"/demands/{number}/steps", {"event": event, **more}, status)


def public(desks: Desks) -> list[str]:
    return [one["number"] for one in desks.get(desks.anonymous, "/demands")["items"]]


def test_from_a_wish_to_open_data(desks: Desks) -> None:
    posted = desks.post(desks.anonymous, "/demands", WISH)
    number = posted["number"]
    assert (posted["state"], posted["wish"]["contact"]) == ("posted", "")
    assert posted["deadline"]["due"] > posted["posted_at"][:10]
    assert number not in public(desks), "nothing is public before the authority has read it"
    step(desks, desks.responsible, number, 403, "assign", agency="transport")
    assert "机构" in step(desks, desks.reviewer, number, 422, "assign")["detail"]
    assert step(desks, desks.reviewer, number, 200, "assign", agency="transport")["agency_name"] == "交通运输局"
    assert number in public(desks)
    step(desks, desks.stranger, number, 403, "answer", reason="不是我们的事")
    assert step(desks, desks.responsible, number, 200, "answer", reason="下月开放")["state"] == "answered"
    opened = step(desks, desks.responsible, number, 200, "open", dataset=PARKS)
    assert (opened["state"], opened["opened_dataset"], opened["deadline"]) == ("opened", PARKS, None)
    assert desks.get(desks.anonymous, f"/demands/{number}")["answer"] == "下月开放"
    assert [one["outcome"] for one in desks.logged("demand_open")] == ["done"]


def test_a_refusal_gives_reasons(desks: Desks) -> None:
    number = desks.post(desks.anonymous, "/demands", WISH)["number"]
    step(desks, desks.reviewer, number, 422, "decline")
    assert step(desks, desks.reviewer, number, 200, "decline", reason="涉及商业秘密")["state"] == "declined"
    step(desks, desks.reviewer, number, 409, "assign", agency="transport")


def test_votes_count_once_per_account_and_order_the_list(desks: Desks) -> None:
    less, more = (desks.post(desks.anonymous, "/demands", WISH)["number"] for _ in range(2))
    for number in (less, more):
        desks.ask(bearer(desks.platform, Role.APPLICANT), "POST", f"/demands/{number}/votes", 404)
        step(desks, desks.reviewer, number, 200, "assign", agency="civil")
    voters = [bearer(desks.platform, Role.APPLICANT) for _ in range(2)]
    for _ in range(2):
        assert desks.ask(voters[0], "POST", f"/demands/{more}/votes", 200)["votes"] == 1
    assert desks.ask(voters[1], "POST", f"/demands/{more}/votes", 200)["votes"] == 2
    desks.ask(desks.anonymous, "POST", f"/demands/{more}/votes", 401)
    assert public(desks).index(more) < public(desks).index(less)


def test_other_channels_are_entered_by_the_authority(desks: Desks) -> None:
    desks.post(desks.anonymous, "/demands", {**WISH, "channel": "hotline"}, 401)
    entered = desks.post(desks.reviewer, "/demands", {**WISH, "channel": "hotline"})
    assert entered["wish"]["channel"] == "hotline"
    cases = desks.get(desks.reviewer, "/demand-cases?state=posted")["items"]
    assert entered["number"] in {one["number"] for one in cases}
    assert desks.get(desks.stranger, "/demand-cases?state=posted")["items"] == []


def test_showcases_are_listed_by_the_authority_and_seen_at_their_data(desks: Desks) -> None:
    citizen = bearer(desks.platform, Role.APPLICANT)
    wish = {
        "title": "找车位",
        "author": "某公司",
        "description": "手机应用",
        "address": "https://example.cn/app",
        "datasets": [STOPS],
    }
    desks.post(citizen, "/showcases", {**wish, "address": "javascript:alert(1)"}, 422)
    desks.post(desks.anonymous, "/showcases", wish, 401)
    made = desks.post(citizen, "/showcases", wish)
    assert desks.get(desks.anonymous, "/showcases")["items"] == []
    desks.post(citizen, f"/showcases/{made['id']}/steps", {"event": "list"}, 403)
    desks.post(desks.reviewer, f"/showcases/{made['id']}/steps", {"event": "list"}, 200)
    assert [one["id"] for one in desks.get(desks.anonymous, f"/showcases?dataset={STOPS}")["items"]] == [made["id"]]
    assert desks.get(desks.anonymous, f"/showcases?dataset={PARKS}")["items"] == []
    assert "找车位" in desks.client.get(f"/datasets/{STOPS}").text


def test_pages_take_a_demand_and_show_it(desks: Desks) -> None:
    browser = TestClient(desks.client.app)
    words = {"csrf": csrf(browser, "/demands"), "title": "公厕位置", "description": "想开发地图", "dataset": "", "contact": ""}
    made = browser.post("/demands", data=words)
    number = made.text.split("<code>")[1].split("<")[0]
    assert (made.status_code, number[:2]) == (200, "X-")
    step(desks, desks.reviewer, number, 200, "assign", agency="transport")
    assert "公厕位置" in browser.get("/demands").text
    assert "Vote for it" in browser.get(f"/demands/{number}?lang=en").text
    assert browser.get("/showcases").status_code == 200
