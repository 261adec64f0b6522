"""Sign-in at a real OpenID Connect provider on this machine: only a linked identity gets in, and every lie is refused."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.catalog.errors import ConflictError
from catalog_service.catalog.principal import Role
from catalog_service.services import accounts
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.provider import begin
from tests.support import people, provider
from tests.support.provider import CLIENT, SECRET, Provider

PUBLIC = "http://testserver"


@pytest.fixture(scope="module")
def idp() -> Iterator[Provider]:
    with provider.running() as found:
        yield found


@pytest.fixture(scope="module")
def joined(platform: Platform, idp: Provider) -> Iterator[Platform]:
    """The platform with the provider set."""
    settings = {"oidc_issuer": idp.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "public_url": PUBLIC}
    fields = type(platform.settings).model_validate(platform.settings.model_dump() | settings)
    with Platform(fields) as opened:
        yield opened


@pytest.fixture(scope="module")
def joined_app(joined: Platform) -> FastAPI:
    return create_app(joined)


@pytest.fixture
def visitor(joined_app: FastAPI, idp: Provider) -> TestClient:
    """A browser; at the provider, which tells the truth, somebody new is signed in."""
    idp.lie, idp.subject = {}, new_id()
    return TestClient(joined_app, raise_server_exceptions=False)


def go_and_come_back(visitor: TestClient, url: str) -> Any:
    """Follow the browser's way: to the provider, over a real socket, and back."""
    back = urlsplit(httpx.get(url).headers["location"])
    return visitor.get(f"{back.path}?{back.query}", follow_redirects=False)


def sign_in(visitor: TestClient) -> Any:
    return go_and_come_back(visitor, visitor.get("/sign-in/provider", follow_redirects=False).headers["location"])


def linked(joined: Platform, idp: Provider) -> str:
    """Return the login name of a new account that the signed-in subject is linked to."""
    owner = people.account(joined, Role.COMPILER, agency="alpha")
    accounts.link_identity(joined, people.OPERATOR, owner.id, idp.subject)
    return owner.login


def test_a_linked_identity_signs_in(joined: Platform, idp: Provider, visitor: TestClient) -> None:
    login = linked(joined, idp)
    answer = sign_in(visitor)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert login in visitor.get("/account").text
    assert visitor.get("/api/v1/account").json()["agency"] == "alpha"


def test_an_identity_that_is_linked_to_nobody_gets_nothing(idp: Provider, visitor: TestClient, joined: Platform) -> None:
    """Not even one whose subject is the id or the login name of an account."""
    owner = people.account(joined, Role.REVIEWER, agency="alpha")
    for subject in (idp.subject, owner.id, owner.login):
        idp.subject = subject
        assert sign_in(visitor).status_code == 401
    assert "wuxi_session" not in visitor.cookies


def test_the_owner_of_an_account_links_it(joined: Platform, idp: Provider, visitor: TestClient) -> None:
    owner = people.account(joined, Role.COMPILER, agency="alpha", password="correct horse battery")
    people.browser_of(visitor, owner.login, "correct horse battery")
    page = visitor.post("/account/provider", data={"csrf": people.csrf(visitor, "/account")}).text
    url = page.split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")
    assert go_and_come_back(visitor, url).status_code == 303
    other = TestClient(visitor.app, raise_server_exceptions=False)
    sign_in(other)
    assert other.get("/api/v1/account").json()["id"] == owner.id


def test_an_identity_is_linked_to_one_account_only(joined: Platform, idp: Provider, visitor: TestClient) -> None:
    login = linked(joined, idp)
    thief = people.account(joined, Role.COMPILER, agency="beta", password="correct horse battery")
    people.browser_of(visitor, thief.login, "correct horse battery")
    page = visitor.post("/account/provider", data={"csrf": people.csrf(visitor, "/account")}).text
    url = page.split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")
    assert go_and_come_back(visitor, url).status_code == 409
    other = TestClient(visitor.app)
    sign_in(other)
    assert login in other.get("/account").text


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"nonce": "another"},
        {"exp": 1},
        {"sub": 7},
        {"sign": True},
        {"none": True},
        {"hs256": True},
    ],
    ids=["issuer", "audience", "audiences", "nonce", "expired", "subject", "other key", "no signature", "shared secret"],
)
def test_every_lie_of_a_token_is_refused(joined: Platform, idp: Provider, visitor: TestClient, lie: dict[str, Any]) -> None:
    """CVE-2022-39366 of the field: a token whose signature nobody checked."""
    linked(joined, idp)
    idp.lie = lie
    assert sign_in(visitor).status_code == 401
    assert "wuxi_session" not in visitor.cookies


def test_another_provider_at_the_same_address_is_refused(joined: Platform, idp: Provider, visitor: TestClient) -> None:
    idp.lie = {"issuer": "https://evil.example"}
    assert visitor.get("/sign-in/provider", follow_redirects=False).status_code == 409


def test_a_code_or_a_state_is_good_once_and_in_its_own_browser_only(
    joined: Platform, idp: Provider, visitor: TestClient
) -> None:
    linked(joined, idp)
    began = visitor.get("/sign-in/provider", follow_redirects=False).headers["location"]
    back = urlsplit(httpx.get(began).headers["location"])
    stranger = TestClient(visitor.app, raise_server_exceptions=False)
    assert stranger.get(f"{back.path}?{back.query}", follow_redirects=False).status_code == 401
    stranger.cookies.set("wuxi_provider", "x")
    assert stranger.get(f"{back.path}?{back.query}", follow_redirects=False).status_code == 401
    kept = visitor.cookies["wuxi_provider"]
    assert visitor.get(f"{back.path}?{back.query}", follow_redirects=False).status_code == 303
    visitor.cookies.set("wuxi_provider", kept)
    assert visitor.get(f"{back.path}?{back.query}", follow_redirects=False).status_code == 401
    state = parse_qs(back.query)["state"][0]
    assert visitor.get(f"{back.path}?code=x&state={state}", follow_redirects=False).status_code == 401


def test_a_provider_that_does_not_answer_opens_nothing(platform: Platform) -> None:
    fields = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "x", "oidc_client_secret": "y", "public_url": PUBLIC}
    opened = Platform(type(platform.settings).model_validate(platform.settings.model_dump() | fields))
    with opened, pytest.raises(ConflictError):
        begin(opened)


def test_without_a_provider_there_is_no_such_door(client: TestClient) -> None:
    assert client.get("/sign-in/provider").status_code == 404
    assert "sign-in/provider" not in client.get("/sign-in").text
