"""What readers see of quality beside the summary: its trend, failing rows, freshness.

Here: shapes. Not here: reading them (measuring, freshness).
"""

import datetime as dt

from catalog_service.catalog.model import Model
from catalog_service.catalog.vocabularies import Dimension


class TrendPoint(Model):
    """The rules of one dimension in one run."""

    run_id: str
    measured_at: dt.datetime
    version: int
    row_count: int
    dimension: Dimension
    rules: int
    passed: int
    failed: int
    blocking: int
    """Blocking rules that failed."""
    unexpected: int
    """Rows that broke a rule, summed over the rules."""
    share: float | None
    """Mean share of rows that satisfy, each rule weighing the same; None: nothing was evaluated."""


class TrendView(Model):
    """What the runs of a data set found, oldest first."""

    dataset: str
    points: tuple[TrendPoint, ...]


class FailedRow(Model):
    """A row that breaks a rule: where it was delivered, its key, the offending value; sensitive parts are masked."""

    rule: str
    delivery: str | None
    row_number: int | None
    key: str | None
    """The key as a JSON object."""
    value: str | None


class FailedRowsView(Model):
    """The rows that broke rules in the last check: how many by rule, and the first of them."""

    dataset: str
    counts: dict[str, int] = {}
    rows: tuple[FailedRow, ...] = ()
