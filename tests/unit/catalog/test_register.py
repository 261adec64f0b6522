"""Channels, plans and standards: their states."""

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from catalog_service.catalog.errors import ForbiddenError
from catalog_service.catalog.register import (
    ChannelState,
    ExchangeChannel,
    Milestone,
    Plan,
    PlanState,
    PlanStep,
    Standard,
    require_existing,
)


def channel(**changes: Any) -> ExchangeChannel:
    document = {
        "id": "tax_civil",
        "title": "前置机通道",
        "provider": "tax",
        "receiver": "civil",
        "established_on": "2018-03-01",
        "data": "纳税人状态",
        "means": "文件交换",
    }
    return ExchangeChannel.model_validate(document | changes)


@pytest.mark.parametrize(("built", "is_refused"), [("2020-04-30", False), ("2020-05-01", True), ("2026-11-01", True)])
def test_a_channel_built_under_the_measures_is_refused(built: str, *, is_refused: bool) -> None:
    if not is_refused:
        require_existing(channel(established_on=built))
        return
    with pytest.raises(ForbiddenError) as refused:
        require_existing(channel(established_on=built))
    [fault] = refused.value.problems
    assert fault.article == 12
    assert "共享申请" in fault.message.zh, "the remedy is named"


def test_a_channel_is_integrated_step_by_step() -> None:
    first = Milestone(title="汇聚", due=dt.date(2026, 6, 30))
    second = Milestone(title="切换", due=dt.date(2026, 12, 31))
    done = [one.model_copy(update={"done_on": dt.date(2026, 6, 1)}) for one in (first, second)]
    states = [
        channel(),
        channel(plan="汇聚到平台", milestones=[first, second]),
        channel(plan="汇聚到平台", milestones=[done[0], second]),
        channel(plan="汇聚到平台", milestones=done, closed_on="2026-12-01"),
    ]
    assert [one.state for one in states] == list(ChannelState)
    assert [one.progress for one in states] == [0, 0, 0.5, 1]
    assert [one.title for one in states[1].late(dt.date(2026, 7, 1))] == ["汇聚"]
    assert states[1].late(dt.date(2026, 6, 30)) == ()


@pytest.mark.parametrize(
    "changes",
    [{"receiver": "tax"}, {"milestones": [{"title": "汇聚", "due": "2026-06-30"}], "closed_on": "2026-07-01"}],
    ids=["one agency", "closed with open milestones"],
)
def test_a_contradictory_channel_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        channel(**changes)


@pytest.mark.parametrize(("jurisdiction", "stations"), [("320200", 3), ("320281", 4)])
def test_a_districts_plan_goes_one_station_further(jurisdiction: str, stations: int) -> None:
    plan = Plan(id="p", title="规划", jurisdiction=jurisdiction, period="2026-2030")
    seen = [plan.state]
    while plan.next_state is not None:
        step = PlanStep(state=plan.next_state, on=dt.date(2026, 1, 1), document="文")
        plan = plan.model_copy(update={"steps": (*plan.steps, step)})
        seen.append(plan.state)
    assert seen == list(PlanState)[:stations]


@pytest.mark.parametrize("changes", [{"status": "replaced"}, {"replaced_by": "B"}, {"status": "replaced", "replaced_by": "A"}])
def test_a_standard_is_replaced_by_another_one_or_not_at_all(changes: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Standard.model_validate({"number": "A", "title": "标准"} | changes)
