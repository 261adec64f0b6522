"""Article 12: no new exchange channels between agencies; existing ones are registered and integrated."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.desks import Desks, open_desks

CHANNEL = {
    "id": "transport_civil",
    "title": "优待证核验前置机",
    "provider": "civil",
    "receiver": "transport",
    "established_on": "2018-03-01",
    "data": "老年人优待证",
    "means": "前置机文件交换",
}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder: Path = tmp_path_factory.mktemp("article_12")
    with open_desks(folder) as opened:
        yield opened


def integration(edition: int, *done: str, closed_on: str | None = None) -> dict[str, Any]:
    days = [*done, *([None] * 2)][:2]
    milestones = [
        {"title": name, "due": "2026-06-30", "done_on": day} for name, day in zip(("汇聚", "切换"), days, strict=True)
    ]
    return {"edition": edition, "integration": {"plan": "汇聚到平台后停用", "milestones": milestones, "closed_on": closed_on}}


@pytest.mark.parametrize("built", ["2020-05-01", "2026-10-08"])
def test_a_new_channel_is_refused_with_its_remedy_and_noted(desks: Desks, built: str) -> None:
    refused = desks.post(desks.responsible, "/channels", {**CHANNEL, "id": "new_one", "established_on": built}, 403)
    [fault] = refused["problems"]
    assert fault["article"] == 12
    assert "不得新建共享交换通道" in fault["message"]
    assert "共享平台" in fault["message"]
    [denied, *_] = desks.logged("register_channel")
    assert (denied["outcome"], denied["details"]["established_on"]) == ("denied", built)
    assert "new_one" not in {one["channel"]["id"] for one in desks.get(desks.reviewer, "/channels")["items"]}


def test_an_existing_channel_is_integrated_until_it_is_closed(desks: Desks) -> None:
    assert desks.post(desks.responsible, "/channels", CHANNEL)["state"] == "registered"
    path = "/channels/transport_civil/integration"
    seen = []
    for edition, plan in enumerate(
        (integration(1), integration(2, "2026-05-01"), integration(3, "2026-05-01", "2026-06-01", closed_on="2026-06-02")), 1
    ):
        assert plan["edition"] == edition
        done = desks.ask(desks.stranger, "PUT", path, 200, plan)
        seen.append((done["state"], done["progress"], len(done["late"])))
    assert seen == [("planned", 0.0, 2), ("integrating", 0.5, 1), ("closed", 1.0, 0)]
    desks.ask(desks.stranger, "PUT", path, 409, integration(1))
    assert desks.ask(desks.stranger, "PUT", path, 422, integration(4, closed_on="2026-06-02"))["problems"][0]["article"] == 12


def test_agencies_see_their_own_channels_and_the_authority_all(desks: Desks) -> None:
    other = {**CHANNEL, "id": "jiangyin_civil", "receiver": "jiangyin"}
    desks.post(desks.reviewer, "/channels", other)
    shown = {
        name: {one["channel"]["id"] for one in desks.get(who, "/channels")["items"]} & {"jiangyin_civil"}
        for name, who in {"reviewer": desks.reviewer, "civil": desks.stranger, "transport": desks.compiler}.items()
    }
    assert shown == {"reviewer": {"jiangyin_civil"}, "civil": {"jiangyin_civil"}, "transport": set()}
    desks.ask(desks.responsible, "PUT", "/channels/jiangyin_civil/integration", 403, integration(1))
    desks.get(desks.anonymous, "/channels", 401)


def test_a_channel_of_an_unknown_agency_is_refused(desks: Desks) -> None:
    refused = desks.post(desks.reviewer, "/channels", {**CHANNEL, "id": "strange", "provider": "nobody"}, 404)
    assert refused["problems"][0]["code"] == "unknown-agency"
