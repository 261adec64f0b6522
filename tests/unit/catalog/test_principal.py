"""Who may do what: every role × action × (own agency, another one, none) against a table written down by hand.

The table below is the expectation, set down from the Measures, role by role. It shares nothing with the one in the program.
"""

import pytest

from catalog_service.catalog.errors import ForbiddenError, UnauthenticatedError
from catalog_service.catalog.identity import appointable
from catalog_service.catalog.principal import (
    ANONYMOUS,
    Action,
    Principal,
    Role,
    authorize,
    authorize_any,
    is_permitted,
    operator,
)

# An agency's people: for things of their own agency, and for things of none.
OF_THE_AGENCY = {
    "compiler": """edit_entry submit_entry see_drafts report_change see_duties see_channels manage_own_keys see_uses deliver
        read_own read_shared see_requests handle_objection see_cases see_failed_rows see_rectification
        handle_rectification see_scores""",
    "responsible": """edit_entry submit_entry withdraw_entry see_drafts report_change see_duties manage_agency manage_channels
        see_channels manage_accounts manage_own_keys see_uses deliver decide_duplicate read_own read_shared see_requests
        request_share give_opinion decide_open publish_open_list revoke_grant handle_objection handle_demand see_cases
        manage_rules see_failed_rows see_rectification handle_rectification see_scores""",
    "applicant": "manage_own_keys request_open",
}
# The authority's people and the overseers: for things of every agency.
OF_THE_CITY = {
    "reviewer": """review_entry publish_entry withdraw_entry suspend_entry see_drafts report_change see_duties dismiss_duty
        manage_agency manage_rule_sets manage_channels see_channels manage_plans manage_own_keys see_statistics
        decide_duplicate decide_linkage see_requests see_all_requests decide_share propose_opening revoke_grant handle_demand
        assign_demand see_cases see_rectification dismiss_rectification see_scores""",
    "quality_officer": """manage_own_keys see_statistics decide_linkage manage_rules override_gate see_failed_rows
        see_rectification dismiss_rectification evaluate see_scores""",
    "inspector": """see_drafts see_duties see_channels manage_own_keys see_statistics see_ledger see_uses see_requests
        see_all_requests see_cases see_failed_rows see_rectification see_scores""",
    "government": """see_duties see_channels manage_own_keys see_statistics see_requests see_all_requests decide_dispute
        see_cases see_rectification see_scores""",
    "administrator": "manage_accounts manage_own_keys",
}
CHANGING_NOTHING = {"see", "read"}


def expected(role: Role, action: Action, agency: str | None) -> bool:
    if role.value in OF_THE_CITY:
        return action.value in OF_THE_CITY[role.value].split()
    return action.value in OF_THE_AGENCY[role.value].split() and agency in ("own", None)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_do_exactly_what_is_written_down(role: Role) -> None:
    somebody = Principal(id="x", name="某人", roles=frozenset({role}), agency="own")
    differing = [
        (action.value, agency)
        for action in Action
        for agency in ("own", "other", None)
        if is_permitted(somebody, action, agency=agency) is not expected(role, action, agency)
    ]
    assert differing == []


def test_every_role_and_every_action_is_written_down() -> None:
    assert {*OF_THE_AGENCY, *OF_THE_CITY} == {role.value for role in Role}
    written = {action for text in (OF_THE_AGENCY | OF_THE_CITY).values() for action in text.split()}
    assert written == {action.value for action in Action}


def test_two_roles_together_may_what_either_may() -> None:
    for one in Role:
        for other in Role:
            both = Principal(id="x", name="某人", roles=frozenset({one, other}), agency="own")
            for action in Action:
                for agency in ("own", "other", None):
                    either = expected(one, action, agency) or expected(other, action, agency)
                    assert is_permitted(both, action, agency=agency) is either


def test_nobody_may_do_nothing_and_is_asked_to_sign_in() -> None:
    roleless = Principal(id="x", name="某人", agency="own")
    for action in Action:
        with pytest.raises(UnauthenticatedError):
            authorize(ANONYMOUS, action, agency="own")
        with pytest.raises(ForbiddenError):
            authorize(roleless, action, agency="own")


def test_an_inspector_changes_nothing_and_an_administrator_sees_no_data() -> None:
    for action in OF_THE_CITY["inspector"].split():
        assert action.split("_")[0] in CHANGING_NOTHING or action == "manage_own_keys"
    assert not [action for action in OF_THE_CITY["administrator"].split() if action.split("_")[0] in CHANGING_NOTHING]


def test_who_works_on_the_server_may_everything_everywhere() -> None:
    assert all(is_permitted(operator("root"), action, agency=agency) for action in Action for agency in ("a", "b", None))


@pytest.mark.parametrize("role", list(Role))
def test_only_administrators_and_responsible_persons_appoint(role: Role) -> None:
    somebody = Principal(id="x", name="某人", roles=frozenset({role}), agency="own")
    found = {agency: set(appointable(somebody, agency)) for agency in ("own", "other", None)}
    if role is Role.ADMINISTRATOR:
        assert found == {"own": set(Role), "other": set(Role), None: set(Role)}
    elif role is Role.RESPONSIBLE:
        assert found == {"own": {Role.COMPILER}, "other": set(), None: set()}
    else:
        assert found == {"own": set(), "other": set(), None: set()}


def test_where_several_actions_are_served_all_roles_that_may_are_named() -> None:
    actions = (Action.SUBMIT_ENTRY, Action.REVIEW_ENTRY)
    for role in Role:
        somebody = Principal(id="x", name="某人", roles=frozenset({role}), agency="own")
        if role in {Role.COMPILER, Role.RESPONSIBLE, Role.REVIEWER}:
            authorize_any(somebody, actions)
            continue
        with pytest.raises(ForbiddenError, match=r"compiler.*responsible.*reviewer"):
            authorize_any(somebody, actions)
    with pytest.raises(UnauthenticatedError):
        authorize_any(ANONYMOUS, actions)
