"""Counts over the whole catalog (Art. 13, 14, 32), each in one pass, and the stored completeness of entries.

Here: SQL. Not here: who may see them, and their totals (services.statistics).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from catalog_service.catalog.dataset import Dataset
from catalog_service.store.duties_tables import duty, entry_completeness
from catalog_service.store.life_cycle_tables import catalog_standing
from catalog_service.store.tables import catalog_record, catalog_record_version

BANDS = (0, 60, 80, 100)
"""Lower ends of the bands of completeness."""


class Score(NamedTuple):
    """How complete a version of an entry is, and what that was measured by."""

    dataset_id: str
    agency: str
    version: int
    stamp: str
    score: int


class EntryCount(NamedTuple):
    """How many entries an agency has of one state and class; None where no content is stored yet."""

    agency: str
    state: str
    sharing: str | None
    opening: str | None
    base_database: str | None
    entries: int


class BandCount(NamedTuple):
    """How many entries of an agency have a score of at least `band` and less than the next, and the sum of their scores."""

    agency: str
    band: int
    entries: int
    total: int


class DutyCount(NamedTuple):
    """How many duties of an agency are in one state: done, dismissed, overdue or open."""

    agency: str
    state: str
    duties: int


class Statistics:
    """Counts over entries and duties."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def entries(self) -> list[EntryCount]:
        """Return the number of entries by agency, state, classes and base database."""
        standing, record = catalog_standing, catalog_record
        by = (standing.c.agency, standing.c.state, record.c.sharing, record.c.opening, record.c.base_database)
        joined = standing.outerjoin(record, record.c.dataset_id == standing.c.dataset_id)
        query = sa.select(*by, sa.func.count()).select_from(joined).group_by(*by)
        return [EntryCount(*row) for row in self._connection.execute(query)]

    def completeness(self) -> list[BandCount]:
        """Return the number of measured entries by agency and band of their score."""
        table = entry_completeness
        band = sa.case(*((table.c.score >= one, one) for one in reversed(BANDS)), else_=0)
        query = sa.select(table.c.agency, band, sa.func.count(), sa.func.sum(table.c.score)).group_by(table.c.agency, band)
        return [BandCount(agency, int(low), int(n), int(total)) for agency, low, n, total in self._connection.execute(query)]

    def duties(self, today: dt.date) -> list[DutyCount]:
        """Return the number of duties by agency and state on a day."""
        running = sa.case((duty.c.due_on < today, "overdue"), else_="open")
        state = sa.func.coalesce(duty.c.closed, running)
        query = sa.select(duty.c.agency, state, sa.func.count()).group_by(duty.c.agency, state)
        return [DutyCount(*row) for row in self._connection.execute(query)]

    def unmeasured(self, limit: int) -> list[tuple[Dataset, int]]:
        """Return entries whose stored content has no score, with their versions."""
        record, version, score = catalog_record, catalog_record_version, entry_completeness
        latest = sa.and_(version.c.dataset_id == record.c.dataset_id, version.c.version == record.c.version)
        measured = sa.and_(score.c.dataset_id == record.c.dataset_id, score.c.version == record.c.version)
        query = (
            sa.select(version.c.document, record.c.version)
            .select_from(record.join(version, latest).outerjoin(score, measured))
            .where(score.c.dataset_id.is_(None))
            .limit(limit)
        )
        return [(Dataset.model_validate_json(row.document), row.version) for row in self._connection.execute(query)]

    def count_unmeasured(self) -> int:
        """Return how many entries have content and no score of it."""
        record, score = catalog_record, entry_completeness
        measured = sa.and_(score.c.dataset_id == record.c.dataset_id, score.c.version == record.c.version)
        query = sa.select(sa.func.count()).select_from(record.outerjoin(score, measured)).where(score.c.dataset_id.is_(None))
        return int(self._connection.scalar(query) or 0)

    def put_scores(self, scores: Sequence[Score]) -> None:
        """Store scores in place of earlier ones of the same entries."""
        if not scores:
            return
        table = entry_completeness
        self._connection.execute(table.delete().where(table.c.dataset_id.in_([one.dataset_id for one in scores])))
        self._connection.execute(table.insert(), [one._asdict() for one in scores])

    def forget_scores(self, stamps: Mapping[str, str]) -> None:
        """Delete the scores of agencies that were measured by something else than now; `stamps` says by what, per agency."""
        table = entry_completeness
        stored = self._connection.execute(sa.select(table.c.agency, table.c.stamp).distinct()).all()
        for agency, stamp in stored:
            if stamps.get(agency, "") != stamp:
                self._connection.execute(table.delete().where(table.c.agency == agency, table.c.stamp == stamp))
