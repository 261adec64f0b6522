"""Rule sets: which is in force on a day, what they take from those they extend, and what is wrong with a bad one."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.errors import InvalidError, Language, NotFoundError
from catalog_service.catalog.ruleset import DEFAULT, Adoption, DutyKind, RuleSet, RuleSets, completed
from catalog_service.formats.rule_sets import read_rule_set, shipped_rule_sets

SECOND = "state-council-809-2025"
AT = dt.datetime(2025, 7, 1, tzinfo=dt.UTC)


def adopted(id_: str, from_day: dt.date, *, at: dt.datetime = AT) -> Adoption:
    return Adoption(rule_set=id_, from_day=from_day, decided_at=at, decided_by="李四")


def rule_sets(*adoptions: Adoption) -> RuleSets:
    return RuleSets(sets=completed(shipped_rule_sets()), adoptions=adoptions)


def test_the_measures_hold_by_default_with_the_numbers_of_their_text() -> None:
    for day in (dt.date(2020, 5, 1), dt.date(2026, 11, 23), dt.date(2099, 1, 1)):
        assert rule_sets().in_force(day).id == DEFAULT
    measures = rule_sets().get(DEFAULT)
    stated = {kind: (term.days, term.article) for kind, term in measures.terms.items() if term.verified}
    assert stated == {DutyKind.ENTRY_UPDATE: (15, 14), DutyKind.OPEN_REPLY: (10, 24)}
    assert measures.deadlines.keys() == set(DutyKind), "every clock of the platform has a number"


def test_what_the_measures_do_not_say_is_marked_as_a_setting() -> None:
    for kind in rule_sets().get(DEFAULT).unverified:
        note = rule_sets().get(DEFAULT).terms[kind].note
        assert note is not None
        assert "平台设置" in note.zh


def test_the_shipped_further_sets_are_complete_and_never_in_force_by_themselves() -> None:
    further = [one for one in rule_sets().sets if one.id != DEFAULT]
    assert len(further) >= 2
    for one in further:
        assert one.deadlines.keys() == set(DutyKind)
        assert set(one.unverified) >= shipped(one.id).terms.keys(), "numbers that rest on memory are not called verified"


def shipped(id_: str) -> RuleSet:
    return next(one for one in shipped_rule_sets() if one.id == id_)


def test_an_event_follows_the_set_adopted_on_its_day() -> None:
    sets = rule_sets(adopted(SECOND, dt.date(2025, 8, 1)))
    assert sets.in_force(dt.date(2025, 7, 31)).deadlines[DutyKind.ENTRY_UPDATE] == 15
    assert sets.in_force(dt.date(2025, 8, 1)).deadlines[DutyKind.ENTRY_UPDATE] == 10
    assert sets.in_force(dt.date(2025, 8, 1)).deadlines[DutyKind.OBJECTION_ACCEPT] == 5, "from the set it extends"


def test_a_set_that_has_ended_gives_way_to_the_one_before() -> None:
    ended = shipped(SECOND).model_copy(update={"in_force_until": dt.date(2025, 12, 31)})
    sets = RuleSets(sets=completed([shipped(DEFAULT), ended]), adoptions=(adopted(SECOND, dt.date(2025, 8, 1)),))
    assert sets.in_force(dt.date(2025, 12, 31)).id == SECOND
    assert sets.in_force(dt.date(2026, 1, 1)).id == DEFAULT


def test_before_the_measures_there_is_no_deadline() -> None:
    with pytest.raises(InvalidError) as refused:
        rule_sets().in_force(dt.date(2020, 4, 30))
    assert refused.value.problems[0].article == 39


@given(
    st.lists(st.tuples(st.sampled_from([DEFAULT, SECOND]), st.dates(dt.date(2025, 8, 1), dt.date(2026, 12, 31))), max_size=5)
)
@settings(max_examples=15, deadline=None)
def test_between_two_adoptions_nothing_changes(found: list[tuple[str, dt.date]]) -> None:
    sets = rule_sets(*(adopted(id_, day, at=AT + dt.timedelta(days=n)) for n, (id_, day) in enumerate(found)))
    changes = {day for _, day in found} | {dt.date(2025, 8, 1)}
    last = DEFAULT
    for step in range(520):
        day = dt.date(2025, 8, 1) + dt.timedelta(days=step)
        current = sets.in_force(day).id
        assert current == last or day in changes
        last = current
    assert last == (sorted(enumerate(found), key=lambda one: (one[1][1], one[0]))[-1][1][0] if found else DEFAULT)


def test_an_unknown_set_is_named_with_those_that_are_known() -> None:
    with pytest.raises(NotFoundError, match=DEFAULT):
        rule_sets().get("nothing-like-it")


@pytest.mark.parametrize(
    ("changes", "row", "field"),
    [
        ("terms:\n  entry_update: {days: 0}\n", 7, "terms.entry_update.days"),
        ("terms:\n  entry_updat: {days: 5}\n", 7, "terms.entry_updat"),
        ("terms:\n  entry_update: {days: 5, artikel: 3}\n", 7, "terms.entry_update.artikel"),
        ("in_force_until: 2019-01-01\n", 1, None),
        ("extends: some-law\n", 1, None),
        ("colour: red\n", 6, "colour"),
    ],
)
def test_a_bad_file_is_refused_with_file_line_and_field(changes: str, row: int, field: str | None) -> None:
    text = "id: some-law\ntitle: {zh: 某法, en: a law}\nin_force_from: 2026-01-01\nverified: false\nsource: 某机关\n" + changes
    with pytest.raises(InvalidError) as refused:
        read_rule_set(text, "law.yaml")
    [fault] = refused.value.problems
    assert fault.where.file == "law.yaml"
    assert (fault.where.row, fault.where.field) == (row, field) or (fault.where.field or "").startswith(field or "\n")
    assert fault.to(Language.ZH).startswith("文件 law.yaml，")


@pytest.mark.parametrize("base", ["no-such-set", "second-law"])
def test_a_circle_or_a_gap_between_sets_is_refused(base: str) -> None:
    common: dict[str, Any] = {
        "title": {"zh": "某法"},
        "in_force_from": "2026-01-01",
        "verified": "false",
        "source": "某机关",
    }
    first = RuleSet.model_validate(common | {"id": "first-law", "extends": base})
    second = RuleSet.model_validate(common | {"id": "second-law", "extends": "first-law"})
    with pytest.raises(InvalidError, match="first-law"):
        completed([first, second])
