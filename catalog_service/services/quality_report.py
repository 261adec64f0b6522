"""The quality of one data set as a report (Art. 25, 32): newest run, trend, failing rows, open issues, age of the good version.

Here: what each reader may see, and Great Expectations' Data Docs of it. Not here: reading single parts (measuring, freshness),
the report as a workbook (quality_workbook), scores and grades (scorecards).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import NotFoundError, Text, problem
from catalog_service.catalog.freshness import Freshness
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.catalog.rectification import Rectification
from catalog_service.catalog.vocabularies import Dimension
from catalog_service.services import clocks, freshness, measuring
from catalog_service.services.platform import Platform
from catalog_service.services.quality_views import FailedRow, TrendPoint
from catalog_service.services.reading import agency_of, published_record
from catalog_service.services.views import QualityView, RuleOutcome

DOCS_FOLDER = "data-docs"
"""Under the home: where `wuxi-data check --data-docs` puts pages that this report links to."""
_STEPS = 24
"""Runs of the trend that is drawn."""
_SAMPLES = 5
"""Failing rows shown per rule."""


class TrendStep(Model):
    """One run: mean share of rows that satisfy, each rule weighing the same; None: nothing was evaluated."""

    measured_at: dt.datetime
    version: int
    share: float | None
    dimensions: dict[Dimension, float | None]


class OpenIssue(Model):
    """The open issue of a rule, for those who may see it."""

    id: str
    due: dt.date
    is_overdue: bool


class RuleReport(Model):
    """A rule: its outcome, its open issue, and failing rows for those who may see them."""

    outcome: RuleOutcome
    issue: OpenIssue | None = None
    stored: int = 0
    """Failing rows that are kept, of all deliveries in the version checked last; 0 for those who may not see them."""
    samples: tuple[FailedRow, ...] = ()


class QualityReport(Model):
    """Everything about the quality of one data set that a reader may see."""

    dataset: str
    title: str
    title_en: str
    agency_name: str
    agency_name_en: str
    titles: dict[str, Text]
    """Field → title."""
    quality: QualityView
    freshness: Freshness
    good_days: int | None
    """Days since the version that readers see became visible; None: there is none."""
    steps: tuple[TrendStep, ...]
    """Oldest first."""
    rules: tuple[RuleReport, ...]
    """Failing rules first."""
    may_see_rows: bool
    may_see_issues: bool
    has_docs: bool


def report(platform: Platform, principal: Principal, dataset_id: str) -> QualityReport:
    """Return the report, with failing rows (sensitive parts masked) and issues for those who may see them.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        names = agency_of(transaction.catalog.agencies([dataset.agency]), dataset.agency)
        issues = transaction.rectification.open_of(dataset_id)
    view = measuring.quality(platform, dataset_id)
    may_see_rows = is_permitted(principal, Action.SEE_FAILED_ROWS, agency=dataset.agency)
    rows = _failing_rows(platform, principal, view) if may_see_rows else {}
    today = clocks.today(platform)
    shown = {rule: one for rule, one in issues.items() if _may_see(principal, one)}
    may_see_issues = is_permitted(principal, Action.SEE_RECTIFICATION, agency=dataset.agency)
    return QualityReport(
        dataset=dataset_id,
        title=dataset.title,
        title_en=dataset.title_en,
        agency_name=names[0],
        agency_name_en=names[1],
        titles={field.name: Text(zh=field.title, en=field.title_en) for field in dataset.schema_.fields},
        quality=view,
        freshness=freshness.freshness(platform, dataset_id),
        good_days=None if view.published_at is None else (today - clocks.local_day(view.published_at)).days,
        steps=tuple(steps(measuring.trend(platform, dataset_id).points)),
        rules=tuple(_rule(one, shown.get(one.rule), rows.get(one.rule), today) for one in view.rules),
        may_see_rows=may_see_rows,
        may_see_issues=may_see_issues,
        has_docs=may_see_rows and docs_path(platform, dataset).is_file(),
    )


def steps(points: Sequence[TrendPoint]) -> list[TrendStep]:
    """Return the runs of a trend, each with its share over all rules and by dimension; at most the newest of them."""
    runs: dict[str, list[TrendPoint]] = defaultdict(list)
    for one in points:
        runs[one.run_id].append(one)
    return [_step(run) for run in list(runs.values())[-_STEPS:]]


def docs_path(platform: Platform, dataset: Dataset) -> Path:
    """Return where the data set's page of Data Docs is, if it was made."""
    return platform.settings.home_path / DOCS_FOLDER / f"{dataset.agency}__{dataset.name}.html"


def docs(platform: Platform, principal: Principal, dataset_id: str) -> bytes:
    """Return the page of Data Docs of a data set.

    Raises:
        UnauthenticatedError, ForbiddenError: only the agency itself, quality officers and inspectors may see it.
        NotFoundError: there is no published entry, or no such page was made.
    """
    authorize(principal, Action.SEE_FAILED_ROWS, agency=dataset_id.partition("/")[0])
    with platform.database.reading() as transaction:
        path = docs_path(platform, published_record(transaction, dataset_id).dataset)
    if not path.is_file():
        zh = f"{dataset_id} 尚未生成 Data Docs，请运行 wuxi-data check --data-docs {path.parent}"
        en = f"no Data Docs were made of {dataset_id}; run wuxi-data check --data-docs {path.parent}"
        raise NotFoundError(problem("no-data-docs", zh, en, article=25))
    return path.read_bytes()


def _failing_rows(platform: Platform, principal: Principal, view: QualityView) -> dict[str, tuple[int, list[FailedRow]]]:
    if all(one.passed is not False for one in view.rules):
        return {}
    found = measuring.failed_samples(platform, principal, view.dataset, per_rule=_SAMPLES)
    return {rule: (count, [one for one in found.rows if one.rule == rule]) for rule, count in found.counts.items()}


def _may_see(principal: Principal, one: Rectification) -> bool:
    agencies = (one.agency, *one.sources)
    return any(is_permitted(principal, Action.SEE_RECTIFICATION, agency=agency) for agency in agencies)


def _rule(
    one: RuleOutcome, issue: Rectification | None, rows: tuple[int, list[FailedRow]] | None, today: dt.date
) -> RuleReport:
    stored, samples = (0, []) if rows is None or one.passed is not False else rows
    opened = None if issue is None else OpenIssue(id=issue.id, due=issue.deadline.due, is_overdue=issue.is_overdue(today))
    return RuleReport(outcome=one, issue=opened, stored=stored, samples=tuple(samples))


def _step(run: Sequence[TrendPoint]) -> TrendStep:
    evaluated = [(one.passed + one.failed, one.share) for one in run if one.share is not None]
    rules = sum(number for number, _ in evaluated)
    return TrendStep(
        measured_at=run[0].measured_at,
        version=run[0].version,
        share=sum(number * share for number, share in evaluated) / rules if rules else None,
        dimensions={one.dimension: one.share for one in run},
    )
