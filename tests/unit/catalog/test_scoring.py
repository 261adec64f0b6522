"""The formula of scores: bounded, monotone, free of order and of numbers of rows; what was not evaluated is never 100."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog_service.catalog.data_standing import QualityLevel
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.indicators import GRADES, Check, Fact, IndicatorSet, IndicatorSets, Level, MetadataDimension
from catalog_service.catalog.quality import Metric
from catalog_service.catalog.scoring import Observation, Score, combine, losses, mean, part, score
from catalog_service.catalog.vocabularies import Dimension, Severity
from catalog_service.formats.indicator_sets import shipped_indicator_sets

SET = shipped_indicator_sets().sets[0]
WHOLE = (Metric.ROW_COUNT.value, Metric.FRESH.value, Fact.UPDATED_IN_TIME.value)


def rule(name: str = "a__x", dimension: Dimension = Dimension.ACCURACY, **changes: object) -> Observation:
    given = {"rule": name, "dimension": dimension, "metric": "unique", "severity": "warning", "passed": True, "evaluated": 10}
    return Observation.model_validate(given | changes)


KINDS = [one.value for one in (*Metric, *Fact)]
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def observed(kind: int, evaluated: int, broken: int, passed: bool | None) -> Observation:
    unexpected = min(evaluated, broken)
    return Observation(
        rule="a__x",
        dimension=list(Dimension)[kind % len(Dimension)],
        metric=KINDS[kind % len(KINDS)],
        severity=Severity.BLOCKING if kind % 2 else Severity.WARNING,
        passed=passed if unexpected or passed is None else True,
        evaluated=evaluated,
        unexpected=unexpected,
    )


observations = st.builds(
    observed, st.integers(0, 10_000), st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from([True, False, None])
)
rules = st.lists(observations, max_size=6).map(
    lambda found: [one.model_copy(update={"rule": f"r{number}"}) for number, one in enumerate(found)]
)


def is_at_least(better: Score, worse: Score) -> bool:
    points = better.points is None or (worse.points is not None and better.points >= worse.points)
    return points and (worse.points is None or GRADES.index(better.grade) >= GRADES.index(worse.grade))


@quick
@given(rules, st.randoms(use_true_random=False))
def test_a_score_is_bounded_by_its_rules_and_does_not_depend_on_their_order(
    found: list[Observation], shuffler: random.Random
) -> None:
    scored = score(found, SET)
    known = [one.points for one in found if one.points is not None]
    assert (scored.points is None) == (not known)
    if scored.points is not None:
        # rounded down at three levels: a hundredth each
        assert min(known) - 0.03 <= scored.points <= max(known)
        assert (scored.points == 100) == all(one == 100 for one in known)
    shuffled = list(found)
    shuffler.shuffle(shuffled)
    assert score(shuffled, SET) == scored


@quick
@given(rules, observations)
def test_what_was_not_evaluated_changes_no_points_and_costs_coverage(found: list[Observation], other: Observation) -> None:
    unknown = other.model_copy(update={"passed": None, "rule": "other"})
    before, after = score(found, SET), score([*found, unknown], SET)
    assert after.points == before.points
    assert after.coverage < before.coverage or before.coverage == 0
    assert score([unknown], SET).points is None
    assert score([unknown], SET).grade is QualityLevel.NOT_EVALUATED


@quick
@given(rules.filter(bool), st.data())
def test_mending_rows_never_costs_points_or_the_grade(found: list[Observation], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(found) - 1))
    one = found[number]
    if one.passed is None:
        return
    mended = one.model_copy(update={"unexpected": data.draw(st.integers(0, one.unexpected)), "passed": True})
    better = [*found[:number], mended, *found[number + 1 :]]
    assert is_at_least(score(better, SET), score(found, SET))


@quick
@given(rules)
def test_what_rules_cost_is_what_is_missing_to_100(found: list[Observation]) -> None:
    costs, scored = losses(found, SET), score(found, SET)
    assert set(costs) == {one.rule for one in found if one.points is not None}
    if scored.points is not None:
        assert sum(costs.values()) == pytest.approx(100 - scored.points, abs=0.03 + 0.005 * len(costs))


@quick
@given(st.lists(rules, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_of_several_data_sets_each_weighs_the_same(found: list[list[Observation]], shuffler: random.Random) -> None:
    scores = [score(one, SET) for one in found]
    whole = combine(scores, SET, Level.AGENCY)
    for dimension, points in whole.by_dimension.items():
        own = [one.by_dimension[dimension] for one in scores if one.by_dimension.get(dimension) is not None]
        assert points == (mean((one, 1) for one in own) if own else None)
    assert whole.critical == sum(one.critical for one in scores)
    shuffler.shuffle(scores)
    assert combine(scores, SET, Level.AGENCY) == whole


def test_a_rule_weighs_by_its_severity_whatever_its_rows() -> None:
    big, small = rule("a", evaluated=10**9), rule("b", evaluated=2, unexpected=1, passed=False)
    assert score([big, small], SET).points == 75
    assert score([big.model_copy(update={"severity": Severity.BLOCKING}), small], SET).points == 83.33
    # six of sixteen rules fail in a few of a billion rows: a score by rows would print 100.0
    few = rule("c", evaluated=10**9, unexpected=3, passed=False)
    assert score([few] * 6 + [big] * 10, SET).points == 99.99


def test_a_failed_critical_rule_caps_the_grade_at_every_level() -> None:
    good = [rule(f"r{n}") for n in range(99)]
    failed = rule("key", severity="blocking", passed=False, evaluated=1_000_000, unexpected=1)
    assert score(good, SET).grade is QualityLevel.EXCELLENT
    for level in (Level.FIELD, Level.DATASET):
        assert score([*good, failed], SET, level).grade is SET.caps[level] is QualityLevel.FAIR
    whole = combine([score(good, SET), score([*good, failed], SET)], SET, Level.AGENCY)
    assert (whole.points, whole.grade) == (99.99, QualityLevel.GOOD)
    # a warning caps nothing
    assert score([*good, failed.model_copy(update={"severity": Severity.WARNING})], SET).grade is QualityLevel.EXCELLENT


def test_grades_need_that_enough_was_evaluated() -> None:
    unknown = [rule(f"u{n}", passed=None) for n in range(9)]
    assert score([rule()], SET).grade is QualityLevel.EXCELLENT
    assert score([rule(), *unknown[:1]], SET).grade is QualityLevel.GOOD
    assert score([rule(), *unknown], SET).grade is QualityLevel.FAIR
    # a data set of which nothing is known keeps its agency from the best grades too
    never = score([], SET)
    assert combine([score([rule()], SET), never], SET, Level.AGENCY).coverage == 50
    assert combine([score([rule()], SET), never, never], SET, Level.AGENCY).grade is QualityLevel.FAIR


@pytest.mark.parametrize("metric", WHOLE)
def test_rules_of_a_table_as_a_whole_pass_or_fail(metric: str) -> None:
    assert rule(metric=metric, passed=False, evaluated=0).points == 0
    assert rule(metric=metric, passed=True, evaluated=0).points == 100
    assert rule(metric="unique", passed=True, evaluated=0).points is None, "applied to no row: not evaluated"


def test_only_what_is_whole_is_100() -> None:
    assert rule(passed=False, evaluated=10**12, unexpected=1).points == 99.99
    assert part(1, 3) == 33.33
    assert mean([(100, 1), (99.99, 1)]) == 99.99
    assert mean([(None, 5), (40, 1)]) == 40
    assert mean([(None, 5)]) is None


def test_the_shipped_indicators_are_whole() -> None:
    assert SET.metadata_points == 405
    by_dimension = {one: sum(item.points for item in SET.metadata if item.dimension is one) for one in MetadataDimension}
    assert list(by_dimension.values()) == [100, 100, 110, 75, 20]
    assert {one.check for one in SET.metadata} == set(Check)
    for dimension, term in SET.dimensions.items():
        assert term.indicator_of("no such metric").metrics == (), dimension


def broken(**changes: object) -> Iterable[str]:
    with pytest.raises(ValidationError) as caught:
        IndicatorSet.model_validate(SET.model_dump(mode="json") | changes)
    return [one["msg"] for one in caught.value.errors()]


def test_indicators_that_leave_something_out_are_refused() -> None:
    document = SET.model_dump(mode="json")
    less = {name: one for name, one in document["dimensions"].items() if name != "accuracy"}
    assert any("dimensions" in one for one in broken(dimensions=less))
    assert broken(grades=[*document["grades"][1:], document["grades"][0]])
    assert broken(parts={"quality": 50, "metadata": 20})
    assert broken(metadata=document["metadata"][1:])
    assert broken(dimensions=document["dimensions"] | {"accuracy": {"weight": 0, "indicators": []}})
    level = [{**one, "least": 60} for one in document["grades"]]
    assert broken(grades=level)


def test_the_set_that_came_into_force_last_is_used() -> None:
    newer = SET.model_copy(update={"id": "wuxi-indicators-2", "in_force_from": SET.in_force_from.replace(year=2027)})
    sets = IndicatorSets(sets=(newer, SET))
    assert sets.in_force(newer.in_force_from).id == newer.id
    assert sets.in_force(newer.in_force_from.replace(year=2026)).id == SET.id
    with pytest.raises(InvalidError):
        sets.in_force(SET.in_force_from.replace(year=2019))
