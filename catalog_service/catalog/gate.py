"""The gate before publication (Art. 25): what a blocking rule withholds, and who may let it pass all the same.

Here: the decision to override. Not here: which rules block (quality), making anything visible (services).
"""

import datetime as dt
from typing import Annotated

from pydantic import StringConstraints

from catalog_service.catalog.model import DatasetId, Line, Model

Reason = Annotated[str, StringConstraints(min_length=10, max_length=2_000)]


class FailedRule(Model):
    """A blocking rule that had failed, or could not be evaluated, when the version was let pass."""

    rule: str
    reason: str
    unexpected_count: int
    evaluated_count: int


class GateOverride(Model):
    """One version that is published although blocking rules fail; it holds for no other version."""

    id: str
    dataset: DatasetId
    table: str
    version: int
    run_id: str
    """The quality run whose outcome is overridden."""
    rules: tuple[FailedRule, ...]
    reason: Reason
    """Why, in the words of the one who decided."""
    principal_id: str
    principal_name: Line
    decided_at: dt.datetime
