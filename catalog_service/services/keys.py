"""API keys: a prefix and 32 random bytes, stored as SHA-256, shown once, with an expiry and a scope of roles.

Not here: acting with a key (identity.principal_of_key).
"""

import datetime as dt
import secrets

from pydantic import ConfigDict

from catalog_service.catalog.errors import ForbiddenError, InvalidError, NotFoundError, problem
from catalog_service.catalog.identity import KEY_MARK, MAX_KEY_DAYS, Account, ApiKey
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, Role, authorize
from catalog_service.services.identity import hash_of, now, require_person
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction

_PREFIX_LENGTH = len(KEY_MARK) + 8


class NewKey(Model):
    """A key and its secret, which is never shown again."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    key: ApiKey
    secret: str


def create_key(
    platform: Platform,
    principal: Principal,
    *,
    title: str,
    roles: frozenset[Role] | None = None,
    days: int = 90,
    account_id: str | None = None,
) -> NewKey:
    """Make a key for the own account (an operator: for any), with at most its own roles; None: all of them.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: a role that the asker does not have itself.
        InvalidError: a period out of bounds.
    """
    authorize(principal, Action.MANAGE_OWN_KEYS)
    _require_period(days)
    with platform.database.transaction() as transaction:
        owner = _owner(transaction, principal, account_id)
        own = owner.roles & principal.roles
        made = _make(owner.id, title, _within(own, roles), days)
        _store(transaction, principal, made, "create_key")
    return made


def rotate_key(platform: Platform, principal: Principal, key_id: str, *, days: int = 90) -> NewKey:
    """Replace a key by a new one of the same scope; the old one ends at once.

    Raises:
        NotFoundError: no such key, or not one of the asker's.
        ForbiddenError, InvalidError: as for `create_key`; the key is not live any more.
    """
    authorize(principal, Action.MANAGE_OWN_KEYS)
    _require_period(days)
    with platform.database.transaction() as transaction:
        old, owner = _owned(transaction, principal, key_id)
        if not old.is_live(now()):
            zh, en = "该密钥已过期或已吊销，请新建密钥", "the key has expired or was revoked; create a new one"
            raise InvalidError(problem("key-over", zh, en))
        made = _make(owner.id, old.title, _within(owner.roles & principal.roles, old.roles & owner.roles), days)
        transaction.identity.revoke_keys([old.id], now())
        _store(transaction, principal, made, "rotate_key", replaces=old.id)
    return made


def revoke_key(platform: Platform, principal: Principal, key_id: str) -> None:
    """End a key at once.

    Raises:
        NotFoundError: no such key, or not one of the asker's.
    """
    authorize(principal, Action.MANAGE_OWN_KEYS)
    with platform.database.transaction() as transaction:
        old, _ = _owned(transaction, principal, key_id)
        transaction.identity.revoke_keys([old.id], now())
        transaction.ledger.append(entry_by(principal, "revoke_key", f"key:{old.id}"))


def keys(platform: Platform, principal: Principal, *, account_id: str | None = None) -> list[ApiKey]:
    """Return the keys of the own account (an operator: of any), newest first, without their secrets.

    Raises:
        UnauthenticatedError: nobody is signed in.
    """
    authorize(principal, Action.MANAGE_OWN_KEYS)
    with platform.database.reading() as transaction:
        return transaction.identity.keys(_owner(transaction, principal, account_id).id)


def _is_operator(principal: Principal) -> bool:
    return principal.id.startswith("operator:")


def _owner(transaction: Transaction, principal: Principal, account_id: str | None) -> Account:
    if not _is_operator(principal) or account_id is None:
        require_person(principal)
        account_id = principal.id
    return transaction.identity.account(account_id)


def _owned(transaction: Transaction, principal: Principal, key_id: str) -> tuple[ApiKey, Account]:
    found = transaction.identity.key(key_id)
    if found.account_id != principal.id and not _is_operator(principal):
        raise NotFoundError(problem("unknown-key", "没有这个 API 密钥", "there is no such API key"))
    return found, transaction.identity.account(found.account_id)


def _within(own: frozenset[Role], wanted: frozenset[Role] | None) -> frozenset[Role]:
    beyond = frozenset() if wanted is None else wanted - own
    if beyond:
        zh, en = "、".join(role.zh for role in sorted(beyond)), ", ".join(role.en for role in sorted(beyond))
        message = f"密钥的权限不得超出您自己的角色：{zh}", f"a key's scope cannot exceed your own roles: {en}"
        raise ForbiddenError(problem("scope-beyond-right", *message))
    return own if wanted is None else wanted


def _require_period(days: int) -> None:
    if not 1 <= days <= MAX_KEY_DAYS:
        zh, en = f"有效期应为 1 至 {MAX_KEY_DAYS} 天", f"a key is valid for 1 to {MAX_KEY_DAYS} days"
        raise InvalidError(problem("key-period", zh, en, field="days"))


def _make(account_id: str, title: str, roles: frozenset[Role], days: int) -> NewKey:
    secret, moment = KEY_MARK + secrets.token_urlsafe(32), now()
    key = ApiKey(
        id=new_id(),
        account_id=account_id,
        prefix=secret[:_PREFIX_LENGTH],
        title=title,
        roles=roles,
        created_at=moment,
        expires_at=moment + dt.timedelta(days=days),
    )
    return NewKey(key=key, secret=secret)


def _store(transaction: Transaction, principal: Principal, made: NewKey, action: str, **details: str) -> None:
    transaction.identity.add_key(made.key, hash_of(made.secret))
    told = {"account": made.key.account_id, "roles": sorted(made.key.roles), **details}
    transaction.ledger.append(entry_by(principal, action, f"key:{made.key.id}", details=told))
