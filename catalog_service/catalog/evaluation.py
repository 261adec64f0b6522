"""评价 (Art. 4, 8, 32): what an agency did for its data in a month, out of facts that are frozen with it.

Here: facts, the evaluation they make (a pure function), and how two sets of facts differ. Not here: gathering facts
(services.facts), issuing and showing evaluations (services.evaluating).
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import StringConstraints

from catalog_service.catalog.data_standing import QualityLevel
from catalog_service.catalog.indicators import IndicatorSet, Level, Part
from catalog_service.catalog.metadata_score import MetadataScore
from catalog_service.catalog.model import DatasetId, Line, Model, Slug
from catalog_service.catalog.obligations import DutyScore, Obligation, Period, duty_score
from catalog_service.catalog.scoring import Observation, Score, combine, mean, score

_MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
Month = Annotated[str, StringConstraints(pattern=_MONTH)]
"""Such as 2026-10."""


class MeasuredRun(Model):
    """What the rules of a data set were measured as in its latest run."""

    dataset: DatasetId
    run_id: str
    version: int
    """Version of the main table that was checked."""
    measured_at: dt.datetime
    observations: tuple[Observation, ...]


class DatasetFacts(Model):
    """What counts of one data set at a moment."""

    dataset: DatasetId
    title: Line
    run_id: str | None = None
    """The run that measured its rules; None: it was never checked."""
    version: int | None = None
    """The version of its main table that was checked."""
    measured_at: dt.datetime | None = None
    observations: tuple[Observation, ...]
    metadata: MetadataScore

    def score(self, indicators: IndicatorSet) -> Score:
        """Return its score."""
        return score(self.observations, indicators, Level.DATASET)

    def line(self, indicators: IndicatorSet) -> "DatasetLine":
        """Return it in one line."""
        return DatasetLine(
            dataset=self.dataset,
            title=self.title,
            score=self.score(indicators),
            metadata_points=self.metadata.points,
            measured_at=self.measured_at,
        )


class DatasetLine(Model):
    """A data set in one line of a scorecard."""

    dataset: DatasetId
    title: Line
    score: Score
    metadata_points: float
    measured_at: dt.datetime | None


class Facts(Model):
    """Everything that an evaluation of one agency rests on."""

    as_of: dt.datetime
    """What came later does not count."""
    period: Period
    datasets: tuple[DatasetFacts, ...]
    """In order of their ids."""
    obligations: tuple[Obligation, ...]

    @property
    def sha256(self) -> str:
        """Return the hash of everything."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Outcome(Model):
    """What an agency has reached: the parts and the whole."""

    points: float | None
    grade: QualityLevel
    quality: Score
    metadata_points: float | None
    duties: DutyScore

    @property
    def parts(self) -> dict[Part, float | None]:
        """Points by part."""
        return {Part.QUALITY: self.quality.points, Part.METADATA: self.metadata_points, Part.DUTIES: self.duties.points}


class Evaluation(Model):
    """An issued evaluation; it never changes."""

    id: str
    agency: Slug
    agency_name: Line
    month: Month
    indicator_set: str
    outcome: Outcome
    datasets: int
    facts_sha256: str
    issued_at: dt.datetime
    issued_by: Line


def evaluate(facts: Facts, indicators: IndicatorSet) -> Outcome:
    """Return what follows from facts; the same facts and the same indicators always give the same."""
    return outcome([one.line(indicators) for one in facts.datasets], facts.obligations, facts.period, indicators)


def outcome(
    lines: Sequence[DatasetLine],
    obligations: Iterable[Obligation],
    period: Period,
    indicators: IndicatorSet,
    level: Level = Level.AGENCY,
) -> Outcome:
    """Return the whole of data sets that are scored already and of the obligations in a period."""
    quality = combine([one.score for one in lines], indicators, level)
    metadata = mean((one.metadata_points, 1) for one in lines)
    duties = duty_score(obligations, period, indicators)
    parts = {Part.QUALITY: quality.points, Part.METADATA: metadata, Part.DUTIES: duties.points}
    points = mean((points, indicators.parts[part]) for part, points in parts.items())
    cap = indicators.caps[level] if quality.critical else None
    grade = indicators.grade(points, quality.coverage, cap=cap)
    return Outcome(points=points, grade=grade, quality=quality, metadata_points=metadata, duties=duties)


def differences(before: Facts, after: Facts) -> tuple[str, ...]:
    """Return the data sets and cases whose facts differ, in order."""
    old, new = _by_name(before), _by_name(after)
    return tuple(sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)))


def _by_name(facts: Facts) -> dict[str, Model]:
    named: dict[str, Model] = {one.dataset: one for one in facts.datasets}
    return named | {f"{one.kind.value}:{one.case}": one for one in facts.obligations}


def period_of(month: str) -> Period:
    """Return the days of a month."""
    first = dt.date.fromisoformat(f"{month}-01")
    following = (first + dt.timedelta(days=31)).replace(day=1)
    return Period(first=first, last=following - dt.timedelta(days=1), until=following)


def is_month(text: str) -> bool:
    """Tell whether a text is a month."""
    return re.fullmatch(_MONTH, text) is not None


def month_of(day: dt.date) -> str:
    """Return the month of a day."""
    return f"{day:%Y-%m}"


def month_before(day: dt.date) -> str:
    """Return the month before that of a day."""
    return month_of(day.replace(day=1) - dt.timedelta(days=1))
