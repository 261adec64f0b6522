"""The life cycle of a catalog entry (Art. 14): where it can stand, what moves it, who may, and what each move needs.

Here: the table of transitions, a pure function of where an entry stands. Not here: storing and checking (services).

An entry stands in two places at once. `live` is what readers have: published, suspended or withdrawn. `work` is what agency
and authority work on: a draft, submitted, returned or approved. So a revision never touches what is published until its own
publication, and a published entry can be suspended whatever becomes of its revision.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from catalog_service.catalog.errors import ConflictError, InvalidError, problem
from catalog_service.catalog.principal import Action
from catalog_service.catalog.vocabularies import RecordState, Term


class Event(Term):
    """What can happen to an entry."""

    SAVE = "save", "保存草稿", "save the draft"
    SUBMIT = "submit", "提交审核", "submit for review"
    RETURN = "return", "退回", "return with reasons"
    APPROVE = "approve", "审核通过", "approve"
    PUBLISH = "publish", "发布", "publish"
    REVISE = "revise", "开始修订", "begin a revision"
    DISCARD = "discard", "放弃修订", "discard the revision"
    SUSPEND = "suspend", "暂停", "suspend"
    RESUME = "resume", "恢复", "resume"
    WITHDRAW = "withdraw", "撤回", "withdraw"
    IMPORT = "import", "批量导入", "import in bulk"


class Standing(NamedTuple):
    """Where an entry stands: what readers have of it, and what is being worked on. Both None: there is no such entry."""

    live: RecordState | None = None
    work: RecordState | None = None

    @property
    def state(self) -> RecordState:
        """The one state that people are told: that of the work, or where nothing is worked on, what readers have."""
        if self.work is RecordState.DRAFT and self.live in _HELD:
            return RecordState.REVISING
        return self.work or self.live or RecordState.DRAFT

    @classmethod
    def directly(cls, state: RecordState) -> "Standing":
        """Return the standing of an entry that is put into `state` without work on it."""
        return cls(live=state) if state in _LIVE else cls(work=state)


@dataclass(frozen=True)
class Transition:
    """What one event does: from which standings to which, who may, and whether reasons must be given."""

    action: Action
    moves: dict[Standing, Standing]
    needs_reasons: bool = False


_DRAFT, _SUBMITTED, _RETURNED, _APPROVED = (
    RecordState.DRAFT,
    RecordState.SUBMITTED,
    RecordState.RETURNED,
    RecordState.APPROVED,
)
_PUBLISHED, _SUSPENDED, _WITHDRAWN = RecordState.PUBLISHED, RecordState.SUSPENDED, RecordState.WITHDRAWN
_HELD = (_PUBLISHED, _SUSPENDED)
_LIVE = (*_HELD, _WITHDRAWN)
_ANY_LIVE = (None, *_LIVE)
_ANY_WORK = (None, _DRAFT, _SUBMITTED, _RETURNED, _APPROVED)
STANDINGS = tuple(Standing(live, work) for live in _ANY_LIVE for work in _ANY_WORK if live or work)
"""Every place where an entry can stand."""


def _work(sources: Iterable[RecordState], target: RecordState) -> dict[Standing, Standing]:
    """Return the moves of the work that leave alone what readers have."""
    return {Standing(live, work): Standing(live, target) for live in _ANY_LIVE for work in sources}


def _live(source: RecordState, target: RecordState) -> dict[Standing, Standing]:
    """Return the moves of what readers have that leave the work alone."""
    return {Standing(source, work): Standing(target, work) for work in _ANY_WORK}


TRANSITIONS: dict[Event, Transition] = {
    Event.SAVE: Transition(Action.EDIT_ENTRY, {Standing(): Standing(work=_DRAFT), **_work((_DRAFT, _RETURNED), _DRAFT)}),
    Event.SUBMIT: Transition(Action.SUBMIT_ENTRY, _work((_DRAFT,), _SUBMITTED)),
    Event.RETURN: Transition(Action.REVIEW_ENTRY, _work((_SUBMITTED, _APPROVED), _RETURNED), needs_reasons=True),
    Event.APPROVE: Transition(Action.REVIEW_ENTRY, _work((_SUBMITTED,), _APPROVED)),
    Event.PUBLISH: Transition(
        Action.PUBLISH_ENTRY, {Standing(live, _APPROVED): Standing(live=_PUBLISHED) for live in _ANY_LIVE}
    ),
    Event.REVISE: Transition(Action.EDIT_ENTRY, {Standing(live): Standing(live, _DRAFT) for live in _LIVE}),
    Event.DISCARD: Transition(
        Action.EDIT_ENTRY, {Standing(live, work): Standing(live) for live in _LIVE for work in (_DRAFT, _RETURNED)}
    ),
    Event.SUSPEND: Transition(Action.SUSPEND_ENTRY, _live(_PUBLISHED, _SUSPENDED), needs_reasons=True),
    Event.RESUME: Transition(Action.SUSPEND_ENTRY, _live(_SUSPENDED, _PUBLISHED)),
    Event.WITHDRAW: Transition(
        Action.WITHDRAW_ENTRY,
        {one: Standing(live=_WITHDRAWN) for one in STANDINGS if one.live is not _WITHDRAWN},
        needs_reasons=True,
    ),
}
"""The one table of transitions. A bulk import by the authority stands outside it: it stores what it is told to."""


def allowed(standing: Standing) -> tuple[Event, ...]:
    """Return what can happen to an entry that stands there."""
    return tuple(event for event, transition in TRANSITIONS.items() if standing in transition.moves)


def step(standing: Standing, event: Event, dataset_id: str, *, reasons: str = "") -> Standing:
    """Return where an event takes an entry.

    Raises:
        ConflictError: it cannot happen there; the message says where it can.
        InvalidError: it needs reasons, and none were given.
    """
    transition = TRANSITIONS[event]
    target = transition.moves.get(standing)
    if target is None:
        raise _illegal(standing, event, dataset_id)
    if transition.needs_reasons and not reasons.strip():
        zh = f"{event.zh}应当说明理由，请填写理由后重试"
        en = f"to {event.en} needs reasons; give them and try again"
        raise InvalidError(problem("no-reasons", zh, en, field="reasons", article=14))
    return target


def _illegal(standing: Standing, event: Event, dataset_id: str) -> ConflictError:
    sources = tuple(dict.fromkeys(one.state for one in TRANSITIONS[event].moves if one != Standing()))
    here, now = standing.state, allowed(standing)
    zh = (
        f"{dataset_id} 目前为“{here.zh}”，不能{event.zh}；{event.zh}只适用于：{'、'.join(one.zh for one in sources)}。"
        f"现在可以：{'、'.join(one.zh for one in now)}"
    )
    en = (
        f"{dataset_id} stands as “{here.en}”: it is impossible to {event.en} here, which needs one of: "
        f"{', '.join(one.value for one in sources)}. Possible now: {', '.join(one.value for one in now)}"
    )
    return ConflictError(problem("illegal-transition", zh, en, article=14))
