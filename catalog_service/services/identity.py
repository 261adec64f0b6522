"""Who is it? API keys and sessions to principals, signing in and out.

A credential that is wrong, expired or revoked is refused, never taken for nobody. Here: proofs. Not here: managing accounts
(services.accounts) and keys (services.keys), signing in at a provider (services.oidc).
"""

import datetime as dt
import hashlib
import secrets

from catalog_service.catalog.errors import ForbiddenError, Problem, ThrottledError, UnauthenticatedError, problem
from catalog_service.catalog.identity import KEY_MARK, Account, SessionToken
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.principal import ANONYMOUS, Principal
from catalog_service.services import passwords
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction

WINDOW = dt.timedelta(minutes=15)
FAILURES_OF_PAIR, FAILURES_OF_LOGIN, FAILURES_OF_ADDRESS = 5, 30, 60
"""Failed sign-ins within `WINDOW` after which no more are tried: of a login name from one address, of a login name from
anywhere (so that nobody locks somebody else out easily), of an address for any login name."""
_TOUCH = dt.timedelta(minutes=1)


def now() -> dt.datetime:
    """Return this instant, UTC."""
    return dt.datetime.now(dt.UTC)


def hash_of(secret: str) -> str:
    """Return what is stored of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def principal_of_key(platform: Platform, key: str) -> Principal:
    """Return who acts with an API key, with the roles that both the key and its account have now.

    Raises:
        UnauthenticatedError: the key is unknown, expired or revoked, or its account is closed.
    """
    with platform.database.reading() as transaction:
        found = transaction.identity.key_by_hash(hash_of(key)) if key.startswith(KEY_MARK) else None
    if found is None or not found[0].is_live(now()) or not found[1].is_active:
        zh = "API 密钥无效、已过期或已吊销，请在“我的账户”中创建新的密钥"
        raise _unauthenticated("bad-key", zh, "the API key is wrong, expired or revoked; create a new one under “my account”")
    return found[1].principal(found[0].roles)


def principal_of_session(platform: Platform, token: str) -> Principal:
    """Return who acts in a session, and note that it is in use.

    Raises:
        UnauthenticatedError: the session is over: signed out, expired, idle too long, or its account is closed.
    """
    hash_, moment = hash_of(token), now()
    with platform.database.reading() as transaction:
        found = transaction.identity.session(hash_)
    idle = dt.timedelta(minutes=platform.settings.session_idle_minutes)
    if found is None or not found[0].is_active or moment >= found[2] or moment - found[1] >= idle:
        raise _unauthenticated("session-over", "登录已结束，请重新登录", "your session is over; sign in again")
    if moment - found[1] >= _TOUCH:
        with platform.database.transaction() as transaction:
            transaction.identity.touch_session(hash_, moment)
    return found[0].principal()


def sign_in(platform: Platform, login: str, password: str, address: str) -> SessionToken:
    """Return a new session for who knows the password; the error does not tell whether the login name exists.

    Raises:
        ThrottledError: too many failures; the password was not even looked at.
        UnauthenticatedError: login name and password do not fit, or the account is closed.
    """
    login = login.strip().lower()[:64]
    with platform.database.transaction() as transaction:
        _require_patience(transaction, login, address)
        # Counted before the password is looked at, so that attempts made at once are counted too.
        moment = now()
        transaction.identity.add_failure(login, address, moment, forget=moment - dt.timedelta(days=1))
        found = transaction.identity.account_by_login(login)
    account, stored = found if found is not None else (None, None)
    is_right = passwords.verify(stored, password)
    if account is None or stored is None or not is_right or not account.is_active:
        _note_failure(platform, account)
        raise _unauthenticated("bad-sign-in", "登录名或密码不正确", "login name or password is not right")
    with platform.database.transaction() as transaction:
        transaction.identity.clear_failures(login, address)
        if passwords.is_outdated(stored):
            transaction.identity.set_password_hash(account.id, passwords.make(password))
        return begin_session(platform, transaction, account)


def begin_session(platform: Platform, transaction: Transaction, account: Account) -> SessionToken:
    """Open a session for an account whose owner was recognised."""
    moment = now()
    made = SessionToken(
        token=secrets.token_urlsafe(32), expires_at=moment + dt.timedelta(hours=platform.settings.session_hours)
    )
    transaction.identity.add_session(hash_of(made.token), account.id, moment, made.expires_at)
    transaction.ledger.append(entry_by(account.principal(), "sign_in", f"account:{account.id}"))
    return made


def sign_out(platform: Platform, token: str) -> None:
    """End a session; its token opens nothing any more. One that is over already stays over."""
    with platform.database.transaction() as transaction:
        found = transaction.identity.session(hash_of(token))
        transaction.identity.end_session(hash_of(token))
        if found is not None:
            transaction.ledger.append(entry_by(found[0].principal(), "sign_out", f"account:{found[0].id}"))


def require_signed_in(principal: Principal) -> None:
    """Refuse nobody in particular.

    Raises:
        UnauthenticatedError: nobody is signed in.
    """
    if principal.is_anonymous:
        raise _unauthenticated("sign-in", "请先登录，或提供 API 密钥", "sign in first, or send an API key")


def require_person(principal: Principal) -> None:
    """Refuse the operator where an account is meant.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: whoever works on the server itself has no account.
    """
    require_signed_in(principal)
    if principal.id.startswith("operator:"):
        zh, en = "平台运维没有账户，请指明账户", "an operator has no account of its own; name the account"
        raise ForbiddenError(problem("no-account", zh, en))


def _require_patience(transaction: Transaction, login: str, address: str) -> None:
    since, count = now() - WINDOW, transaction.identity.failures
    if (
        count(since, login=login, address=address) < FAILURES_OF_PAIR
        and count(since, login=login) < FAILURES_OF_LOGIN
        and count(since, address=address) < FAILURES_OF_ADDRESS
    ):
        return
    minutes = int(WINDOW.total_seconds() // 60)
    zh = f"登录失败次数过多，请 {minutes} 分钟后再试；忘记密码请联系系统管理员"
    en = f"too many failed sign-ins; try again in {minutes} minutes, or ask an administrator for a new password"
    raise ThrottledError(problem("too-many-failures", zh, en))


def _note_failure(platform: Platform, account: Account | None) -> None:
    """Record a failed sign-in; of an unknown login name nothing, for people type their password there."""
    target = "account:unknown" if account is None else f"account:{account.id}"
    with platform.database.transaction() as transaction:
        transaction.ledger.append(entry_by(ANONYMOUS, "sign_in", target, outcome="denied"))


def _unauthenticated(code: str, zh: str, en: str) -> UnauthenticatedError:
    found: Problem = problem(code, zh, en)
    return UnauthenticatedError(found)
