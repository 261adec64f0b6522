"""Catalog statistics for the authority (Art. 5, 13, 14, 32): entries, completeness and duties by agency.

Here: totals of the counts, and their CSV. Not here: SQL (store.statistics), quality indicators.
"""

import csv
import datetime as dt
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TypeVar

from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.vocabularies import BaseDatabase, OpeningClass, RecordState, SharingClass, Term
from catalog_service.services import clocks
from catalog_service.services.entry_completeness import measure_stale
from catalog_service.services.platform import Platform
from catalog_service.store.statistics import BANDS, BandCount, DutyCount, EntryCount

MEASURED_AT_ONCE = 500
"""Entries that a question for statistics measures on the way; the rest is reported as not measured."""
T = TypeVar("T", bound=Term)
R = TypeVar("R", EntryCount, BandCount, DutyCount)
_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class AgencyStatistics(Model):
    """Numbers of one agency."""

    agency: str
    name: str
    entries: int
    published: int
    """Published, including those under revision whose published version stays."""
    measured: int
    mean_completeness: float | None
    """Mean score of the measured entries; None where none is measured."""
    open_duties: int
    overdue_duties: int
    done_duties: int


class CatalogStatistics(Model):
    """Numbers of the whole catalog as of a day."""

    day: dt.date
    entries: int
    by_state: dict[RecordState, int]
    by_sharing: dict[SharingClass, int]
    by_opening: dict[OpeningClass, int]
    by_base_database: dict[BaseDatabase, int]
    without_class: int
    """Drafts of which no content is stored yet that says sharing and opening class."""
    completeness: dict[int, int]
    """Entries per band of their score; the key is the lower end: 0, 60, 80, 100."""
    unmeasured: int
    open_duties: int
    overdue_duties: int
    agencies: tuple[AgencyStatistics, ...]
    """Those with overdue duties first, then those with most entries."""


def catalog_statistics(platform: Platform, principal: Principal) -> CatalogStatistics:
    """Return the statistics of today."""
    authorize(principal, Action.SEE_STATISTICS)
    measure_stale(platform, MEASURED_AT_ONCE)
    today = clocks.today(platform)
    with platform.database.reading() as transaction:
        counts = transaction.statistics
        entries, bands, duties = counts.entries(), counts.completeness(), counts.duties(today)
        unmeasured = counts.count_unmeasured()
        names = {one.slug: one.name for one in transaction.catalog.registry().agencies}
    completeness = {band: sum(one.entries for one in bands if one.band == band) for band in BANDS}
    states = {"open": 0, "overdue": 0} | _sum((one.state, one.duties) for one in duties)
    slugs = names.keys() | {one.agency for one in entries} | {one.agency for one in duties}
    own, scored, running = _grouped(entries), _grouped(bands), _grouped(duties)
    agencies = [
        _agency(slug, names.get(slug, slug), own.get(slug, []), scored.get(slug, []), running.get(slug, [])) for slug in slugs
    ]
    return CatalogStatistics(
        day=today,
        entries=sum(one.entries for one in entries),
        by_state=_by(RecordState, ((one.state, one.entries) for one in entries)),
        by_sharing=_by(SharingClass, ((one.sharing, one.entries) for one in entries)),
        by_opening=_by(OpeningClass, ((one.opening, one.entries) for one in entries)),
        by_base_database=_by(BaseDatabase, ((one.base_database, one.entries) for one in entries)),
        without_class=sum(one.entries for one in entries if one.sharing is None),
        completeness=completeness,
        unmeasured=unmeasured,
        open_duties=states["open"],
        overdue_duties=states["overdue"],
        agencies=tuple(sorted(agencies, key=lambda one: (-one.overdue_duties, -one.entries, one.agency))),
    )


def statistics_csv(platform: Platform, principal: Principal) -> str:
    """Return the numbers per agency as CSV for spreadsheets, with a header in both languages."""
    found = catalog_statistics(platform, principal)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(f"{zh} {name}" for name, zh in _COLUMNS.items())
    for one in found.agencies:
        writer.writerow(_cell(getattr(one, name)) for name in _COLUMNS)
    return _BOM + text.getvalue()


_COLUMNS = {
    "agency": "机构标识",
    "name": "机构名称",
    "entries": "目录条目",
    "published": "已发布",
    "measured": "已评完整度",
    "mean_completeness": "平均完整度",
    "open_duties": "待更新",
    "overdue_duties": "已逾期",
    "done_duties": "已完成更新",
}


def _agency(
    slug: str, name: str, entries: list[EntryCount], bands: list[BandCount], duties: list[DutyCount]
) -> AgencyStatistics:
    measured = sum(one.entries for one in bands)
    states = _sum((one.state, one.duties) for one in duties)
    live = {RecordState.PUBLISHED.value, RecordState.REVISING.value}
    return AgencyStatistics(
        agency=slug,
        name=name,
        entries=sum(one.entries for one in entries),
        published=sum(one.entries for one in entries if one.state in live),
        measured=measured,
        mean_completeness=round(sum(one.total for one in bands) / measured, 1) if measured else None,
        open_duties=states.get("open", 0),
        overdue_duties=states.get("overdue", 0),
        done_duties=states.get("done", 0),
    )


def _sum(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for key, number in pairs:
        counted[key] += number
    return dict(counted)


def _by(vocabulary: type[T], pairs: Iterable[tuple[str | None, int]]) -> dict[T, int]:
    """Return a count for every term of a vocabulary, in its order."""
    counted = _sum((key, number) for key, number in pairs if key is not None)
    return {term: counted.get(term.value, 0) for term in vocabulary}


def _grouped(rows: Iterable[R]) -> dict[str, list[R]]:
    found: dict[str, list[R]] = defaultdict(list)
    for one in rows:
        found[one.agency].append(one)
    return found


def _cell(value: object) -> object:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
