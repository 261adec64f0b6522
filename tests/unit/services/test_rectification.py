"""Issues beside their runs: who answers for derived data, withdrawn entries, holidays announced later."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.catalog.errors import ConflictError, ForbiddenError
from catalog_service.catalog.principal import Role
from catalog_service.catalog.rectification import RectificationEvent, RectificationQuery, RectificationState
from catalog_service.catalog.working_days import HolidayNotice
from catalog_service.services import holiday_notices, rectification
from catalog_service.services.compiling import withdraw_entry
from catalog_service.services.platform import Platform
from catalog_service.services.rectification_views import RectificationView, list_issues, show_issue
from tests.support import city
from tests.support.people import OPERATOR, principal
from tests.unit.catalog.test_rectification import made_run

BEDS, GOLDEN, STOPS = "health/beds", "authority/beds", "transport/stops"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    golden = {"kind": "golden", "sources": [{"dataset": BEDS}, {"dataset": "police/beds"}]}
    catalog = city.catalog(
        city.dataset(BEDS, ["code"], ["code"]),
        city.dataset("police/beds", ["code"], ["code"]),
        city.dataset(STOPS, ["code"], ["code"]),
        city.dataset(GOLDEN, ["code"], ["code"], derivation=golden),
    )
    with city.platform(tmp_path, catalog) as opened:
        yield opened


def fail(platform: Platform, table: str) -> RectificationView:
    with platform.database.transaction() as transaction:
        rectification.take_in(transaction, made_run(1, 0, {"code__not_null": 3}, table=table))
    id_ = table.partition("/")[2]
    (one,) = list_issues(platform, OPERATOR, RectificationQuery(dataset=id_)).items
    return one


def test_derived_data_are_up_to_who_builds_them_and_their_sources_look_on(platform: Platform) -> None:
    issue = fail(platform, f"base/{GOLDEN}")
    assert issue.agency == "authority"
    police, other = (principal(platform, Role.RESPONSIBLE, agency=one) for one in ("police", "transport"))
    seen = show_issue(platform, police, issue.id)
    assert (seen.sources, seen.samples, seen.possible) == (("health", "police"), (), ())
    with pytest.raises(ForbiddenError):
        show_issue(platform, other, issue.id)
    with pytest.raises(ForbiddenError):
        rectification.act(platform, police, issue.id, RectificationEvent.ANSWER, reason="不是我局的数据")


def test_issues_of_a_withdrawn_entry_lapse(platform: Platform) -> None:
    issue = fail(platform, f"standard/{STOPS}")
    withdraw_entry(platform, STOPS, principal=OPERATOR, reasons="站点数据改由公交集团编制")
    assert show_issue(platform, OPERATOR, issue.id).state is RectificationState.LAPSED
    with pytest.raises(ConflictError):
        rectification.act(platform, OPERATOR, issue.id, RectificationEvent.DISMISS, reason="已撤回")


def test_a_holiday_notice_moves_the_deadline_and_is_noted(platform: Platform) -> None:
    issue = fail(platform, f"standard/{BEDS}")
    notice = HolidayNotice(
        id="国办发明电〔2026〕99号", title="放假通知", issued_on=dt.date(2026, 1, 1), holidays={issue.due: "临时放假"}
    )
    assert holiday_notices.take_in(platform, OPERATOR, notice) == 1
    moved = show_issue(platform, OPERATOR, issue.id)
    assert moved.due > issue.due
    assert moved.deadline.count == 15
    assert moved.history[-1].event == "move"
    assert str(issue.due) in moved.history[-1].reason
