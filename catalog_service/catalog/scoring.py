"""Scores of data quality (Art. 32; GB/T 36344): rule → indicator → dimension → field, data set, agency, city.

Here: the formula, pure. A rule scores X = (B − unexpected) / B; every rule weighs by its severity, never by its rows; what was
not evaluated (未评) is left out and shown as missing coverage, never taken for 100; a critical rule that failed caps the grade.
Everything is counted in whole hundredths of a point and rounded down at every level, so that the order of rules and data sets
does not matter, and only what lacks nothing has 100. Not here: weights and bounds (indicators, data), facts (services.facts).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from catalog_service.catalog.data_standing import QualityLevel
from catalog_service.catalog.indicators import DimensionTerm, Fact, Indicator, IndicatorSet, Level
from catalog_service.catalog.model import Model, Slug
from catalog_service.catalog.quality import OF_TABLES
from catalog_service.catalog.vocabularies import Dimension, Severity

_WHOLE = 10_000
"""Hundredths of a point of what is without fault."""
_AS_A_WHOLE = frozenset({one.value for one in OF_TABLES} | {one.value for one in Fact})
"""Kinds of rules that pass or fail; no row breaks them."""
K = TypeVar("K")
T = TypeVar("T")


class Observation(Model):
    """What is known of one rule of a data set: as it was measured, or as the platform sees it."""

    rule: str
    dimension: Dimension
    metric: str
    field: Slug | None = None
    severity: Severity
    passed: bool | None
    """None: not evaluated (未评)."""
    evaluated: int = 0
    unexpected: int = 0

    @property
    def points(self) -> float | None:
        """X in per cent: the share of rows that satisfy, 0 or 100 for what holds as a whole; None: not evaluated."""
        if self.passed is None:
            return None
        if self.metric in _AS_A_WHOLE:
            return part(int(self.passed), 1)
        return part(max(0, self.evaluated - self.unexpected), self.evaluated) if self.evaluated > 0 else None

    @property
    def is_critical_failure(self) -> bool:
        """True where a blocking rule failed."""
        return self.passed is False and self.severity is Severity.BLOCKING


class IndicatorScore(Model):
    """Rules that measure one thing, together; `points` None: none was evaluated."""

    code: str
    points: float | None
    evaluated: int
    rules: int


class DimensionScore(Model):
    """A dimension; `points` None: nothing was evaluated."""

    dimension: Dimension
    points: float | None
    evaluated: int
    """Rules that were evaluated."""
    rules: int
    indicators: tuple[IndicatorScore, ...]


class Score(Model):
    """A score at some level. Points are per cent to two digits, rounded down; only what lacks nothing has 100."""

    points: float | None
    grade: QualityLevel
    evaluated: int
    rules: int
    coverage: float
    """Share of the rules that were evaluated, in per cent, rounded down; of several data sets the mean of theirs."""
    critical: int
    """Critical rules that failed."""
    dimensions: tuple[DimensionScore, ...]

    @property
    def by_dimension(self) -> dict[Dimension, float | None]:
        """Points by dimension."""
        return {one.dimension: one.points for one in self.dimensions}


def score(observations: Iterable[Observation], indicators: IndicatorSet, level: Level = Level.DATASET) -> Score:
    """Return the score of rules, in whatever order they come."""
    given = list(observations)
    by_dimension = _grouped(given, lambda one: one.dimension)
    dimensions = tuple(
        _dimension(dimension, by_dimension[dimension], indicators) for dimension in Dimension if dimension in by_dimension
    )
    evaluated = sum(one.points is not None for one in given)
    coverage = part(evaluated, len(given)) if given else 0.0
    return _whole(dimensions, coverage, sum(one.is_critical_failure for one in given), indicators, level)


def combine(scores: Sequence[Score], indicators: IndicatorSet, level: Level) -> Score:
    """Return the score of many data sets, each weighing the same, however many rows or rules it has."""
    dimensions = []
    for dimension in Dimension:
        found = [one for each in scores for one in each.dimensions if one.dimension is dimension]
        if found:
            dimensions.append(_mean(dimension, found))
    coverage = mean((one.coverage, 1) for one in scores) or 0.0
    return _whole(tuple(dimensions), coverage, sum(one.critical for one in scores), indicators, level)


def losses(observations: Sequence[Observation], indicators: IndicatorSet) -> dict[str, float]:
    """Return how many points each evaluated rule costs the score, by rule; their sum is what is missing to 100."""
    evaluated = [one for one in observations if one.points is not None]
    total = sum(indicators.dimensions[one].weight for one in {one.dimension for one in evaluated})
    found = {}
    for dimension, rules in _grouped(evaluated, lambda one: one.dimension).items():
        term = indicators.dimensions[dimension]
        groups = _by_indicator(term, rules)
        weights = total * sum(one.weight for one, _ in groups)
        for indicator, members in groups:
            own = weights * sum(indicators.rule_weights[one.severity] for one in members)
            for one in members:
                weight = term.weight * indicator.weight * indicators.rule_weights[one.severity]
                found[one.rule] = round((100 - (one.points or 0.0)) * weight / own, 2)
    return found


def part(number: int, whole: int) -> float:
    """Return a part of a whole in per cent, rounded down to two digits."""
    return number * _WHOLE // whole / 100


def mean(points: Iterable[tuple[float | None, int]]) -> float | None:
    """Return the mean of the points that are known, by their weights, rounded down to two digits; None where none is."""
    known = [(round(value * 100), weight) for value, weight in points if value is not None]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) // total / 100 if total else None


def _dimension(dimension: Dimension, rules: Sequence[Observation], indicators: IndicatorSet) -> DimensionScore:
    grouped = _by_indicator(indicators.dimensions[dimension], rules)
    scored = tuple(_indicator(one, members, indicators) for one, members in grouped)
    return DimensionScore(
        dimension=dimension,
        points=mean((score.points, one.weight) for score, (one, _) in zip(scored, grouped, strict=True)),
        evaluated=sum(one.evaluated for one in scored),
        rules=len(rules),
        indicators=scored,
    )


def _by_indicator(term: DimensionTerm, rules: Iterable[Observation]) -> list[tuple[Indicator, list[Observation]]]:
    groups = _grouped(rules, lambda one: term.indicator_of(one.metric).code)
    return [(one, groups[one.code]) for one in term.indicators if one.code in groups]


def _indicator(one: Indicator, rules: Sequence[Observation], indicators: IndicatorSet) -> IndicatorScore:
    return IndicatorScore(
        code=one.code,
        points=mean((rule.points, indicators.rule_weights[rule.severity]) for rule in rules),
        evaluated=sum(rule.points is not None for rule in rules),
        rules=len(rules),
    )


def _mean(dimension: Dimension, found: Sequence[DimensionScore]) -> DimensionScore:
    codes = _grouped([one for each in found for one in each.indicators], lambda one: one.code)
    return DimensionScore(
        dimension=dimension,
        points=mean((one.points, 1) for one in found),
        evaluated=sum(one.evaluated for one in found),
        rules=sum(one.rules for one in found),
        indicators=tuple(
            IndicatorScore(
                code=code,
                points=mean((one.points, 1) for one in each),
                evaluated=sum(one.evaluated for one in each),
                rules=sum(one.rules for one in each),
            )
            for code, each in sorted(codes.items())
        ),
    )


def _whole(
    dimensions: tuple[DimensionScore, ...], coverage: float, critical: int, indicators: IndicatorSet, level: Level
) -> Score:
    points = mean((one.points, indicators.dimensions[one.dimension].weight) for one in dimensions)
    return Score(
        points=points,
        grade=indicators.grade(points, coverage, cap=indicators.caps[level] if critical else None),
        evaluated=sum(one.evaluated for one in dimensions),
        rules=sum(one.rules for one in dimensions),
        coverage=coverage,
        critical=critical,
        dimensions=dimensions,
    )


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    found: dict[K, list[T]] = {}
    for one in items:
        found.setdefault(key(one), []).append(one)
    return found
