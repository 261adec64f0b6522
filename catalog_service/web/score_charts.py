"""Charts of scores: dimensions, parts, grades, months. Not here: how they are drawn (charts), the numbers (services)."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from catalog_service.catalog.data_standing import QualityLevel
from catalog_service.catalog.errors import Language, Text
from catalog_service.catalog.evaluation import Outcome
from catalog_service.catalog.indicators import IndicatorSet
from catalog_service.catalog.scoring import Score
from catalog_service.catalog.vocabularies import Dimension, Term
from catalog_service.services.scorecards import MonthPoints
from catalog_service.web.charts import Bar, Part, Point, bars, parts, trend
from catalog_service.web.messages import message

_LEVELS = {
    QualityLevel.EXCELLENT: "good",
    QualityLevel.GOOD: "good",
    QualityLevel.FAIR: "warn",
    QualityLevel.POOR: "bad",
    QualityLevel.NOT_EVALUATED: "none",
}


class ScoreCharts:
    """Charts in one language, coloured by the grades of an indicator set."""

    def __init__(self, language: Language, indicators: IndicatorSet) -> None:
        self._language = language
        self.indicators = indicators

    def dimensions(self, score: Score) -> Markup:
        """Return the six dimensions; one without rules is not evaluated."""
        points = score.by_dimension
        return self._bars("score_dimensions", ((self._label(one), points.get(one)) for one in Dimension))

    def parts(self, outcome: Outcome) -> Markup:
        """Return the parts of an evaluation."""
        return self._bars("score_total", ((self._label(part), points) for part, points in outcome.parts.items()))

    def grades(self, grades: Mapping[str, int], unevaluated: int) -> Markup:
        """Return how many data sets have each grade."""
        counted = [(one, grades.get(one.value, 0)) for one in _LEVELS if one is not QualityLevel.NOT_EVALUATED]
        drawn = [*counted, (QualityLevel.NOT_EVALUATED, unevaluated)]
        return parts(self._words("score_grades"), (Part(self._label(one), number, _LEVELS[one]) for one, number in drawn))

    def months(self, history: Iterable[MonthPoints]) -> Markup:
        """Return the points of the evaluations of months."""
        points = [Point(one.month, one.points) for one in history]
        return trend(self._words("score_trend"), points, unevaluated=self._words("score_unevaluated"))

    def _bars(self, title: str, values: Iterable[tuple[str, float | None]]) -> Markup:
        drawn = (Bar(label, points, "" if points is None else f"{points:g}", self._level(points)) for label, points in values)
        return bars(self._words(title), drawn, unevaluated=self._words("score_unevaluated"))

    def _level(self, points: float | None) -> str:
        return _LEVELS[self.indicators.grade(points, 100.0)]

    def _words(self, key: str) -> str:
        return message(self._language, key)

    def _label(self, term: Term) -> str:
        return Text(zh=term.zh, en=term.en).to(self._language)
