"""Pages of duties, rule sets, statistics and registers, as the authority's reviewer and others use them in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.catalog.principal import Role
from tests.acceptance.desks import STOPS, Desks, open_desks
from tests.support.people import account, browser_of

SECRET = "correct horse battery 9"  # noqa: S105
PAGES = ("/duties", "/statistics", "/rules", "/channels", "/plans", "/standards")
PUBLIC = {"/rules", "/plans", "/standards"}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder: Path = tmp_path_factory.mktemp("pages")
    with open_desks(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser(desks: Desks) -> TestClient:
    """A browser in which the authority's reviewer is signed in."""
    owner = account(desks.platform, Role.REVIEWER, agency="authority", password=SECRET)
    return browser_of(TestClient(create_app(desks.platform)), owner.login, SECRET)


def send(browser: TestClient, page: str, action: str, status_code: int = 200, /, **data: Any) -> str:
    """Fill in the form of a page, send it, and return the page that follows."""
    token = browser.get(page).text.split('name="csrf" value="')[1].split('"')[0]
    answer = browser.post(action, data={"csrf": token, **data}, headers={"Accept": "text/html"})
    assert answer.status_code == status_code, answer.text
    return answer.text


def listed(browser: TestClient) -> set[str]:
    """The duties on the page of duties."""
    return set(re.findall(r"/duties/([0-9a-f-]{36})", browser.get("/duties").text))


@pytest.mark.parametrize("page", PAGES)
def test_who_may_see_a_page_sees_it_in_both_languages(desks: Desks, browser: TestClient, page: str) -> None:
    for language, letters in (("zh-CN", "[一-鿿]"), ("en", "[A-Za-z]")):
        shown = browser.get(page, params={"lang": language}).text
        assert f'<html lang="{language}">' in shown
        assert re.search(f"<h1>{letters}", shown)
        assert "style=" not in shown
        assert "<script" not in shown
    browser.get(page, params={"lang": "zh-CN"})
    assert desks.client.get(page).status_code == (200 if page in PUBLIC else 401)
    assert desks.client.get(page, headers=desks.stranger).status_code == (403 if page == "/statistics" else 200)


def test_a_reported_change_shows_its_count_and_can_be_dismissed(browser: TestClient) -> None:
    change: dict[str, Any] = {
        "dataset": STOPS,
        "elements": ["sharing", "content"],
        "reason": "改为有条件共享",
        "happened_on": "2026-09-18",
    }
    before = listed(browser)
    shown = send(browser, "/duties", "/duties", **change)
    for words in ("到期日", "2026-10-15", "第 15 日", "调休上班", "节假日 国庆节", "改为有条件共享", "wuxi-measures-2020"):
        assert words in shown
    assert STOPS in browser.get("/duties", params={"state": "overdue"}).text
    [duty] = listed(browser) - before
    assert "核销" in send(browser, f"/duties/{duty}", f"/duties/{duty}/dismissal", reason="误报")
    send(browser, "/duties", f"/duties/{duty}/dismissal", 409, reason="误报")


def test_functions_of_an_agency_are_registered(browser: TestClient) -> None:
    given: dict[str, Any] = {
        "agency": "transport",
        "description": "职能划入",
        "document": "锡委编〔2026〕1号",
        "happened_on": "2026-09-18",
    }
    shown = send(browser, "/duties", "/duties/functions", **given, datasets="transport/parks\ntransport/new")
    assert "transport/parks" in shown
    assert "transport/new" in shown


def test_rule_sets_are_adopted_and_notices_taken_in(browser: TestClient) -> None:
    adoption: dict[str, Any] = {"rule_set": "state-council-809-2025", "from_day": "2099-01-01"}
    assert "未与原文核对" in send(browser, "/rules", "/rules/adoptions", 422, **adoption, verification="")
    assert "自 2099-01-01 起采用" in send(browser, "/rules", "/rules/adoptions", **adoption, verification="国务院公报")
    notice = "id: 国办1号\ntitle: 测试通知\nissued_on: 2026-11-01\nholidays: {2099-01-01: 元旦}"
    assert "测试通知" in send(browser, "/rules", "/rules/notices", text=notice)
    assert "文件 notice.yaml" in send(browser, "/rules", "/rules/notices", 422, text="id: [")


@pytest.mark.slow
def test_channels_plans_and_standards_are_registered(browser: TestClient) -> None:
    channel: dict[str, Any] = {
        "id": "one",
        "title": "前置机",
        "provider": "civil",
        "receiver": "transport",
        "data": "优待证",
        "means": "文件",
    }
    assert "不得新建" in send(browser, "/channels", "/channels", 403, **channel, established_on="2021-01-01")
    assert "已登记" in send(browser, "/channels", "/channels", **channel, established_on="2019-01-01")
    send(browser, "/channels", "/channels", 422, **channel | {"receiver": "civil"}, established_on="2019-01-01")
    integration: dict[str, Any] = {"edition": 1, "plan": "汇聚后停用", "closed_on": ""}
    path = "/channels/one/integration"
    assert "第 2 行" in send(browser, "/channels/one", path, 422, **integration, milestones="汇聚 | 2026-06-30\n切换")
    shown = send(browser, "/channels/one", path, **integration, milestones="汇聚 | 2026-06-30 | 2026-06-01\n切换 | 2026-12-31")
    assert "整合中" in shown
    plan: dict[str, Any] = {"id": "wuxi", "title": "市规划", "jurisdiction": "320200", "period": "2026-2030"}
    assert "市规划" in send(browser, "/plans", "/plans", **plan)
    step = {"edition": 1, "state": "approved", "on": "2026-03-01", "document": "锡政发〔2026〕3号"}
    assert "本级政府已批准" in send(browser, "/plans", "/plans/wuxi/steps", **step)
    standard: dict[str, Any] = {"number": "DB3202/T 1-2026", "title": "数据元规范", "level": "local", "status": "in_force"}
    assert "数据元规范" in send(browser, "/standards", "/standards", **standard)
    assert "replaced_by" in send(browser, "/standards", "/standards", 422, **standard | {"number": "X", "status": "replaced"})
    link: dict[str, Any] = {"standard": "DB3202/T 1-2026", "kind": "rule_set", "target": "wuxi-measures-2020"}
    assert "wuxi-measures-2020" in send(browser, "/standards", "/standards/links", **link)


def test_who_sees_all_duties_chooses_among_agencies_by_name(desks: Desks, browser: TestClient) -> None:
    shown = browser.get("/duties", params={"lang": "zh-CN", "agency": "civil"}).text
    assert '<option value="civil" selected>民政局</option>' in shown
    assert 'name="agency"><option' not in desks.client.get("/duties", headers=desks.compiler).text


def test_conditions_of_requirements_are_in_words(desks: Desks) -> None:
    shown = desks.client.get("/rules", params={"lang": "zh-CN"}).text
    for words in ("共享属性 · 类型：有条件共享或不予共享", "依据 · 被采集人同意：未填写", "信息项 · 数据类型：字符型"):
        assert words in shown
    english = TestClient(desks.client.app).get("/rules", params={"lang": "en"}).text
    assert "basis · statute: given" in english


def test_the_completeness_of_an_entry_is_public(desks: Desks) -> None:
    shown = desks.client.get(f"/datasets/{STOPS}/completeness").text
    assert "关键词" in shown
    assert "怎样补齐" in shown


def test_statistics_can_be_taken_along_as_a_table(browser: TestClient) -> None:
    answer = browser.get("/statistics.csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.text.startswith("\ufeff机构标识 agency")


def test_a_form_from_elsewhere_is_refused(browser: TestClient) -> None:
    assert browser.post("/plans", data={"csrf": "x", "id": "foreign"}).status_code == 403
