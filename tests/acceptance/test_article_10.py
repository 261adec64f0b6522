"""Article 10: standards are registered with what replaces them, and rules say on which they rest."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.desks import STOPS, Desks, open_desks

OLD, NEW = "DB3202/T 1001-2019", "DB3202/T 1001-2026"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder: Path = tmp_path_factory.mktemp("article_10")
    with open_desks(folder) as opened:
        yield opened


def put(desks: Desks, number: str, expected: int = 200, *, edition: int | None = None, **changes: Any) -> Any:
    standard = {"number": number, "title": "公共数据元规范", "level": "local", **changes}
    return desks.ask(desks.reviewer, "PUT", "/standards", expected, {"edition": edition, "standard": standard})


def link(desks: Desks, kind: str, target: str, status: int = 200, *, number: str = OLD, remove: bool = False) -> Any:
    body = {"link": {"standard": number, "kind": kind, "target": target}, "remove": remove}
    return desks.post(desks.reviewer, "/standards/links", body, status)


def test_a_standard_is_registered_linked_and_replaced(desks: Desks) -> None:
    assert put(desks, OLD)["edition"] == 1
    assert put(desks, OLD, 409)["problems"][0]["code"] == "already-registered"
    assert link(desks, "rule_set", "wuxi-measures-2020") == {"changed": True}
    assert link(desks, "rule_set", "wuxi-measures-2020") == {"changed": False}
    link(desks, "rule", f"{STOPS}#name__not_null")
    put(desks, OLD, 404, edition=1, status="replaced", replaced_by=NEW)
    put(desks, NEW)
    put(desks, OLD, edition=1, status="replaced", replaced_by=NEW)
    put(desks, OLD, 409, edition=1, title="过时的修改")
    shown = {one["standard"]["number"]: one for one in desks.get(desks.anonymous, "/standards")["items"]}
    assert (shown[OLD]["standard"]["status"], shown[OLD]["standard"]["replaced_by"]) == ("replaced", NEW)
    assert [one["target"] for one in shown[OLD]["links"]] == [f"{STOPS}#name__not_null", "wuxi-measures-2020"]
    assert link(desks, "rule", f"{STOPS}#name__not_null", remove=True) == {"changed": True}


@pytest.mark.parametrize(
    ("kind", "target"),
    [("rule_set", "no-such-set"), ("rule", "transport/none#a__not_null"), ("data_element", "DE00000")],
)
def test_a_link_to_nothing_is_refused(desks: Desks, kind: str, target: str) -> None:
    put(desks, f"X {kind}")
    assert link(desks, kind, target, 404, number=f"X {kind}")["problems"]


def test_a_contradictory_standard_is_refused_with_both_languages(desks: Desks) -> None:
    body = {"standard": {"number": "X 1", "title": "标准", "status": "replaced"}}
    for language, words in (("zh-CN", "被代替的标准"), ("en", "replaced_by belongs")):
        refused = desks.ask(desks.reviewer, "PUT", "/standards", 422, body, **{"Accept-Language": language})
        assert words in refused["detail"]


def test_only_the_authority_registers_standards(desks: Desks) -> None:
    body = {"standard": {"number": "X 2", "title": "标准"}}
    for who, status in ((desks.responsible, 403), (desks.inspector, 403), (desks.anonymous, 401)):
        assert desks.ask(who, "PUT", "/standards", status, body)["problems"]
