"""What all procedures of sharing and opening have in common: whose move it is, the record of it, its clock.

Here: one step of a case by somebody. Not here: what the step brings about (sharing, opening, open_lists).
"""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from catalog_service.catalog.errors import ForbiddenError, InvalidError, NotFoundError, Where, problem
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.catalog.procedure import Move, Side, Step, possible_events, step
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.catalog.vocabularies import Term
from catalog_service.catalog.working_days import Deadline
from catalog_service.formats.faults import translate
from catalog_service.services import clocks
from catalog_service.services.platform import Platform

S = TypeVar("S", bound=Term)
E = TypeVar("E", bound=Term)
M = TypeVar("M", bound=Model)


class Parties(NamedTuple):
    """Who the sides of a case are."""

    source: str
    """The providing agency."""
    agency: str | None = None
    """The agency that asks, if one does."""
    account: str | None = None
    """The account that asks, if it is no agency."""


def advance(
    moves: Mapping[E, Move[S]],
    state: S,
    event: E,
    principal: Principal,
    parties: Parties,
    *,
    article: int,
    reason: str = "",
) -> tuple[S, Step]:
    """Return the state after an event by somebody, and the record of it.

    Raises:
        UnauthenticatedError, ForbiddenError: it is not this one's move.
        ConflictError, InvalidError: it cannot happen now, or needs reasons.
    """
    _require_turn(moves[event], event, principal, parties)
    target = step(moves, state, event, article=article, reason=reason)
    return target, record(principal, event, target, reason=reason)


def record(principal: Principal, event: Term, state: Term, *, reason: str = "") -> Step:
    """Return the record of a move."""
    return Step(
        event=event.value,
        label_zh=event.zh,
        label_en=event.en,
        state=state.value,
        at=dt.datetime.now(dt.UTC),
        by=principal.name,
        by_id=principal.id,
        agency=principal.agency,
        reason=reason.strip(),
    )


def turns(moves: Mapping[E, Move[S]], state: S, principal: Principal, parties: Parties) -> tuple[E, ...]:
    """Return what `principal` can do now: for pages and answers that offer it."""
    return tuple(event for event in possible_events(moves, state) if _is_turn(moves[event], principal, parties))


def deadline(platform: Platform, kind: DutyKind, since: dt.datetime) -> Deadline:
    """Return when something that arrived at an instant is due, by the rules and the calendar as they are known now."""
    return clocks.deadline(platform, kind, clocks.local_day(since))


def valid(model: type[M], document: Mapping[str, object], article: int) -> M:
    """Return what somebody filled in as a model.

    Raises:
        InvalidError: it does not fit; every fault is named with its field.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        faults = translate(error, document, lambda _: Where())
        raise InvalidError(one.model_copy(update={"article": article}) for one in faults) from None


def is_party(principal: Principal, parties: Parties) -> bool:
    """Tell whether somebody may know of a case: its sides, and those who decide or inspect."""
    if parties.account is not None and principal.id == parties.account:
        return True
    agencies = [one for one in (parties.source, parties.agency) if one is not None]
    return any(is_permitted(principal, Action.SEE_REQUESTS, agency=one) for one in agencies)


def require_party(principal: Principal, parties: Parties, zh: str, en: str) -> None:
    """Answer "no such thing" to those who need not know of a case.

    Raises:
        NotFoundError: it is none of theirs.
    """
    if not is_party(principal, parties):
        raise NotFoundError(problem("unknown-case", f"没有{zh}，请核对编号", f"there is no {en}; check the number"))


def _is_turn(move: Move[S], principal: Principal, parties: Parties) -> bool:
    if move.action is None:
        return False
    match move.side:
        case Side.REQUESTER if parties.account is not None:
            return principal.id == parties.account and is_permitted(principal, move.action)
        case Side.REQUESTER:
            return is_permitted(principal, move.action, agency=parties.agency)
        case Side.SOURCE | Side.EITHER:
            return is_permitted(principal, move.action, agency=parties.source)
        case Side.AUTHORITY | Side.GOVERNMENT:
            return is_permitted(principal, move.action)
        case Side.PLATFORM:
            return False


def _require_turn(move: Move[S], event: Term, principal: Principal, parties: Parties) -> None:
    if _is_turn(move, principal, parties):
        return
    if move.action is not None and not (move.side is Side.REQUESTER and parties.account is not None):
        authorize(principal, move.action, agency=parties.agency if move.side is Side.REQUESTER else parties.source)
    zh, en = f"“{event.zh}”应由{move.side.zh}办理", f"“{event.en}” is up to {move.side.en}"
    raise ForbiddenError(problem("not-your-turn", zh, en))
