"""What agencies had to do by a day, out of duties, requests and objections, as it stood at a moment."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.duty import DutyEvent, DutyEventKind, DutyState, UpdateDuty
from catalog_service.catalog.evaluation import period_of
from catalog_service.catalog.objection import Objection
from catalog_service.catalog.obligations import Keeping
from catalog_service.catalog.open_request import OpenRequest
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.catalog.share_request import ShareRequest
from catalog_service.catalog.working_days import HolidayNotice
from catalog_service.services.clocks import base_calendar
from catalog_service.services.facts import end_of
from catalog_service.services.ids import new_id
from catalog_service.services.obligations import Moment, obligations
from catalog_service.services.platform import Platform
from tests.support import city

OCTOBER, HOMES = period_of("2026-10"), "civil/homes"


def at(day: str, hour: int = 10) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{hour:02d}:00:00+08:00")


def step(event: str, day: str, state: str = "x") -> dict[str, Any]:
    labels = {"label_zh": event, "label_en": event, "by": "某人", "by_id": "1", "agency": None}
    return {"event": event, "state": state, "at": at(day), **labels}


def share(submitted: str, *steps: dict[str, Any]) -> ShareRequest:
    wish = {"dataset": HOMES, "purpose": "核验", "legal_duty": {"law": "某法"}, "columns": ["code"]}
    wish |= {"valid_from": "2026-10-01", "valid_until": "2026-12-31"}
    given = {"id": new_id(), "wish": wish, "source": "civil", "applicant": "tax", "state": "submitted", "history": steps}
    return ShareRequest.model_validate(given | {"created_at": at(submitted), "submitted_at": at(submitted)})


def application(created: str, *steps: dict[str, Any]) -> OpenRequest:
    wish = {"dataset": HOMES, "purpose": "研究", "format": "csv", "valid_from": "2026-10-01", "valid_until": "2026-12-31"}
    given = {"id": new_id(), "wish": wish, "source": "civil", "applicant": "u", "applicant_name": "张三", "state": "submitted"}
    return OpenRequest.model_validate(given | {"created_at": at(created), "history": steps})


def objection(filed: str, *steps: dict[str, Any]) -> Objection:
    accepted = next((one["at"] for one in steps if one["event"] == "accept"), None)
    wish = {"dataset": HOMES, "kind": "wrong", "description": "有误"}
    given = {"id": new_id(), "number": "Y-2345-6789-ABCD", "wish": wish, "source": "civil", "reporter": "anonymous"}
    return Objection.model_validate(given | {"filed_at": at(filed), "accepted_at": accepted, "history": steps})


def duty(happened: str, closed: DutyState | None = None, on: str = "") -> UpdateDuty:
    given: dict[str, Any] = {"id": new_id(), "dataset": HOMES, "agency": "civil", "cause": "reported", "elements": ["name"]}
    given["reason"] = "改名"
    given |= {"origin": "", "rule_set": "wuxi-measures-2020", "version": 1, "opened_at": at(happened), "opened_by": "某人"}
    given["deadline"] = base_calendar().deadline(dt.date.fromisoformat(happened), 15)
    if closed is not None:
        given |= {"closed": closed, "closed_at": at(on), "closed_on": on}
    return UpdateDuty.model_validate(given)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with city.platform(tmp_path, city.catalog(city.dataset(HOMES, ["code"]), city.dataset("tax/payers", ["code"]))) as opened:
        yield opened


def found(platform: Platform, moment: Moment | None = None) -> list[tuple[DutyKind, str, Keeping]]:
    with platform.database.reading() as transaction:
        assert obligations(transaction, moment or end_of(OCTOBER), "tax") == ()
        listed = obligations(transaction, moment or end_of(OCTOBER), "civil")
    return [(one.kind, str(one.due), one.keeping(OCTOBER)) for one in listed]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        # the holidays of October end on the 8th: five working days after the 9th (a Friday) with the 10th worked
        (share("2026-10-09"), [(DutyKind.SHARE_OPINION, "2026-10-15", Keeping.MISSED)]),
        (share("2026-10-09", step("opine", "2026-10-15")), [(DutyKind.SHARE_OPINION, "2026-10-15", Keeping.KEPT)]),
        (share("2026-10-09", step("take_up", "2026-10-20")), [(DutyKind.SHARE_OPINION, "2026-10-15", Keeping.MISSED)]),
        (share("2026-10-09", step("withdraw", "2026-10-12")), [(DutyKind.SHARE_OPINION, "2026-10-15", Keeping.OUTSIDE)]),
        (share("2026-11-01"), []),
        (application("2026-10-09", step("refuse", "2026-10-22")), [(DutyKind.OPEN_REPLY, "2026-10-22", Keeping.KEPT)]),
        (application("2026-10-09", step("approve", "2026-11-02")), [(DutyKind.OPEN_REPLY, "2026-10-22", Keeping.MISSED)]),
        (application("2026-10-26"), [(DutyKind.OPEN_REPLY, "2026-11-09", Keeping.RUNNING)]),
        (
            objection("2026-10-12", step("accept", "2026-10-13"), step("reject", "2026-10-29")),
            [
                (DutyKind.OBJECTION_ACCEPT, "2026-10-19", Keeping.KEPT),
                (DutyKind.OBJECTION_VERIFY, "2026-10-27", Keeping.MISSED),
            ],
        ),
        (objection("2026-10-12", step("reject", "2026-10-13")), [(DutyKind.OBJECTION_ACCEPT, "2026-10-19", Keeping.KEPT)]),
        # Sunday the 20th of September is worked
        (duty("2026-09-01"), [(DutyKind.ENTRY_UPDATE, "2026-09-21", Keeping.MISSED)]),
        (duty("2026-09-28", DutyState.DONE, "2026-10-10"), [(DutyKind.ENTRY_UPDATE, "2026-10-23", Keeping.KEPT)]),
        (duty("2026-09-01", DutyState.DISMISSED, "2026-10-10"), []),
        (duty("2026-09-01", DutyState.DISMISSED, "2026-11-10"), [(DutyKind.ENTRY_UPDATE, "2026-09-21", Keeping.MISSED)]),
    ],
)
def test_what_stood_at_the_end_of_october(
    platform: Platform, case: ShareRequest | OpenRequest | Objection | UpdateDuty, expected: list[tuple[DutyKind, str, Keeping]]
) -> None:
    with platform.database.transaction() as transaction:
        match case:
            case ShareRequest():
                transaction.sharing.share_requests.add(case)
            case OpenRequest():
                transaction.sharing.open_requests.add(case)
            case Objection():
                transaction.interaction.objections.add(case)
            case UpdateDuty():
                transaction.duties.save(case, DutyEvent(at=case.opened_at, kind=DutyEventKind.OPENED, by="某人"))
    assert found(platform) == expected


def test_a_notice_of_later_changes_no_deadline_of_before(platform: Platform) -> None:
    notice = HolidayNotice(
        id="国办发明电〔2026〕9号",
        title="临时放假",
        issued_on=dt.date(2026, 11, 3),
        holidays={dt.date(2026, 10, 12): "临时"},
    )
    with platform.database.transaction() as transaction:
        transaction.sharing.share_requests.add(share("2026-10-09"))
        transaction.clocks.put_notice(notice)
    assert found(platform)[0][1] == "2026-10-15"
    later = Moment(at("2026-11-30"), dt.date(2026, 11, 30))
    assert found(platform, later)[0][1] == "2026-10-16"
