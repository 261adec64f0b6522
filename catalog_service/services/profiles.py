"""Credentials of Delta Sharing recipients: a profile opens one grant, for the account that made it, until it ends.

The token is shown once and kept as a hash. Here: making, ending, recognising. Not here: what can be read (delta_sharing).
"""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from catalog_service.catalog.delta_sharing import OPEN_TOKEN, ShareProfile
from catalog_service.catalog.errors import ForbiddenError, UnauthenticatedError, problem
from catalog_service.catalog.grant import Grant, GranteeKind, GrantState
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.principal import ANONYMOUS, Action, Principal, is_permitted
from catalog_service.services import clocks, granting
from catalog_service.services.identity import hash_of, now, require_person
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform

TOKEN_MARK = "wxs_"  # noqa: S105
"""What every token begins with."""
_PROFILE_DAYS = 90


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who asks by the protocol: a holder of one grant, or anybody, for what is open to all."""

    principal: Principal
    profile: ShareProfile | None = None
    grant: Grant | None = None


def make_profile(platform: Platform, principal: Principal, grant_id: str, *, endpoint: str) -> dict[str, Any]:
    """Return a new profile file for a grant; the holder's earlier ones for it end.

    Raises:
        NotFoundError: there is no such grant that concerns the asker.
        ForbiddenError: the asker is not its holder, or it is not in force.
    """
    require_person(principal)
    grant = granting.show_grant(platform, principal, grant_id).grant
    _require_holder(principal, grant)
    if grant.state(clocks.today(platform)) in (GrantState.EXPIRED, GrantState.REVOKED):
        zh, en = "该授权已到期或已收回，不能再生成访问凭据", "the grant has ended; no credential can be made for it"
        raise ForbiddenError(problem("grant-over", zh, en, article=21))
    end = dt.datetime.combine(grant.valid_until + dt.timedelta(days=1), dt.time(), clocks.LOCAL).astimezone(dt.UTC)
    moment, token = now(), TOKEN_MARK + secrets.token_urlsafe(32)
    expires = min(end, moment + dt.timedelta(days=_PROFILE_DAYS))
    made = ShareProfile(id=new_id(), grant=grant.id, account=principal.id, made_at=moment, expires_at=expires)
    with platform.database.transaction() as transaction:
        for old in transaction.profiles.live_of(grant.id, principal.id):
            transaction.profiles.revoke(old, moment)
        transaction.profiles.add(made, hash_of(token))
        transaction.ledger.append(entry_by(principal, "make_profile", f"grant:{grant.id}", purpose=grant.purpose))
    return profile_file(endpoint, token, expires)


def profile_file(endpoint: str, token: str, expires: dt.datetime | None = None) -> dict[str, Any]:
    """Return a profile file of version 1, which every client reads."""
    ending = {} if expires is None else {"expirationTime": expires.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    return {"shareCredentialsVersion": 1, "endpoint": endpoint, "bearerToken": token, **ending}


def recipient_of_token(platform: Platform, token: str) -> Recipient:
    """Return who a token stands for.

    Raises:
        UnauthenticatedError: it is unknown, expired, or was ended.
    """
    if token == OPEN_TOKEN:
        return Recipient(ANONYMOUS)
    with platform.database.reading() as transaction:
        profile = transaction.profiles.by_token(hash_of(token)) if token.startswith(TOKEN_MARK) else None
    return _recipient(platform, profile)


def recipient_of_profile(platform: Platform, profile_id: str) -> Recipient:
    """Return who a profile stands for, as long as it lives.

    Raises:
        UnauthenticatedError: it is unknown, expired, or was ended.
    """
    with platform.database.reading() as transaction:
        profile = transaction.profiles.get(profile_id)
    return _recipient(platform, profile)


def _recipient(platform: Platform, profile: ShareProfile | None) -> Recipient:
    if profile is not None and profile.is_live(now()):
        with platform.database.reading() as transaction:
            account = transaction.identity.account(profile.account)
            grant = transaction.sharing.grants.get(profile.grant)
        if account.is_active and grant.revoked_at is None:
            return Recipient(account.principal(), profile, grant)
    zh = "访问凭据无效、已到期或已收回；请在平台的授权页面重新下载凭据文件"
    en = "the credential is wrong, expired or revoked; download a new profile file from the page of your grant"
    raise UnauthenticatedError(problem("bad-profile", zh, en, article=21))


def _require_holder(principal: Principal, grant: Grant) -> None:
    if grant.grantee.kind is GranteeKind.AGENCY:
        is_holder = principal.agency == grant.grantee.id and is_permitted(
            principal, Action.READ_SHARED, agency=principal.agency
        )
    else:
        is_holder = principal.id == grant.grantee.id
    if not is_holder:
        zh, en = "只有被授权方可以生成访问凭据", "only the holder of the grant can make a credential for it"
        raise ForbiddenError(problem("not-holder", zh, en, article=21))
