"""Engine-neutral quality rules and their outcomes (Art. 25, 32; DQV).

Here: what a rule asks and what was measured. Not here: how an engine evaluates it (expectations).
"""

import datetime as dt
from enum import StrEnum
from typing import Any

from catalog_service.catalog.errors import Text
from catalog_service.catalog.model import Model, Slug
from catalog_service.catalog.vocabularies import Dimension, Severity


class Metric(StrEnum):
    """What a rule measures; parameters in brackets."""

    NOT_NULL = "not_null"
    UNIQUE = "unique"
    """Key or compound key (`columns`)."""
    IN_SET = "in_set"
    """Values are in (`values`)."""
    MATCHES = "matches"
    """The whole value matches (`pattern`), RE2."""
    MAX_LENGTH = "max_length"
    """At most (`length`) characters."""
    BETWEEN = "between"
    """(`minimum`, `maximum`), either may be None."""
    IDENTIFIER = "identifier"
    """Valid by (`scheme`), check digit included."""
    REFERENCE = "reference"
    """Values occur in (`dataset`, `field`)."""
    ROW_COUNT = "row_count"
    """At least (`minimum`) rows."""
    OF_TYPE = "of_type"
    """The text can be read as (`type`): integer, number, date or datetime."""
    COMPARE = "compare"
    """The value is (`operator`: > >= < <= =) that of another field of the row (`other`)."""
    SATISFIES = "satisfies"
    """The row satisfies (`expression`), a boolean SQL expression over its own fields; unknown (NULL) is no breach."""
    FRESH = "fresh"
    """The newest value is at most (`days`) old on the day of the check."""
    VOLUME = "volume"
    """The number of rows is (`least`, `most`) times the median of earlier runs, either may be None."""
    AGREES = "agrees"
    """The value equals (`other`) of the row of (`dataset`) with the same key (`key`: own field → field there)."""


ROW_COUNTS = frozenset({Metric.ROW_COUNT, Metric.VOLUME})
"""Metrics of the number of rows."""

OF_TABLES = ROW_COUNTS | {Metric.FRESH}
"""Metrics of a table as a whole: they pass or fail, no row breaks them."""


class Rule(Model):
    """An obligation on a table: dqv:Metric with a threshold."""

    name: str
    """Check name `{field}__{metric}`, or `table__{metric}`."""
    metric: Metric
    field: Slug | None = None
    parameters: dict[str, Any] = {}
    severity: Severity
    dimension: Dimension
    threshold: float = 1.0
    """Least share of evaluated rows that must satisfy the rule, 0 to 1."""
    reason: Text
    """What the rule asks, for people, and by which article or standard."""
    condition: str = ""
    """Boolean SQL expression over the row's fields: the rule applies to the rows where it is true; empty: to all."""
    article: int | None = 25
    """Article of the Measures that asks for it."""
    standard: str = ""
    """Standard that it rests on, such as GB 32100-2015; empty: none."""


class Measurement(Model):
    """The outcome of one rule on one table version: dqv:QualityMeasurement."""

    rule: Rule
    passed: bool | None
    """None: not evaluated (未评), with `error` saying why."""
    evaluated_count: int
    """Rows the rule was applied to."""
    unexpected_count: int
    """Rows that break the rule (for uniqueness: all rows of duplicated groups)."""
    examples: tuple[str, ...] = ()
    """A few offending values; always empty for sensitive fields."""
    error: str = ""


class QualityRun(Model):
    """All measurements of one table version at one time."""

    run_id: str
    table: str
    version: int
    measured_at: dt.datetime
    row_count: int
    measurements: tuple[Measurement, ...]

    @property
    def blocking(self) -> tuple[Measurement, ...]:
        """The measurements that keep this version unpublished: blocking rules that failed or could not be evaluated."""
        return tuple(m for m in self.measurements if m.rule.severity is Severity.BLOCKING and m.passed is not True)


class RepeatedKeys(Model):
    """What is known of the repeated keys of a set of immutable files."""

    files: tuple[str, ...]
    """sha256 of each file."""
    row_count: int
    """Rows whose key occurs more than once in these files."""


class FailedRows(Model):
    """Which failing rows are stored in the `quality` zone."""

    files: tuple[str, ...]
    """sha256 of each file that was searched for them."""
    fingerprint: str
    """Of the rules that were applied, with all that they refer to."""
    counts: dict[str, int]
    """Rule → rows stored."""
    version: int
    """Version of the table of failing rows."""


class CheckMemory(Model):
    """What earlier checks of a table have found out about its immutable files, so that nothing is counted twice.

    It can be forgotten at any time: the next check then reads every file again.
    """

    counts: dict[str, dict[str, int]] = {}
    """sha256 of a file → count → its value in this file."""
    keys: dict[str, RepeatedKeys] = {}
    """Key → its repetitions."""
    failed: FailedRows | None = None
