"""Facts of data sets and agencies at a moment (Art. 32): measured rules, what the platform sees, metadata, obligations.

Here: gathering, now or as of the end of a month. Not here: scoring (catalog.scoring), issuing evaluations (evaluating).
What was measured is read from the `quality` zone; the newest run of each data set is kept in the catalog database, so that
scores of thousands of data sets need not open as many tables.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.evaluation import DatasetFacts, Facts, MeasuredRun
from catalog_service.catalog.freshness import due_day
from catalog_service.catalog.indicators import Fact, IndicatorSet
from catalog_service.catalog.metadata_score import Described, metadata_score
from catalog_service.catalog.obligations import Period
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.requirements import Requirements, completeness
from catalog_service.catalog.scoring import Observation
from catalog_service.catalog.vocabularies import Dimension, Severity
from catalog_service.catalog.working_days import WorkCalendar
from catalog_service.services import clocks
from catalog_service.services.obligations import Moment, calendar_at, obligations, rule_sets_at
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction
from catalog_service.store.scores import Visible

_TABLES_AT_ONCE = 50
_COMMON = ("table", "run_id", "version", "measured_at")
_COLUMNS = (*_COMMON, "rule", "dimension", "metric", "field", "severity", "passed", "evaluated", "unexpected")
_NEWEST = """
    WITH own AS (SELECT * FROM {relation} WHERE list_contains($1, "table") AND measured_at < $2),
    newest AS (SELECT "table", arg_max(run_id, (measured_at, run_id)) AS run_id FROM own GROUP BY "table")
    SELECT "table", run_id, version, measured_at, rule, dimension, metric, field, severity, passed,
        evaluated_count, unexpected_count
    FROM own JOIN newest USING ("table", run_id) ORDER BY "table", rule"""
"""The rows of the newest run of each table before an instant, rule by rule."""


def now(platform: Platform) -> Moment:
    """Return this moment."""
    return Moment(dt.datetime.now(dt.UTC), clocks.today(platform))


def end_of(period: Period) -> Moment:
    """Return the end of a period in Wuxi."""
    return Moment(dt.datetime.combine(period.until, dt.time(), clocks.LOCAL).astimezone(dt.UTC), period.last)


def gather(
    platform: Platform,
    transaction: Transaction,
    indicators: IndicatorSet,
    moment: Moment,
    period: Period,
    *,
    agency: str | None = None,
) -> Facts:
    """Return the facts of an agency (None: of all) at a moment: entries as published then, runs until then."""
    found = [one for one in transaction.desk.live_at(moment.at) if agency in (None, one.agency)]
    return Facts(
        as_of=moment.at,
        period=period,
        datasets=tuple(dataset_facts(platform, transaction, indicators, moment, found)),
        obligations=obligations(transaction, moment, agency),
    )


def dataset_facts(
    platform: Platform, transaction: Transaction, indicators: IndicatorSet, moment: Moment, datasets: Sequence[Dataset]
) -> Iterator[DatasetFacts]:
    """Yield the facts of data sets at a moment, in the order given."""
    world = _World.of(platform, transaction, moment, datasets)
    for one in datasets:
        run = world.runs.get(one.id)
        main, product = world.visible.get(f"{one.zone}/{one.id}"), world.visible.get(f"open/{one.id}")
        described = Described(
            dataset=one,
            agency=world.agencies.get(one.agency),
            completeness=world.completeness(one),
            has_data=main is not None,
            has_product=product is not None,
        )
        seen = _seen(one, run, main, product, world.due(one, main, moment))
        yield DatasetFacts(
            dataset=one.id,
            title=one.title,
            run_id=run and run.run_id,
            version=run and run.version,
            measured_at=run and run.measured_at,
            observations=(*(run.observations if run else ()), *seen),
            metadata=metadata_score(described, indicators),
        )


def take_in(platform: Platform, ids: Sequence[str]) -> None:
    """Copy the newest runs of data sets out of the `quality` zone, so that they can be scored without opening its tables."""
    with platform.database.reading() as transaction:
        known = transaction.scores.measured(ids)
        tables = transaction.scores.current(f"quality/{id_}" for id_ in ids)
        wanted = {id_: tables[f"quality/{id_}"] for id_ in ids if f"quality/{id_}" in tables}
        newer = {id_: one for id_, one in wanted.items() if id_ not in known or known[id_][0] != one.version}
        datasets = [one.dataset for one in transaction.catalog.records(newer).values()]
    read = _read(platform, [(one, newer[one.id]) for one in datasets], now(platform).at)
    with platform.database.transaction() as transaction:
        for id_, run in read.items():
            transaction.scores.put_measured(newer[id_].version, run)


class _World(NamedTuple):
    """What is read once for many data sets."""

    runs: Mapping[str, MeasuredRun]
    visible: Mapping[str, Visible]
    first_published: Mapping[str, dt.datetime]
    agencies: Mapping[str, Agency]
    requirements: Requirements | None
    calendar: WorkCalendar

    @classmethod
    def of(cls, platform: Platform, transaction: Transaction, moment: Moment, datasets: Sequence[Dataset]) -> "_World":
        ids = [one.id for one in datasets]
        tables = [name for one in datasets for name in (f"{one.zone}/{one.id}", f"open/{one.id}")]
        return cls(
            runs=_runs(platform, transaction, moment, datasets),
            visible=transaction.scores.visible(tables, moment.at),
            first_published=transaction.scores.first_published(ids),
            agencies=transaction.catalog.registry().agency,
            requirements=rule_sets_at(transaction, moment).in_force(moment.day).requirements,
            calendar=calendar_at(transaction, moment),
        )

    def completeness(self, dataset: Dataset) -> int:
        """Return how far an entry meets the compilation requirements; all of it where there are none."""
        if self.requirements is None:
            return 100
        return completeness(dataset, self.agencies.get(dataset.agency), self.requirements).score

    def due(self, dataset: Dataset, main: Visible | None, moment: Moment) -> bool | None:
        """Tell whether the promised cycle is kept; None where nothing is promised."""
        since = main.published_at if main is not None else self.first_published.get(dataset.id)
        due = None if since is None else due_day(dataset.frequency, clocks.local_day(since), self.calendar)
        return None if due is None else moment.day <= due[0]


def _seen(
    dataset: Dataset,
    run: MeasuredRun | None,
    main: Visible | None,
    product: Visible | None,
    in_time: bool | None,
) -> Iterator[Observation]:
    """Yield what the platform itself sees; before the first delivery is due, nothing can be said yet (未评)."""
    is_late = main is None and in_time is False
    if in_time is not None:
        waits = main is None and in_time
        yield _fact(Fact.UPDATED_IN_TIME, Dimension.TIMELINESS, None if waits else in_time)
    yield _fact(Fact.DATA_AVAILABLE, Dimension.ACCESSIBILITY, True if main is not None else False if is_late else None)
    if main is not None and dataset.open_fields:
        yield _fact(Fact.PRODUCT_AVAILABLE, Dimension.ACCESSIBILITY, product is not None)
    if run is not None:
        yield _fact(Fact.LATEST_VISIBLE, Dimension.ACCESSIBILITY, main is not None and main.version == run.version)


def _fact(fact: Fact, dimension: Dimension, passed: bool | None) -> Observation:
    return Observation(
        rule=f"table__{fact.value}", dimension=dimension, metric=fact.value, severity=Severity.WARNING, passed=passed
    )


def _runs(platform: Platform, transaction: Transaction, moment: Moment, datasets: Sequence[Dataset]) -> dict[str, MeasuredRun]:
    """Return the newest run of each data set before a moment."""
    known = transaction.scores.measured(one.id for one in datasets)
    tables = transaction.scores.current(f"quality/{one.id}" for one in datasets)
    found, unknown = {}, []
    for one in datasets:
        table, (version, run) = tables.get(f"quality/{one.id}"), known.get(one.id, (None, None))
        if table is None:
            continue
        if run is not None and version == table.version and run.measured_at < moment.at:
            found[one.id] = run
        else:
            unknown.append((one, table))
    return found | _read(platform, unknown, moment.at)


def _read(platform: Platform, tables: Iterable[tuple[Dataset, Publication]], before: dt.datetime) -> dict[str, MeasuredRun]:
    """Return the newest runs out of the `quality` zone that were measured before an instant."""
    wanted = [(dataset, one) for dataset, one in tables if one.files]
    if not wanted:
        return {}
    found: dict[str, MeasuredRun] = {}
    with platform.lake.connect() as connection:
        for start in range(0, len(wanted), _TABLES_AT_ONCE):
            some = wanted[start : start + _TABLES_AT_ONCE]
            rows = connection.execute(
                _NEWEST.format(relation=platform.lake.relation([file.path for _, one in some for file in one.files])),
                [[f"{dataset.zone}/{dataset.id}" for dataset, _ in some], before],
            ).fetchall()
            named = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
            found |= {id_: _run(id_, list(own)) for id_, own in groupby(named, lambda row: row["table"].partition("/")[2])}
    return found


def _run(dataset_id: str, rows: Sequence[Mapping[str, Any]]) -> MeasuredRun:
    return MeasuredRun(
        dataset=dataset_id,
        run_id=rows[0]["run_id"],
        version=rows[0]["version"],
        measured_at=rows[0]["measured_at"].astimezone(dt.UTC),
        observations=tuple(
            Observation.model_validate({name: value for name, value in row.items() if name not in _COMMON}) for row in rows
        ),
    )
