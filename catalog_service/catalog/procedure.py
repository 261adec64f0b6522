"""Procedures (Art. 20, 23, 24): states, what moves a case from one to the next, who may, and what each move needs.

Here: the shape of a table of moves, and one pure step in it. Not here: the tables themselves (share_request, open_request,
open_list), the life cycle of catalog entries (life_cycle).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from catalog_service.catalog.errors import ConflictError, InvalidError, problem
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action
from catalog_service.catalog.vocabularies import Term

S = TypeVar("S", bound=Term)
E = TypeVar("E", bound=Term)


class Side(Term):
    """Whose move it is."""

    REQUESTER = "requester", "申请方", "the requester"
    SOURCE = "source", "数据提供机构", "the providing agency"
    EITHER = "either", "数据提供机构或主管部门", "the providing agency or the authority"
    AUTHORITY = "authority", "大数据主管部门", "the big-data authority"
    GOVERNMENT = "government", "本级人民政府", "the government at the same level"
    PLATFORM = "platform", "平台", "the platform itself"


@dataclass(frozen=True, slots=True)
class Move(Generic[S]):
    """What one event does: from which states to which, whose move it is, and whether reasons must be given."""

    sources: tuple[S, ...]
    target: S
    side: Side
    action: Action | None
    """The permission it takes; None: nobody's, the platform does it as a consequence."""
    needs_reason: bool = False


class Step(Model):
    """A move that was made: 办理记录."""

    event: str
    label_zh: str
    label_en: str
    state: str
    at: dt.datetime
    by: str
    """Name of who made it."""
    by_id: str
    agency: str | None
    reason: str = ""


def step(moves: Mapping[E, Move[S]], state: S, event: E, *, article: int, reason: str = "") -> S:
    """Return the state that an event leads to.

    Raises:
        ConflictError: it cannot happen in this state; the message says when it can, and what can happen now.
        InvalidError: reasons must be given.
    """
    move = moves[event]
    if state not in move.sources:
        possible = [one for one in possible_events(moves, state) if moves[one].action is not None]
        zh = f"目前为“{state.zh}”，不能{event.zh}；现在可以：{'、'.join(one.zh for one in possible) or '无（已办结）'}"
        ways = "; ".join(one.en for one in possible) or "nothing, it is closed"
        en = f"this is “{state.en}”: cannot {event.en}; possible now: {ways}"
        raise ConflictError(problem("illegal-move", zh, en, article=article))
    if move.needs_reason and not reason.strip():
        zh, en = f"{event.zh}应当说明理由，请填写", f"to {event.en} needs reasons; give them"
        raise InvalidError(problem("no-reasons", zh, en, field="reason", article=article))
    return move.target


def possible_events(moves: Mapping[E, Move[S]], state: S) -> tuple[E, ...]:
    """Return what can happen in a state."""
    return tuple(event for event, move in moves.items() if state in move.sources)
