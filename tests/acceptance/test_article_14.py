"""Article 14: agencies compile their own catalogs, the authority reviews and merges them into one."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from starlette.testclient import TestClient

from catalog_service.catalog.principal import Role
from tests.acceptance.desks import PARKS, STOPS, Desks, open_desks
from tests.acceptance.support import entry
from tests.support.people import account, browser_of, csrf
from tests.unit.store.servers import new_postgresql_database

BUSES = "transport/buses"
WORDS = "correct horse battery 14"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def desks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desks]:
    with open_desks(tmp_path, database_url=new_postgresql_database() if request.param == "postgresql" else "") as opened:
        yield opened


def document(id_: str = BUSES, **changes: Any) -> dict[str, Any]:
    return entry(id_, ["id", "line"], ["id"], **changes).model_dump(mode="json", by_alias=True, exclude_none=True)


def edition(desks: Desks, id_: str) -> str:
    answer = desks.client.get(f"/api/v1/records/{id_}", headers=desks.inspector)
    return str(answer.headers["etag"])


def act(desks: Desks, who: dict[str, str], event: str, id_: str = BUSES, status: int = 200, **body: Any) -> Any:
    headers = {"If-Match": edition(desks, id_)}
    return desks.ask(who, "POST", f"/records/{id_}/events", status, {"event": event, **body}, **headers)


def save(desks: Desks, who: dict[str, str], content: dict[str, Any], etag: str, status: int = 200) -> Any:
    return desks.ask(who, "PUT", f"/records/{content['agency']}/{content['name']}", status, content, **{"If-Match": etag})


def published_title(desks: Desks, id_: str) -> str | None:
    answer = desks.client.get(f"/api/v1/datasets/{id_}")
    return str(answer.json()["title"]) if answer.status_code == 200 else None


def test_an_entry_goes_from_draft_through_review_into_the_one_catalog(desks: Desks) -> None:
    draft = desks.post(desks.compiler, "/records", {"agency": "transport", "name": "buses", "title": "公交车"})
    assert (draft["work"], draft["edition"]) == ("draft", 1)
    refused = act(desks, desks.compiler, "submit", status=422)
    assert {one["where"]["field"] for one in refused["problems"]} >= {"description", "frequency", "sharing", "schema"}
    save(desks, desks.compiler, document(title="公交车"), '"1"')
    act(desks, desks.compiler, "submit")
    act(desks, desks.reviewer, "return", reasons="请补充线路说明")
    shown = desks.get(desks.compiler, f"/records/{BUSES}")
    assert (shown["returned"]["reasons"], shown["events"]) == ("请补充线路说明", ["save"])
    save(desks, desks.responsible, document(title="公交车辆"), edition(desks, BUSES))
    act(desks, desks.responsible, "submit")
    assert published_title(desks, BUSES) is None
    act(desks, desks.reviewer, "approve", publishing=True)
    assert published_title(desks, BUSES) == "公交车辆"
    assert BUSES in {one["id"] for one in desks.get(desks.anonymous, "/datasets?q=公交车辆")["items"]}
    history = desks.get(desks.inspector, f"/records/{BUSES}/history")["changes"]
    assert " ".join(one["event"] for one in history) == "save save submit return save submit approve publish"
    assert len({one["principal_id"] for one in history}) == 3
    assert [one["target"] for one in desks.logged("entry_return")] == [BUSES]


def test_the_old_version_stays_in_force_while_a_revision_is_drafted_and_reviewed(desks: Desks) -> None:
    act(desks, desks.compiler, "revise", STOPS)
    content = desks.get(desks.compiler, f"/records/{STOPS}")["document"]
    save(desks, desks.compiler, content | {"title": "公交站点", "frequency": "weekly"}, edition(desks, STOPS))
    for who, event in ((desks.compiler, "submit"), (desks.reviewer, "approve"), (desks.reviewer, "publish")):
        assert published_title(desks, STOPS) == "stops"
        act(desks, who, event, STOPS)
    assert published_title(desks, STOPS) == "公交站点"
    changes = desks.get(desks.reviewer, f"/records/{STOPS}/difference?before=1&after=6")["differences"]
    assert [(one["path"], one["before"]["zh"], one["after"]["zh"]) for one in changes] == [
        ("title", "stops", "公交站点"),
        ("frequency", "不定期", "每周"),
        ("classification", "", "30101401"),
        ("code", "", "30101401/000100001"),
    ], "the agency chose no place in the classification: it is that of its own 目, and the code is made of it"


def test_the_catalog_of_a_day_is_known_ever_after(tmp_path: Path) -> None:
    with time_machine.travel("2026-03-02 09:00:00+08:00", tick=True), open_desks(tmp_path) as desks:
        save_as = document(title="三月")
        desks.post(desks.compiler, "/records", save_as)
        act(desks, desks.compiler, "submit")
        act(desks, desks.reviewer, "approve", publishing=True)
        desks.platform.seal()  # as in all the days between
        with time_machine.travel("2026-05-06 23:30:00+08:00", tick=True):
            act(desks, desks.compiler, "revise")
            save(desks, desks.compiler, document(title="五月"), edition(desks, BUSES))
            act(desks, desks.compiler, "submit")
            act(desks, desks.reviewer, "approve", publishing=True)
        desks.platform.seal()
        with time_machine.travel("2026-07-01 09:00:00+08:00", tick=True):
            act(desks, desks.responsible, "withdraw", reasons="车辆移交")
            days = {"2026-03-01": 404, "2026-03-02": "三月", "2026-05-05": "三月", "2026-05-06": "五月", "2026-06-30": "五月"}
            for day, expected in (days | {"2026-07-01": 404}).items():
                answer = desks.client.get(f"/api/v1/records/{BUSES}/as-of?day={day}")
                assert (answer.json()["title"] if answer.status_code == 200 else answer.status_code) == expected, day
                listed = {one["name"] for one in desks.get(desks.anonymous, f"/records/as-of?day={day}")["items"]}
                assert ("buses" in listed) is (expected != 404)


def test_nobody_overwrites_what_another_one_wrote(desks: Desks) -> None:
    desks.post(desks.compiler, "/records", document(title="甲"))
    save(desks, desks.responsible, document(title="乙"), '"1"')
    stale = save(desks, desks.compiler, document(title="丙"), '"1"', 409)
    assert "transport 用户" in stale["problems"][0]["message"]
    assert [(one["code"], one["message"]) for one in stale["problems"][1:]] == [("difference", "名称（修改）：甲 → 乙")]
    assert desks.get(desks.compiler, f"/records/{BUSES}")["document"]["title"] == "乙"
    desks.ask(desks.compiler, "PUT", f"/records/{BUSES}", 422, document())
    save(desks, desks.compiler, document(), "newest", 422)


def test_the_authority_reviews_and_only_the_authority(desks: Desks) -> None:
    desks.post(desks.compiler, "/records", document())
    act(desks, desks.compiler, "submit")
    for who in (desks.compiler, desks.responsible, desks.stranger, desks.inspector):
        for event in ("approve", "return", "publish", "suspend"):
            act(desks, who, event, status=403, reasons="理由")
    act(desks, desks.anonymous, "approve", status=401)
    assert published_title(desks, BUSES) is None


def test_an_agency_neither_sees_nor_touches_the_catalog_of_another(desks: Desks) -> None:
    desks.post(desks.compiler, "/records", document())
    refused = desks.ask(desks.stranger, "POST", "/records", 403, document("transport/taxis"))
    assert [(one["code"], one["article"]) for one in refused["problems"]] == [("foreign-catalog", 14)]
    desks.get(desks.stranger, f"/records/{BUSES}", 403)
    desks.get(desks.stranger, "/records?agency=transport", 403)
    assert desks.get(desks.stranger, "/records")["items"] == []
    assert {one["dataset_id"] for one in desks.get(desks.compiler, "/records")["items"]} == {BUSES, PARKS, STOPS}
    assert desks.get(desks.reviewer, "/records?state=draft")["counts"] == {"draft": 1, "published": 2}


def test_many_entries_are_submitted_and_reviewed_in_one_go(desks: Desks) -> None:
    made = [desks.post(desks.compiler, "/records", document(f"transport/n{number}")) for number in range(4)]
    made.append(desks.post(desks.compiler, "/records", document("transport/poor", basis={})))
    targets = [{"dataset_id": one["dataset_id"], "edition": one["edition"]} for one in made]
    report = desks.post(desks.compiler, "/records/batches", {"event": "submit", "targets": targets}, 200)
    assert [len(report["done"]), [one["dataset_id"] for one in report["refused"]]] == [4, ["transport/poor"]]
    targets = [{"dataset_id": one["dataset_id"], "edition": one["edition"]} for one in report["done"]]
    targets[0]["edition"] = 1
    body = {"event": "approve", "publishing": True, "targets": targets}
    report = desks.post(desks.reviewer, "/records/batches", body, 200)
    assert [one["dataset_id"] for one in report["done"]] == ["transport/n1", "transport/n2", "transport/n3"]
    assert report["refused"][0]["problems"][0]["code"] == "stale-edit"
    assert [published_title(desks, f"transport/n{number}") for number in range(4)] == [None, "n1", "n2", "n3"]


def test_a_suspended_entry_is_out_of_the_catalog_until_it_is_resumed(desks: Desks) -> None:
    act(desks, desks.reviewer, "suspend", STOPS, 422)
    act(desks, desks.reviewer, "suspend", STOPS, reasons="数据核查")
    assert published_title(desks, STOPS) is None
    act(desks, desks.reviewer, "resume", STOPS)
    assert published_title(desks, STOPS) == "stops"


def browser(desks: Desks, role: Role, agency: str) -> TestClient:
    owner = account(desks.platform, role, agency=agency, password=WORDS)
    return browser_of(TestClient(desks.client.app), owner.login, WORDS)


def test_compiler_and_reviewer_do_it_all_on_pages(desks: Desks) -> None:
    compiler, reviewer = browser(desks, Role.COMPILER, "transport"), browser(desks, Role.REVIEWER, "authority")
    form = {"csrf": csrf(compiler, "/desk/new"), "agency": "transport", "name": "buses", "title": "公交车", "stay": "1"}
    page = compiler.post("/desk/new", data=form)
    assert page.url.path == f"/desk/{BUSES}/edit"
    form = {
        "csrf": form["csrf"],
        "edition": "1",
        "title": "公交车",
        "description": "在用公交车辆",
        "frequency": "daily",
        "sharing.class": "unconditional",
        "opening.class": "unconditional",
        "basis.statute.law": "道路运输条例",
        "f0.name": "plate",
        "f0.title": "号牌",
        "f0.key": "on",
        "f0.type": "text",
        "f1.name": "seats",
        "f1.title": "座位数",
        "f1.type": "integer",
        "submit": "1",
    }
    page = compiler.post(f"/desk/{BUSES}/edit", data=form)
    assert (page.status_code, page.url.path, "待审核" in page.text) == (200, f"/desk/{BUSES}", True)
    stale = compiler.post(f"/desk/{BUSES}/edit", data=form)
    assert stale.status_code == 409
    token = csrf(reviewer, "/desk")
    assert f"/desk/{BUSES}" in reviewer.get("/desk?state=submitted").text
    review = {"csrf": token, "edition": "3", "event": "approve_publish"}
    assert reviewer.post(f"/desk/{BUSES}", data=review | {"csrf": "0"}).status_code == 403
    page = reviewer.post(f"/desk/{BUSES}", data=review)
    assert "已发布" in page.text
    assert [one["name"] for one in desks.get(desks.anonymous, f"/datasets/{BUSES}/schema")["fields"]] == ["plate", "seats"]
    day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    history = compiler.get(f"/desk/{BUSES}/history?before=1&after=2&day={day}&lang=en").text
    assert all(words in history for words in ("sharing attribute", "unconditionally", "在用公交车辆"))


def test_an_agency_brings_its_catalog_along_in_a_file(desks: Desks) -> None:
    """Every fault is named with its row; what is good becomes drafts of its own catalog, and nothing is published."""
    compiler = browser(desks, Role.COMPILER, "transport")
    content = {"datasets": [document(), document("transport/taxis") | {"frequency": "often"}, document("civil/people")]}
    file = ("交通局目录.json", json.dumps(content, ensure_ascii=False).encode(), "application/json")
    data = {"csrf": csrf(compiler, "/desk/import")}
    page = compiler.post("/desk/import", data=data, files={"file": file}).text
    assert "读取 3 条：保存 1 条，未变 0 条，退回 2 条" in page
    assert page.count("文件 交通局目录.json，第 1 行") == 2
    assert published_title(desks, BUSES) is None
    assert desks.get(desks.compiler, f"/records/{BUSES}")["entry"]["work"] == "draft"
    assert compiler.post("/desk/import", data=data).status_code == 422
    path, sent = "/api/v1/records/imports", {"file": file}
    report = desks.client.post(path, files=sent, headers=desks.compiler).json()
    assert (report["read"], report["saved"], report["unchanged"], report["refused"]) == (3, 0, 1, 2)
    assert {one["where"]["file"] for one in report["problems"]} == {"交通局目录.json"}
    refused = [desks.client.post(path, files=sent, headers=who).status_code for who in (desks.reviewer, desks.anonymous)]
    assert refused == [403, 401]
    assert desks.client.post(path, headers=desks.compiler).status_code == 422
