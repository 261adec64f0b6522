"""Duties to update entries: what opens, moves and closes them; rule sets by date; statistics over all."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from catalog_service.catalog.duty import DutyCause, DutyEventKind, DutyQuery, DutyState, Element, ElementChange, UpdateDuty
from catalog_service.catalog.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, UnauthenticatedError
from catalog_service.catalog.ledger import LedgerQuery
from catalog_service.catalog.principal import ANONYMOUS, Principal, Role, operator
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.catalog.working_days import HolidayNotice
from catalog_service.services import clocks, duties, duty_views, entry_completeness, holiday_notices, rule_sets, statistics
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.support import city
from tests.support.homes import open_platform

ME = operator("tests")
NOW = "2026-11-23 10:00:00+08:00"
SECOND = "state-council-809-2025"


def person(role: Role, agency: str | None = None) -> Principal:
    return Principal(id=f"{role}-{agency}", name="某人", roles=frozenset({role}), agency=agency)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a platform with three published entries; tests copy it, which is quicker than migrating."""
    folder = tmp_path_factory.mktemp("duties")
    catalog = city.catalog(city.dataset("a/one", ["x"]), city.dataset("a/two", ["x"]), city.dataset("b/one", ["x"]))
    city.platform(folder, catalog).close()
    return folder


@pytest.fixture
def platform(home: Path, tmp_path: Path) -> Iterator[Platform]:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    with time_machine.travel(NOW, tick=False), open_platform(Settings(home=tmp_path)) as opened:
        yield opened


def report(platform: Platform, dataset: str = "a/one", day: dt.date = dt.date(2026, 11, 20), **changes: object) -> UpdateDuty:
    given = {"dataset": dataset, "elements": (Element.SHARING,), "reason": "改为有条件共享", "happened_on": day}
    return duties.report_change(platform, ME, ElementChange.model_validate(given | changes))


def state(platform: Platform, duty: UpdateDuty) -> DutyState:
    return duty_views.show_duty(platform, ME, duty.id).state


def test_an_element_change_opens_fifteen_working_days(platform: Platform) -> None:
    duty = report(platform)
    assert (duty.deadline.due, duty.deadline.count, duty.rule_set) == (dt.date(2026, 12, 11), 15, "wuxi-measures-2020")
    shown = duty_views.show_duty(platform, ME, duty.id)
    assert (shown.state, shown.days_left, shown.duty.deadline.days[-1].number) == (DutyState.OPEN, 14, 15)


def test_the_same_change_does_not_start_the_clock_again(platform: Platform) -> None:
    report(platform)
    with pytest.raises(ConflictError, match="runs already"):
        report(platform, day=dt.date(2026, 11, 23))
    report(platform, elements=(Element.FREQUENCY,))


@pytest.mark.parametrize("day", [dt.date(2026, 11, 24), dt.date(2020, 4, 30)], ids=["tomorrow", "before the Measures"])
def test_a_day_without_a_clock_is_refused(platform: Platform, day: dt.date) -> None:
    with pytest.raises(InvalidError):
        report(platform, day=day)


def test_a_new_published_version_closes_it_and_the_same_one_does_not(platform: Platform) -> None:
    duty = report(platform)
    for entry, expected in (
        (city.dataset("a/one", ["x"]), DutyState.OPEN),
        (city.dataset("a/one", ["x", "y"]), DutyState.DONE),
    ):
        with platform.database.transaction() as transaction:
            transaction.catalog.put_dataset(entry, state=RecordState.PUBLISHED)
            duties.entry_published(transaction, "a/one", dt.datetime.now(dt.UTC))
        assert state(platform, duty) is expected
    history = duty_views.show_duty(platform, ME, duty.id).history
    assert [one.kind for one in history] == [DutyEventKind.OPENED, DutyEventKind.DONE]


def test_it_is_overdue_the_day_after_and_done_late_when_done(platform: Platform) -> None:
    duty = report(platform)
    for moment, expected in (("2026-12-11 23:59", DutyState.OPEN), ("2026-12-12 00:01", DutyState.OVERDUE)):
        with time_machine.travel(f"{moment}:00+08:00", tick=False):
            shown = duty_views.show_duty(platform, ME, duty.id)
            assert shown.state is expected
            overdue = duty_views.list_duties(platform, ME, DutyQuery(state=DutyState.OVERDUE))
            assert (overdue.total, overdue.overdue) == ((1, 1) if expected is DutyState.OVERDUE else (0, 0))
    platform.seal()  # as in all the days between
    with time_machine.travel("2026-12-14 09:00:00+08:00", tick=False), platform.database.transaction() as transaction:
        transaction.catalog.put_dataset(city.dataset("a/one", ["z"]), state=RecordState.PUBLISHED)
        duties.entry_published(transaction, "a/one", dt.datetime.now(dt.UTC))
    assert duty_views.show_duty(platform, ME, duty.id).was_late


def test_changed_functions_reach_every_entry_and_those_to_come(platform: Platform) -> None:
    given: dict[str, Any] = {"description": "职能划转", "document": "锡委编〔2026〕1号", "happened_on": dt.date(2026, 11, 20)}
    _, opened = duties.register_function_change(platform, ME, "a", **given)
    assert [(one.dataset, one.cause) for one in opened] == [("a/one", DutyCause.FUNCTIONS), ("a/two", DutyCause.FUNCTIONS)]
    _, (new,) = duties.register_function_change(platform, ME, "a", **given, datasets=["a/new"])
    assert new.version == 0
    with platform.database.transaction() as transaction:
        transaction.catalog.put_dataset(city.dataset("a/new", ["x"]), state=RecordState.PUBLISHED)
        duties.entry_published(transaction, "a/new", dt.datetime.now(dt.UTC))
    assert state(platform, new) is DutyState.DONE
    with pytest.raises(InvalidError, match="not entries of agency a"):
        duties.register_function_change(platform, ME, "a", **given, datasets=["b/one"])
    with pytest.raises(NotFoundError):
        duties.register_function_change(platform, ME, "nobody", **given, datasets=["nobody/one"])


def test_a_revised_law_reaches_the_entries_that_rest_on_it(platform: Platform) -> None:
    with platform.database.transaction() as transaction:
        other = city.dataset("b/one", ["x"], basis={"statute": {"law": "《税收征收管理法》", "article": "第六条"}})
        transaction.catalog.put_dataset(other, state=RecordState.PUBLISHED)
    day = dt.date(2026, 11, 20)
    opened = duties.report_law_revised(platform, ME, "税收征收管理法", reason="修订", happened_on=day)
    assert [(one.dataset, one.elements) for one in opened] == [("b/one", (Element.BASIS,))]
    assert duties.report_law_revised(platform, ME, "税收征收管理法", reason="修订", happened_on=day) == ()
    with pytest.raises(InvalidError, match="no published entry"):
        duties.report_law_revised(platform, ME, "没有的法", reason="修订", happened_on=day)


def test_a_withdrawn_entry_needs_no_update(platform: Platform) -> None:
    duty = report(platform)
    with platform.database.transaction() as transaction:
        duties.entry_withdrawn(transaction, "a/one", dt.datetime.now(dt.UTC))
    assert state(platform, duty) is DutyState.DONE


def test_the_authority_dismisses_with_a_reason_and_once(platform: Platform) -> None:
    duty = report(platform)
    with pytest.raises(ForbiddenError):
        duties.dismiss(platform, person(Role.RESPONSIBLE, "a"), duty.id, "无需更新")
    dismissed = duties.dismiss(platform, ME, duty.id, "误报")
    assert (dismissed.closed, dismissed.closing) == (DutyState.DISMISSED, "误报")
    with pytest.raises(ConflictError):
        duties.dismiss(platform, ME, duty.id, "误报")


def test_a_later_notice_moves_running_deadlines_and_logs_before_and_after(platform: Platform) -> None:
    running, closed = report(platform), report(platform, "a/two")
    duties.dismiss(platform, ME, closed.id, "误报")
    days = {dt.date(2026, 12, 1): "临时放假", dt.date(2026, 12, 2): "临时放假"}
    notice = HolidayNotice(id="n1", title="通知", issued_on=dt.date(2026, 11, 23), holidays=days)
    assert holiday_notices.take_in(platform, ME, notice) == 1
    shown = duty_views.show_duty(platform, ME, running.id)
    assert (shown.due, shown.days) == (dt.date(2026, 12, 15), 15)
    moved = shown.history[-1]
    assert moved.before is not None
    assert moved.after is not None
    assert (moved.kind, moved.before.due, moved.after.due) == (
        DutyEventKind.MOVED,
        dt.date(2026, 12, 11),
        dt.date(2026, 12, 15),
    )
    assert duty_views.show_duty(platform, ME, closed.id).due == dt.date(2026, 12, 11)
    assert holiday_notices.take_in(platform, ME, notice) == 0, "the same notice again moves nothing"
    with platform.database.reading() as transaction:
        logged = transaction.ledger.search(LedgerQuery(action="move_deadline")).items
    assert [(one.entry.details["before"], one.entry.details["after"]) for one in logged] == [("2026-12-11", "2026-12-15")]


def test_a_provisional_deadline_becomes_definite_when_its_year_is_known(platform: Platform) -> None:
    with time_machine.travel("2026-12-18 10:00:00+08:00", tick=False):
        duty = report(platform, day=dt.date(2026, 12, 18))
        assert (duty.deadline.due, duty.deadline.is_provisional) == (dt.date(2027, 1, 8), True)
        notice = HolidayNotice(id="n", title="2027", issued_on=dt.date(2026, 12, 18), covers=(2027,))
        assert holiday_notices.take_in(platform, ME, notice) == 1
        shown = duty_views.show_duty(platform, ME, duty.id)
        assert (shown.due, shown.is_provisional) == (dt.date(2027, 1, 8), False)


def test_the_second_rule_set_applies_from_its_day_on(platform: Platform) -> None:
    before = report(platform)
    with pytest.raises(InvalidError, match="not compared"):
        rule_sets.adopt_rule_set(platform, ME, SECOND, dt.date(2026, 12, 1))
    with pytest.raises(InvalidError, match="from today"):
        rule_sets.adopt_rule_set(platform, ME, SECOND, dt.date(2026, 11, 22), verification="国务院公报")
    rule_sets.adopt_rule_set(platform, ME, SECOND, dt.date(2026, 12, 1), verification="国务院公报")
    platform.seal()  # as in all the days between
    with time_machine.travel("2026-12-02 10:00:00+08:00", tick=False):
        earlier = report(platform, day=dt.date(2026, 11, 30), elements=(Element.NAME,))
        later = report(platform, day=dt.date(2026, 12, 1), elements=(Element.OPENING,))
    assert [(one.rule_set, one.deadline.count) for one in (earlier, later)] == [("wuxi-measures-2020", 15), (SECOND, 10)]
    assert duty_views.show_duty(platform, ME, before.id).days == 15
    with platform.database.reading() as transaction:
        [logged] = transaction.ledger.search(LedgerQuery(action="adopt_rule_set")).items
    assert logged.entry.details == {"from_day": "2026-12-01", "verification": "国务院公报"}


NEW_REQUIREMENTS = """
id: wuxi-requirements-2027
title: {zh: 无锡市公共数据目录编制要求（2027版）, en: requirements}
in_force_from: 2026-11-01
verified: true
source: 锡数据〔2026〕1号
extends: wuxi-measures-2020
requirements:
  version: "2027"
  items:
    - {element: title_en, title: {zh: 英文名称}, weight: 1, remedy: {zh: 填写}}
"""


def test_the_authority_issues_a_new_version_of_the_requirements(platform: Platform) -> None:
    assert entry_completeness.entry_completeness(platform, ANONYMOUS, "a/one").completeness.score > 50
    rule_sets.register_rule_set(platform, ME, NEW_REQUIREMENTS, "new.yaml")
    with pytest.raises(ConflictError):
        rule_sets.register_rule_set(platform, ME, NEW_REQUIREMENTS, "new.yaml")
    assert entry_completeness.requirements_in_force(platform).version == "wuxi-measures-2020/1"
    rule_sets.adopt_rule_set(platform, ME, "wuxi-requirements-2027", clocks.today(platform))
    found = entry_completeness.entry_completeness(platform, ANONYMOUS, "a/one").completeness
    assert (found.requirements, found.score) == ("2027", 0)
    assert report(platform).deadline.count == 15, "what it does not say is as before"


def test_who_sees_and_reports_what(platform: Platform) -> None:
    duty = report(platform)
    report(platform, "b/one")
    own, foreign = person(Role.COMPILER, "a"), person(Role.COMPILER, "b")
    assert [one.agency for one in duty_views.list_duties(platform, own, DutyQuery()).items] == ["a"]
    assert duty_views.list_duties(platform, person(Role.INSPECTOR), DutyQuery()).total == 2
    change = ElementChange(dataset="a/two", elements=(Element.NAME,), reason="改名", happened_on=dt.date(2026, 11, 20))
    for refused in (
        lambda: duty_views.list_duties(platform, foreign, DutyQuery(agency="a")),
        lambda: duty_views.show_duty(platform, foreign, duty.id),
        lambda: duties.report_change(platform, foreign, change),
        lambda: duty_views.list_duties(platform, person(Role.APPLICANT), DutyQuery()),
        lambda: statistics.catalog_statistics(platform, own),
    ):
        with pytest.raises(ForbiddenError):
            refused()
    with pytest.raises(UnauthenticatedError):
        duty_views.list_duties(platform, ANONYMOUS, DutyQuery())


def test_two_roles_together_do_not_reach_further_than_each(platform: Platform) -> None:
    """An administrator reaches every agency's accounts, a compiler an agency's duties: nobody both."""
    report(platform, "b/one")
    both = Principal(id="x", name="某人", roles=frozenset({Role.COMPILER, Role.ADMINISTRATOR}), agency="a")
    assert duty_views.list_duties(platform, both, DutyQuery()).total == 0


def test_statistics_count_entries_completeness_and_duties(platform: Platform) -> None:
    report(platform, day=dt.date(2026, 10, 9))
    report(platform, "a/two")
    with platform.database.transaction() as transaction:
        transaction.catalog.put_dataset(city.dataset("b/two", ["x"], base_database="credit"), state=RecordState.DRAFT)
    found = statistics.catalog_statistics(platform, ME)
    assert (found.entries, found.by_state[RecordState.PUBLISHED], found.by_state[RecordState.DRAFT]) == (4, 3, 1)
    assert (found.open_duties, found.overdue_duties, found.unmeasured) == (1, 1, 0)
    assert sum(found.completeness.values()) == 4
    assert {name.value: count for name, count in found.by_base_database.items() if count} == {"credit": 1}
    assert [(one.agency, one.entries, one.published, one.overdue_duties) for one in found.agencies] == [
        ("a", 2, 2, 1),
        ("b", 2, 1, 0),
    ]
    lines = statistics.statistics_csv(platform, ME).removeprefix("\ufeff").split("\r\n")
    assert lines[0].startswith("机构标识 agency,机构名称 name,目录条目 entries")
    assert lines[1].startswith("a,a局,2,2,2,")


def test_scores_follow_the_entry_its_agency_and_the_requirements(platform: Platform) -> None:
    assert entry_completeness.measure_stale(platform) == 3
    assert entry_completeness.measure_stale(platform) == 0
    with platform.database.transaction() as transaction:
        transaction.catalog.put_dataset(city.dataset("a/one", ["x"], keywords=["词"]), state=RecordState.PUBLISHED)
    assert entry_completeness.measure_stale(platform) == 1
    with platform.database.transaction() as transaction:
        transaction.catalog.put_agencies([city.agency("a").model_copy(update={"responsible_unit": ""})])
    assert entry_completeness.measure_stale(platform, limit=1) == 1
    assert entry_completeness.measure_stale(platform) == 1
