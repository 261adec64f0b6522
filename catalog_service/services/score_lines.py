"""The score of every data set as of today, counted when something that it rests on has changed (Art. 32).

Here: what is out of date, and counting it, all or a part. Not here: facts (facts), the formula (catalog.scoring), cards made of
these lines (scorecards). A page counts a part on the way; a schedule counts the rest every morning.
"""

import hashlib
from collections.abc import Sequence

from catalog_service.catalog.evaluation import DatasetLine
from catalog_service.catalog.indicators import IndicatorSet
from catalog_service.services import facts
from catalog_service.services.obligations import Moment, rule_sets_at
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction

COUNTED_AT_ONCE = 200
"""Data sets that a page counts on the way; how many still wait is reported."""
_BATCH = 500
_ZONES = ("quality", "standard", "base", "thematic", "open")


def refresh(platform: Platform, indicators: IndicatorSet, *, agency: str | None = None, limit: int | None = None) -> int:
    """Count the scores that are out of date, at most `limit`; return how many still are.

    The grade of each is noted in the catalog, where it can be searched by.
    """
    moment = facts.now(platform)
    with platform.database.reading() as transaction:
        wanted = _stamps(transaction, indicators, moment, agency)
        stored = transaction.scores.stamps()
    stale = [id_ for id_, stamp in wanted.items() if stored.get(id_) != stamp]
    chosen = stale if limit is None else stale[:limit]
    for start in range(0, len(chosen), _BATCH):
        _count(platform, indicators, moment, {id_: wanted[id_] for id_ in chosen[start : start + _BATCH]})
    return len(stale) - len(chosen)


def lines(transaction: Transaction, agency: str | None = None) -> list[DatasetLine]:
    """Return the scores counted last of the data sets (of an agency) that are published now, in order of their ids."""
    ids = [id_ for id_, _ in transaction.scores.published(agency)]
    found = transaction.scores.lines(ids)
    return [found[id_] for id_ in ids if id_ in found]


def _stamps(transaction: Transaction, indicators: IndicatorSet, moment: Moment, agency: str | None) -> dict[str, str]:
    """Return, by data set, a hash of everything that its score rests on."""
    rules = rule_sets_at(transaction, moment).in_force(moment.day)
    common = [str(moment.day), indicators.id, rules.id, str([one.id for one in transaction.clocks.notices()])]
    agencies = {one.slug: one.model_dump_json() for one in transaction.catalog.registry().agencies}
    versions = transaction.scores.versions()
    return {
        id_: _hash(
            [
                *common,
                str(version),
                agencies.get(id_.partition("/")[0], ""),
                *(str(versions.get(f"{zone}/{id_}")) for zone in _ZONES),
            ]
        )
        for id_, version in transaction.scores.published(agency)
    }


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _count(platform: Platform, indicators: IndicatorSet, moment: Moment, stamps: dict[str, str]) -> None:
    facts.take_in(platform, list(stamps))
    with platform.database.reading() as transaction:
        datasets = [one.dataset for one in transaction.catalog.records(stamps).values()]
        found = [one.line(indicators) for one in facts.dataset_facts(platform, transaction, indicators, moment, datasets)]
    with platform.database.transaction() as transaction:
        for one in found:
            transaction.scores.put_line(one, stamps[one.dataset])
            transaction.catalog.set_standing(one.dataset, quality=one.score.grade)
