"""Every route of the app, found and not listed: it declares its access, and it holds against everybody else.

A route that comes is swept without a line here. What may be asked of whom is declared by `PUBLIC`, `SIGNED_IN`, `needs(…)`.
"""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import RouteContext
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from catalog_service.catalog.principal import PERMITTED, Role
from catalog_service.services import accounts, identity, keys
from catalog_service.services.platform import Platform
from catalog_service.web.identity import Declared, Entrance, declared_access
from tests.support import people

UNDECLARED = {"/openapi.json", "/static"}
"""What FastAPI itself serves to everybody: the interface's description, the style sheet."""


def _swept(app: FastAPI) -> Iterator[tuple[str, str, Declared]]:
    for route, access in declared_access(app):
        if access is not None:
            for method in sorted(route.methods or ()):
                yield method, _filled(route), access


def _filled(route: RouteContext) -> str:
    """Return an address of the route, every part of it something that could be."""
    values = {"agency": "alpha", "name": "people", "version": "1", "sequence": "1"}
    return re.sub(
        r"{(\w+)(:\w+)?}", lambda part: values.get(part[1], "0" * 8 + "-0000-7000-8000-" + "0" * 12), route.path or ""
    )


def test_every_route_declares_its_access(app: FastAPI) -> None:
    assert [route.path for route, access in declared_access(app) if access is None] == []
    others: list[BaseRoute] = [one for one in app.routes if hasattr(one, "path")]
    assert {one.path for one in others if isinstance(one.path, str)} == UNDECLARED  # type: ignore[attr-defined]


def test_a_route_without_access_would_be_found() -> None:
    naked = FastAPI()
    naked.add_api_route("/naked", lambda: None)
    assert [(route.path, access) for route, access in declared_access(naked) if route.path == "/naked"] == [("/naked", None)]


@pytest.fixture(scope="module")
def bad_credentials(platform: Platform) -> dict[str, str]:
    """Credentials that do not hold, each for another reason; their accounts have every role of an agency."""
    roles = (Role.COMPILER, Role.RESPONSIBLE)
    expired, revoked, closed = (people.account(platform, *roles, agency="alpha") for _ in range(3))
    found = {"unknown": "Bearer wxk_" + "0" * 43, "no key": "Bearer xyz", "empty": "", "basic": "Basic eDp5"}
    with platform.database.transaction() as transaction:
        made = keys._make(expired.id, "过期", frozenset(roles), 1)
        over = made.key.model_copy(update={"expires_at": identity.now()})
        transaction.identity.add_key(over, identity.hash_of(made.secret))
        found["expired"] = f"Bearer {made.secret}"
    made = keys.create_key(platform, people.OPERATOR, title="吊销", account_id=revoked.id)
    keys.revoke_key(platform, people.OPERATOR, made.key.id)
    found["revoked"] = f"Bearer {made.secret}"
    found["closed"] = f"Bearer {people.key_of(platform, closed)}"
    accounts.set_active(platform, people.OPERATOR, closed.id, is_active=False)
    return found


def test_without_credentials_nothing_protected_answers(app: FastAPI, client: TestClient) -> None:
    swept = [(method, path) for method, path, access in _swept(app) if not access.is_public]
    assert len(swept) > 20
    answers = {(method, path): client.request(method, path).status_code for method, path in swept}
    assert {key: status for key, status in answers.items() if status != 401} == {}


def _refused_credentials(app: FastAPI, client: TestClient, kinds: dict[str, str], *, each: int) -> dict[object, int]:
    """Send bad credentials, every `each`-th of them in turn, to every route; return what was not refused."""
    wrong: dict[object, int] = {}
    routes = [(method, path) for method, path, access in _swept(app) if not isinstance(access, Entrance)]
    for number, (method, path) in enumerate(routes):
        for kind in list(kinds)[number % each :: each]:
            status = client.request(method, path, headers={"Authorization": kinds[kind]}).status_code
            if status != 401:
                wrong[kind, method, path] = status
    return wrong


def test_a_credential_that_does_not_hold_is_refused_everywhere(
    app: FastAPI, client: TestClient, bad_credentials: dict[str, str]
) -> None:
    assert _refused_credentials(app, client, bad_credentials, each=len(bad_credentials)) == {}


@pytest.mark.slow
def test_every_credential_that_does_not_hold_is_refused_everywhere(
    app: FastAPI, client: TestClient, bad_credentials: dict[str, str]
) -> None:
    assert _refused_credentials(app, client, bad_credentials, each=1) == {}


def _refused_roles(app: FastAPI, client: TestClient, platform: Platform, *, most: int) -> dict[object, int]:
    """Ask every route in up to `most` roles that may not; return what was not refused."""
    headers = {role: people.bearer(platform, role, agency=None if role is Role.APPLICANT else "beta") for role in Role}
    wrong, swept = dict[object, int](), 0
    for number, (method, path, access) in enumerate(_swept(app)):
        able = {role for action in access.actions for role in PERMITTED[action]}
        unable = [role for role in Role if access.actions and role not in able]
        for role in (unable[number % len(unable) :] + unable if unable else [])[: min(most, len(unable))]:
            swept += 1
            status = client.request(method, path, headers=headers[role]).status_code
            if status not in (403, 404):
                wrong[role.value, method, path] = status
    assert swept > 20
    return wrong


def test_a_wrong_role_is_refused_everywhere(app: FastAPI, client: TestClient, platform: Platform) -> None:
    assert _refused_roles(app, client, platform, most=1) == {}


@pytest.mark.slow
def test_every_wrong_role_is_refused_everywhere(app: FastAPI, client: TestClient, platform: Platform) -> None:
    assert _refused_roles(app, client, platform, most=len(Role)) == {}


@pytest.mark.slow
def test_a_session_that_is_over_is_refused_everywhere(app: FastAPI, client: TestClient) -> None:
    wrong = {}
    for method, path, access in _swept(app):
        if not isinstance(access, Entrance):
            status = client.request(method, path, headers={"Cookie": "wuxi_session=stolen"}).status_code
            if status != 401:
                wrong[method, path] = status
    assert wrong == {}


def test_the_door_is_open_to_who_holds_a_session_that_is_over(client: TestClient) -> None:
    assert client.get("/account", headers={"Cookie": "wuxi_session=stolen"}).status_code == 401
    assert client.get("/sign-in", headers={"Cookie": "wuxi_session=stolen"}).status_code == 200
