"""Accounts and API keys (Art. 31: who answers for what). Ids are made by the server; none is taken from a request."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.identity import SIGNED_IN, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.identity import Account, ApiKey, DisplayName, Login
from catalog_service.catalog.model import Slug
from catalog_service.catalog.principal import Action, Principal, Role
from catalog_service.services import accounts, keys
from catalog_service.services.keys import NewKey

router = APIRouter(prefix="/api/v1/accounts", tags=["identity"], dependencies=[*LANGUAGE, needs(Action.MANAGE_ACCOUNTS)])
own_router = APIRouter(prefix="/api/v1", tags=["identity"], dependencies=[*LANGUAGE, SIGNED_IN])

Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$", description="编号 / id")]
Password = Annotated[str, Field(max_length=256)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class AccountIn(_In):
    """A new account."""

    login: Login
    name: DisplayName
    agency: Slug | None = None
    roles: frozenset[Role] = frozenset()
    password: Password | None = None


class RolesIn(_In):
    """All roles that the account shall have."""

    roles: frozenset[Role]


class StateIn(_In):
    """Whether the account may act."""

    is_active: bool


class PasswordIn(_In):
    """A new password."""

    password: Password


class KeyIn(_In):
    """A new key; without roles it has all of the account's."""

    title: DisplayName
    roles: frozenset[Role] | None = None
    days: int = Field(default=90, ge=1, le=366)


class PeriodIn(_In):
    """How long the new key is valid."""

    days: int = Field(default=90, ge=1, le=366)


class AccountsOut(BaseModel):
    """Accounts that the asker may manage."""

    items: list[Account]
    total: int


class KeysOut(BaseModel):
    """The own keys, without their secrets."""

    items: list[ApiKey]
    total: int


@router.get("", operation_id="list_accounts", summary="账户 / accounts", responses=errors(401, 403))
def list_accounts(platform: PlatformDep, principal: PrincipalDep) -> AccountsOut:
    """All accounts for administrators, those of the own agency for responsible persons."""
    found = accounts.accounts(platform, principal)
    return AccountsOut(items=found, total=len(found))


@router.post(
    "", operation_id="create_account", summary="开户 / open an account", status_code=201, responses=errors(401, 403, 409)
)
def create_account(platform: PlatformDep, principal: PrincipalDep, account: AccountIn) -> Account:
    """Nobody gives roles beyond the own right: administrators appoint, responsible persons appoint compilers."""
    return accounts.create_account(platform, principal, **dict(account))


@router.get("/{account_id}", operation_id="get_account", summary="账户 / an account", responses=errors(401, 403, 404))
def get_account(platform: PlatformDep, principal: PrincipalDep, account_id: Id) -> Account:
    """One account that the asker may manage."""
    return accounts.account(platform, principal, account_id)


@router.put("/{account_id}/roles", operation_id="set_roles", summary="角色 / roles", responses=errors(401, 403, 404))
def set_roles(platform: PlatformDep, principal: PrincipalDep, account_id: Id, body: RolesIn) -> Account:
    """Give exactly these roles; in force at once."""
    return accounts.set_roles(platform, principal, account_id, body.roles)


@router.put(
    "/{account_id}/state", operation_id="set_account_state", summary="停用、启用 / close, open", responses=errors(401, 403, 404)
)
def set_state(platform: PlatformDep, principal: PrincipalDep, account_id: Id, body: StateIn) -> Account:
    """Close an account at once, with its sessions and keys, or open it again."""
    return accounts.set_active(platform, principal, account_id, is_active=body.is_active)


@router.put(
    "/{account_id}/password",
    operation_id="reset_password",
    summary="重置密码 / reset the password",
    status_code=204,
    responses=errors(401, 403, 404),
)
def reset_password(platform: PlatformDep, principal: PrincipalDep, account_id: Id, body: PasswordIn) -> None:
    """A new password; all sessions of the account end."""
    accounts.reset_password(platform, principal, account_id, body.password)


@own_router.get("/account", operation_id="get_own_account", summary="我是谁 / who am I", responses=errors(401, 403))
def get_own_account(principal: PrincipalDep) -> Principal:
    """Who asks, with the roles that this key or session has."""
    return principal


@own_router.get("/keys", operation_id="list_keys", summary="API 密钥 / API keys", responses=errors(401, 403))
def list_keys(platform: PlatformDep, principal: PrincipalDep) -> KeysOut:
    """The own keys, newest first; a secret is never shown again."""
    found = keys.keys(platform, principal)
    return KeysOut(items=found, total=len(found))


@own_router.post(
    "/keys", operation_id="create_key", summary="新建密钥 / create a key", status_code=201, responses=errors(401, 403)
)
def create_key(platform: PlatformDep, principal: PrincipalDep, body: KeyIn) -> NewKey:
    """A key with at most the roles that this request has itself; its secret is shown this once."""
    return keys.create_key(platform, principal, **dict(body))


@own_router.post(
    "/keys/{key_id}/rotation",
    operation_id="rotate_key",
    summary="更换密钥 / rotate a key",
    status_code=201,
    responses=errors(401, 403, 404),
)
def rotate_key(platform: PlatformDep, principal: PrincipalDep, key_id: Id, body: PeriodIn) -> NewKey:
    """A new key of the same scope; the old one ends at once."""
    return keys.rotate_key(platform, principal, key_id, days=body.days)


@own_router.delete(
    "/keys/{key_id}",
    operation_id="revoke_key",
    summary="吊销密钥 / revoke a key",
    status_code=204,
    responses=errors(401, 403, 404),
)
def revoke_key(platform: PlatformDep, principal: PrincipalDep, key_id: Id) -> None:
    """End a key at once."""
    keys.revoke_key(platform, principal, key_id)
