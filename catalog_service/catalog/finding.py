"""Findings of one data, one source (Art. 15): two fields that say the same, the evidence, and the decision that ends it.

Here: what a finding is and what a decision needs. Not here: how fields are compared (matching), storing (store.matching).
"""

import datetime as dt
from hashlib import sha256
from typing import Annotated

from pydantic import StringConstraints

from catalog_service.catalog.access import LegalBasis
from catalog_service.catalog.errors import InvalidError, Text, problem
from catalog_service.catalog.model import DatasetId, Model, Slug
from catalog_service.catalog.vocabularies import Term

_CHANGE = 0.2
"""Evidence that moves by more is new evidence."""


class DuplicateOutcome(Term):
    """How a finding ends (Art. 15)."""

    SHARE = "share", "不再采集，通过共享获取", "not collected again: obtained by sharing"
    SOURCE = "source", "以本数据集为该信息项的源头", "this data set becomes the source of record"
    LAW = "law", "依法另行采集", "collected separately, by law"


class Evidence(Model):
    """One reason for or against: what was compared, how it came out (0 to 1), what it adds to the log-odds."""

    kind: str
    value: float
    weight: float
    text: Text


class FieldRef(Model):
    """One side of a finding: a field of a data set, with what people call them."""

    dataset: DatasetId
    field: Slug
    title: str
    dataset_title: str
    agency: Slug
    agency_name: str


class DuplicateDecision(Model):
    """The end of a finding: what was decided, why, by whom."""

    outcome: DuplicateOutcome
    basis: LegalBasis | None = None
    """The law that asks for separate collection; needed with LAW."""
    reason: Annotated[str, StringConstraints(max_length=2_000)] = ""
    decided_by: str
    decided_at: dt.datetime


class Finding(Model):
    """A field that seems to be collected already, and where: `field` is the new one, `existing` the published one."""

    id: str
    field: FieldRef
    existing: FieldRef
    score: float
    """0 to 1; a pair is a finding from the matching's threshold on."""
    evidence: tuple[Evidence, ...]
    samples: tuple[str, ...] = ()
    """Values that both have, masked; none of sensitive fields."""
    is_copy: bool = False
    """Whether the values are identical: one of the two is a copy and has no second vote."""
    found_at: dt.datetime
    decision: DuplicateDecision | None = None
    earlier: tuple[DuplicateDecision, ...] = ()
    """Decisions on other evidence than today's."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.decision is None

    def merged_with(self, fresh: "Finding") -> "Finding":
        """Return the finding after the pair was compared again: a decision holds until the evidence changes.

        Whose it was to explain it stays, whichever side was looked at now.
        """
        if (fresh.field.dataset, fresh.field.field) != (self.field.dataset, self.field.field):
            fresh = fresh.model_copy(update={"field": fresh.existing, "existing": fresh.field})
        if self.decision is None:
            return fresh.model_copy(update={"found_at": self.found_at, "earlier": self.earlier})
        if not _has_changed(self.evidence, fresh.evidence):
            return self
        return fresh.model_copy(update={"earlier": (*self.earlier, self.decision)})


def pair_id(one: tuple[str, str], other: tuple[str, str]) -> str:
    """Return the id of a pair of fields (data set, field), the same in both directions."""
    sides = sorted(f"{dataset}#{field}" for dataset, field in (one, other))
    return sha256("\n".join(sides).encode()).hexdigest()[:24]


def masked(value: str) -> str:
    """Return a sample value of which only the ends are readable."""
    text = value.strip()
    keep = 1 if len(text) <= 4 else 2
    return text if len(text) <= 1 else text[:keep] + "*" * min(8, max(1, len(text) - 2 * keep)) + text[len(text) - keep :]


def require_complete(decision: DuplicateDecision) -> None:
    """Return where a decision says all it must.

    Raises:
        InvalidError: the law is missing, or the reason.
    """
    if decision.outcome is DuplicateOutcome.LAW and decision.basis is None:
        zh, en = "依法另行采集应当写明法律、法规及条款", "separate collection needs the law and its article"
        raise InvalidError(problem("no-law", zh, en, field="law", article=15))
    if decision.outcome is DuplicateOutcome.SOURCE and not decision.reason.strip():
        zh, en = "确定为源头应当说明理由（为何由本机构提供）", "say why this data set is to be the source of record"
        raise InvalidError(problem("no-reason", zh, en, field="reason", article=15))


def _has_changed(before: tuple[Evidence, ...], after: tuple[Evidence, ...]) -> bool:
    old, new = ({one.kind: one.value for one in side} for side in (before, after))
    return old.keys() != new.keys() or any(abs(old[kind] - new[kind]) > _CHANGE for kind in old)
