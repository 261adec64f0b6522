"""Scores as of today (Art. 32): a data set down to its rules and fields, an agency's scorecard, the whole city.

Here: what each reader may see, and shapes for pages, API and spreadsheets. Not here: the formula (catalog.scoring), monthly
evaluations (services.evaluating).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from catalog_service.catalog.errors import NotFoundError, Text, problem
from catalog_service.catalog.evaluation import DatasetFacts, DatasetLine, Outcome, month_of, outcome, period_of
from catalog_service.catalog.indicators import Fact, IndicatorSet, Level
from catalog_service.catalog.metadata_score import MetadataFix, MetadataScore
from catalog_service.catalog.model import Model
from catalog_service.catalog.obligations import Keeping, Obligation, Period
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.schema import Field
from catalog_service.catalog.scoring import Observation, Score, losses, score
from catalog_service.services import clocks, evaluating, facts, measuring, score_lines
from catalog_service.services.obligations import obligations
from catalog_service.services.platform import Platform
from catalog_service.services.reading import agency_of, published_record

_LONGEST_TREND = 24


class RuleScore(Model):
    """A rule of a data set: its share and what it costs."""

    observation: Observation
    points: float | None
    """Share of rows that satisfy, in per cent; None: not evaluated (未评)."""
    loss: float
    """Points that it costs the data set."""
    reason: Text
    """What it asks, for people."""


class FieldScore(Model):
    """The rules of one field together."""

    field: str
    title: str
    title_en: str
    score: Score


class DatasetScore(Model):
    """A data set: its score, the rules and fields that made it, its metadata and what to mend."""

    dataset: str
    title: str
    agency: str
    agency_name: str
    indicator_set: str
    day: dt.date
    run_id: str | None
    measured_at: dt.datetime | None
    score: Score
    fields: tuple[FieldScore, ...]
    rules: tuple[RuleScore, ...]
    """What costs most, first."""
    metadata: MetadataScore
    fixes: tuple[MetadataFix, ...]


class MonthPoints(Model):
    """Points of the evaluation of a month."""

    month: str
    points: float | None


class AgencyCard(Model):
    """An agency's scorecard as of today; duties are those of the running month."""

    agency: str
    name: str
    indicator_set: str
    day: dt.date
    month: str
    outcome: Outcome
    datasets: tuple[DatasetLine, ...]
    """The lowest points first, then those not evaluated."""
    overdue: tuple[Obligation, ...]
    """Obligations of this month that were missed."""
    history: tuple[MonthPoints, ...]
    """Evaluations, oldest first."""
    waiting: int
    """Data sets whose scores are not brought up to date yet."""


class AgencyLine(Model):
    """An agency in one line of the city's dashboard."""

    agency: str
    name: str
    outcome: Outcome
    datasets: int
    unevaluated: int
    """Data sets of which nothing could be evaluated."""


class CityCard(Model):
    """The whole city as of today."""

    indicator_set: str
    day: dt.date
    month: str
    score: Score
    metadata_points: float | None
    agencies: tuple[AgencyLine, ...]
    """The lowest points first."""
    datasets: int
    unevaluated: int
    grades: dict[str, int]
    """Data sets by grade."""
    history: tuple[MonthPoints, ...]
    waiting: int


def dataset_score(platform: Platform, principal: Principal, dataset_id: str) -> DatasetScore:
    """Return the score of a data set, down to its rules.

    Raises:
        UnauthenticatedError, ForbiddenError: neither of its agency nor of the authority.
        NotFoundError: there is no such published entry.
    """
    authorize(principal, Action.SEE_SCORES, agency=dataset_id.partition("/")[0])
    indicators, moment = evaluating.indicators_of(clocks.today(platform)), facts.now(platform)
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        (found,) = facts.dataset_facts(platform, transaction, indicators, moment, [dataset])
        name, _ = agency_of(transaction.catalog.registry().agency, dataset.agency)
    asked = {one.rule: one.reason for one in measuring.quality(platform, dataset_id).rules}
    return DatasetScore(
        dataset=found.dataset,
        title=found.title,
        agency=dataset.agency,
        agency_name=name,
        indicator_set=indicators.id,
        day=moment.day,
        run_id=found.run_id,
        measured_at=found.measured_at,
        score=found.score(indicators),
        fields=tuple(_fields(dataset.schema_.fields, found, indicators)),
        rules=_rules(found, indicators, asked),
        metadata=found.metadata,
        fixes=found.metadata.fixes(indicators),
    )


def agency_card(platform: Platform, principal: Principal, agency: str) -> AgencyCard:
    """Return an agency's scorecard.

    Raises:
        UnauthenticatedError, ForbiddenError: neither of this agency nor of the authority.
        NotFoundError: there is no such agency.
    """
    authorize(principal, Action.SEE_SCORES, agency=agency)
    indicators, moment = evaluating.indicators_of(clocks.today(platform)), facts.now(platform)
    waiting = score_lines.refresh(platform, indicators, agency=agency, limit=score_lines.COUNTED_AT_ONCE)
    period = _running(moment.day)
    with platform.database.reading() as transaction:
        registered = transaction.catalog.registry().agency.get(agency)
        lines = score_lines.lines(transaction, agency)
        cases = obligations(transaction, moment, agency)
        history = transaction.scores.evaluations(agency=agency)[:_LONGEST_TREND]
    if registered is None:
        raise NotFoundError(problem("unknown-agency", f"没有机构 {agency}", f"there is no agency {agency}", article=14))
    return AgencyCard(
        agency=agency,
        name=registered.name,
        indicator_set=indicators.id,
        day=moment.day,
        month=month_of(moment.day),
        outcome=outcome(lines, cases, period, indicators),
        datasets=tuple(sorted(lines, key=_worst_first)),
        overdue=tuple(one for one in cases if one.keeping(period) is Keeping.MISSED),
        history=tuple(
            MonthPoints(month=one.evaluation.month, points=one.evaluation.outcome.points) for one in reversed(history)
        ),
        waiting=waiting,
    )


def city_card(platform: Platform, principal: Principal, *, limit: int | None = score_lines.COUNTED_AT_ONCE) -> CityCard:
    """Return the scores of the whole city; `limit`: data sets that are counted on the way (None: all).

    Raises:
        UnauthenticatedError, ForbiddenError: it is for the authority.
    """
    authorize(principal, Action.SEE_STATISTICS)
    indicators, moment = evaluating.indicators_of(clocks.today(platform)), facts.now(platform)
    waiting = score_lines.refresh(platform, indicators, limit=limit)
    period = _running(moment.day)
    with platform.database.reading() as transaction:
        lines = score_lines.lines(transaction)
        cases = obligations(transaction, moment)
        names = {one.slug: one.name for one in transaction.catalog.registry().agencies}
        history = transaction.scores.mean_points()[-_LONGEST_TREND:]
    whole = outcome(lines, cases, period, indicators, Level.CITY)
    agencies = _agencies(lines, cases, names, period, indicators)
    return CityCard(
        indicator_set=indicators.id,
        day=moment.day,
        month=month_of(moment.day),
        score=whole.quality,
        metadata_points=whole.metadata_points,
        agencies=tuple(sorted(agencies, key=_worst_agency_first)),
        datasets=len(lines),
        unevaluated=_unevaluated(lines),
        grades={bound.grade.value: sum(one.score.grade is bound.grade for one in lines) for bound in indicators.grades},
        history=tuple(MonthPoints(month=month, points=round(points, 2)) for month, points in history),
        waiting=waiting,
    )


def _running(day: dt.date) -> Period:
    """Return the running month: what was due before today and is not done is overdue."""
    return period_of(month_of(day)).model_copy(update={"last": day, "until": day})


def _fields(fields: Sequence[Field], found: DatasetFacts, indicators: IndicatorSet) -> list[FieldScore]:
    own = defaultdict(list)
    for one in found.observations:
        if one.field is not None:
            own[one.field].append(one)
    return [
        FieldScore(field=one.name, title=one.title, title_en=one.title_en, score=score(own[one.name], indicators, Level.FIELD))
        for one in fields
        if one.name in own
    ]


def _rules(found: DatasetFacts, indicators: IndicatorSet, asked: Mapping[str, Text]) -> tuple[RuleScore, ...]:
    costs = losses(found.observations, indicators)
    rules = [
        RuleScore(
            observation=one,
            points=one.points,
            loss=costs.get(one.rule, 0.0),
            reason=asked.get(one.rule) or _reason(one),
        )
        for one in found.observations
    ]
    return tuple(sorted(rules, key=lambda one: (-one.loss, one.points is not None, one.observation.rule)))


def _reason(one: Observation) -> Text:
    """Return what the platform itself looks at; the name of a rule that was renamed since."""
    fact = next((fact for fact in Fact if fact.value == one.metric), None)
    return Text(zh=one.rule, en=one.rule) if fact is None else Text(zh=fact.zh, en=fact.en)


def _agencies(
    lines: Sequence[DatasetLine],
    cases: Sequence[Obligation],
    names: Mapping[str, str],
    period: Period,
    indicators: IndicatorSet,
) -> list[AgencyLine]:
    own_lines, own_cases = defaultdict(list), defaultdict(list)
    for one in lines:
        own_lines[one.dataset.partition("/")[0]].append(one)
    for case in cases:
        own_cases[case.agency].append(case)
    return [
        AgencyLine(
            agency=slug,
            name=names.get(slug, slug),
            outcome=outcome(own_lines[slug], own_cases[slug], period, indicators),
            datasets=len(own_lines[slug]),
            unevaluated=_unevaluated(own_lines[slug]),
        )
        for slug in sorted(own_lines.keys() | own_cases.keys())
    ]


def _unevaluated(lines: Sequence[DatasetLine]) -> int:
    return sum(one.score.points is None for one in lines)


def _worst_first(one: DatasetLine) -> tuple[bool, float, str]:
    return one.score.points is None, one.score.points or 0.0, one.dataset


def _worst_agency_first(one: AgencyLine) -> tuple[bool, float, str]:
    return one.outcome.points is None, one.outcome.points or 0.0, one.agency
