"""People for tests: accounts with API keys, by role and agency, and clients that act as them."""

from starlette.testclient import TestClient

from catalog_service.catalog.identity import Account
from catalog_service.catalog.principal import Principal, Role, operator
from catalog_service.services import accounts, keys
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform

OPERATOR = operator("tests")


def account(platform: Platform, *roles: Role, agency: str | None = None, password: str | None = None) -> Account:
    """Return a new account with these roles."""
    login = f"u{new_id().replace('-', '')}"
    return accounts.create_account(
        platform,
        OPERATOR,
        login=login,
        name=f"{agency or '市民'} 用户",
        agency=agency,
        roles=frozenset(roles),
        password=password,
    )


def principal(platform: Platform, *roles: Role, agency: str | None = None) -> Principal:
    """Return who acts with a new account."""
    return account(platform, *roles, agency=agency).principal()


def key_of(platform: Platform, owner: Account) -> str:
    """Return the secret of a new API key with all roles of the account."""
    return keys.create_key(platform, OPERATOR, title="测试", account_id=owner.id).secret


def bearer(platform: Platform, *roles: Role, agency: str | None = None) -> dict[str, str]:
    """Return the header by which a new account with these roles acts."""
    return {"Authorization": f"Bearer {key_of(platform, account(platform, *roles, agency=agency))}"}


def browser_of(client: TestClient, login: str, password: str) -> TestClient:
    """Sign a browser in through the page, and return it."""
    answer = client.post("/sign-in", data={"csrf": csrf(client, "/sign-in"), "login": login, "password": password})
    assert answer.status_code == 200, answer.text
    return client


def csrf(client: TestClient, page: str) -> str:
    """Return the form token of a page."""
    return client.get(page).text.split('name="csrf" value="')[1].split('"')[0]
