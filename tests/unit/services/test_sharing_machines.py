"""Requests, grants and agreements as state machines: no order of steps by anybody reaches a state that the law does not have.

The law stands here once more, by itself; the data can be read exactly while a grant holds.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from catalog_service.catalog.decision import Zone
from catalog_service.catalog.errors import WuxiError
from catalog_service.catalog.open_request import OpenEvent, OpenWish
from catalog_service.catalog.principal import ANONYMOUS, Principal, Role
from catalog_service.catalog.share_request import Opinion, ShareEvent, Wish
from catalog_service.services import granting, opening, sharing
from catalog_service.services.access import Wish as ReadWish
from catalog_service.services.access import open_read
from catalog_service.services.opening import OpenAction
from catalog_service.services.platform import Platform
from catalog_service.services.sharing import ShareAction
from tests.acceptance.sharing_city import BASIS, ELDERS, PURPOSE, Desk, opened
from tests.support.people import principal

# event → (who may, from which states, to which state)
SHARE: dict[str, tuple[set[str], set[str], str]] = {
    "submit": ({"asker"}, {"draft"}, "submitted"),
    "withdraw": ({"asker"}, {"draft", "submitted", "reviewing"}, "withdrawn"),
    "opine": ({"source"}, {"submitted"}, "reviewing"),
    "take_up": (set(), set(), ""),  # only once the agency's time for its opinion is over, which it never is here
    "approve": ({"reviewer"}, {"reviewing"}, "granted"),
    "refuse": ({"reviewer"}, {"reviewing"}, "refused"),
    "dispute": ({"asker"}, {"refused"}, "disputed"),
    "coordinate": ({"reviewer"}, {"disputed"}, "coordinating"),
    "settle_sharing": ({"reviewer"}, {"coordinating"}, "granted"),
    "settle_refusal": ({"reviewer"}, {"coordinating"}, "settled"),
    "escalate": ({"reviewer"}, {"coordinating"}, "escalated"),
    "rule_sharing": ({"government"}, {"escalated"}, "granted"),
    "rule_refusal": ({"government"}, {"escalated"}, "decided"),
    "revoke": ({"source", "reviewer"}, {"granted"}, "revoked"),
    "expire": (set(), set(), ""),
}
OPEN: dict[str, tuple[set[str], set[str], str]] = {
    "approve": ({"source"}, {"submitted"}, "approved"),
    "refuse": ({"source"}, {"submitted"}, "refused"),
    "withdraw": ({"citizen"}, {"submitted", "approved", "signed"}, "withdrawn"),
    "sign": ({"citizen"}, {"approved"}, "signed"),
    "countersign": ({"source"}, {"signed"}, "granted"),
    "breach": ({"source"}, {"granted"}, "breached"),
    "revoke": ({"source", "reviewer"}, {"granted"}, "revoked"),
    "expire": (set(), set(), ""),
}
ROLES: dict[str, tuple[Role, str | None]] = {
    "asker": (Role.RESPONSIBLE, "health"),
    "source": (Role.RESPONSIBLE, "civil"),
    "stranger": (Role.RESPONSIBLE, "police"),
    "reviewer": (Role.REVIEWER, "authority"),
    "government": (Role.GOVERNMENT, None),
    "inspector": (Role.INSPECTOR, None),
    "citizen": (Role.APPLICANT, None),
    "neighbour": (Role.APPLICANT, None),
}
E = TypeVar("E", ShareEvent, OpenEvent)
PERIOD = {"valid_from": "2020-01-01", "valid_until": "2099-12-31"}
chance = st.integers(0, 2**30)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("machines")) as made:
        yield made


@pytest.fixture(scope="module")
def people(desk: Desk) -> dict[str, Principal]:
    found = {name: principal(desk.platform, role, agency=agency) for name, (role, agency) in ROLES.items()}
    return {**found, "nobody": ANONYMOUS}


class Procedure(RuleBasedStateMachine):
    """One case, moved by anybody in any order, beside what the law says of it.

    Each procedure says for itself how a case is filed, moved and read: the metaclass of hypothesis leaves no room for ABC.
    """

    platform: Platform
    people: dict[str, Principal]
    law: dict[str, tuple[set[str], set[str], str]]
    holder: str
    state = ""
    steps = 0
    id_ = ""

    def file(self) -> str:
        """Return the id of a new case."""
        raise NotImplementedError

    def act(self, who: Principal, event: str, reason: str) -> object:
        """Take a step."""
        raise NotImplementedError

    def seen(self) -> Any:
        """Return the case as it is stored."""
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        """File the case."""
        self.id_, self.state = self.file(), "submitted"
        self.steps = len(self.seen().history)

    @precondition(lambda self: any(self.state in sources for _, sources, _ in self.law.values()))
    @rule(number=chance)
    def who_may_takes_a_step(self, number: int) -> None:
        """Somebody whose move it is takes it: it succeeds."""
        possible = sorted(
            (event, who) for event, (people, sources, _) in self.law.items() for who in people if self.state in sources
        )
        event, who = possible[number % len(possible)]
        self.act(self.people[who], event, "理由")
        self.state, self.steps = self.law[event][2], self.steps + 1

    @rule(number=chance)
    def anybody_tries_anything(self, number: int) -> None:
        """Somebody tries a step that is not theirs, or not now: it is refused and nothing changes."""
        wrong = sorted(
            (event, who)
            for event, (people, sources, _) in self.law.items()
            for who in self.people
            if who not in people or self.state not in sources
        )
        event, who = wrong[number % len(wrong)]
        with pytest.raises(WuxiError):
            self.act(self.people[who], event, "理由")

    @rule(number=chance)
    def reasons_are_left_out(self, number: int) -> None:
        """Whoever refuses or ends something without saying why is refused."""
        grave = {"refuse", "dispute", "settle_refusal", "escalate", "rule_refusal", "revoke", "breach"}
        possible = sorted(
            (e, who) for e, (people, sources, _) in self.law.items() for who in people if self.state in sources and e in grave
        )
        if possible:
            event, who = possible[number % len(possible)]
            with pytest.raises(WuxiError):
                self.act(self.people[who], event, " ")

    @invariant()
    def it_is_where_the_law_has_it(self) -> None:
        """The stored case has the state of the law, and its history every step."""
        if self.id_:
            found = self.seen()
            assert found.state.value == self.state
            assert len(found.history) == self.steps
            assert (found.grant is not None) == (self.state in ("granted", "revoked", "breached"))

    @invariant()
    def data_are_read_exactly_while_the_grant_holds(self) -> None:
        """Only the holder reads, and only in the state `granted`."""
        grant = self.seen().grant if self.id_ else None
        if grant is None:
            return
        for name in (self.holder, "stranger", "neighbour", "nobody"):
            wish = ReadWish(ELDERS, Zone.SHARE, purpose=PURPOSE, grant=grant)
            try:
                open_read(self.platform, self.people[name], wish)
            except WuxiError:
                assert name != self.holder or self.state != "granted"
            else:
                assert (name, self.state) == (self.holder, "granted")
        over = granting.show_grant(self.platform, self.people["source"], grant).grant.revoked_at is not None
        assert over == (self.state != "granted")


class Sharing(Procedure):
    """A share request (Art. 20)."""

    law, holder = SHARE, "asker"

    def file(self) -> str:
        """Return the id of a new request."""
        wish = Wish.model_validate(
            {"dataset": ELDERS, "purpose": PURPOSE, "legal_duty": BASIS, "columns": ["id", "district"], **PERIOD}
        )
        return sharing.request_share(self.platform, self.people["asker"], wish).id

    def act(self, who: Principal, event: str, reason: str) -> object:
        """Take a step."""
        action = ShareAction(reason=reason, opinion=Opinion(agrees=True))
        return sharing.act(self.platform, who, self.id_, _named(ShareEvent, event), action)

    def seen(self) -> Any:
        """Return the request as it is stored."""
        return sharing.show(self.platform, self.people["reviewer"], self.id_).request


class Opening(Procedure):
    """An application and its agreement (Art. 24)."""

    law, holder = OPEN, "citizen"

    def file(self) -> str:
        """Return the id of a new application."""
        wish = OpenWish.model_validate({"dataset": ELDERS, "purpose": PURPOSE, "format": "csv", **PERIOD})
        return opening.apply(self.platform, self.people["citizen"], wish).id

    def act(self, who: Principal, event: str, reason: str) -> object:
        """Take a step; what is signed is the text as it stands."""
        shown = opening.show(self.platform, self.people["citizen"], self.id_).agreement
        sha256 = "" if shown is None else shown.text_sha256
        return opening.act(
            self.platform, who, self.id_, _named(OpenEvent, event), OpenAction(reason=reason, text_sha256=sha256)
        )

    def seen(self) -> Any:
        """Return the application as it is stored."""
        return opening.show(self.platform, self.people["citizen"], self.id_).request


def _named(kind: type[E], value: str) -> E:
    return next(one for one in kind if one.value == value)


def run(desk: Desk, people: dict[str, Principal], kind: type[Procedure], examples: int, steps: int) -> None:
    made = type(kind.__name__, (kind,), {"platform": desk.platform, "people": people})
    limits = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(made, settings=limits)


@pytest.mark.parametrize("kind", [Sharing, Opening])
def test_no_order_of_steps_leaves_the_law(desk: Desk, people: dict[str, Principal], kind: type[Procedure]) -> None:
    run(desk, people, kind, examples=2, steps=8)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Sharing, Opening])
def test_no_order_of_steps_leaves_the_law_in_depth(desk: Desk, people: dict[str, Principal], kind: type[Procedure]) -> None:
    run(desk, people, kind, examples=25, steps=20)
