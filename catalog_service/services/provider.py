"""Signing in at an OpenID Connect provider: code with PKCE, state and nonce, by authlib and joserfc. Off by default.

The provider says who somebody is (issuer and subject); which account that is, only an explicit link says, never a name, a mail
address or an id that anybody sends. Whatever does not hold is a refusal. Not here: HTTP (web.provider_pages).
"""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from catalog_service.catalog.errors import ConflictError, NotFoundError, Problem, UnauthenticatedError, problem
from catalog_service.catalog.identity import SessionToken
from catalog_service.catalog.principal import Principal
from catalog_service.services import accounts
from catalog_service.services.identity import begin_session, hash_of, now, require_person
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from catalog_service.store.identity import Flow

CALLBACK = "/sign-in/provider/callback"
FLOW_MINUTES = 10
_ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
"""Signatures by a key that only the provider has: no `none`, nothing symmetric."""
_TIMEOUT_SECONDS = 10
_LEEWAY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Began:
    """Where the browser must go, and the secret that it must bring back."""

    url: str
    state: str


def begin(platform: Platform, link_to: Principal | None = None) -> Began:
    """Begin to sign in, or to link one's identity to the own account.

    Raises:
        NotFoundError: no provider is set.
        ConflictError: the provider does not answer, or is not the one that was set.
    """
    if link_to is not None:
        require_person(link_to)
    metadata = _metadata(platform.settings)
    flow = Flow(secrets.token_urlsafe(32), secrets.token_urlsafe(48), link_to.id if link_to is not None else None, now())
    state = secrets.token_urlsafe(32)
    url: str = prepare_grant_uri(
        metadata["authorization_endpoint"],
        platform.settings.oidc_client_id,
        "code",
        redirect_uri=platform.settings.public_url + CALLBACK,
        scope="openid",
        state=state,
        nonce=flow.nonce,
        code_challenge=create_s256_code_challenge(flow.verifier),
        code_challenge_method="S256",
    )
    with platform.database.transaction() as transaction:
        forget = now() - dt.timedelta(minutes=FLOW_MINUTES)
        transaction.identity.begin_flow(hash_of(state), flow, forget=forget)
    return Began(url, state)


def finish(platform: Platform, *, code: str, state: str, held_state: str) -> SessionToken:
    """Return a session for the account that the proven identity is linked to; links it first where that was begun.

    Args:
        platform: The platform.
        code: What the provider sent with the browser.
        state: The state that came back with it.
        held_state: The state that this browser was given, so that nobody is signed in by somebody else's link.

    Raises:
        UnauthenticatedError: the sign-in did not begin here, is proven wrongly, or its identity is linked to nobody.
        ConflictError: the provider does not answer; the identity is linked to another account.
    """
    if not secrets.compare_digest(hash_of(state), hash_of(held_state)):
        raise _refused()
    with platform.database.transaction() as transaction:
        flow = transaction.identity.take_flow(hash_of(state))
    if flow is None or now() - flow.began_at > dt.timedelta(minutes=FLOW_MINUTES):
        raise _refused()
    subject = _proven_subject(platform.settings, code, flow)
    with platform.database.transaction() as transaction:
        if flow.account_id is not None:
            owner = transaction.identity.account(flow.account_id).principal()
            accounts.link(platform, transaction, owner, flow.account_id, subject)
        account_id = transaction.identity.linked(platform.settings.oidc_issuer, subject)
        account = None if account_id is None else transaction.identity.account(account_id)
        if account is None or not account.is_active:
            zh = "该身份未关联到任何可用账户；请先用密码登录，在“我的账户”中关联，或联系系统管理员"
            en = "this identity is linked to no open account; sign in by password and link it, or ask an administrator"
            raise UnauthenticatedError(problem("not-linked", zh, en))
        return begin_session(platform, transaction, account)


def _proven_subject(settings: Settings, code: str, flow: Flow) -> str:
    metadata = _metadata(settings)
    try:
        token = _token(settings, metadata["token_endpoint"], code, flow)
        keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"], timeout=_TIMEOUT_SECONDS).raise_for_status().json())
        claims = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS).claims
        _rules(settings, flow).validate(claims)
    except httpx.HTTPError as error:
        raise _unreachable() from error
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise _refused() from error
    subject = claims["sub"]
    audience = claims["aud"]
    if not isinstance(subject, str) or (isinstance(audience, list) and claims.get("azp") != settings.oidc_client_id):
        raise _refused()
    return subject


def _rules(settings: Settings, flow: Flow) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        nonce={"essential": True, "value": flow.nonce},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )


def _metadata(settings: Settings) -> dict[str, Any]:
    """Return what the provider publishes of itself; it must be the provider that was set."""
    if not settings.has_provider:
        raise NotFoundError(problem("no-provider", "本平台未设置统一身份认证", "no identity provider is set here"))
    url = settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        found: dict[str, Any] = httpx.get(url, timeout=_TIMEOUT_SECONDS).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise _unreachable() from error
    if found.get("issuer") != settings.oidc_issuer:
        zh, en = "统一身份认证的标识与设置不符", "the identity provider is not the one that was set"
        raise ConflictError(problem("provider-differs", zh, en))
    return found


def _token(settings: Settings, endpoint: str, code: str, flow: Flow) -> dict[str, Any]:
    """Exchange the code for tokens; a code that the provider does not know is refused."""
    answer = httpx.post(
        endpoint,
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": settings.public_url + CALLBACK,
            "code_verifier": flow.verifier,
        },
        auth=(quote(settings.oidc_client_id, safe=""), quote(settings.oidc_client_secret.get_secret_value(), safe="")),
        timeout=_TIMEOUT_SECONDS,
    )
    if answer.is_client_error:
        raise _refused()
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def _refused() -> UnauthenticatedError:
    zh, en = "统一身份认证登录未成功，请重新登录", "signing in at the provider did not succeed; try again"
    found: Problem = problem("bad-provider-sign-in", zh, en)
    return UnauthenticatedError(found)


def _unreachable() -> ConflictError:
    zh, en = (
        "统一身份认证暂不可用，请稍后再试或用密码登录",
        "the identity provider does not answer; try later, or use a password",
    )
    return ConflictError(problem("provider-unreachable", zh, en))
