"""Scores in the catalog database (Art. 32): newest runs and scores, what was visible at a moment, issued evaluations.

Here: storing and finding. Not here: who may see them and what they mean (services, catalog.scoring, catalog.evaluation).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from catalog_service.catalog.duty import DutyEvent, DutyEventKind, UpdateDuty
from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.catalog.evaluation import DatasetLine, Evaluation, Facts, MeasuredRun
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store.columns import insert, storable, upsert
from catalog_service.store.duties_tables import duty, duty_event
from catalog_service.store.life_cycle_tables import catalog_change
from catalog_service.store.scores_tables import evaluation, measured_run, score_line
from catalog_service.store.tables import catalog_record, publication

_AT_ONCE = 5_000
"""Names of one question; databases have a greatest number of values."""


class Visible(NamedTuple):
    """The version of a table that readers saw at a moment."""

    version: int
    published_at: dt.datetime


class Stored(NamedTuple):
    """An issued evaluation and its publication."""

    evaluation: Evaluation
    published_at: dt.datetime | None
    published_by: str


class Scores:
    """Repository of newest runs and evaluations."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def measured(self, dataset_ids: Iterable[str]) -> dict[str, tuple[int, MeasuredRun]]:
        """Return the newest runs of data sets as they were read last, each with the version of the table it was read from."""
        columns = measured_run.c.dataset_id, measured_run.c.table_version, measured_run.c.document
        rows = self._many(sa.select(*columns), measured_run.c.dataset_id, dataset_ids)
        return {row.dataset_id: (row.table_version, MeasuredRun.model_validate_json(row.document)) for row in rows}

    def put_measured(self, table_version: int, run: MeasuredRun) -> None:
        """Store the newest run of a data set in place of the one before."""
        values = {
            "dataset_id": run.dataset,
            "agency": run.dataset.partition("/")[0],
            "table_version": table_version,
            "measured_at": run.measured_at,
            "document": run.model_dump_json(),
        }
        upsert(self._connection, measured_run, values)

    def published(self, agency: str | None) -> list[tuple[str, int]]:
        """Return the published data sets (of an agency) with the versions of their entries, in order of their ids."""
        record = catalog_record
        query = sa.select(record.c.dataset_id, record.c.version).where(record.c.state == RecordState.PUBLISHED.value)
        if agency is not None:
            query = query.where(record.c.agency == agency)
        rows = self._connection.execute(query.order_by(record.c.dataset_id))
        return [(row.dataset_id, row.version) for row in rows]

    def versions(self) -> dict[str, int]:
        """Return which version of each table readers see now, by name."""
        query = sa.select(publication.c.table_name, publication.c.version).where(publication.c.is_current)
        return {row.table_name: row.version for row in self._connection.execute(query)}

    def lines(self, dataset_ids: Iterable[str]) -> dict[str, DatasetLine]:
        """Return the scores of data sets as they were counted last, by id."""
        rows = self._many(sa.select(score_line.c.dataset_id, score_line.c.document), score_line.c.dataset_id, dataset_ids)
        return {row.dataset_id: DatasetLine.model_validate_json(row.document) for row in rows}

    def stamps(self) -> dict[str, str]:
        """Return what the scores counted last rest on, by data set."""
        return {
            row.dataset_id: row.stamp
            for row in self._connection.execute(sa.select(score_line.c.dataset_id, score_line.c.stamp))
        }

    def put_line(self, line: DatasetLine, stamp: str) -> None:
        """Store the score of a data set in place of the one before."""
        values = {"dataset_id": line.dataset, "stamp": stamp, "document": line.model_dump_json()}
        upsert(self._connection, score_line, values)

    def current(self, names: Iterable[str]) -> dict[str, Publication]:
        """Return what readers see now of these tables, by name."""
        query = sa.select(publication.c.document).where(publication.c.is_current)
        found = (Publication.model_validate_json(row.document) for row in self._many(query, publication.c.table_name, names))
        return {one.table: one for one in found}

    def visible(self, names: Iterable[str], moment: dt.datetime) -> dict[str, Visible]:
        """Return which version of these tables readers saw at a moment, by name."""
        columns = publication.c.table_name, publication.c.version, publication.c.published_at
        query = sa.select(*columns).where(publication.c.published_at < moment).order_by(publication.c.published_at)
        rows = self._many(query, publication.c.table_name, names)
        return {row.table_name: Visible(row.version, row.published_at) for row in rows}

    def first_published(self, dataset_ids: Iterable[str]) -> dict[str, dt.datetime]:
        """Return since when entries have been published, by id."""
        table = catalog_change
        query = sa.select(table.c.dataset_id, sa.func.min(table.c.at).label("at")).where(
            table.c.live == RecordState.PUBLISHED.value
        )
        rows = self._many(query.group_by(table.c.dataset_id), table.c.dataset_id, dataset_ids)
        return {row.dataset_id: row.at for row in rows}

    def duties(self, moment: dt.datetime, agency: str | None) -> list[UpdateDuty]:
        """Return the duties to update that had arisen at a moment, with the deadlines that they had then."""
        query = sa.select(duty.c.document).where(duty.c.opened_at < moment).order_by(duty.c.id)
        if agency is not None:
            query = query.where(duty.c.agency == agency)
        found = [UpdateDuty.model_validate_json(row) for row in self._connection.scalars(query)]
        later = self._moved_after(moment)
        return [one.model_copy(update={"deadline": later[one.id]}) if one.id in later else one for one in found]

    def add_evaluation(self, one: Evaluation, facts: Facts) -> bool:
        """Store an evaluation and its facts; False where the agency has one of this month, which stays."""
        values = {
            "agency": one.agency,
            "month": one.month,
            "points": one.outcome.points,
            "issued_at": one.issued_at,
            "published_at": None,
            "published_by": "",
            "document": one.model_dump_json(),
            "facts": facts.model_dump_json(),
        }
        statement = insert(self._connection, evaluation).values(values)
        once = statement.on_conflict_do_nothing(index_elements=["agency", "month"]).returning(evaluation.c.agency)
        return self._connection.scalar(once) is not None

    def evaluation(self, agency: str, month: str) -> Stored:
        """Return an evaluation.

        Raises:
            NotFoundError: none was issued.
        """
        query = sa.select(evaluation).where(evaluation.c.agency == agency, evaluation.c.month == month)
        row = self._connection.execute(query).one_or_none() if storable(agency + month) else None
        if row is None:
            zh, en = f"{agency} 没有 {month} 的评价", f"{agency} has no evaluation of {month}"
            raise NotFoundError(problem("unknown-evaluation", zh, en, article=32))
        return Stored(Evaluation.model_validate_json(row.document), row.published_at, row.published_by)

    def facts(self, agency: str, month: str) -> Facts:
        """Return the facts that an evaluation rests on; NotFoundError where none was issued."""
        self.evaluation(agency, month)
        query = sa.select(evaluation.c.facts).where(evaluation.c.agency == agency, evaluation.c.month == month)
        return Facts.model_validate_json(self._connection.scalars(query).one())

    def evaluations(self, *, agency: str | None = None, month: str | None = None, published: bool = False) -> list[Stored]:
        """Return evaluations, the newest month first, in it the best first."""
        columns = evaluation.c.document, evaluation.c.published_at, evaluation.c.published_by
        order = evaluation.c.month.desc(), sa.func.coalesce(evaluation.c.points, -1).desc(), evaluation.c.agency
        query = sa.select(*columns).order_by(*order)
        if agency is not None:
            query = query.where(evaluation.c.agency == agency) if storable(agency) else query.where(sa.false())
        if month is not None:
            query = query.where(evaluation.c.month == month)
        if published:
            query = query.where(evaluation.c.published_at.is_not(None))
        rows = self._connection.execute(query)
        return [Stored(Evaluation.model_validate_json(row.document), row.published_at, row.published_by) for row in rows]

    def publish_evaluations(self, month: str, at: dt.datetime, by: str) -> list[str]:
        """Publish the evaluations of a month that are not published yet; return their agencies."""
        chosen = evaluation.c.month == month, evaluation.c.published_at.is_(None)
        statement = evaluation.update().where(*chosen).values(published_at=at, published_by=by)
        return sorted(self._connection.scalars(statement.returning(evaluation.c.agency)))

    def mean_points(self) -> list[tuple[str, float]]:
        """Return the mean points of the evaluations of each month, oldest first."""
        query = sa.select(evaluation.c.month, sa.func.avg(evaluation.c.points)).group_by(evaluation.c.month)
        rows = self._connection.execute(query.order_by(evaluation.c.month)).all()
        return [(month, float(points)) for month, points in rows if points is not None]

    def _moved_after(self, moment: dt.datetime) -> dict[str, object]:
        """Return the deadlines that duties had before they were moved the first time after a moment, by duty."""
        query = sa.select(duty_event.c.duty_id, duty_event.c.document).where(duty_event.c.at >= moment)
        found: dict[str, object] = {}
        for row in self._connection.execute(query.order_by(duty_event.c.duty_id, duty_event.c.number.desc())):
            event = DutyEvent.model_validate_json(row.document)
            if event.kind is DutyEventKind.MOVED:
                found[row.duty_id] = event.before
        return found

    def _many(
        self, query: "sa.Select[tuple[object, ...]]", column: sa.Column[str], values: Iterable[str]
    ) -> Iterator[sa.Row[tuple[object, ...]]]:
        for some in _batches(list(values)):
            yield from self._connection.execute(query.where(column.in_(some)))


def _batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
