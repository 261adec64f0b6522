"""Articles 25, 32 over HTTP: what fails a rule is corrected by its agency in time; everybody reads how good the data are."""

import datetime as dt
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.ledger import LedgerQuery
from catalog_service.catalog.principal import Role
from catalog_service.services import accounts
from catalog_service.services.platform import Platform
from catalog_service.services.rectification import escalate
from pipelines.rechecking import recheck
from pipelines.workbench import Outcome
from tests.acceptance.support import agencies, deliver, entry, publish, run
from tests.support.people import OPERATOR, account, bearer, browser_of, csrf

ID = "health/hospitals"
ISSUES = "/api/v1/quality/issues"
HEADER = "code,phone,beds\n"
GOOD = HEADER + "1,0510-1,100\n2,0510-2,50\n"
ODD = HEADER + "1,0510-1,100\n2,guess-me,50000\n"
PASSWORD = "correct horse battery staple"  # noqa: S105


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    phone = {"name": "phone", "pattern": "0510-[0-9]+", "sensitivity": "sensitive", "opening": "conditional"}
    beds = {"name": "beds", "type": "integer", "maximum": 10_000}
    catalog = Catalog(
        agencies=agencies({"authority": "大数据管理局", "health": "卫生健康委员会", "police": "公安局"}),
        datasets=(entry(ID, ["code", phone, beds], ["code"], title="医疗机构", frequency="monthly"),),
    )
    with publish(tmp_path, catalog) as opened:
        yield opened


@pytest.fixture
def client(platform: Platform) -> TestClient:
    return TestClient(create_app(platform), raise_server_exceptions=False)


def load(platform: Platform, folder: Path, text: str) -> Outcome:
    path = folder / "hospitals.csv"
    path.write_text(text, encoding="utf-8")
    deliver(platform, ID, path)
    return run(platform)[ID]


def issues(client: TestClient, headers: dict[str, str], **asked: Any) -> list[dict[str, Any]]:
    answer = client.get(ISSUES, headers=headers, params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_a_failed_rule_is_one_issue_until_a_delivery_passes(platform: Platform, tmp_path: Path, client: TestClient) -> None:
    agency, police = (bearer(platform, Role.RESPONSIBLE, agency=one) for one in ("health", "police"))
    load(platform, tmp_path, ODD)
    recheck(platform, [ID])
    opened = sorted(issues(client, agency), key=lambda one: str(one["rule"]), reverse=True)
    assert [(one["rule"], one["state"], one["unexpected_count"]) for one in opened] == [
        ("phone__matches", "open", 1),
        ("beds__between", "open", 1),
    ]
    assert opened[0]["days_left"] == 15  # a setting of the platform, in the rule set
    url = f"{ISSUES}/{opened[0]['id']}"
    (sample,) = client.get(url, headers=agency).json()["samples"]
    assert "guess-me" not in str(sample)
    assert (issues(client, police), client.get(ISSUES).status_code) == ([], 401)
    assert client.get(ISSUES, headers=police, params={"agency": "health"}).status_code == 403
    assert client.get(url, headers=police).status_code == 403

    for who, body, status in (
        (police, {"event": "answer", "reason": "已改正"}, 403),
        (agency, {"event": "dismiss", "reason": "无需改正"}, 403),
        (agency, {"event": "answer", "reason": ""}, 422),
        (agency, {"event": "correct"}, 422),
        (agency, {"event": "answer", "reason": "已核对电话，明日重新报送"}, 200),
    ):
        assert client.post(f"{url}/steps", json=body, headers=who).status_code == status
    assert client.get(url, headers=agency).json()["state"] == "answered"
    load(platform, tmp_path, ODD + "3,guess-me-too,60\n")  # it still fails
    again = client.get(url, headers=agency).json()
    assert (again["state"], again["unexpected_count"]) == ("open", 2)

    (delivery,) = load(platform, tmp_path, GOOD).deliveries
    assert issues(client, agency, is_open=True) == []
    closed = client.get(url, headers=agency).json()
    assert (closed["state"], closed["delivery"], closed["samples"]) == ("corrected", delivery.id, [])
    assert [step["event"] for step in closed["history"]] == ["open", "answer", "persist", "correct"]
    assert client.post(f"{url}/steps", json={"event": "answer", "reason": "x"}, headers=agency).status_code == 409
    with platform.database.reading() as transaction:
        noted = transaction.ledger.search(LedgerQuery(target=f"rectification:{closed['id']}")).items
    assert {one.entry.action.removeprefix("rectification_") for one in noted} >= {"open", "answer", "persist", "correct"}


def test_what_is_overdue_goes_before_the_authority_which_may_dismiss_it(
    platform: Platform, tmp_path: Path, client: TestClient
) -> None:
    for login, role, slug in (
        ("head@health.example", Role.RESPONSIBLE, "health"),
        ("qo@city.example", Role.QUALITY_OFFICER, "authority"),
    ):
        accounts.create_account(
            platform, OPERATOR, login=login, name=login, agency=slug, roles=frozenset({role}), password=PASSWORD
        )
    load(platform, tmp_path, ODD)
    assert escalate(platform, OPERATOR).escalated == 0
    platform.seal()
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=60), tick=True):
        agency, officer = (
            bearer(platform, Role.COMPILER, agency="health"),
            bearer(platform, Role.QUALITY_OFFICER, agency="authority"),
        )
        done = [escalate(platform, OPERATOR).model_dump() for _ in range(2)]
        assert done == [{"open": 2, "overdue": 2, "escalated": 2}, {"open": 2, "overdue": 2, "escalated": 0}]
        for reader in (agency, officer):
            late = issues(client, reader, is_overdue=True)
            assert {(one["state"], one["is_overdue"], one["days_left"] < 0) for one in late} == {("escalated", True, True)}
        url = next(f"{ISSUES}/{one['id']}" for one in late if one["rule"] == "beds__between")
        reason = {"event": "dismiss", "reason": "该院合并统计床位，已核实"}
        assert client.post(f"{url}/steps", json=reason, headers=officer).json()["state"] == "dismissed"
        load(platform, tmp_path, ODD.replace("50000", "60000"))
        assert "beds__between" not in {one["rule"] for one in issues(client, officer, is_open=True)}
        load(platform, tmp_path, ODD + "3,0510-3,70000\n")  # more rows than were dismissed
        assert "beds__between" in {one["rule"] for one in issues(client, officer, is_open=True)}
    with platform.database.reading() as transaction:
        told = [(one.recipient, one.subject.split("·")[0].strip()) for one in transaction.interaction.notices.find()]
    assert sorted(told) == [
        ("head@health.example", "质量整改逾期"),
        ("head@health.example", "质量整改：医疗机构"),
        ("head@health.example", "质量整改：医疗机构"),
        ("qo@city.example", "质量整改逾期"),
    ]


def test_everybody_reads_the_report_and_those_concerned_the_failing_rows(
    platform: Platform, tmp_path: Path, client: TestClient
) -> None:
    never = client.get(f"/datasets/{ID}/quality")
    assert (never.status_code, "尚未检查" in never.text) == (200, True)
    load(platform, tmp_path, GOOD)
    load(platform, tmp_path, ODD)
    page = client.get(f"/datasets/{ID}/quality").text
    for words in (
        "beds不得大于 10000",
        "检查 2 条，1 条超出范围",
        "检查 2 条，1 条格式不符",
        "距今 0 天",
        "3 条通过",
        "不合格记录仅",
    ):
        assert words in page, words
    assert "guess-me" not in page
    assert page.count('<svg class="chart') == 3
    ET.fromstring("<svg " + page.split("<svg ")[2].split("</svg>")[0] + "</svg>")  # noqa: S314
    assert f'href="/datasets/{ID}/quality"' in client.get(f"/datasets/{ID}").text
    assert "did not fit" not in client.get(f"/datasets/{ID}/quality", params={"lang": "en"}).text

    login = account(platform, Role.RESPONSIBLE, agency="health", password=PASSWORD).login
    browser = browser_of(TestClient(create_app(platform), raise_server_exceptions=False), login, PASSWORD)
    report = browser.get(f"/datasets/{ID}/quality").text
    assert "<td>code 2</td>" in report
    assert "guess-me" not in report
    link = report.split('href="/quality/issues/')[1].split('"')[0]
    issue = f"/quality/issues/{link}"
    given = {"csrf": csrf(browser, issue), "event": "answer", "reason": "周五前重新报送"}
    assert "已答复，待复查" in browser.post(f"{issue}/steps", data=given).text
    assert "医疗机构" in browser.get("/quality/issues").text
    assert browser.get("/quality/issues?show=overdue").text.count("<tbody>") == 0

    docs = f"/datasets/{ID}/quality/data-docs"
    assert (client.get(docs).status_code, browser.get(docs).status_code) == (401, 404)
    recheck(platform, [ID], docs=tmp_path / "data-docs")
    shown = browser.get(docs)
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert docs in browser.get(f"/datasets/{ID}/quality").text
    for reader, sheets in ((client, 4), (browser, 5)):
        answer = reader.get(f"/datasets/{ID}/quality.xlsx", params={"lang": "zh-CN"})
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        assert len(book.sheetnames) == sheets
        outcomes = {row[0]: (row[5], row[6], row[7]) for row in book["规则"].iter_rows(min_row=2, values_only=True)}
        assert outcomes["beds__between"] == ("未通过", 2, 1)
        assert b"guess-me" not in answer.content
