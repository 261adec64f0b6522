"""Signing in and out, sessions, keys, accounts: what holds, what ends, and the attacks of the field."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from catalog_service.catalog.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ThrottledError,
    UnauthenticatedError,
)
from catalog_service.catalog.ledger import LedgerQuery
from catalog_service.catalog.principal import ANONYMOUS, Role
from catalog_service.services import accounts, identity, keys, ledger, passwords
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from catalog_service.store.identity_tables import account as account_table
from catalog_service.store.identity_tables import api_key
from tests.support import people

PASSWORD = "correct horse battery"  # noqa: S105
HOURS = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def clerk(platform: Platform) -> str:
    """Login name of a compiler of alpha with a password."""
    return people.account(platform, Role.COMPILER, agency="alpha", password=PASSWORD).login


def sign_in(browser: TestClient, login: str, password: str = PASSWORD, **more: str) -> int:
    data = {"csrf": people.csrf(browser, "/sign-in"), "login": login, "password": password, **more}
    return browser.post("/sign-in", data=data, follow_redirects=False).status_code


def test_a_session_ends_at_sign_out_and_its_token_opens_nothing_any_more(browser: TestClient, clerk: str) -> None:
    """CVE-2022-39366, CVE-2023-25562 of the field: a session that outlives its sign-out."""
    assert sign_in(browser, clerk) == 303
    stolen = {"Cookie": f"wuxi_session={browser.cookies['wuxi_session']}"}
    other = TestClient(browser.app)
    assert other.get("/api/v1/account", headers=stolen).json()["agency"] == "alpha"
    browser.post("/sign-out", data={"csrf": people.csrf(browser, "/account")})
    assert "wuxi_session" not in browser.cookies
    assert other.get("/api/v1/account", headers=stolen).status_code == 401
    assert other.get("/account", headers=stolen).status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_foreign_pages(platform: Platform, browser: TestClient, clerk: str) -> None:
    data = {"csrf": people.csrf(browser, "/sign-in"), "login": clerk, "password": PASSWORD}
    cookie = browser.post("/sign-in", data=data, follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    secure = TestClient(browser.app, base_url="https://testserver")
    data["csrf"] = people.csrf(secure, "/sign-in")
    assert "secure" in secure.post("/sign-in", data=data, follow_redirects=False).headers["set-cookie"].lower()


def test_sessions_are_stored_as_hashes_and_end_by_time_and_idleness(platform: Platform, clerk: str) -> None:
    token = identity.sign_in(platform, clerk, PASSWORD, "203.0.113.1").token
    assert token.encode() not in (platform.settings.home_path / "catalog.db").read_bytes()
    begin = identity.now()
    with time_machine.travel(begin + 0.9 * HOURS / 2, tick=False):
        assert identity.principal_of_session(platform, token).agency == "alpha"
    with time_machine.travel(begin + 1.2 * HOURS, tick=False), pytest.raises(UnauthenticatedError):
        identity.principal_of_session(platform, token)  # 45 minutes without a request
    token = identity.sign_in(platform, clerk, PASSWORD, "203.0.113.1").token
    for minutes in range(20, 12 * 60, 20):
        with time_machine.travel(begin + dt.timedelta(minutes=minutes), tick=False):
            identity.principal_of_session(platform, token)
    with time_machine.travel(begin + 12.01 * HOURS, tick=False), pytest.raises(UnauthenticatedError):
        identity.principal_of_session(platform, token)


def test_a_changed_password_ends_all_sessions(platform: Platform) -> None:
    owner = people.account(platform, Role.COMPILER, agency="alpha", password=PASSWORD)
    tokens = [identity.sign_in(platform, owner.login, PASSWORD, "203.0.113.2").token for _ in range(2)]
    with pytest.raises(UnauthenticatedError):
        accounts.change_password(platform, owner.principal(), "wrong password 1", "another long password")
    accounts.change_password(platform, owner.principal(), PASSWORD, "another long password")
    for token in tokens:
        with pytest.raises(UnauthenticatedError):
            identity.principal_of_session(platform, token)
    identity.sign_in(platform, owner.login, "another long password", "203.0.113.2")


def test_unknown_and_wrong_are_answered_alike(platform: Platform, clerk: str) -> None:
    answers = []
    for login, password in ((clerk, "wrong password 1"), ("nobody.at.all", PASSWORD)):
        with pytest.raises(UnauthenticatedError) as refused:
            identity.sign_in(platform, login, password, "203.0.113.3")
        answers.append(refused.value.problems)
    assert answers[0] == answers[1]


def test_guessing_is_slowed_down_per_account_and_address_and_the_right_password_waits_too(platform: Platform) -> None:
    owner = people.account(platform, Role.COMPILER, agency="alpha", password=PASSWORD)
    for _ in range(identity.FAILURES_OF_PAIR):
        with pytest.raises(UnauthenticatedError):
            identity.sign_in(platform, owner.login, "wrong password 1", "203.0.113.4")
    with pytest.raises(ThrottledError):
        identity.sign_in(platform, owner.login, PASSWORD, "203.0.113.4")
    identity.sign_in(platform, owner.login, PASSWORD, "203.0.113.5")  # nobody locks the owner out from elsewhere
    with time_machine.travel(identity.now() + identity.WINDOW + dt.timedelta(seconds=1), tick=True):
        identity.sign_in(platform, owner.login, PASSWORD, "203.0.113.4")


def test_one_address_that_tries_many_names_is_stopped(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "verify", lambda _stored, _password: False)  # the hash is not what is tested here
    for number in range(identity.FAILURES_OF_ADDRESS):
        with pytest.raises(UnauthenticatedError):
            identity.sign_in(platform, f"guess{number}", "x", "203.0.113.6")
    with pytest.raises(ThrottledError):
        identity.sign_in(platform, "one.more", "x", "203.0.113.6")


def test_passwords_are_argon2id_and_hashed_anew_when_parameters_rise(platform: Platform) -> None:
    owner = people.account(platform, Role.COMPILER, agency="alpha", password=PASSWORD)
    weak = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1).hash(PASSWORD)
    with platform.database.transaction() as transaction:
        transaction.identity.set_password_hash(owner.id, weak)
    identity.sign_in(platform, owner.login, PASSWORD, "203.0.113.7")
    with platform.database.reading() as transaction:
        stored = transaction.identity.password_hash(owner.id) or ""
    assert stored.startswith("$argon2id$")
    assert stored != weak
    assert not passwords.is_outdated(stored)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 257])
def test_weak_passwords_are_refused(platform: Platform, password: str) -> None:
    with pytest.raises(InvalidError):
        people.account(platform, Role.COMPILER, agency="alpha", password=password)


def test_forms_from_elsewhere_are_refused(browser: TestClient, clerk: str) -> None:
    assert browser.post("/sign-in", data={"csrf": "x", "login": clerk, "password": PASSWORD}).status_code == 403
    assert browser.post("/sign-in", data={"login": clerk, "password": PASSWORD}).status_code == 403
    sign_in(browser, clerk)
    token = people.csrf(browser, "/account")
    form = {"title": "密钥", "csrf": token}
    assert browser.post("/account/keys", data=form | {"csrf": "0" * 64}).status_code == 403
    assert browser.post("/account/keys", data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.post("/account/keys", data=form).status_code == 200
    # The API takes the session for reading; to change something it wants the token too, which no foreign page has.
    assert browser.get("/api/v1/keys").status_code == 200
    assert browser.post("/api/v1/keys", json={"title": "密钥"}).status_code == 403
    assert browser.post("/api/v1/keys", json={"title": "密钥"}, headers={"X-CSRF-Token": token}).status_code == 201


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_signing_in(browser: TestClient, clerk: str, target: str) -> None:
    data = {"csrf": people.csrf(browser, "/sign-in"), "login": clerk, "password": PASSWORD, "next": target}
    assert browser.post("/sign-in", data=data, follow_redirects=False).headers["location"] == "/"


def test_a_key_is_shown_once_and_kept_as_its_hash(platform: Platform, client: TestClient) -> None:
    owner = people.account(platform, Role.COMPILER, agency="alpha")
    headers = {"Authorization": f"Bearer {people.key_of(platform, owner)}"}
    made = client.post("/api/v1/keys", json={"title": "报送程序", "days": 30}, headers=headers).json()
    assert made["secret"].startswith("wxk_")
    assert len(made["secret"]) >= 4 + 43
    assert made["secret"] not in client.get("/api/v1/keys", headers=headers).text
    with platform.database.reading() as transaction:
        rows = transaction.identity._connection.execute(sa.select(api_key)).all()
    assert not [row for row in rows if made["secret"] in map(str, row)]


def test_a_key_acts_with_its_scope_and_never_beyond_the_account(platform: Platform) -> None:
    owner = people.account(platform, Role.COMPILER, Role.RESPONSIBLE, agency="alpha")
    narrow = keys.create_key(platform, owner.principal(), title="窄", roles=frozenset({Role.COMPILER}))
    acting = identity.principal_of_key(platform, narrow.secret)
    assert (acting.roles, acting.agency) == (frozenset({Role.COMPILER}), "alpha")
    for beyond in ({Role.RESPONSIBLE}, {Role.REVIEWER}, {Role.COMPILER, Role.ADMINISTRATOR}):
        with pytest.raises(ForbiddenError):
            keys.create_key(platform, acting, title="宽", roles=frozenset(beyond))
    with pytest.raises(ForbiddenError):
        keys.create_key(platform, owner.principal(), title="宽", roles=frozenset({Role.REVIEWER}))
    accounts.set_roles(platform, people.OPERATOR, owner.id, frozenset({Role.RESPONSIBLE}))
    assert identity.principal_of_key(platform, narrow.secret).roles == frozenset()


def test_a_rotated_key_ends_and_its_successor_has_its_scope(platform: Platform) -> None:
    owner = people.account(platform, Role.COMPILER, Role.RESPONSIBLE, agency="alpha")
    old = keys.create_key(platform, owner.principal(), title="轮换", roles=frozenset({Role.COMPILER}))
    new = keys.rotate_key(platform, owner.principal(), old.key.id)
    assert identity.principal_of_key(platform, new.secret).roles == {Role.COMPILER}
    with pytest.raises(UnauthenticatedError):
        identity.principal_of_key(platform, old.secret)
    with pytest.raises(InvalidError):
        keys.rotate_key(platform, owner.principal(), old.key.id)


def test_nobody_touches_the_keys_of_others(platform: Platform) -> None:
    owner, other = (people.account(platform, Role.COMPILER, agency="alpha") for _ in range(2))
    made = keys.create_key(platform, owner.principal(), title="密钥")
    for act in (keys.revoke_key, keys.rotate_key):
        with pytest.raises(NotFoundError):
            act(platform, other.principal(), made.key.id)
    assert keys.keys(platform, other.principal(), account_id=owner.id) == []


def test_an_existing_id_in_a_request_takes_over_nothing(platform: Platform, client: TestClient, browser: TestClient) -> None:
    """CVE-2022-43685 of the field: creating a user with the id of an existing one overwrote that user."""
    victim = people.account(platform, Role.REVIEWER, agency="alpha", password=PASSWORD)
    admin = people.bearer(platform, Role.ADMINISTRATOR)
    form = {"login": "intruder1", "name": "x", "password": "intruder password"}
    for extra in ({"id": victim.id}, {"account_id": victim.id}, {"created_by": victim.id}):
        assert client.post("/api/v1/accounts", json=form | extra, headers=admin).status_code == 422
        page = form | extra | {"csrf": people.csrf(browser, "/register")}
        assert browser.post("/register", data=page).status_code == 422
    # Nor does the login name: it is taken, and nothing about its owner changes.
    again = form | {"login": victim.login}
    assert client.post("/api/v1/accounts", json=again, headers=admin).status_code == 409
    assert browser.post("/register", data=again | {"csrf": people.csrf(browser, "/register")}).status_code == 422
    with platform.database.reading() as transaction:
        assert transaction.identity.account(victim.id) == victim
    identity.sign_in(platform, victim.login, PASSWORD, "203.0.113.8")


def test_applicants_register_themselves_and_can_do_nothing_but_apply(platform: Platform, browser: TestClient) -> None:
    form = {"login": "citizen.one", "name": "市民甲", "password": PASSWORD}
    page = browser.post("/register", data=form | {"csrf": people.csrf(browser, "/register")})
    assert page.url.path == "/account"
    own = browser.get("/api/v1/account").json()
    assert (own["roles"], own["agency"]) == (["applicant"], None)
    assert browser.get("/accounts").status_code == 403
    extra = form | {"login": "citizen.two", "roles": "administrator", "csrf": people.csrf(browser, "/register")}
    assert browser.post("/register", data=extra).status_code == 422


def test_registration_can_be_closed(tmp_path: object, platform: Platform) -> None:
    closed = Platform(platform.settings.model_copy(update={"is_registration_open": False}))
    with pytest.raises(ForbiddenError):
        accounts.register(closed, login="citizen.three", name="市民", password=PASSWORD)


def test_nobody_gives_roles_beyond_the_own_right(platform: Platform) -> None:
    chief = people.principal(platform, Role.RESPONSIBLE, agency="alpha")
    made = accounts.create_account(
        platform, chief, login="alpha.clerk", name="经办人", agency="alpha", roles=frozenset({Role.COMPILER})
    )
    foreign = people.account(platform, Role.COMPILER, agency="beta")
    inspector = people.account(platform, Role.INSPECTOR, agency="alpha")
    for roles in ({Role.RESPONSIBLE}, {Role.REVIEWER}, {Role.COMPILER, Role.INSPECTOR}):
        with pytest.raises(ForbiddenError):
            accounts.set_roles(platform, chief, made.id, frozenset(roles))
        with pytest.raises(ForbiddenError):
            accounts.create_account(platform, chief, login="x.y.z", name="x", agency="alpha", roles=frozenset(roles))
    for agency in ("beta", None):
        with pytest.raises(ForbiddenError):
            accounts.create_account(platform, chief, login="x.y.z", name="x", agency=agency)
    for act in (accounts.account, lambda p, who, id_: accounts.set_active(p, who, id_, is_active=False)):
        with pytest.raises(NotFoundError):
            act(platform, chief, foreign.id)
    with pytest.raises(ForbiddenError):  # taking is as much as giving
        accounts.set_roles(platform, chief, inspector.id, frozenset())
    with pytest.raises(ForbiddenError):
        accounts.reset_password(platform, chief, inspector.id, "another long password")
    for who in (ANONYMOUS, people.principal(platform, Role.COMPILER, agency="alpha")):
        with pytest.raises((UnauthenticatedError, ForbiddenError)):
            accounts.create_account(platform, who, login="x.y.z", name="x", agency="alpha")


def test_an_administrator_does_not_raise_the_own_account(platform: Platform) -> None:
    admin = people.principal(platform, Role.ADMINISTRATOR)
    for act in (
        lambda: accounts.set_roles(platform, admin, admin.id, frozenset(Role)),
        lambda: accounts.set_active(platform, admin, admin.id, is_active=False),
        lambda: accounts.reset_password(platform, admin, admin.id, "another long password"),
    ):
        with pytest.raises(ForbiddenError):
            act()


def test_a_closed_account_is_out_at_once_and_can_come_back(platform: Platform) -> None:
    owner = people.account(platform, Role.COMPILER, agency="alpha", password=PASSWORD)
    token = identity.sign_in(platform, owner.login, PASSWORD, "203.0.113.9").token
    key = people.key_of(platform, owner)
    accounts.set_active(platform, people.OPERATOR, owner.id, is_active=False)
    for prove in (
        lambda: identity.principal_of_session(platform, token),
        lambda: identity.principal_of_key(platform, key),
        lambda: identity.sign_in(platform, owner.login, PASSWORD, "203.0.113.9"),
    ):
        with pytest.raises(UnauthenticatedError):
            prove()
    accounts.set_active(platform, people.OPERATOR, owner.id, is_active=True)
    assert identity.principal_of_key(platform, key).agency == "alpha"


@pytest.mark.parametrize(
    ("agency", "roles"),
    [
        (None, {Role.COMPILER}),
        ("nowhere", {Role.COMPILER}),
        ("alpha", {Role.APPLICANT}),
        (None, {Role.APPLICANT, Role.INSPECTOR}),
    ],
)
def test_accounts_are_bound_to_an_agency_or_are_applicants(platform: Platform, agency: str | None, roles: set[Role]) -> None:
    with pytest.raises(InvalidError):
        people.account(platform, *roles, agency=agency)


def test_a_taken_login_name_is_refused_whoever_asks(platform: Platform, clerk: str) -> None:
    with pytest.raises(ConflictError):
        accounts.create_account(platform, people.OPERATOR, login=clerk, name="x")


def test_all_of_it_is_in_the_ledger_and_no_secret_is(platform: Platform, browser: TestClient) -> None:
    owner = people.account(platform, Role.COMPILER, agency="alpha", password=PASSWORD)
    sign_in(browser, owner.login)
    sign_in(TestClient(browser.app), "my password by mistake")
    browser.post("/sign-out", data={"csrf": people.csrf(browser, "/account")})
    made = keys.create_key(platform, owner.principal(), title="密钥")
    page = ledger.search(platform, people.OPERATOR, LedgerQuery(limit=50))
    actions = [one.entry.action for one in page.items]
    for action in ("create_account", "sign_in", "sign_out", "create_key"):
        assert action in actions
    text = page.model_dump_json()
    for secret in (PASSWORD, "my password by mistake", made.secret, browser.cookies.get("wuxi_session") or "no cookie"):
        assert secret not in text
    with platform.database.reading() as transaction:
        hashes = transaction.identity._connection.scalars(sa.select(account_table.c.password_hash)).all()
    assert not [one for one in hashes if one is not None and one in text]


@pytest.mark.parametrize(
    "given",
    [
        {"oidc_issuer": "https://id.example"},
        {"oidc_client_id": "x"},
        {"oidc_issuer": "https://id.example", "oidc_client_id": "x", "oidc_client_secret": "y"},
        {
            "oidc_issuer": "http://id.example",
            "oidc_client_id": "x",
            "oidc_client_secret": "y",
            "public_url": "https://p.example",
        },
    ],
    ids=["issuer only", "client only", "no public address", "no https"],
)
def test_half_a_provider_refuses_to_start(given: dict[str, str]) -> None:
    """CVE-2023-25561 of the field: sign-in that fails open on a bad configuration."""
    with pytest.raises(ValueError, match=r"PUBLIC_URL|OIDC"):
        Settings(**given)  # type: ignore[arg-type]
