"""Duties, clock rules, registers and counts on both databases."""

import datetime as dt

import pytest

from catalog_service.catalog.duty import DutyCause, DutyEvent, DutyEventKind, DutyQuery, DutyState, Element, UpdateDuty
from catalog_service.catalog.errors import ConflictError, InvalidError, NotFoundError
from catalog_service.catalog.register import Plan, Standard, StandardLink
from catalog_service.catalog.ruleset import Adoption, RuleSet
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.catalog.working_days import HolidayNotice
from catalog_service.services.clocks import base_calendar
from catalog_service.services.ids import new_id
from catalog_service.store.database import Database
from catalog_service.store.statistics import BandCount, DutyCount, EntryCount, Score
from tests.support import city

NOW = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
EVENT = DutyEvent(at=NOW, kind=DutyEventKind.OPENED, by="某人")


def duty(received: dt.date, *, agency: str = "a", closed: DutyState | None = None) -> UpdateDuty:
    return UpdateDuty(
        id=new_id(),
        dataset=f"{agency}/one",
        agency=agency,
        cause=DutyCause.REPORTED,
        elements=(Element.NAME,),
        reason="改名",
        origin="",
        rule_set="wuxi-measures-2020",
        deadline=base_calendar().deadline(received, 15),
        version=1,
        opened_at=NOW,
        opened_by="某人",
        closed=closed,
    )


def test_duties_are_found_page_by_page_soonest_due_first(database: Database) -> None:
    days = [dt.date(2026, 10, 9) + dt.timedelta(days=n) for n in range(40)]
    stored = [duty(day, agency="ab"[n % 2], closed=DutyState.DONE if n % 5 == 0 else None) for n, day in enumerate(days)]
    with database.transaction() as transaction:
        for one in reversed(stored):
            transaction.duties.save(one, EVENT)
    with database.reading() as transaction:
        found: list[UpdateDuty] = []
        query = DutyQuery(agency="a", limit=3)
        while True:
            page, cursor = transaction.duties.find(query, TODAY)
            found += page
            if cursor is None:
                break
            query = query.model_copy(update={"cursor": cursor})
        wanted = [one for one in stored if one.agency == "a"]
        assert [one.id for one in found] == [one.id for one in sorted(wanted, key=lambda one: (one.deadline.due, one.id))]
        counts = {state: transaction.duties.count(DutyQuery(state=state), TODAY) for state in DutyState}
        expected = {state: sum(one.state(TODAY) is state for one in stored) for state in DutyState}
        assert counts == expected
        assert min(expected[DutyState.OPEN], expected[DutyState.OVERDUE], expected[DutyState.DONE]) > 0
        with pytest.raises(InvalidError):
            transaction.duties.find(DutyQuery(cursor=f"2026-13-45~{new_id()}"), TODAY)


def test_a_duty_keeps_its_history_in_order(database: Database) -> None:
    one = duty(TODAY)
    with database.transaction() as transaction:
        for kind in (DutyEventKind.OPENED, DutyEventKind.MOVED, DutyEventKind.DONE):
            transaction.duties.save(one, EVENT.model_copy(update={"kind": kind, "after": one.deadline}))
    with database.reading() as transaction:
        history = transaction.duties.history(one.id)
        assert transaction.duties.get(one.id) == one
        with pytest.raises(NotFoundError):
            transaction.duties.get(new_id())
    assert [event.kind for event in history] == [DutyEventKind.OPENED, DutyEventKind.MOVED, DutyEventKind.DONE]
    assert history[0].after == one.deadline, "the count of then is kept day by day"


def test_notices_rule_sets_and_adoptions_come_back_in_order(database: Database) -> None:
    notices = [
        HolidayNotice(id=id_, title="通知", issued_on=TODAY, covers=(year,)) for id_, year in (("甲", 2027), ("乙", 2028))
    ]
    rules = RuleSet.model_validate(
        {"id": "some-law", "title": {"zh": "某法"}, "in_force_from": "2026-01-01", "verified": True, "source": "某机关"}
    )
    adoptions = [
        Adoption(rule_set="some-law", from_day=TODAY, decided_at=NOW + dt.timedelta(seconds=n), decided_by="某人")
        for n in (1, 2)
    ]
    with database.transaction() as transaction:
        for notice in (*notices, notices[0]):
            transaction.clocks.put_notice(notice)
        transaction.clocks.add_rule_set(rules, NOW)
        for adoption in reversed(adoptions):
            transaction.clocks.add_adoption(adoption)
        with pytest.raises(ConflictError):
            transaction.clocks.add_rule_set(rules, NOW)
    with database.reading() as transaction:
        assert sorted(one.id for one in transaction.clocks.notices()) == ["乙", "甲"]
        assert transaction.clocks.rule_sets() == (rules,)
        assert transaction.clocks.adoptions() == tuple(adoptions)


def test_registers_refuse_stale_changes(database: Database) -> None:
    plan = Plan(id="p", title="规划", jurisdiction="320200", period="2026-2030")
    with database.transaction() as transaction:
        transaction.registers.plans.add("p", plan)
        with pytest.raises(ConflictError):
            transaction.registers.plans.add("p", plan)
        assert transaction.registers.plans.change("p", plan.model_copy(update={"title": "新"}), 1) == 2
        with pytest.raises(ConflictError):
            transaction.registers.plans.change("p", plan, 1)
        for strange in ("q", "\x00"):
            with pytest.raises(NotFoundError):
                transaction.registers.plans.get(strange)
    with database.reading() as transaction:
        assert {id_: (one.title, edition) for id_, (one, edition) in transaction.registers.plans.all().items()} == {
            "p": ("新", 2)
        }


def test_links_to_standards_are_kept_once(database: Database) -> None:
    link = StandardLink(standard="GB/T 1", kind="rule_set", target="wuxi-measures-2020")
    with database.transaction() as transaction:
        transaction.registers.standards.add("GB/T 1", Standard(number="GB/T 1", title="标准"))
        assert [transaction.registers.link(link), transaction.registers.link(link)] == [True, False]
        assert transaction.registers.links() == transaction.registers.links("GB/T 1") == (link,)
        assert [transaction.registers.unlink(link), transaction.registers.unlink(link)] == [True, False]


def test_counts_by_agency_state_and_class(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.catalog.put_agencies([city.agency("a"), city.agency("b")])
        for n, state in enumerate((RecordState.PUBLISHED, RecordState.PUBLISHED, RecordState.DRAFT)):
            transaction.catalog.put_dataset(city.dataset(f"a/t{n}", ["x"], base_database="credit"), state=state)
        assert transaction.statistics.count_unmeasured() == 3
        assert [one.id for one, _ in transaction.statistics.unmeasured(2)] != []
        scores = [Score(f"a/t{n}", "a", 1, "s", score) for n, score in enumerate((59, 60, 100))]
        transaction.statistics.put_scores([*scores[:2], scores[2]._replace(score=1)])
        transaction.statistics.put_scores(scores[2:])
        for one in (duty(dt.date(2026, 10, 9)), duty(TODAY), duty(TODAY, agency="b", closed=DutyState.DISMISSED)):
            transaction.duties.save(one, EVENT)
    with database.transaction() as transaction:
        counts = transaction.statistics
        assert sorted(counts.entries()) == [
            EntryCount("a", "draft", "unconditional", "unconditional", "credit", 1),
            EntryCount("a", "published", "unconditional", "unconditional", "credit", 2),
        ]
        assert sorted(counts.completeness()) == [
            BandCount("a", 0, 1, 59),
            BandCount("a", 60, 1, 60),
            BandCount("a", 100, 1, 100),
        ]
        assert sorted(counts.duties(TODAY)) == [
            DutyCount("a", "open", 1),
            DutyCount("a", "overdue", 1),
            DutyCount("b", "dismissed", 1),
        ]
        counts.forget_scores({"a": "s"})
        assert counts.count_unmeasured() == 0
        counts.forget_scores({"a": "another"})
        assert counts.count_unmeasured() == 3
