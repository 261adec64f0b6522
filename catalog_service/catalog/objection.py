"""异议 (Art. 26): what anybody may say against data that are wrong, and what becomes of it.

Here: the objection and its table of moves. Not here: who may raise one and storing (services.objections).
"""

import datetime as dt
from typing import Annotated

from pydantic import Field as Attribute
from pydantic import StringConstraints

from catalog_service.catalog.model import DatasetId, Model, Slug
from catalog_service.catalog.principal import Action
from catalog_service.catalog.procedure import Move, Side, Step
from catalog_service.catalog.vocabularies import Term

Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[^\x00-\x08\x0e-\x1f\x7f]*$")]
"""Text of several lines."""
Short = Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")]
Address = Annotated[str, StringConstraints(max_length=254, pattern=r"^([^@\s<>,;:\"\\]+@[A-Za-z0-9.-]+)?$")]
"""A mail address; empty: none."""
CaseNumberText = Annotated[str, StringConstraints(pattern=r"^[A-Z]-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$")]
"""What a reporter follows a case by, without an account: 60 random bits, so nobody finds another one's."""


class ObjectionKind(Term):
    """What is wrong."""

    WRONG = "wrong", "数据有误", "a value is wrong"
    OUTDATED = "outdated", "数据过时", "the data are out of date"
    MISSING = "missing", "数据缺失", "something is missing"
    DISCLOSED = "disclosed", "不应公开", "it should not be public"
    OTHER = "other", "其他", "something else"


class ObjectionState(Term):
    """Where an objection stands."""

    FILED = "filed", "已提出", "filed"
    ACCEPTED = "accepted", "已受理", "accepted"
    VERIFYING = "verifying", "核实中", "being verified"
    CORRECTED = "corrected", "已更正", "corrected"
    REJECTED = "rejected", "不予更正", "rejected with reasons"


class ObjectionEvent(Term):
    """What happens to an objection."""

    ACCEPT = "accept", "受理", "accept"
    VERIFY = "verify", "开始核实", "begin to verify"
    CORRECT = "correct", "已更正", "correct"
    REJECT = "reject", "不予更正", "reject"


_S, _E = ObjectionState, ObjectionEvent
_OPEN = (_S.FILED, _S.ACCEPTED, _S.VERIFYING)

OBJECTION_MOVES: dict[ObjectionEvent, Move[ObjectionState]] = {
    _E.ACCEPT: Move((_S.FILED,), _S.ACCEPTED, Side.SOURCE, Action.HANDLE_OBJECTION),
    _E.VERIFY: Move((_S.ACCEPTED,), _S.VERIFYING, Side.SOURCE, Action.HANDLE_OBJECTION),
    _E.CORRECT: Move((_S.ACCEPTED, _S.VERIFYING), _S.CORRECTED, Side.SOURCE, Action.HANDLE_OBJECTION),
    _E.REJECT: Move(_OPEN, _S.REJECTED, Side.SOURCE, Action.HANDLE_OBJECTION, needs_reason=True),
}
"""The one table of moves; whoever collects the data answers for them (谁采集、谁更新、谁负责)."""


class ObjectionWish(Model):
    """What a reporter says."""

    dataset: DatasetId
    kind: ObjectionKind
    description: Words
    field: Slug | None = None
    row: Short = ""
    """Which row: its key, as the reporter knows it."""
    expected: Short = ""
    """What would be right, if the reporter knows."""
    contact: Address = ""
    """Where the reporter wants to be told; never shown to anybody but those who handle the case."""


class Objection(Model):
    """Article 26 异议."""

    id: str
    number: CaseNumberText
    revision: int = 1
    wish: ObjectionWish
    source: Slug
    """The agency that collects the data."""
    reporter: str
    """Account id, or `anonymous`."""
    state: ObjectionState = ObjectionState.FILED
    filed_at: dt.datetime
    accepted_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    reason: str = ""
    """Of the last step, for the reporter."""
    correction: str | None = Attribute(default=None, max_length=64)
    """The delivery that corrected it."""
    history: tuple[Step, ...] = ()
