"""What must be open follows from the set of check runs, not from the order in which they end; dismissals hold a while."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.errors import ConflictError, InvalidError, Text
from catalog_service.catalog.procedure import step
from catalog_service.catalog.quality import Measurement, Metric, QualityRun, Rule
from catalog_service.catalog.rectification import (
    OPEN_STATES,
    RECTIFICATION_MOVES,
    RectificationEvent,
    RectificationState,
    Seen,
    changes,
    must_be_open,
    observe,
    pardon,
    responsible,
)
from catalog_service.catalog.vocabularies import Dimension, Severity
from tests.support import city

START = dt.datetime(2026, 5, 6, 8, 0, tzinfo=dt.UTC)
RULES = ("a__not_null", "b__between", "table__unique")
Outcomes = dict[str, int | None]
"""Rule → rows that break it; None: not evaluated. A rule that is missing was not asked."""


def made_run(version: int, minute: int, outcomes: Outcomes, table: str = "standard/health/beds") -> QualityRun:
    measured = [
        Measurement(
            rule=Rule(
                name=name,
                metric=Metric.NOT_NULL,
                severity=Severity.WARNING,
                dimension=Dimension.COMPLETENESS,
                reason=Text(zh=f"{name}应当合格", en=name),
            ),
            passed=None if broken is None else broken == 0,
            evaluated_count=0 if broken is None else 10,
            unexpected_count=broken or 0,
        )
        for name, broken in outcomes.items()
    ]
    at = START + dt.timedelta(minutes=minute)
    return QualityRun(
        run_id=f"{version}-{minute}", table=table, version=version, measured_at=at, row_count=10, measurements=tuple(measured)
    )


outcomes = st.dictionaries(st.sampled_from(RULES), st.one_of(st.none(), st.integers(0, 3)))
runs = st.lists(
    st.builds(made_run, st.integers(0, 3), st.integers(0, 5), outcomes), max_size=7, unique_by=lambda one: one.run_id
)


def expected_open(taken: Sequence[QualityRun]) -> set[str]:
    """By definition: rules of the newest run that fail in the newest run which could evaluate them."""
    if not taken:
        return set()
    ordered = sorted(taken, key=lambda one: (one.version, one.measured_at))
    verdicts = {one.rule.name: one.passed for run in ordered for one in run.measurements if one.passed is not None}
    return {one.rule.name for one in ordered[-1].measurements if verdicts.get(one.rule.name) is False}


def seen_after(taken: Sequence[QualityRun]) -> Seen:
    seen = Seen()
    for one in taken:
        seen = observe(seen, one)
    return seen


@given(runs, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_in_which_runs_end_changes_nothing(taken: list[QualityRun], random: st.DataObject) -> None:
    shuffled = taken * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # each run twice, in any order
    seen = seen_after(shuffled)
    assert set(must_be_open(seen)) == expected_open(taken)
    assert seen == seen_after(sorted(taken, key=lambda one: (one.version, one.measured_at)))
    assert Seen.model_validate_json(seen.model_dump_json()) == seen


@given(runs)
@settings(max_examples=40, deadline=None)
def test_applying_the_changes_gives_what_must_be_open(taken: list[QualityRun]) -> None:
    seen, open_rules = Seen(), set[str]()
    for run in taken:
        after = observe(seen, run)
        found = changes(seen, after, open_rules)
        assert not found.opened.keys() & open_rules
        assert set(found.corrected) | found.lapsed | set(found.persisting) <= open_rules
        assert not set(found.corrected) & found.lapsed
        assert all(one.passed for one in found.corrected.values())
        open_rules = (open_rules | found.opened.keys()) - found.corrected.keys() - found.lapsed
        seen = after
        assert open_rules == set(must_be_open(seen))


def test_a_check_of_older_data_that_ends_later_neither_reopens_nor_closes() -> None:
    failing, passing = made_run(1, 0, {"a": 3}), made_run(2, 1, {"a": 0})
    assert set(must_be_open(seen_after([passing, failing]))) == set()
    again = made_run(3, 2, {"a": 1})
    assert set(must_be_open(seen_after([failing, again, passing]))) == {"a"}


def test_the_same_version_may_be_checked_again() -> None:
    first, second = made_run(1, 0, {"a": 3}), made_run(1, 5, {"a": 0})
    assert set(must_be_open(seen_after([first]))) == {"a"}
    assert set(must_be_open(seen_after([second, first]))) == set()


def test_a_dismissal_holds_until_more_rows_fail_or_all_pass() -> None:
    seen = pardon(observe(Seen(), made_run(1, 0, {"a": 3})), "a")
    assert set(must_be_open(seen)) == set()
    fewer = observe(seen, made_run(2, 1, {"a": 2}))
    assert set(must_be_open(fewer)) == set()
    assert set(must_be_open(observe(fewer, made_run(3, 2, {"a": 4})))) == {"a"}
    passed = observe(fewer, made_run(3, 2, {"a": 0}))
    assert set(must_be_open(observe(passed, made_run(4, 3, {"a": 1})))) == {"a"}
    late = observe(fewer, made_run(1, 0, {"a": 9}))  # older than what was dismissed
    assert late == fewer


def test_a_rule_that_is_gone_lapses_and_one_that_cannot_be_evaluated_stays() -> None:
    before = observe(Seen(), made_run(1, 0, {"a": 3, "b": 1}))
    after = observe(before, made_run(2, 1, {"b": None}))
    assert changes(before, after, {"a", "b"}) == ({}, {}, {}, frozenset({"a"}))


def test_an_entry_that_moves_to_another_table_begins_anew() -> None:
    before = observe(Seen(), made_run(7, 0, {"a": 3}))
    moved = observe(before, made_run(0, 1, {"a": 0}, table="base/health/beds"))
    assert set(must_be_open(moved)) == set()
    assert observe(moved, made_run(9, 0, {"a": 3})) == moved


def test_who_answers_for_data() -> None:
    delivered = city.dataset("health/beds", ["code"], ["code"])
    one = {"kind": "golden", "sources": [{"dataset": "health/beds"}, {"dataset": "health/wards"}]}
    several = {"kind": "golden", "sources": [{"dataset": "health/beds"}, {"dataset": "police/beds"}]}
    assert responsible(delivered) == ("health", ())
    assert responsible(city.dataset("authority/beds", ["code"], ["code"], derivation=one)) == ("health", ("health",))
    built = city.dataset("authority/beds", ["code"], ["code"], derivation=several)
    assert responsible(built) == ("authority", ("health", "police"))


@pytest.mark.parametrize("state", list(RectificationState))
def test_what_can_happen_in_each_state(state: RectificationState) -> None:
    possible = {event for event, move in RECTIFICATION_MOVES.items() if state in move.sources}
    always = {RectificationEvent.ANSWER, RectificationEvent.DISMISS, RectificationEvent.CORRECT, RectificationEvent.LAPSE}
    more = {
        RectificationState.OPEN: {RectificationEvent.ESCALATE},
        RectificationState.ANSWERED: {RectificationEvent.ESCALATE, RectificationEvent.PERSIST},
        RectificationState.ESCALATED: set[RectificationEvent](),
    }
    assert possible == (always | more[state] if state in OPEN_STATES else set())


def test_steps_of_people_need_words_and_an_open_issue() -> None:
    with pytest.raises(InvalidError):
        step(RECTIFICATION_MOVES, RectificationState.OPEN, RectificationEvent.DISMISS, article=25, reason=" ")
    with pytest.raises(ConflictError):
        step(RECTIFICATION_MOVES, RectificationState.CORRECTED, RectificationEvent.ANSWER, article=25, reason="改好了")
