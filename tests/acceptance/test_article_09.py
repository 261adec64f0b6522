"""Article 9: plans are approved by the government and published; a district's is linked to the city's, and filed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.desks import Desks, open_desks

CITY = {"id": "wuxi_plan", "title": "无锡市公共数据发展规划", "jurisdiction": "320200", "period": "2026-2030"}
DISTRICT = {"id": "jiangyin_plan", "title": "江阴市公共数据发展规划", "jurisdiction": "320281", "period": "2026-2030"}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder: Path = tmp_path_factory.mktemp("article_09")
    with open_desks(folder) as opened:
        yield opened


def advance(desks: Desks, who: dict[str, str], plan: str, body: dict[str, Any], status: int = 200) -> Any:
    return desks.ask(who, "POST", f"/plans/{plan}/steps", status, body)


def step(state: str, edition: int, day: str = "2026-03-01") -> dict[str, Any]:
    return {"edition": edition, "step": {"state": state, "on": day, "document": "锡政发〔2026〕3号"}}


def test_plans_go_their_way_through_the_hierarchy(desks: Desks) -> None:
    """Drafted → approved → published; the district's then filed to the city, which sees who has not filed."""
    desks.post(desks.reviewer, "/plans", CITY)
    assert desks.get(desks.anonymous, "/plans")["city"] == [], "a draft is not public"
    refused = advance(desks, desks.reviewer, "wuxi_plan", step("published", 1), 422)
    assert "本级政府已批准" in refused["detail"]
    for edition, state in enumerate(("approved", "published"), start=1):
        advance(desks, desks.reviewer, "wuxi_plan", step(state, edition))
    advance(desks, desks.reviewer, "wuxi_plan", step("filed", 3), 422)
    [shown] = desks.get(desks.anonymous, "/plans")["city"]
    assert (shown["state"], shown["next_state"]) == ("published", None)

    desks.post(desks.district, "/plans", DISTRICT)
    assert advance(desks, desks.district, "jiangyin_plan", step("approved", 1), 422)["problems"][0]["article"] == 9
    linked = {"edition": 1, "plan": DISTRICT | {"linked_to": "wuxi_plan"}}
    desks.ask(desks.district, "PUT", "/plans", 200, linked)
    for edition, state in enumerate(("approved", "published", "filed"), start=2):
        assert "江阴市" in desks.get(desks.reviewer, "/plans")["not_filed"]
        advance(desks, desks.district, "jiangyin_plan", step(state, edition))
    found = desks.get(desks.anonymous, "/plans")
    assert "江阴市" not in found["not_filed"]
    assert [one["state"] for one in found["districts"]] == ["filed"]
    assert [one["details"]["state"] for one in desks.logged("advance_plan")] == [
        "filed",
        "published",
        "approved",
        "published",
        "approved",
    ]


def test_each_authority_answers_for_its_own_plan(desks: Desks) -> None:
    foreign = {**CITY, "id": "another_plan"}
    assert desks.post(desks.district, "/plans", foreign, 403)["problems"][0]["code"] == "foreign-jurisdiction"
    assert desks.post(desks.responsible, "/plans", foreign, 403)["problems"][0]["code"] == "not-permitted"
    desks.post(desks.anonymous, "/plans", foreign, 401)


def test_two_editors_do_not_overwrite_each_other(desks: Desks) -> None:
    desks.post(desks.reviewer, "/plans", {**CITY, "id": "draft_plan"})
    changed = {"edition": 1, "plan": {**CITY, "id": "draft_plan", "title": "新标题"}}
    desks.ask(desks.reviewer, "PUT", "/plans", 200, changed)
    assert desks.ask(desks.reviewer, "PUT", "/plans", 409, changed)["problems"][0]["code"] == "changed-meanwhile"


@pytest.mark.parametrize(
    "changes",
    [{"jurisdiction": "310000"}, {"jurisdiction": "320299"}, {"linked_to": "wuxi_none"}, {"period": "2026"}],
    ids=["another city", "no division", "linked to nothing", "no period"],
)
def test_a_plan_of_nowhere_is_refused(desks: Desks, changes: dict[str, str]) -> None:
    status = 404 if "linked_to" in changes else 422
    refused = desks.post(desks.reviewer, "/plans", {**CITY, "id": "strange_plan", **changes}, status)
    assert refused["problems"]
