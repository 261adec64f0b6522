"""Every role × event × state of sharing, opening and proposals: the moves of the law are possible, all others refused."""

from itertools import product
from typing import Any

import pytest

from catalog_service.catalog.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, UnauthenticatedError
from catalog_service.catalog.open_list import PROPOSAL_MOVES, ProposalEvent, ProposalState
from catalog_service.catalog.open_request import OPEN_MOVES, OpenEvent, OpenState
from catalog_service.catalog.principal import ANONYMOUS, Principal, Role
from catalog_service.catalog.share_request import SHARE_MOVES, ShareEvent, ShareState
from catalog_service.services.casework import Parties, advance, is_party, require_party, turns

SOURCE, ASKER = "civil", "health"


def person(role: Role, agency: str | None = None, id_: str = "") -> Principal:
    return Principal(id=id_ or f"{role.value}-{agency}", name="某人", roles=frozenset({role}), agency=agency)


PEOPLE = {
    "nobody": ANONYMOUS,
    **{f"{role.value} of {agency}": person(role, agency) for role in Role for agency in (SOURCE, ASKER, "police", None)},
    "the applicant": person(Role.APPLICANT, id_="the-applicant"),
}
SOURCE_HEAD, ASKER_HEAD = "responsible of civil", "responsible of health"
REVIEWERS = {name for name in PEOPLE if name.startswith("reviewer")}
GOVERNMENT = {name for name in PEOPLE if name.startswith("government")}

# Written down once more from the law and the design, independently of the tables of moves.
SHARE: dict[str, tuple[set[str], set[str]]] = {
    "submit": ({ASKER_HEAD}, {"draft"}),
    "withdraw": ({ASKER_HEAD}, {"draft", "submitted", "reviewing"}),
    "opine": ({SOURCE_HEAD}, {"submitted"}),
    "take_up": (REVIEWERS, {"submitted"}),
    "approve": (REVIEWERS, {"reviewing"}),
    "refuse": (REVIEWERS, {"reviewing"}),
    "dispute": ({ASKER_HEAD}, {"refused"}),
    "coordinate": (REVIEWERS, {"disputed"}),
    "settle_sharing": (REVIEWERS, {"coordinating"}),
    "settle_refusal": (REVIEWERS, {"coordinating"}),
    "escalate": (REVIEWERS, {"coordinating"}),
    "rule_sharing": (GOVERNMENT, {"escalated"}),
    "rule_refusal": (GOVERNMENT, {"escalated"}),
    "revoke": ({SOURCE_HEAD} | REVIEWERS, {"granted"}),
    "expire": (set(), set()),
}
OPEN: dict[str, tuple[set[str], set[str]]] = {
    "approve": ({SOURCE_HEAD}, {"submitted"}),
    "refuse": ({SOURCE_HEAD}, {"submitted"}),
    "withdraw": ({"the applicant"}, {"submitted", "approved", "signed"}),
    "sign": ({"the applicant"}, {"approved"}),
    "countersign": ({SOURCE_HEAD}, {"signed"}),
    "breach": ({SOURCE_HEAD}, {"granted"}),
    "revoke": ({SOURCE_HEAD} | REVIEWERS, {"granted"}),
    "expire": (set(), set()),
}
PROPOSALS: dict[str, tuple[set[str], set[str]]] = {
    "accept": ({SOURCE_HEAD}, {"proposed"}),
    "decline": ({SOURCE_HEAD}, {"proposed"}),
    "fulfil": (set(), set()),
}
PROCEDURES: list[Any] = [
    pytest.param(SHARE_MOVES, ShareEvent, ShareState, SHARE, Parties(SOURCE, agency=ASKER), id="share"),
    pytest.param(OPEN_MOVES, OpenEvent, OpenState, OPEN, Parties(SOURCE, account="the-applicant"), id="open"),
    pytest.param(PROPOSAL_MOVES, ProposalEvent, ProposalState, PROPOSALS, Parties(SOURCE), id="proposal"),
]


@pytest.mark.parametrize(("moves", "events", "states", "law", "parties"), PROCEDURES)
def test_everybody_can_do_what_is_theirs_to_do_and_nothing_else(
    moves: Any, events: Any, states: Any, law: dict[str, tuple[set[str], set[str]]], parties: Parties
) -> None:
    assert {event.value for event in events} == law.keys() == {event.value for event in moves}
    for (name, principal), event, state in product(PEOPLE.items(), events, states):
        people, sources = law[event.value]
        offered = event in turns(moves, state, principal, parties)
        assert offered == (name in people and state.value in sources), (name, event, state)
        try:
            target, made = advance(moves, state, event, principal, parties, article=20, reason="理由")
        except (UnauthenticatedError, ForbiddenError):
            assert name not in people, (name, event, state)
        except ConflictError:
            assert name in people, (name, event, state)
            assert state.value not in sources, (name, event, state)
        else:
            assert offered
            assert (made.event, made.state, made.by_id) == (event.value, target.value, principal.id)


@pytest.mark.parametrize(("moves", "events", "states", "law", "parties"), PROCEDURES)
def test_reasons_are_asked_for_wherever_somebody_is_refused_or_loses_something(
    moves: Any, events: Any, states: Any, law: Any, parties: Parties
) -> None:
    free = {"submit", "withdraw", "opine", "approve", "coordinate", "expire", "sign", "countersign", "accept", "fulfil"}
    for event, move in moves.items():
        assert move.needs_reason == (event.value not in free)
        for source in move.sources if move.needs_reason else ():
            for name in law[event.value][0]:
                with pytest.raises(InvalidError):
                    advance(moves, source, event, PEOPLE[name], parties, article=20, reason=" ")


@pytest.mark.parametrize(("moves", "events", "states", "law", "parties"), PROCEDURES)
def test_every_state_can_be_reached_and_the_closed_ones_are_final(
    moves: Any, events: Any, states: Any, law: Any, parties: Parties
) -> None:
    reached = {next(iter(states))} | ({ShareState.SUBMITTED} if states is ShareState else set())
    while True:
        further = reached | {move.target for move in moves.values() if set(move.sources) & reached}
        if further == reached:
            break
        reached = further
    assert reached == set(states)
    final = {state.value for state in states if not any(state in move.sources for move in moves.values())}
    ends = {"withdrawn", "settled", "decided", "revoked", "expired", "breached", "declined", "done"}
    assert final == {state.value for state in states} & (ends | ({"refused"} if states is OpenState else set()))


def test_strangers_do_not_learn_of_a_case() -> None:
    parties = Parties(SOURCE, agency=ASKER)
    for name, principal in PEOPLE.items():
        role, _, agency = name.partition(" of ")
        sees = role in ("reviewer", "inspector", "government") or (
            role in ("compiler", "responsible") and agency in (SOURCE, ASKER)
        )
        assert is_party(principal, parties) == sees, name
    with pytest.raises(NotFoundError):
        require_party(PEOPLE["responsible of police"], parties, "共享申请 x", "share request x")
