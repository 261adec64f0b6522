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
