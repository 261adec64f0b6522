"""The pages of sharing and opening: each role finds its work, takes its step by a form, and is told what is wrong."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from catalog_service.catalog.principal import Role
from tests.acceptance.sharing_city import BASIS, ELDERS, HOMES, Desk, opened
from tests.support.people import account, browser_of

PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("pages")) as made:
        yield made


@pytest.fixture(autouse=True)
def _in_chinese(browsers: dict[str, TestClient]) -> None:
    """A test that switched to English leaves its cookie behind."""
    for browser in browsers.values():
        if "lang" in browser.cookies:
            browser.cookies.delete("lang")


@pytest.fixture(scope="module")
def browsers(desk: Desk) -> dict[str, TestClient]:
    roles: dict[str, tuple[Role, str | None]] = {
        "health": (Role.RESPONSIBLE, "health"),
        "civil": (Role.RESPONSIBLE, "civil"),
        "reviewer": (Role.REVIEWER, "authority"),
        "citizen": (Role.APPLICANT, None),
    }
    found = {}
    for name, (role, agency) in roles.items():
        one = account(desk.platform, role, agency=agency, password=PASSWORD)
        found[name] = browser_of(TestClient(desk.client.app, raise_server_exceptions=False), one.login, PASSWORD)
    return found


def send(browser: TestClient, page: str, action: str, **fields: Any) -> Any:
    """Fill in the form of a page that leads to `action`, and follow where it leads."""
    text = browser.get(page).text
    assert f'action="{action}"' in text, text
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
    assert token is not None
    return browser.post(action, data={"csrf": token.group(1), **fields})


def test_a_share_request_goes_from_form_to_grant(browsers: dict[str, TestClient]) -> None:
    new = f"/datasets/{ELDERS}/request"
    assert new in browsers["health"].get(f"/datasets/{ELDERS}").text
    fields: dict[str, Any] = {
        "purpose": "核发高龄津贴",
        **BASIS,
        "columns": ["id", "name", "district"],
        "field_0": "district",
        "operator_0": "one_of",
        "values_0": "320205、320206",
        "valid_from": "2020-01-01",
        "valid_until": "2099-01-01",
        "frequency": "monthly",
    }
    filed = send(browsers["health"], new, f"{new}/share", **fields)
    assert filed.status_code == 200, filed.text
    page = filed.url.path
    assert "第 5 个工作日" in filed.text
    assert page in browsers["civil"].get("/sharing").text
    assert send(browsers["civil"], page, f"{page}/opine", agrees="true", reason="支持").status_code == 200
    refused = send(browsers["reviewer"], page, f"{page}/refuse")
    assert refused.status_code == 422
    assert "应当说明理由" in refused.text
    granted = send(browsers["reviewer"], page, f"{page}/approve", columns=["id", "district"])
    assert "已同意并授权" in granted.text
    work = browsers["health"].get("/sharing").text
    assert "60 行" in work
    (action,) = re.findall(r"/sharing/grants/[0-9a-f-]+/profile", work)
    handed = send(browsers["health"], "/sharing", action)
    assert handed.headers["content-disposition"].endswith('.share"')
    shares = f"{handed.json()['endpoint'].removeprefix('http://testserver')}/shares"
    token = {"Authorization": f"Bearer {handed.json()['bearerToken']}"}
    assert len(browsers["health"].get(shares, headers=token).json()["items"]) == 1
    assert action not in browsers["civil"].get("/sharing").text
    assert browsers["health"].post(action).status_code == 403, "not without the form's token"
    assert "data.csv" not in browsers["civil"].get("/sharing").text


def test_an_application_goes_from_form_to_a_signed_agreement(browsers: dict[str, TestClient]) -> None:
    new = f"/datasets/{HOMES}/request"
    fields = {"purpose": "研究", "format": "csv", "organisation": "", "valid_from": "2020-01-01", "valid_until": "2099-01-01"}
    filed = send(browsers["citizen"], new, f"{new}/open", **fields)
    assert filed.status_code == 200, filed.text
    page = filed.url.path
    send(browsers["civil"], page, f"{page}/approve")
    shown = browsers["citizen"].get(page).text
    text_sha256 = re.search(r'name="text_sha256" value="([0-9a-f]{64})"', shown)
    assert text_sha256 is not None
    send(browsers["citizen"], page, f"{page}/sign", text_sha256=text_sha256.group(1))
    done = send(browsers["civil"], page, f"{page}/countersign", text_sha256=text_sha256.group(1))
    assert "协议已签订" in done.text
    assert "data.csv" in browsers["citizen"].get("/sharing").text


def test_what_is_filled_in_badly_is_named(browsers: dict[str, TestClient]) -> None:
    new = f"/datasets/{ELDERS}/request"
    bad = {
        "purpose": "",
        "law": "某法",
        "columns": "id",
        "valid_from": "昨天",
        "valid_until": "2099-01-01",
        "frequency": "monthly",
    }
    answer = send(browsers["health"], new, f"{new}/share", **bad)
    assert answer.status_code == 422
    assert "purpose" in answer.text
    assert "valid_from" in answer.text


def test_open_lists_are_public_and_published_by_the_agency(desk: Desk, browsers: dict[str, TestClient]) -> None:
    assert "还没有机构发布开放清单" in desk.client.get("/open-lists").text
    published = send(browsers["civil"], "/sharing", "/open-lists")
    assert "第 1 版" in published.text
    for language, words in (("zh-CN", "民政局开放清单"), ("en", "Open list of")):
        assert words in desk.client.get("/open-lists/civil", params={"lang": language}).text
    assert send(browsers["civil"], "/sharing", "/open-lists").status_code == 409


@pytest.mark.parametrize("who", ["health", "civil", "reviewer", "citizen"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_role_has_its_page_in_both_languages(browsers: dict[str, TestClient], who: str, language: str) -> None:
    answer = browsers[who].get("/sharing", params={"lang": language})
    assert answer.status_code == 200
    assert ("共享与开放办理" if language == "zh-CN" else "Sharing and opening") in answer.text


def test_nobody_without_an_account_sees_requests(desk: Desk) -> None:
    for page in ("/sharing", f"/datasets/{ELDERS}/request"):
        assert TestClient(desk.client.app).get(page, headers={"Accept": "text/html"}, follow_redirects=False).status_code in (
            303,
            401,
        )
