"""Several people at once: the system against a model of it, in any order of steps; no illegal state, nothing overwritten."""

import datetime as dt
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from catalog_service.catalog.errors import WuxiError
from catalog_service.catalog.history import DeskQuery, Target
from catalog_service.catalog.life_cycle import STANDINGS, Event, Standing
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.vocabularies import RecordState as State
from catalog_service.services import desk, life_cycle
from catalog_service.services.publishing import published_catalog
from tests.support.actors import COMPILER, INSPECTOR, RESPONSIBLE, REVIEWER, STRANGER
from tests.unit.catalog.samples import dataset_data
from tests.unit.services.life_cycle_platform import make_platform

ACTORS = (COMPILER, RESPONSIBLE, REVIEWER, STRANGER, INSPECTOR)
EVENTS = [one for one in Event if one not in {Event.SAVE, Event.IMPORT}]
AGENCY_EVENTS = {Event.SUBMIT, Event.REVISE, Event.DISCARD}
SCHEMAS = {
    "vehicles": {"fields": [{"name": "plate", "title": "机动车号牌"}], "key": ["plate"]},
    "rainfall": {"fields": [{"name": "millimetres", "title": "日降雨量", "type": "number"}]},
}
"""Nothing that the other one has."""


class Entry:
    """What the model knows of an entry: a state machine of its own, written without a look at the product's."""

    def __init__(self) -> None:
        self.live: State | None = None
        self.work: State | None = None
        self.live_title: str | None = None
        self.work_title: str | None = None
        self.is_complete = False
        self.edition = 0

    def can(self, event: Event) -> bool:
        match event:
            case Event.SUBMIT:
                return self.work is State.DRAFT
            case Event.RETURN:
                return self.work in {State.SUBMITTED, State.APPROVED}
            case Event.APPROVE:
                return self.work is State.SUBMITTED
            case Event.PUBLISH:
                return self.work is State.APPROVED
            case Event.REVISE:
                return self.work is None and self.live is not None
            case Event.DISCARD:
                return self.live is not None and self.work in {State.DRAFT, State.RETURNED}
            case Event.SUSPEND:
                return self.live is State.PUBLISHED
            case Event.RESUME:
                return self.live is State.SUSPENDED
            case Event.WITHDRAW:
                return self.edition > 0 and self.live is not State.WITHDRAWN
            case _:
                raise AssertionError(event)

    def happens(self, event: Event) -> None:
        self.edition += 1
        match event:
            case Event.SUBMIT:
                self.work = State.SUBMITTED
            case Event.RETURN:
                self.work = State.RETURNED
            case Event.APPROVE:
                self.work = State.APPROVED
            case Event.PUBLISH:
                self.live, self.live_title, self.work = State.PUBLISHED, self.work_title, None
            case Event.REVISE:
                self.work = State.DRAFT
                self.is_complete = self.is_complete or self.live_title is not None
                self.work_title = self.work_title if self.live_title is None else self.live_title
            case Event.DISCARD:
                self.work = None
            case Event.SUSPEND:
                self.live = State.SUSPENDED
            case Event.RESUME:
                self.live = State.PUBLISHED
            case Event.WITHDRAW:
                self.live, self.work = State.WITHDRAWN, None
            case _:
                raise AssertionError(event)


def permitted(actor: Principal, event: Event) -> bool:
    if event in AGENCY_EVENTS:
        return actor in {COMPILER, RESPONSIBLE}
    if event is Event.WITHDRAW:
        return actor in {RESPONSIBLE, REVIEWER}
    return actor is REVIEWER


def attempt(use_case: Callable[[], object]) -> str:
    """Return `done`, or the code of the first reason of the refusal."""
    try:
        use_case()
    except WuxiError as error:
        return error.problems[0].code
    return "done"


class Desk(RuleBasedStateMachine):
    """Two entries, five people."""

    backend = "sqlite"

    @initialize()
    def begin(self) -> None:
        """A platform of its own: what is published counts when others are compared with it (Art. 15)."""
        self.home = tempfile.TemporaryDirectory()
        self.platform = make_platform(Path(self.home.name) / "home", self.backend)
        self.entries = {"civil/vehicles": Entry(), "civil/rainfall": Entry()}
        self.save(1, COMPILER, "甲", is_complete=True, lag=0)
        for event in (Event.SUBMIT, Event.APPROVE, Event.PUBLISH):
            self.act_properly(1, event, 0)

    def pick(self, index: int) -> tuple[str, Entry]:
        return list(self.entries.items())[index]

    @rule(
        index=st.integers(0, 1),
        actor=st.sampled_from(ACTORS),
        title=st.sampled_from(["甲", "乙", "丙"]),
        is_complete=st.booleans(),
        lag=st.sampled_from([0, 0, 0, 1, -1]),
    )
    def save(self, index: int, actor: Principal, title: str, is_complete: bool, lag: int) -> None:
        id_, entry = self.pick(index)
        name = id_.partition("/")[2]
        document: dict[str, Any] = (
            dataset_data(name, title=title, schema=SCHEMAS[name])
            if is_complete
            else {"agency": "civil", "name": name, "title": title}
        )
        based_on = max(0, entry.edition - lag)
        is_current = based_on == entry.edition
        can = entry.edition == 0 or entry.work in {State.DRAFT, State.RETURNED}
        outcome = attempt(lambda: life_cycle.save_draft(self.platform, actor, document, edition=based_on))
        if actor not in {COMPILER, RESPONSIBLE}:
            assert outcome in {"foreign-catalog", "not-permitted"}
        elif not is_current:
            assert outcome == ("stale-edit" if entry.edition else "unknown-dataset")
        elif not can:
            assert outcome == "illegal-transition"
        else:
            assert outcome == "done"
            entry.edition += 1
            entry.work, entry.work_title, entry.is_complete = State.DRAFT, title, is_complete

    @rule(
        index=st.integers(0, 1),
        actor=st.sampled_from(ACTORS),
        event=st.sampled_from(EVENTS),
        is_stale=st.sampled_from([False, False, False, True]),
    )
    def act(self, index: int, actor: Principal, event: Event, is_stale: bool) -> None:
        id_, entry = self.pick(index)
        if entry.edition == 0:
            return
        target = Target(dataset_id=id_, edition=entry.edition - is_stale)
        outcome = attempt(lambda: life_cycle.perform(self.platform, actor, (event,), [target], "理由"))
        if not permitted(actor, event):
            assert outcome in {"foreign-catalog", "not-permitted"}
        elif is_stale:
            assert outcome == "stale-edit"
        elif not entry.can(event):
            assert outcome == "illegal-transition"
        elif event is Event.SUBMIT and not entry.is_complete:
            assert outcome == "invalid-entry"
        else:
            assert outcome == "done"
            entry.happens(event)

    @rule(index=st.integers(0, 1), event=st.sampled_from(EVENTS), order=st.integers(0, 1))
    def act_properly(self, index: int, event: Event, order: int) -> None:
        """Somebody who may does it, so that histories get long."""
        able = [one for one in ACTORS if permitted(one, event)]
        self.act(index, able[order % len(able)], event, is_stale=False)

    @rule(index=st.integers(0, 1), title=st.sampled_from(["甲", "乙", "丙"]))
    def go_on(self, index: int, title: str) -> None:
        """The usual way forward, so that revisions come to their publication."""
        _, entry = self.pick(index)
        if entry.edition == 0 or entry.work is State.RETURNED:
            self.save(index, COMPILER, title, is_complete=True, lag=0)
        elif entry.work is State.DRAFT:
            self.save(index, COMPILER, title, is_complete=True, lag=0)
            self.act_properly(index, Event.SUBMIT, 0)
        elif entry.work is State.SUBMITTED:
            self.act_properly(index, Event.APPROVE, 0)
        else:
            self.act_properly(index, Event.REVISE if entry.work is None else Event.PUBLISH, 0)

    @invariant()
    def all_see_what_the_model_says(self) -> None:
        if not hasattr(self, "entries"):
            return
        published = {one.id: one.title for one in published_catalog(self.platform).datasets if one.id in self.entries}
        visible = {id_: one.live_title for id_, one in self.entries.items() if one.live is State.PUBLISHED}
        assert published == visible
        found = {one.dataset_id: one for one in desk.find(self.platform, REVIEWER, DeskQuery(limit=500)).items}
        for id_, entry in self.entries.items():
            if entry.edition == 0:
                assert id_ not in found
                continue
            assert found[id_].standing == Standing(entry.live, entry.work)
            assert found[id_].standing in STANDINGS
            assert found[id_].edition == entry.edition

    def teardown(self) -> None:
        """The history is whole, and today is as the readers see it."""
        for id_, entry in getattr(self, "entries", {}).items():
            if entry.edition == 0:
                continue
            changes = desk.history(self.platform, INSPECTOR, id_).changes
            assert [one.edition for one in changes] == list(range(1, entry.edition + 1))
            assert all(one.state_before is other.state for other, one in itertools.pairwise(changes))
            tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
            then = {one.id: one.title for one in desk.catalog_as_of(self.platform, tomorrow)}
            assert then.get(id_) == (entry.live_title if entry.live is State.PUBLISHED else None)
        if hasattr(self, "platform"):
            self.platform.close()
            self.home.cleanup()


class PostgresqlDesk(Desk):
    """The same on a server."""

    backend = "postgresql"


def run(machine: type[Desk], examples: int, steps: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=quiet, database=None
    )
    run_state_machine_as_test(machine, settings=chosen)


def test_no_order_of_steps_leads_into_an_illegal_state() -> None:
    run(Desk, examples=5, steps=20)


@pytest.mark.slow
@pytest.mark.parametrize("machine", [Desk, PostgresqlDesk])
def test_no_order_of_many_steps_leads_into_an_illegal_state(machine: type[Desk]) -> None:
    run(machine, examples=10, steps=40)
