"""Accounts, API keys, sessions, failed sign-ins, identities at a provider.

Here: storing and finding them. Not here: what is checked (services.identity, services.accounts, services.keys).
"""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from catalog_service.catalog.errors import ConflictError, NotFoundError, problem
from catalog_service.catalog.identity import Account, ApiKey
from catalog_service.catalog.principal import Role
from catalog_service.store.columns import insert, storable
from catalog_service.store.identity_tables import (
    account,
    account_session,
    api_key,
    external_identity,
    failed_sign_in,
    oidc_flow,
)


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in at a provider that has begun."""

    nonce: str
    verifier: str
    account_id: str | None
    """The account that wants to be linked; None: somebody signs in."""
    began_at: dt.datetime


class Identity:
    """Repository of everything about who somebody is."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    # Accounts

    def add_account(self, one: Account, password_hash: str | None) -> None:
        """Store a new account; an existing one is never touched.

        Raises:
            ConflictError: the login name is taken.
        """
        values = {**_account_values(one), "id": one.id, "login": one.login, "password_hash": password_hash}
        values |= {"created_at": one.created_at, "created_by": one.created_by}
        try:
            with self._connection.begin_nested():
                self._connection.execute(account.insert(), values)
        except IntegrityError as error:
            zh, en = f"登录名 {one.login} 已被使用，请另选", f"the login name {one.login} is taken; choose another"
            raise ConflictError(problem("login-taken", zh, en, field="login")) from error

    def save_account(self, one: Account) -> None:
        """Store name, agency, roles and state of an account; never its id, login name or password."""
        self._connection.execute(account.update().where(account.c.id == one.id).values(**_account_values(one)))

    def account(self, account_id: str) -> Account:
        """Return an account.

        Raises:
            NotFoundError: there is none of this id.
        """
        found = self._one(account.c.id == account_id) if storable(account_id) else None
        if found is None:
            raise NotFoundError(problem("unknown-account", "没有这个账户", "there is no such account"))
        return found

    def account_by_login(self, login: str) -> tuple[Account, str | None] | None:
        """Return the account of a login name and the hash of its password; None where there is none."""
        if not storable(login):
            return None
        row = self._connection.execute(sa.select(account).where(account.c.login == login)).one_or_none()
        return None if row is None else (_account(row), row.password_hash)

    def password_hash(self, account_id: str) -> str | None:
        """Return the hash of an account's password; None where it has none."""
        return self._connection.scalar(sa.select(account.c.password_hash).where(account.c.id == account_id))

    def set_password_hash(self, account_id: str, password_hash: str) -> None:
        """Store a new hash of an account's password."""
        self._connection.execute(account.update().where(account.c.id == account_id).values(password_hash=password_hash))

    def accounts(self, agency: str | None = None) -> list[Account]:
        """Return the accounts of an agency, or all, by login name."""
        query = sa.select(account).order_by(account.c.login)
        if agency is not None:
            query = query.where(account.c.agency == agency)
        return [_account(row) for row in self._connection.execute(query)]

    # API keys

    def add_key(self, one: ApiKey, hash_: str) -> None:
        """Store a new key by its hash."""
        values = {**one.model_dump(exclude={"roles"}), "roles": _roles_text(one.roles), "hash": hash_}
        self._connection.execute(api_key.insert(), values)

    def key_by_hash(self, hash_: str) -> tuple[ApiKey, Account] | None:
        """Return the key that has this hash, and its account."""
        keys = [api_key.c[name].label(f"key_{name}") for name in ApiKey.model_fields]
        query = sa.select(account, *keys).join(api_key, api_key.c.account_id == account.c.id).where(api_key.c.hash == hash_)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return _key({name: getattr(row, f"key_{name}") for name in ApiKey.model_fields}), _account(row)

    def keys(self, account_id: str) -> list[ApiKey]:
        """Return all keys of an account, newest first."""
        query = sa.select(*(api_key.c[name] for name in ApiKey.model_fields)).where(api_key.c.account_id == account_id)
        return [_key(dict(row)) for row in self._connection.execute(query.order_by(api_key.c.id.desc())).mappings()]

    def key(self, key_id: str) -> ApiKey:
        """Return a key.

        Raises:
            NotFoundError: there is none of this id.
        """
        query = sa.select(*(api_key.c[name] for name in ApiKey.model_fields)).where(api_key.c.id == key_id)
        row = self._connection.execute(query).mappings().one_or_none() if storable(key_id) else None
        if row is None:
            raise NotFoundError(problem("unknown-key", "没有这个 API 密钥", "there is no such API key"))
        return _key(dict(row))

    def revoke_keys(self, key_ids: Iterable[str], at: dt.datetime) -> None:
        """End keys; those already ended keep their time."""
        live = api_key.c.id.in_(list(key_ids)), api_key.c.revoked_at.is_(None)
        self._connection.execute(api_key.update().where(*live).values(revoked_at=at))

    # Sessions

    def add_session(self, hash_: str, account_id: str, now: dt.datetime, expires_at: dt.datetime) -> None:
        """Store a new session by the hash of its token; forget those that are over."""
        self._connection.execute(account_session.delete().where(account_session.c.expires_at < now))
        values = {"hash": hash_, "account_id": account_id, "seen_at": now, "expires_at": expires_at}
        self._connection.execute(account_session.insert(), values)

    def session(self, hash_: str) -> tuple[Account, dt.datetime, dt.datetime] | None:
        """Return a session's account, when it was seen last, and when it ends."""
        query = sa.select(account, account_session.c.seen_at, account_session.c.expires_at).join_from(
            account_session, account, account_session.c.account_id == account.c.id
        )
        row = self._connection.execute(query.where(account_session.c.hash == hash_)).one_or_none()
        return None if row is None else (_account(row), row.seen_at, row.expires_at)

    def touch_session(self, hash_: str, now: dt.datetime) -> None:
        """Note that a session is in use."""
        self._connection.execute(account_session.update().where(account_session.c.hash == hash_).values(seen_at=now))

    def end_session(self, hash_: str) -> None:
        """End one session."""
        self._connection.execute(account_session.delete().where(account_session.c.hash == hash_))

    def end_sessions(self, account_id: str) -> None:
        """End all sessions of an account."""
        self._connection.execute(account_session.delete().where(account_session.c.account_id == account_id))

    # Failed sign-ins

    def add_failure(self, login: str, address: str, now: dt.datetime, *, forget: dt.datetime) -> None:
        """Count a failed sign-in; forget those before `forget`."""
        self._connection.execute(failed_sign_in.delete().where(failed_sign_in.c.at < forget))
        self._connection.execute(failed_sign_in.insert(), {"login": login, "address": address, "at": now})

    def failures(self, since: dt.datetime, *, login: str | None = None, address: str | None = None) -> int:
        """Return how often signing in failed since then, for a login name, from an address, or both."""
        query = sa.select(sa.func.count()).select_from(failed_sign_in).where(failed_sign_in.c.at >= since)
        for column, value in ((failed_sign_in.c.login, login), (failed_sign_in.c.address, address)):
            if value is not None:
                query = query.where(column == value)
        return self._connection.scalar(query) or 0

    def clear_failures(self, login: str, address: str) -> None:
        """Forget the failures of somebody who has signed in."""
        same = failed_sign_in.c.login == login, failed_sign_in.c.address == address
        self._connection.execute(failed_sign_in.delete().where(*same))

    # Identities at a provider

    def begin_flow(self, state_hash: str, flow: Flow, *, forget: dt.datetime) -> None:
        """Store a sign-in that begins; forget those begun before `forget`."""
        self._connection.execute(oidc_flow.delete().where(oidc_flow.c.began_at < forget))
        values = {name: getattr(flow, name) for name in ("nonce", "verifier", "account_id", "began_at")}
        self._connection.execute(oidc_flow.insert(), {"state_hash": state_hash, **values})

    def take_flow(self, state_hash: str) -> Flow | None:
        """Return a sign-in that has begun, and forget it: it is good once."""
        taken = oidc_flow.delete().where(oidc_flow.c.state_hash == state_hash)
        columns = (oidc_flow.c.nonce, oidc_flow.c.verifier, oidc_flow.c.account_id, oidc_flow.c.began_at)
        row = self._connection.execute(taken.returning(*columns)).one_or_none()
        return None if row is None else Flow(row.nonce, row.verifier, row.account_id, row.began_at)

    def link(self, issuer: str, subject: str, account_id: str) -> bool:
        """Link an identity to an account; False where it is linked to another one."""
        values = {"issuer": issuer, "subject": subject, "account_id": account_id}
        self._connection.execute(insert(self._connection, external_identity).values(values).on_conflict_do_nothing())
        return self.linked(issuer, subject) == account_id

    def linked(self, issuer: str, subject: str) -> str | None:
        """Return the id of the account that an identity is linked to."""
        same = external_identity.c.issuer == issuer, external_identity.c.subject == subject
        return self._connection.scalar(sa.select(external_identity.c.account_id).where(*same))

    def is_linked(self, account_id: str) -> bool:
        """Tell whether an account is linked to any identity."""
        query = sa.select(sa.exists().where(external_identity.c.account_id == account_id))
        return bool(self._connection.scalar(query))

    def _one(self, condition: sa.ColumnElement[bool]) -> Account | None:
        row = self._connection.execute(sa.select(account).where(condition)).one_or_none()
        return None if row is None else _account(row)


def _roles_text(roles: Iterable[Role]) -> str:
    return json.dumps(sorted(role.value for role in roles))


def _account_values(one: Account) -> dict[str, Any]:
    return {"name": one.name, "agency": one.agency, "roles": _roles_text(one.roles), "is_active": one.is_active}


def _account(row: Any) -> Account:  # noqa: ANN401
    names = ("id", "login", "name", "agency", "is_active", "created_at", "created_by")
    stored = {name: getattr(row, name) for name in names}
    return Account(**stored, roles=frozenset(json.loads(row.roles)), has_password=row.password_hash is not None)


def _key(values: dict[str, Any]) -> ApiKey:
    return ApiKey(**{**values, "roles": frozenset(json.loads(values["roles"]))})
