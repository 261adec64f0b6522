"""Article 15, 18, 26 in the records: one value per field and why, its history, conflicts that go home, lasting identity."""

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.entity import DecisionKind, LinkedPair, PairState, pair_id
from catalog_service.catalog.errors import ForbiddenError, UnauthenticatedError
from catalog_service.catalog.principal import ANONYMOUS, Principal, Role, operator
from catalog_service.services import conflicts, entities, entity_decisions, measuring, pair_review
from catalog_service.services.overriding import override_gate
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from tests.acceptance.support import agencies, deliver, entry, new_platform, publish, revise, run
from tests.support.people import bearer

FIELDS: list[Any] = ["uscc", "name", {"name": "phone", "sensitivity": "internal"}, {"name": "updated", "type": "date"}]
RULES = [{"fields": ["name"], "rule": "recent", "recency": "updated"}]
OPERATOR = operator("测试")
ID = "authority/entities"


def catalog(fields: Sequence[Any] = FIELDS, /, **derivation: object) -> Catalog:
    golden = {"kind": "golden", "sources": [{"dataset": "market/entities"}, {"dataset": "tax/entities"}], **derivation}
    datasets = [entry(id_, FIELDS, ["uscc"]) for id_ in ("market/entities", "tax/entities")]
    names = {"authority": "大数据管理局", "market": "市场监管局", "tax": "税务局"}
    golden_entry = entry(ID, fields, ["uscc"], base_database="legal_entity", derivation=golden)
    return Catalog(agencies=agencies(names), datasets=(*datasets, golden_entry))


def bring(platform: Platform, folder: Path, number: int, **texts: str) -> None:
    for agency, text in texts.items():
        path = folder / f"{agency}{number}.csv"
        path.write_text("uscc,name,phone,updated\n" + text, encoding="utf-8")
        deliver(platform, f"{agency}/entities", path)
    run(platform)


def told(platform: Platform, key: str, field: str) -> str | None:
    """What the golden record says now."""
    return {one.field: one.value for one in entities.show(platform, OPERATOR, ID, (key,)).values}[field]


def events(platform: Platform, key: str) -> list[str]:
    return [event.kind.value for event in entities.history(platform, OPERATOR, ID, (key,)).events]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a platform that took two rounds of deliveries."""
    folder = tmp_path_factory.mktemp("records")
    with publish(folder, catalog(survivorship=RULES)) as platform:
        market = "1,甲公司,111,2026-01-01\n2,乙公司,222,2026-01-01\n"
        bring(platform, folder, 1, market=market, tax="1,甲有限公司,,2026-02-01\n2,乙公司,223,2025-01-01\n")
        bring(platform, folder, 2, tax="1,甲公司,,2026-02-01\n2,乙公司,223,2025-01-01\n3,丙公司,,2026-01-01\n")
    return folder


@pytest.fixture(scope="module")
def platform(home: Path) -> Iterator[Platform]:
    """That platform, only to be looked at."""
    with new_platform(home) as platform:
        yield platform


@pytest.fixture
def own_platform(home: Path, tmp_path: Path) -> Iterator[Platform]:
    """A copy of that platform, to be changed."""
    with new_platform(shutil.copytree(home, tmp_path / "home")) as platform:
        yield platform


def test_every_value_says_where_it_comes_from_and_by_which_rule(platform: Platform) -> None:
    found = entities.show(platform, OPERATOR, ID, ("1",))
    values = {one.field: (one.value, one.source, one.rule, one.row, one.is_disputed) for one in found.values}
    assert values["name"] == ("甲公司", "tax/entities", "recent", 2, False)
    assert values["phone"] == ("111", "market/entities", "record", 2, False)


def test_history_tells_what_was_said_and_when(platform: Platform) -> None:
    story = entities.history(platform, OPERATOR, ID, ("1",))
    names = [(event.kind.value, next(one.value for one in event.values if one.field == "name")) for event in story.events]
    assert names == [("created", "甲有限公司"), ("changed", "甲公司")]
    assert [event.kind.value for event in entities.history(platform, OPERATOR, ID, ("3",)).events] == ["created"]
    today = story.events[-1].at.date()
    assert (
        entities.show(platform, OPERATOR, ID, ("1",), on=today).version == entities.show(platform, OPERATOR, ID, ("1",)).version
    )


def test_conflicts_go_home_and_close_when_sources_agree(platform: Platform) -> None:
    report = conflicts.report(platform, OPERATOR, ID)
    assert [(one.source, one.statement_count, one.overruled_count) for one in report.counts] == [
        ("tax/entities", 1, 1),
        ("market/entities", 1, 0),
    ]
    held = {(one.key, one.field): one for one in conflicts.objections(platform, OPERATOR, ID)}
    assert held[("2",), "phone"].is_open
    assert not held[("1",), "name"].is_open
    assert held[("1",), "name"].closed_at is not None


def test_an_agency_sees_its_own_conflicts_and_sensitive_values_stay_hidden(platform: Platform) -> None:
    compiler = Principal(id="7", name="税务编制员", roles=frozenset({Role.COMPILER}), agency="tax")
    report = conflicts.report(platform, compiler, ID)
    assert {one.agency for one in report.counts} == {"tax"}
    assert [(row.field, row.value, row.is_masked) for row in report.rows] == [("phone", None, True)] * 2
    with pytest.raises(ForbiddenError):
        conflicts.report(platform, compiler, ID, agency="market")
    with pytest.raises(UnauthenticatedError):
        conflicts.report(platform, ANONYMOUS, ID)


def test_the_pages_and_the_api_show_them_to_who_may_see_them(platform: Platform) -> None:
    client = TestClient(create_app(platform))
    assert client.get(f"/api/v1/entities/{ID}/conflicts").status_code == 401
    assert client.get(f"/api/v1/entities/{ID}/review").status_code == 401
    answer = client.get(f"/api/v1/entities/{ID}", params={"key": "2"})
    assert answer.status_code in (200, 401, 403)
    page = client.get(f"/entities/{ID}", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert re.search("主数据记录", page.text)


def test_a_reviewers_decision_is_remembered_and_carried_out(own_platform: Platform) -> None:
    pair = LinkedPair(id=pair_id(ID, ("2",), ("3",)), dataset=ID, left=("2",), right=("3",), probability=0.97)
    with own_platform.database.transaction() as transaction:
        assert transaction.entities.propose([pair]) == 1
    reviewer = Principal(id="8", name="审核员", roles=frozenset({Role.REVIEWER}))
    before = entities.show(own_platform, OPERATOR, ID, ("2",)).entity_id
    decided = entity_decisions.decide_pair(own_platform, reviewer, pair.id, PairState.SAME, reason="同一住所，电话核实")
    assert (decided.kind, decided.key, decided.target) == (DecisionKind.MERGE, ("3",), ("2",))
    with own_platform.database.transaction() as transaction:
        assert transaction.entities.propose([pair]) == 0
    assert pair_review.review(own_platform, reviewer, ID).pairs == ()
    run(own_platform)
    assert entities.show(own_platform, OPERATOR, ID, ("2",)).entity_id == before
    story = entities.history(own_platform, OPERATOR, ID, ("3",))
    assert [(event.kind.value, event.decision and event.decision.value) for event in story.events] == [
        ("created", None),
        ("manual", "merge"),
        ("absorbed", None),
    ]
    assert events(own_platform, "2")[-2:] == ["manual", "merged"]
    client = TestClient(create_app(own_platform))
    compiler, clerk = (bearer(own_platform, role, agency="authority") for role in (Role.COMPILER, Role.REVIEWER))
    assert "被并入" in client.get(f"/entities/{ID}", params={"key": "3"}, headers=compiler).text
    assert "电话核实" in client.get(f"/entities/{ID}/review", headers=clerk).text


@pytest.mark.slow
def test_an_empty_conflict_report_takes_further_deliveries(own_platform: Platform, tmp_path: Path) -> None:
    agreed = "1,甲公司,,2026-02-01\n2,乙公司,222,2025-01-01\n"
    bring(own_platform, tmp_path, 3, tax=agreed)
    assert conflicts.report(own_platform, OPERATOR, ID).row_total == 0
    assert not any(one.is_open for one in conflicts.objections(own_platform, OPERATOR, ID))
    bring(own_platform, tmp_path, 4, tax=agreed + "4,丁公司,444,2026-01-01\n")
    assert current(own_platform)[f"base/{ID}_conflicts"].row_count == 0
    assert told(own_platform, "4", "phone") == "444"
    bring(own_platform, tmp_path, 5, tax=agreed.replace("222", "229"))
    (opened,) = [one for one in conflicts.objections(own_platform, OPERATOR, ID) if one.is_open]
    assert (opened.key, opened.field) == (("2",), "phone")


@pytest.mark.slow
def test_a_withheld_golden_version_that_is_let_pass_takes_its_logs_with_it(own_platform: Platform, tmp_path: Path) -> None:
    strict = [{**one, "required": True} if isinstance(one, dict) and one["name"] == "phone" else one for one in FIELDS]
    revise(own_platform, catalog(strict, survivorship=RULES), tmp_path)
    bring(own_platform, tmp_path, 3, tax="1,甲公司,111,2026-02-01\n2,乙公司,223,2025-01-01\n3,丙集团,,2026-03-01\n")
    assert told(own_platform, "3", "name") == "丙公司"
    withheld = measuring.quality(own_platform, ID)
    assert not withheld.is_published
    assert withheld.version is not None
    officer = Principal(id="9", name="质量员", roles=frozenset({Role.QUALITY_OFFICER}), agency="authority")
    override_gate(own_platform, officer, ID, version=withheld.version, reason="丙公司电话待核实，税务局月底前补报")
    assert told(own_platform, "3", "name") == "丙集团"
    assert events(own_platform, "3") == ["created", "changed"]
    bring(own_platform, tmp_path, 4, tax="1,甲公司,111,2026-02-01\n2,乙公司,223,2025-01-01\n3,丙集团,333,2026-03-01\n")
    assert events(own_platform, "3") == ["created", "changed", "changed"]
