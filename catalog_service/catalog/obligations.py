"""履责时限 (Art. 14, 20, 24, 26): what an agency had to do by a day, and whether it did, as an indicator (Art. 32).

Here: one obligation, whether it was kept or missed in a period, and the share per article. Not here: the cases themselves
(duty, share_request, open_request, objection), reading them (services.obligations).
"""

import datetime as dt
from collections.abc import Iterable

from catalog_service.catalog.indicators import IndicatorSet
from catalog_service.catalog.model import DatasetId, Model, Slug
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.catalog.scoring import mean, part
from catalog_service.catalog.vocabularies import Term


class Keeping(Term):
    """What became of an obligation in a period."""

    KEPT = "kept", "按期完成", "kept"
    MISSED = "missed", "逾期", "missed"
    RUNNING = "running", "未到期", "not due yet"
    OUTSIDE = "outside", "不计入本期", "not of this period"


class Obligation(Model):
    """One thing that an agency had to do by a day."""

    article: int
    kind: DutyKind
    case: str
    """Number or id of the case."""
    dataset: DatasetId
    agency: Slug
    began: dt.date
    due: dt.date
    """Last day on which it is in time."""
    ended: dt.date | None = None
    """When it was done, or went away; None: not yet."""
    is_done: bool = False
    """False with `ended`: it went away undone (withdrawn, dismissed, taken over)."""

    def keeping(self, period: "Period") -> Keeping:
        """Return what became of it in a period: it counts in the one in which it ended, and wherever it stays overdue."""
        if self.ended is not None and self.ended < period.first:
            return Keeping.OUTSIDE
        if self.ended is not None and self.ended <= period.last:
            if self.ended > self.due:
                return Keeping.MISSED
            return Keeping.KEPT if self.is_done else Keeping.OUTSIDE
        return Keeping.MISSED if self.due < period.until else Keeping.RUNNING


class Period(Model):
    """Days over which obligations are counted."""

    first: dt.date
    last: dt.date
    until: dt.date
    """The day that has just begun: what was due before it and is not done is overdue."""


class ArticleDuties(Model):
    """The obligations of one article in a period; `points` None: none was due (未评)."""

    article: int
    kept: int
    missed: int
    running: int
    points: float | None


class DutyScore(Model):
    """All obligations of an agency in a period."""

    points: float | None
    articles: tuple[ArticleDuties, ...]


def duty_score(obligations: Iterable[Obligation], period: Period, indicators: IndicatorSet) -> DutyScore:
    """Return the share of obligations that were kept, per article and by the weights of the articles."""
    counts = {article: dict.fromkeys(Keeping, 0) for article in indicators.duties}
    for one in obligations:
        if one.article in counts:
            counts[one.article][one.keeping(period)] += 1
    articles = tuple(_article(article, found) for article, found in sorted(counts.items()))
    points = mean((one.points, indicators.duties[one.article]) for one in articles)
    return DutyScore(points=points, articles=articles)


def _article(article: int, found: dict[Keeping, int]) -> ArticleDuties:
    kept, missed = found[Keeping.KEPT], found[Keeping.MISSED]
    points = part(kept, kept + missed) if kept + missed else None
    return ArticleDuties(article=article, kept=kept, missed=missed, running=found[Keeping.RUNNING], points=points)
