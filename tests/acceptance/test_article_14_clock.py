"""Article 14: a changed element or changed functions are in the catalog within 15 working days, or it is seen to be late."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from catalog_service.catalog.principal import Role
from catalog_service.catalog.vocabularies import DeliveryState, RecordState
from tests.acceptance.desks import PARKS, STOPS, Desks, open_desks
from tests.acceptance.support import deliver, entry, run
from tests.support.people import bearer

NOW = "2026-09-21 09:00:00+08:00"
CHANGE = {"elements": ["sharing"], "reason": "改为有条件共享", "happened_on": "2026-09-18"}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    with time_machine.travel(NOW), open_desks(tmp_path) as opened:
        yield opened


def act(desks: Desks, who: dict[str, str], event: str, **more: Any) -> None:
    """Let an event of the life cycle happen to the stops."""
    edition = desks.get(who, f"/records/{STOPS}")["entry"]["edition"]
    desks.ask(who, "POST", f"/records/{STOPS}/events", 200, {"event": event, **more}, **{"If-Match": f'"{edition}"'})


def revise(desks: Desks) -> None:
    """Bring a changed entry through revision, review and publication, as compiler and reviewer do."""
    act(desks, desks.compiler, "revise")
    shown = desks.get(desks.compiler, f"/records/{STOPS}")
    document = shown["document"] | {"description": "站点及候车亭"}
    edition = {"If-Match": f'"{shown["entry"]["edition"]}"'}
    desks.ask(desks.compiler, "PUT", f"/records/{STOPS}", 200, document, **edition)
    act(desks, desks.compiler, "submit")
    act(desks, desks.reviewer, "approve", publishing=True)


def test_the_clock_of_a_reported_change_runs_until_the_new_version_is_published(desks: Desks) -> None:
    """Fifteen working days over two holidays and two make-up days; done by publication, not by anything before."""
    duty = desks.post(desks.compiler, "/duties", {"dataset": STOPS, **CHANGE})
    assert duty["deadline"]["due"] == "2026-10-15"
    numbers = {one["day"]: one["number"] for one in duty["deadline"]["days"]}
    assert (numbers["2026-09-20"], numbers["2026-10-01"], numbers["2026-10-10"], numbers["2026-10-15"]) == (1, None, 11, 15)
    revise(desks)
    shown = desks.get(desks.reviewer, f"/duties/{duty['id']}")
    assert (shown["state"], shown["was_late"]) == ("done", False)
    assert [one["kind"] for one in shown["history"]] == ["opened", "done"]


def test_overdue_work_is_seen_by_the_agency_and_by_the_authority(desks: Desks) -> None:
    desks.post(desks.compiler, "/duties", {"dataset": STOPS, **CHANGE})
    with time_machine.travel("2026-10-16 00:30:00+08:00"):
        for who in (desks.compiler, desks.reviewer, desks.inspector):
            [late] = desks.get(who, "/duties?state=overdue")["items"]
            assert (late["dataset"], late["state"], late["days_left"]) == (STOPS, "overdue", -1)
        assert desks.get(desks.stranger, "/duties")["total"] == 0
        assert desks.get(desks.reviewer, "/statistics")["overdue_duties"] == 1
        assert "transport,交通运输局,2,2,2," in desks.client.get("/api/v1/statistics/agencies.csv", headers=desks.reviewer).text


def test_changed_functions_oblige_every_entry_of_the_agency(desks: Desks) -> None:
    body = {"agency": "transport", "description": "停车管理划入", "document": "锡委编〔2026〕1号", "happened_on": "2026-09-18"}
    opened = desks.post(desks.reviewer, "/duties/function-changes", body)["duties"]
    assert {one["dataset"] for one in opened} == {STOPS, PARKS}
    assert {one["deadline"]["due"] for one in opened} == {"2026-10-15"}
    desks.post(desks.stranger, "/duties/function-changes", body, 403)


def test_a_delivery_with_other_columns_opens_the_duty_once(desks: Desks, tmp_path: Path) -> None:
    files = []
    for number, header in enumerate(("id,name,shelter", "id,name,bench")):
        path = tmp_path / f"stops{number}.csv"
        path.write_text(f"{header}\n1,东站,1\n", encoding="utf-8")
        files.append(path)
    deliver(desks.platform, STOPS, *files)
    outcome = run(desks.platform)[STOPS]
    assert {one.state for one in outcome.deliveries} == {DeliveryState.REJECTED}
    [duty] = desks.get(desks.compiler, "/duties")["items"]
    assert (duty["cause"], duty["elements"], duty["happened_on"]) == ("delivery", ["content"], "2026-09-21")
    assert "shelter" in duty["reason"]


def test_a_later_holiday_notice_moves_the_running_deadline(desks: Desks) -> None:
    duty = desks.post(desks.compiler, "/duties", {"dataset": STOPS, **CHANGE})
    notice = {"id": "国办发明电〔2026〕8号", "title": "调整", "issued_on": "2026-09-21", "holidays": {"2026-10-13": "调整放假"}}
    desks.post(desks.compiler, "/calendar/notices", notice, 403)
    assert desks.post(desks.reviewer, "/calendar/notices", notice) == {"moved": 1}
    shown = desks.get(desks.compiler, f"/duties/{duty['id']}")
    moved = shown["history"][-1]
    assert (shown["due"], moved["before"]["due"], moved["after"]["due"]) == ("2026-10-16", "2026-10-15", "2026-10-16")
    [logged] = desks.logged("move_deadline")
    assert (logged["details"]["before"], logged["details"]["after"]) == ("2026-10-15", "2026-10-16")


def test_a_later_holiday_notice_moves_what_waits_for_an_answer_too(desks: Desks) -> None:
    """Objections, demands, requests for data: their deadlines are counted by the calendar as it is known when shown."""
    closed = {"class": "conditional", "conditions": "签订协议", "basis": {"law": "数据安全法"}}
    with desks.platform.database.transaction() as transaction:
        parks = entry(PARKS, ["id"], ["id"], sharing=closed, opening=closed)
        transaction.catalog.put_dataset(parks, state=RecordState.PUBLISHED)
    citizen = bearer(desks.platform, Role.APPLICANT)
    period = {"dataset": PARKS, "purpose": "核验", "columns": ["id"], "valid_from": "2026-09-21", "valid_until": "2027-09-20"}
    shared = {"wish": period | {"legal_duty": {"law": "道路交通安全法"}}}
    objection = {"dataset": STOPS, "kind": "wrong", "description": "站名写错了", "contact": ""}
    filed = {
        "/objections/{number}": (desks.compiler, desks.post(desks.anonymous, "/objections", objection)),
        "/demands/{number}": (desks.reviewer, desks.post(desks.reviewer, "/demands", {"title": "余位", "description": "开放"})),
        "/share-requests/{id}": (desks.stranger, desks.post(desks.stranger, "/share-requests", shared)["request"]),
        "/open-requests/{id}": (citizen, desks.post(citizen, "/open-requests", period | {"format": "csv"})["request"]),
    }

    def due() -> dict[str, str]:
        return {path: desks.get(who, path.format(**one))["deadline"]["due"] for path, (who, one) in filed.items()}

    before = due()
    holidays = {f"2026-09-{day}": "调整放假" for day in (22, 23)}
    notice = {"id": "国办发明电〔2026〕9号", "title": "调整", "issued_on": "2026-09-21", "holidays": holidays}
    desks.post(desks.reviewer, "/calendar/notices", notice)
    after = due()
    assert before["/share-requests/{id}"] == "2026-09-29", "five working days, over three days of holidays"
    assert after["/share-requests/{id}"] == "2026-10-08"
    assert [path for path in filed if after[path] <= before[path]] == []


def test_newer_law_is_switched_on_by_date(desks: Desks) -> None:
    newer = "/rule-sets/state-council-809-2025/adoptions"
    desks.post(desks.reviewer, newer, {"from_day": "2026-09-22"}, 422)
    desks.post(desks.compiler, newer, {"from_day": "2026-09-22", "verification": "国务院公报"}, 403)
    desks.post(desks.reviewer, newer, {"from_day": "2026-09-22", "verification": "国务院公报"})
    counted = [
        desks.get(desks.anonymous, f"/calendar/deadline?kind=entry_update&happened_on={day}")["due"]
        for day in ("2026-09-21", "2026-09-22")
    ]
    assert counted == ["2026-10-19", "2026-10-13"], "15 working days, then 10 of a day later"
    assert desks.get(desks.anonymous, "/rule-sets/in-force?day=2026-09-21")["id"] == "wuxi-measures-2020"
