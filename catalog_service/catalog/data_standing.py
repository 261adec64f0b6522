"""How a data set's data stand: how fresh, how good, how many rows; what the catalog can be searched and sorted by.

Here: the terms. Not here: measuring quality (expectations), working days (working_days), storing (store.entries).
"""

import datetime as dt
from typing import assert_never

from catalog_service.catalog.model import Model
from catalog_service.catalog.vocabularies import Frequency, Term


class Freshness(Term):
    """Whether the promised update cycle (Art. 13) is kept."""

    CURRENT = "current", "按期更新", "updated in time"
    OVERDUE = "overdue", "逾期未更新", "update overdue"
    IRREGULAR = "irregular", "不定期更新", "updated at irregular times"
    NEVER = "never", "尚无数据", "no data yet"


class QualityLevel(Term):
    """How good the data were when they were last checked (Art. 25, 32)."""

    EXCELLENT = "excellent", "优", "excellent"
    GOOD = "good", "良", "good"
    FAIR = "fair", "中", "fair"
    POOR = "poor", "差", "poor"
    NOT_EVALUATED = "not_evaluated", "未评", "not evaluated"


class DataStanding(Model):
    """What is known of a data set's data. Times are UTC."""

    freshness: Freshness = Freshness.NEVER
    quality: QualityLevel = QualityLevel.NOT_EVALUATED
    row_count: int = 0
    """Rows of the published main table."""
    published_at: dt.datetime | None = None
    """When its main table was published last."""
    open_row_count: int | None = None
    """Rows of the open product; None: never published."""
    open_published_at: dt.datetime | None = None


def longest_pause(frequency: Frequency) -> dt.timedelta | None:
    """Return after how long without new data an update is overdue; None: never, for the cycle is irregular."""
    match frequency:
        case Frequency.REAL_TIME | Frequency.DAILY:
            return dt.timedelta(days=2)
        case Frequency.WEEKLY:
            return dt.timedelta(days=8)
        case Frequency.MONTHLY:
            return dt.timedelta(days=32)
        case Frequency.QUARTERLY:
            return dt.timedelta(days=93)
        case Frequency.YEARLY:
            return dt.timedelta(days=367)
        case Frequency.IRREGULAR:
            return None
        case _:
            assert_never(frequency)


def freshness(frequency: Frequency, published_at: dt.datetime | None, now: dt.datetime) -> Freshness:
    """Return whether data published at that time are still within their cycle."""
    if published_at is None:
        return Freshness.NEVER
    pause = longest_pause(frequency)
    if pause is None:
        return Freshness.IRREGULAR
    return Freshness.CURRENT if now - published_at <= pause else Freshness.OVERDUE
