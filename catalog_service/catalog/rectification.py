"""整改 (Art. 25, 32): a rule that data fail becomes one issue at the agency that answers for them, until data pass it.

Here: issues, their table of moves, and what the check runs that were seen say must be open. The answer depends on the set of
runs only, never on the order in which they end: a run that began earlier and ends later changes nothing that a check of newer
data has decided. Not here: storing, deadlines, telling people (services.rectification).
"""

import datetime as dt
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Annotated, Literal, NamedTuple

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Text
from catalog_service.catalog.model import DatasetId, Model, Slug
from catalog_service.catalog.principal import Action
from catalog_service.catalog.procedure import Move, Side, Step
from catalog_service.catalog.quality import Measurement, QualityRun
from catalog_service.catalog.ruleset import RuleSetId
from catalog_service.catalog.vocabularies import Dimension, Severity, Term
from catalog_service.catalog.working_days import Deadline

Words = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\x00-\x08\x0e-\x1f\x7f]*$")]
"""Text of several lines."""
IssueCursor = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d~[0-9a-f-]{36}$")]


class RectificationState(Term):
    """Where an issue stands. Overdue is an open one whose last day has passed, escalated or not yet."""

    OPEN = "open", "待整改", "to be corrected"
    ANSWERED = "answered", "已答复，待复查", "answered, to be checked again"
    ESCALATED = "escalated", "逾期，提请督办", "overdue, before the authority"
    CORRECTED = "corrected", "已整改", "corrected"
    DISMISSED = "dismissed", "经核销案", "dismissed by the authority"
    LAPSED = "lapsed", "规则不再适用", "the rule no longer applies"


class RectificationEvent(Term):
    """What happens to an issue."""

    OPEN = "open", "立案", "open"
    ANSWER = "answer", "答复整改情况", "answer what was done"
    DISMISS = "dismiss", "销案", "dismiss"
    PERSIST = "persist", "复查仍未通过", "fail again"
    CORRECT = "correct", "复查通过", "pass"
    LAPSE = "lapse", "规则不再适用", "lapse with its rule"
    ESCALATE = "escalate", "逾期提请督办", "escalate"
    MOVE = "move", "期限重新计算", "count the deadline again"


_S, _E = RectificationState, RectificationEvent
OPEN_STATES = (_S.OPEN, _S.ANSWERED, _S.ESCALATED)

RECTIFICATION_MOVES: dict[RectificationEvent, Move[RectificationState]] = {
    _E.ANSWER: Move(OPEN_STATES, _S.ANSWERED, Side.SOURCE, Action.HANDLE_RECTIFICATION, needs_reason=True),
    _E.DISMISS: Move(OPEN_STATES, _S.DISMISSED, Side.AUTHORITY, Action.DISMISS_RECTIFICATION, needs_reason=True),
    _E.PERSIST: Move((_S.ANSWERED,), _S.OPEN, Side.PLATFORM, None),
    _E.CORRECT: Move(OPEN_STATES, _S.CORRECTED, Side.PLATFORM, None),
    _E.LAPSE: Move(OPEN_STATES, _S.LAPSED, Side.PLATFORM, None),
    _E.ESCALATE: Move((_S.OPEN, _S.ANSWERED), _S.ESCALATED, Side.PLATFORM, None),
}
"""The one table of moves. Nobody closes an issue by saying so: data pass, the rule goes, or the authority dismisses it."""

StepEvent = Literal[RectificationEvent.ANSWER, RectificationEvent.DISMISS]
"""What people do; everything else follows from checks and from the calendar."""


class Place(NamedTuple):
    """Where a run stands among the runs of a table: by data version first, then by the time of the check."""

    version: int
    measured_at: dt.datetime
    run_id: str


class Verdict(Model):
    """What one run says of one rule that it could evaluate."""

    place: Place
    passed: bool
    unexpected_count: int
    evaluated_count: int
    reason: Text
    severity: Severity
    dimension: Dimension
    field: Slug | None


class Seen(Model):
    """What is remembered of the check runs of a data set."""

    table: str = ""
    latest: Place | None = None
    rules: frozenset[str] = frozenset()
    """Rules of the latest run, evaluated or not."""
    verdicts: dict[str, Verdict] = {}
    """Rule → the latest verdict on it."""
    pardons: dict[str, int] = {}
    """Rule → rows that broke it when its issue was dismissed: it holds until data pass, or more rows break the rule."""


class Changes(NamedTuple):
    """What must become of issues, by rule."""

    opened: dict[str, Verdict]
    persisting: dict[str, Verdict]
    corrected: dict[str, Verdict]
    lapsed: frozenset[str]


class Rectification(Model):
    """Articles 25, 32 整改事项: one rule that the data of one data set fail; there is one open issue of both at most."""

    id: str
    revision: int = 1
    dataset: DatasetId
    rule: str
    agency: Slug
    """The agency that answers for it."""
    sources: tuple[Slug, ...] = ()
    """Agencies whose deliveries a derived data set is made from."""
    state: RectificationState = RectificationState.OPEN
    verdict: Verdict
    """The latest failing one."""
    correction: Verdict | None = None
    """The one that closed it."""
    delivery: str | None = None
    """The delivery that closed it."""
    deadline: Deadline
    rule_set: RuleSetId
    """In force on the day it was opened."""
    opened_at: dt.datetime
    escalated_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    history: tuple[Step, ...] = ()

    @property
    def is_open(self) -> bool:
        """True until it is corrected, dismissed or lapsed."""
        return self.state in OPEN_STATES

    def is_overdue(self, today: dt.date) -> bool:
        """Tell whether its last day has passed while it is open."""
        return self.is_open and today > self.deadline.due

    def is_to_escalate(self, today: dt.date) -> bool:
        """Tell whether the authority must be told: overdue, and not answered after it was told before."""
        is_unanswered = self.state is _S.OPEN or (self.state is _S.ANSWERED and self.escalated_at is None)
        return self.is_overdue(today) and is_unanswered


class RectificationQuery(Model):
    """A question to the issues; everything given must hold. Soonest due first."""

    agency: Slug | None = None
    dataset: DatasetId | None = None
    state: RectificationState | None = None
    is_open: bool | None = None
    is_overdue: bool = False
    limit: int = Attribute(default=50, ge=1, le=200)
    cursor: IssueCursor | None = None
    """`next_cursor` of the page before; it belongs to the same question."""


def responsible(dataset: Dataset) -> tuple[str, tuple[str, ...]]:
    """Return the agency that answers for the data of an entry, and the agencies they come from where they are derived.

    Who delivers answers (谁采集、谁更新、谁负责). What is derived from one agency's deliveries is that agency's; what several
    agencies deliver is up to the one that builds the data set out of them (Art. 18): the authority, for a base database.
    """
    sources = tuple(dict.fromkeys(one.partition("/")[0] for one in dataset.upstream))
    return (sources[0] if len(sources) == 1 else dataset.agency), sources


def observe(seen: Seen, run: QualityRun) -> Seen:
    """Return what is remembered after one more run, in whatever order runs come; the same run again changes nothing."""
    place = Place(run.version, run.measured_at, run.run_id)
    if seen.table != run.table:
        # The entry moved to another zone, where versions begin anew; only time tells which table is the newer one.
        if seen.latest is not None and run.measured_at <= seen.latest.measured_at:
            return seen
        seen = Seen(table=run.table)
    verdicts, pardons = dict(seen.verdicts), dict(seen.pardons)
    for one in run.measurements:
        name = one.rule.name
        known = verdicts.get(name)
        if one.passed is None or (known is not None and known.place >= place):
            continue
        verdicts[name] = _verdict(place, one)
        if one.passed or one.unexpected_count > pardons.get(name, 0):
            pardons.pop(name, None)
    changes: dict[str, object] = {"verdicts": verdicts, "pardons": pardons}
    if seen.latest is None or place > seen.latest:
        changes |= {"latest": place, "rules": frozenset(one.rule.name for one in run.measurements)}
    return seen.model_copy(update=changes)


def must_be_open(seen: Seen) -> dict[str, Verdict]:
    """Return the rules of the latest run whose latest verdict is that data fail them, unless that was dismissed."""
    return {
        rule: one for rule, one in seen.verdicts.items() if not one.passed and rule in seen.rules and rule not in seen.pardons
    }


def pardon(seen: Seen, rule: str) -> Seen:
    """Return what is remembered after the issue of a rule was dismissed."""
    known = seen.verdicts.get(rule)
    return seen if known is None else seen.model_copy(update={"pardons": {**seen.pardons, rule: known.unexpected_count}})


def changes(before: Seen, after: Seen, open_rules: AbstractSet[str]) -> Changes:
    """Return what must become of the issues that are open, and which are to be opened."""
    failing = must_be_open(after)
    ended = open_rules - failing.keys()
    passed = {rule: after.verdicts[rule] for rule in ended if rule in after.rules and _has_passed(after.verdicts, rule)}
    return Changes(
        opened={rule: one for rule, one in failing.items() if rule not in open_rules},
        persisting={rule: failing[rule] for rule in open_rules & failing.keys() if before.verdicts.get(rule) != failing[rule]},
        corrected=passed,
        lapsed=frozenset(ended - passed.keys()),
    )


def _has_passed(verdicts: Mapping[str, Verdict], rule: str) -> bool:
    return rule in verdicts and verdicts[rule].passed


def _verdict(place: Place, one: Measurement) -> Verdict:
    return Verdict(
        place=place,
        passed=one.passed is True,
        unexpected_count=one.unexpected_count,
        evaluated_count=one.evaluated_count,
        reason=one.rule.reason,
        severity=one.rule.severity,
        dimension=one.rule.dimension,
        field=one.rule.field,
    )
