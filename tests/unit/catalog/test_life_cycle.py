"""The transitions, held to a table written down here by hand: role × event × standing, every combination."""

import itertools

import pytest

from catalog_service.catalog.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    Language,
    UnauthenticatedError,
    WuxiError,
)
from catalog_service.catalog.life_cycle import STANDINGS, TRANSITIONS, Event, Standing, allowed, step
from catalog_service.catalog.principal import ANONYMOUS, Principal, Role, operator
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.submission import authorize_entry

# who (C compiler, P responsible person, R reviewer) may do what, and in which standings: live part / work part
EXPECTED = {
    Event.SAVE: ("CP", "-PSW", "DT"),
    Event.SUBMIT: ("CP", "-PSW", "D"),
    Event.RETURN: ("R", "-PSW", "MA"),
    Event.APPROVE: ("R", "-PSW", "M"),
    Event.PUBLISH: ("R", "-PSW", "A"),
    Event.REVISE: ("CP", "PSW", "-"),
    Event.DISCARD: ("CP", "PSW", "DT"),
    Event.SUSPEND: ("R", "P", "-DTMA"),
    Event.RESUME: ("R", "S", "-DTMA"),
    Event.WITHDRAW: ("PR", "-PS", "-DTMA"),
}
ROLES = {"C": Role.COMPILER, "P": Role.RESPONSIBLE, "R": Role.REVIEWER}
LIVE = {None: "-", RecordState.PUBLISHED: "P", RecordState.SUSPENDED: "S", RecordState.WITHDRAWN: "W"}
WORK = {
    None: "-",
    RecordState.DRAFT: "D",
    RecordState.RETURNED: "T",
    RecordState.SUBMITTED: "M",
    RecordState.APPROVED: "A",
}
AGENCIES = ("civil", "tax")


def is_legal(event: Event, standing: Standing) -> bool:
    _, live, work = EXPECTED[event]
    return LIVE[standing.live] in live and WORK[standing.work] in work


def may(role: Role, event: Event, *, is_own: bool) -> bool:
    letters = {ROLES[letter] for letter in EXPECTED[event][0]}
    return role in letters and (is_own or role is Role.REVIEWER)


def test_the_expectation_names_every_event_and_every_standing() -> None:
    assert set(EXPECTED) == set(TRANSITIONS) == set(Event) - {Event.IMPORT}
    assert len(STANDINGS) == len(set(STANDINGS)) == 19
    assert {(LIVE[one.live], WORK[one.work]) for one in STANDINGS} == set(itertools.product("-PSW", "-DTMA")) - {("-", "-")}


@pytest.mark.parametrize("event", EXPECTED)
def test_events_happen_exactly_where_they_may(event: Event) -> None:
    for standing in STANDINGS:
        assert (event in allowed(standing)) is is_legal(event, standing)
        if is_legal(event, standing):
            assert step(standing, event, "civil/people", reasons="理由") in STANDINGS
            continue
        with pytest.raises(ConflictError) as refused:
            step(standing, event, "civil/people", reasons="理由")
        message = refused.value.to(Language.ZH)
        assert standing.state.zh in message
        assert all(one.zh in message for one in allowed(standing))


@pytest.mark.parametrize(("event", "role", "is_own"), itertools.product(EXPECTED, Role, (True, False)))
def test_roles_do_exactly_what_they_may(event: Event, role: Role, is_own: bool) -> None:
    principal = Principal(id="1", name="某人", roles=frozenset({role}), agency="civil" if is_own else "tax")
    action = TRANSITIONS[event].action
    if may(role, event, is_own=is_own):
        authorize_entry(principal, action, "civil")
        return
    with pytest.raises(ForbiddenError) as refused:
        authorize_entry(principal, action, "civil")
    is_foreign = may(role, event, is_own=True)
    assert [(one.code, one.article) for one in refused.value.problems] == [
        ("foreign-catalog", 14) if is_foreign else ("not-permitted", None)
    ]


@pytest.mark.parametrize("event", EXPECTED)
def test_nobody_does_nothing_and_the_operator_everything(event: Event) -> None:
    with pytest.raises(UnauthenticatedError):
        authorize_entry(ANONYMOUS, TRANSITIONS[event].action, "civil")
    authorize_entry(operator("root"), TRANSITIONS[event].action, "civil")


def test_what_is_published_changes_by_four_events_only() -> None:
    touching = {
        event
        for event, transition in TRANSITIONS.items()
        for before, after in transition.moves.items()
        if before.live is not after.live
    }
    assert touching == {Event.PUBLISH, Event.SUSPEND, Event.RESUME, Event.WITHDRAW}


@pytest.mark.parametrize("event", [Event.RETURN, Event.SUSPEND, Event.WITHDRAW])
@pytest.mark.parametrize("reasons", ["", "  \n"])
def test_what_goes_against_an_agency_needs_reasons(event: Event, reasons: str) -> None:
    standing = next(one for one in STANDINGS if is_legal(event, one))
    with pytest.raises(InvalidError, match="reasons"):
        step(standing, event, "civil/people", reasons=reasons)


def test_people_are_told_one_state() -> None:
    draft, published = RecordState.DRAFT, RecordState.PUBLISHED
    assert Standing(None, draft).state is draft
    assert Standing(published, draft).state is RecordState.REVISING
    assert Standing(published, RecordState.SUBMITTED).state is RecordState.SUBMITTED
    assert Standing(RecordState.WITHDRAWN, draft).state is draft
    assert {Standing.directly(one).state for one in RecordState} == set(RecordState)


def test_every_refusal_is_a_refusal_in_two_languages() -> None:
    with pytest.raises(WuxiError) as refused:
        step(Standing(live=RecordState.WITHDRAWN), Event.SUBMIT, "civil/people")
    assert refused.value.to(Language.ZH) != refused.value.to(Language.EN)
