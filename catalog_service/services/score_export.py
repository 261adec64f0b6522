"""Scorecards and evaluations as Excel workbooks (Art. 32): for reports of those who may see them.

Here: which tables, in which words. Not here: cells (formats.tables_workbook), the numbers (scorecards, evaluating).
"""

from catalog_service.catalog.errors import Language, Text
from catalog_service.catalog.evaluation import Outcome
from catalog_service.catalog.indicators import Part
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.scoring import Score
from catalog_service.catalog.vocabularies import Dimension, Term
from catalog_service.formats.tables_workbook import MEDIA_TYPE, Cell, Sheet, write_tables
from catalog_service.services import evaluating, scorecards
from catalog_service.services.platform import Platform
from catalog_service.services.scorecards import AgencyCard, CityCard

__all__ = ["MEDIA_TYPE", "agency_workbook", "city_workbook", "evaluation_workbook", "workbook"]
Rows = list[list[Cell]]
_NAMES = {
    "summary": ("总览", "summary"),
    "datasets": ("数据集", "data sets"),
    "agencies": ("机构", "agencies"),
    "duties": ("履责时限", "duties"),
    "overdue": ("逾期事项", "overdue"),
    "item": ("项目", "item"),
    "value": ("值", "value"),
    "agency": ("机构", "agency"),
    "day": ("截至", "as of"),
    "set": ("指标体系", "indicator set"),
    "points": ("综合得分", "points"),
    "score": ("质量得分", "quality"),
    "grade": ("等次", "grade"),
    "coverage": ("已评规则占比（%）", "rules evaluated, %"),
    "critical": ("未通过的阻断规则", "failed critical rules"),
    "metadata": ("元数据得分", "metadata"),
    "id": ("标识", "id"),
    "title": ("名称", "title"),
    "article": ("条款", "article"),
    "kept": ("按期", "kept"),
    "missed": ("逾期", "missed"),
    "running": ("未到期", "running"),
    "case": ("事项编号", "case"),
    "began": ("起算日", "began"),
    "due": ("截止日", "due"),
    "kind": ("事项", "duty"),
    "unevaluated": ("未评", "not evaluated"),
}


def agency_workbook(platform: Platform, principal: Principal, agency: str, language: Language = Language.ZH) -> bytes:
    """Return an agency's scorecard of today; refused to those who may not see it."""
    return _Words(language).agency(scorecards.agency_card(platform, principal, agency))


def city_workbook(platform: Platform, principal: Principal, language: Language = Language.ZH) -> bytes:
    """Return the scores of the city by agency; refused to those who may not see it."""
    return _Words(language).city(scorecards.city_card(platform, principal))


def workbook(platform: Platform, principal: Principal, agency: str | None, language: Language = Language.ZH) -> bytes:
    """Return the scorecard of an agency, or without one the scores of the city."""
    if agency is None:
        return city_workbook(platform, principal, language)
    return agency_workbook(platform, principal, agency, language)


def evaluation_workbook(
    platform: Platform, principal: Principal, agency: str, month: str, language: Language = Language.ZH
) -> bytes:
    """Return an issued evaluation with its data sets and obligations; refused to those who may not see its facts."""
    return _Words(language).evaluation(evaluating.detail(platform, principal, agency, month))


class _Words:
    """Tables in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def agency(self, card: AgencyCard) -> bytes:
        about = [("agency", card.name), ("day", str(card.day)), ("set", card.indicator_set)]
        lines: Rows = [[one.dataset, one.title, *self._scored(one.score), one.metadata_points] for one in card.datasets]
        overdue: Rows = [
            [one.article, self._label(one.kind), one.case, one.dataset, str(one.began), str(one.due)] for one in card.overdue
        ]
        return write_tables(
            [
                self._summary(about, card.outcome),
                Sheet(self._name("datasets"), [*self._names("id", "title"), *self._columns(), self._name("metadata")], lines),
                self._duties(card.outcome),
                Sheet(self._name("overdue"), self._names("article", "kind", "case", "id", "began", "due"), overdue),
            ]
        )

    def city(self, card: CityCard) -> bytes:
        rows: Rows = [
            [one.agency, one.name, self._points(one.outcome.points), *self._scored(one.outcome.quality)]
            + [self._points(points) for part, points in one.outcome.parts.items() if part is not Part.QUALITY]
            for one in card.agencies
        ]
        columns = [*self._names("id", "agency", "points"), *self._columns()]
        columns += [self._label(part) for part in Part if part is not Part.QUALITY]
        whole: Rows = [[self._name("day"), str(card.day)], [self._name("set"), card.indicator_set]]
        whole += [[name, value] for name, value in zip(self._columns(), self._scored(card.score), strict=True)]
        summary = Sheet(self._name("summary"), self._names("item", "value"), whole)
        return write_tables([summary, Sheet(self._name("agencies"), columns, rows)])

    def evaluation(self, one: evaluating.EvaluationDetail) -> bytes:
        given, indicators = one.evaluation, evaluating.indicators_of(one.facts.period.last)
        about = [("agency", given.agency_name), ("day", given.month), ("set", given.indicator_set)]
        lines: Rows = [
            [each.dataset, each.title, *self._scored(each.score(indicators)), each.metadata.points]
            for each in one.facts.datasets
        ]
        columns = [*self._names("id", "title"), *self._columns(), self._name("metadata")]
        return write_tables(
            [self._summary(about, given.outcome), Sheet(self._name("datasets"), columns, lines), self._duties(given.outcome)]
        )

    def _summary(self, about: list[tuple[str, str]], outcome: Outcome) -> Sheet:
        rows: Rows = [[self._name(name), value] for name, value in about]
        rows += [[self._name("points"), self._points(outcome.points)], [self._name("grade"), self._label(outcome.grade)]]
        rows += [[self._label(part), self._points(points)] for part, points in outcome.parts.items()]
        rows += [[self._label(one.dimension), self._points(one.points)] for one in outcome.quality.dimensions]
        rows += [[self._name("coverage"), outcome.quality.coverage], [self._name("critical"), outcome.quality.critical]]
        return Sheet(self._name("summary"), self._names("item", "value"), rows)

    def _duties(self, outcome: Outcome) -> Sheet:
        rows = [[one.article, one.kept, one.missed, one.running, self._points(one.points)] for one in outcome.duties.articles]
        return Sheet(self._name("duties"), self._names("article", "kept", "missed", "running", "points"), rows)

    def _columns(self) -> list[str]:
        return [*self._names("score", "grade"), *(self._label(one) for one in Dimension), *self._names("coverage", "critical")]

    def _scored(self, score: Score) -> list[Cell]:
        points = [self._points(score.by_dimension.get(one)) for one in Dimension]
        return [self._points(score.points), self._label(score.grade), *points, score.coverage, score.critical]

    def _points(self, points: float | None) -> Cell:
        return self._name("unevaluated") if points is None else points

    def _names(self, *names: str) -> list[str]:
        return [self._name(one) for one in names]

    def _name(self, name: str) -> str:
        zh, en = _NAMES[name]
        return Text(zh=zh, en=en).to(self._language)

    def _label(self, term: Term) -> str:
        return Text(zh=term.zh, en=term.en).to(self._language)
