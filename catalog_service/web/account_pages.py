"""Pages of identity: signing in and out, registration, the own account with its API keys, accounts administration.

Not here: sign-in at a provider (provider_pages), what may be done (services).
"""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.catalog.errors import ThrottledError, WuxiError
from catalog_service.catalog.identity import DisplayName, appointable
from catalog_service.catalog.principal import Action, Principal, Role
from catalog_service.services import accounts, browsing, identity, keys
from catalog_service.services.keys import NewKey
from catalog_service.services.platform import Platform
from catalog_service.web.forms import CsrfDep, begin_session, end_session, local_path, see
from catalog_service.web.identity import ENTRANCE, PUBLIC, SESSION_COOKIE, SIGNED_IN, PrincipalDep, needs
from catalog_service.web.language import page_language
from catalog_service.web.rendering import render

# Whoever signs in or out may hold a session that is over: these two look at no credential.
doors = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[ENTRANCE, CsrfDep])
public = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC, CsrfDep])
own = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[SIGNED_IN, CsrfDep])
managing = APIRouter(
    include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.MANAGE_ACCOUNTS), CsrfDep]
)
ROUTERS = (doors, public, own, managing)
_METHODS = ["GET", "HEAD"]
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]


class _In(BaseModel):
    """A form: what it does not know it refuses, ids above all."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    csrf: str


class SignInForm(_In):
    """Who signs in, and where to go then."""

    login: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=256)]
    next: Annotated[str, Field(max_length=1_000)] = "/account"


class RegistrationForm(_In):
    """Who registers as applicant."""

    login: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(max_length=400)]
    password: Annotated[str, Field(max_length=256)]


class PasswordForm(_In):
    """The old password and the new one."""

    old: Annotated[str, Field(max_length=256)]
    new: Annotated[str, Field(max_length=256)]


class KeyForm(_In):
    """A new key; no roles chosen: all of the own ones."""

    title: DisplayName
    days: Annotated[int, Field(ge=1, le=366)] = 90
    roles: list[Role] = Field(default_factory=list)


class AccountForm(_In):
    """A new account."""

    login: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(max_length=400)]
    agency: Annotated[str, Field(max_length=63)] = ""
    roles: list[Role] = Field(default_factory=list)
    password: Annotated[str, Field(max_length=256)] = ""


class RolesForm(_In):
    """The roles that an account shall have."""

    roles: list[Role] = Field(default_factory=list)


class StateForm(_In):
    """Whether an account may act."""

    is_active: bool


class NewPasswordForm(_In):
    """A new password for somebody else's account."""

    password: Annotated[str, Field(max_length=256)]


class EmptyForm(_In):
    """Nothing but the proof that it came from our page."""


@doors.api_route("/sign-in", methods=_METHODS)
def show_sign_in(request: Request, next: str = "/account") -> Response:  # noqa: A002  # the name in the address
    """The form to sign in."""
    return _sign_in_page(request, next)


@doors.post("/sign-in")
def sign_in(request: Request, form: Annotated[SignInForm, Form()]) -> Response:
    """Begin a session and go where the visitor wanted to go."""
    try:
        session = identity.sign_in(_platform(request), form.login, form.password, _address(request))
    except WuxiError as refusal:
        return _sign_in_page(request, form.next, refusal, login=form.login)
    answer = see(form.next)
    begin_session(request, answer, session)
    return answer


@doors.post("/sign-out")
def sign_out(request: Request, form: Annotated[EmptyForm, Form()]) -> Response:  # noqa: ARG001  # validated
    """End the session, here and in the browser."""
    token = request.cookies.get(SESSION_COOKIE)
    if token is not None:
        identity.sign_out(_platform(request), token)
    answer = see("/")
    end_session(answer)
    return answer


@public.api_route("/register", methods=_METHODS)
def show_registration(request: Request) -> Response:
    """The form by which citizens and organisations register as applicants (Art. 24)."""
    return render(request, "register.html", {"problems": [], "form": None})


@public.post("/register")
def register(request: Request, form: Annotated[RegistrationForm, Form()]) -> Response:
    """Open the account and sign in."""
    platform = _platform(request)
    try:
        accounts.register(platform, login=form.login, name=form.name, password=form.password)
        session = identity.sign_in(platform, form.login, form.password, _address(request))
    except WuxiError as refusal:
        return render(request, "register.html", {"problems": _told(request, refusal), "form": form}, status=422)
    answer = see("/account")
    begin_session(request, answer, session)
    return answer


@own.api_route("/account", methods=_METHODS)
def show_account(request: Request, principal: PrincipalDep) -> Response:
    """The own account: who one is, what one may do, the API keys, the password."""
    return _account_page(request, principal)


@own.post("/account/password")
def change_password(request: Request, principal: PrincipalDep, form: Annotated[PasswordForm, Form()]) -> Response:
    """Change the password; all sessions end, so one signs in again."""
    try:
        accounts.change_password(_platform(request), principal, form.old, form.new)
    except WuxiError as refusal:
        return _account_page(request, principal, refusal=refusal)
    answer = see("/sign-in")
    end_session(answer)
    return answer


@own.post("/account/keys")
def create_key(request: Request, principal: PrincipalDep, form: Annotated[KeyForm, Form()]) -> Response:
    """Make a key and show its secret this once."""
    roles = frozenset(form.roles) or None
    made = keys.create_key(_platform(request), principal, title=form.title, days=form.days, roles=roles)
    return _account_page(request, principal, made=made)


@own.post("/account/keys/{key_id}/rotation")
def rotate_key(request: Request, principal: PrincipalDep, key_id: Id, form: Annotated[EmptyForm, Form()]) -> Response:
    """Replace a key and show the new secret this once."""
    del form
    return _account_page(request, principal, made=keys.rotate_key(_platform(request), principal, key_id))


@own.post("/account/keys/{key_id}/revocation")
def revoke_key(request: Request, principal: PrincipalDep, key_id: Id, form: Annotated[EmptyForm, Form()]) -> Response:
    """End a key."""
    del form
    keys.revoke_key(_platform(request), principal, key_id)
    return see("/account")


@managing.api_route("/accounts", methods=_METHODS)
def show_accounts(request: Request, principal: PrincipalDep) -> Response:
    """All accounts that the visitor may manage, and the form for a new one."""
    platform = _platform(request)
    agencies = [
        one for one in browsing.agencies(platform) if Role.ADMINISTRATOR in principal.roles or one.slug == principal.agency
    ]
    roles = [role for role in Role if role in appointable(principal, principal.agency)]
    context = {"accounts": accounts.accounts(platform, principal), "agencies": agencies, "roles": roles}
    return render(request, "accounts.html", context)


@managing.post("/accounts")
def create_account(request: Request, principal: PrincipalDep, form: Annotated[AccountForm, Form()]) -> Response:
    """Open an account."""
    made = accounts.create_account(
        _platform(request),
        principal,
        login=form.login,
        name=form.name,
        agency=form.agency or None,
        roles=frozenset(form.roles),
        password=form.password or None,
    )
    return see(f"/accounts/{made.id}")


@managing.api_route("/accounts/{account_id}", methods=_METHODS)
def show_one_account(request: Request, principal: PrincipalDep, account_id: Id) -> Response:
    """One account and what can be done with it."""
    found = accounts.account(_platform(request), principal, account_id)
    roles = [role for role in Role if role in appointable(principal, found.agency)]
    return render(request, "account_admin.html", {"account": found, "roles": roles})


@managing.post("/accounts/{account_id}/roles")
def set_roles(request: Request, principal: PrincipalDep, account_id: Id, form: Annotated[RolesForm, Form()]) -> Response:
    """Give an account its roles."""
    accounts.set_roles(_platform(request), principal, account_id, frozenset(form.roles))
    return see(f"/accounts/{account_id}")


@managing.post("/accounts/{account_id}/state")
def set_state(request: Request, principal: PrincipalDep, account_id: Id, form: Annotated[StateForm, Form()]) -> Response:
    """Close an account or open it again."""
    accounts.set_active(_platform(request), principal, account_id, is_active=form.is_active)
    return see(f"/accounts/{account_id}")


@managing.post("/accounts/{account_id}/password")
def reset_password(
    request: Request, principal: PrincipalDep, account_id: Id, form: Annotated[NewPasswordForm, Form()]
) -> Response:
    """Give an account a new password."""
    accounts.reset_password(_platform(request), principal, account_id, form.password)
    return see(f"/accounts/{account_id}")


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


def _address(request: Request) -> str:
    return request.client.host[:64] if request.client else "unknown"


def _sign_in_page(request: Request, wish: str, refusal: WuxiError | None = None, login: str = "") -> Response:
    settings = _platform(request).settings
    status = 200 if refusal is None else 429 if isinstance(refusal, ThrottledError) else 401
    context = {
        "next": local_path(wish),
        "problems": _told(request, refusal),
        "login": login,
        "has_provider": settings.has_provider,
        "is_registration_open": settings.is_registration_open,
    }
    return render(request, "sign_in.html", context, status=status)


def _account_page(
    request: Request, principal: Principal, *, made: NewKey | None = None, refusal: WuxiError | None = None
) -> Response:
    identity.require_person(principal)
    platform = _platform(request)
    context = {
        "account": accounts.account(platform, principal, principal.id),
        "roles": [role for role in Role if role in principal.roles],
        "keys": keys.keys(platform, principal),
        "now": identity.now(),
        "made": made,
        "problems": _told(request, refusal),
        "has_provider": platform.settings.has_provider,
    }
    return render(request, "account.html", context, status=200 if refusal is None else 422)


def _told(request: Request, refusal: WuxiError | None) -> list[str]:
    """Return the reasons of a refusal in the visitor's language; never with what was typed."""
    return [] if refusal is None else [one.to(page_language(request)) for one in refusal.problems]
