"""Who asks, and what a route lets whom do: the principal of a request, and the access that every route declares.

A route without a declared access fails a test. `PUBLIC`, `SIGNED_IN` and `needs(…)` are router dependencies: they refuse
before anything is done. They look at roles only; the use case decides about the thing itself (`authorize` with its agency).
Not here: proofs of identity (services.identity).
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.concurrency import run_in_threadpool

from catalog_service.catalog.errors import ForbiddenError, UnauthenticatedError, problem
from catalog_service.catalog.principal import ANONYMOUS, Action, Principal, authorize_any
from catalog_service.services import identity
from catalog_service.services.platform import Platform

SESSION_COOKIE = "wuxi_session"
CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logging.getLogger(__name__)


async def _principal(request: Request) -> Principal:
    """Return who asks; a credential that does not hold is refused, never taken for nobody."""
    if "authorization" not in request.headers and SESSION_COOKIE not in request.cookies:
        request.state.principal = ANONYMOUS
    else:
        request.state.principal = await run_in_threadpool(_proven, request)
    found: Principal = request.state.principal
    return found


PrincipalDep = Annotated[Principal, Depends(_principal)]
"""Who asks: by `Authorization: Bearer <API key>`, else by the session cookie; ANONYMOUS where there is neither."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a route says about who may use it."""

    is_public: bool = False
    actions: frozenset[Action] = frozenset()
    """A role that may do one of these; none: everybody who is signed in."""


class Access(Declared):
    """Asks who it is, and lets those pass who may."""

    async def __call__(self, principal: PrincipalDep) -> None:
        """Let the request pass, or refuse it."""
        if self.is_public:
            return
        identity.require_signed_in(principal)
        if self.actions:
            authorize_any(principal, self.actions)


class Entrance(Declared):
    """Asks nobody: where one signs in and out, whatever credential of before the browser still holds."""

    async def __call__(self) -> None:
        """Let everybody pass."""


PUBLIC: Any = Depends(Access(is_public=True))
"""Everybody; a credential that is sent must hold all the same."""
ENTRANCE: Any = Depends(Entrance(is_public=True))
"""Everybody; credentials are not looked at."""
SIGNED_IN: Any = Depends(Access())
"""Everybody who is signed in."""


def needs(*actions: Action) -> Any:  # noqa: ANN401  # FastAPI's Depends has no public type
    """Return the access of a route for the roles that may do one of the actions."""
    return Depends(Access(actions=frozenset(actions)))


def declared_access(app: FastAPI) -> Iterator[tuple[RouteContext, Declared | None]]:
    """Return every route with the access that it declares: None where none, the narrowest where several."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            found = [one.call for one in route.dependant.dependencies if isinstance(one.call, Declared)]
            yield route, min(found, key=lambda one: (one.is_public, not one.actions, len(one.actions)), default=None)


def visitor(request: Request) -> Principal:
    """Return whom a page greets. Never a ground for a decision: where nothing is proven it is nobody."""
    if not hasattr(request.state, "principal"):
        request.state.principal = ANONYMOUS
        if SESSION_COOKIE in request.cookies:
            try:
                request.state.principal = _proven(request)
            except UnauthenticatedError:
                request.state.is_session_over = True
            except Exception:  # a page that explains a broken database must still be made
                _log.exception("nobody can be recognised")
    found: Principal = request.state.principal
    return found


def csrf_of(secret: str) -> str:
    """Return the token that a form must send back to prove that it came from our page."""
    return hashlib.sha256(b"csrf\n" + secret.encode("utf-8", "surrogateescape")).hexdigest()


def _proven(request: Request) -> Principal:
    platform: Platform = request.app.state.platform
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, key = header.partition(" ")
        if scheme.lower() != "bearer":
            zh, en = "请以 Authorization: Bearer <API 密钥> 的形式提供密钥", "send the key as Authorization: Bearer <API key>"
            raise UnauthenticatedError(problem("bad-key", zh, en))
        return identity.principal_of_key(platform, key.strip())
    token = request.cookies[SESSION_COOKIE]
    try:
        found = identity.principal_of_session(platform, token)
    except UnauthenticatedError:
        request.state.principal, request.state.is_session_over = ANONYMOUS, True
        raise
    is_program = request.url.path.startswith("/api/") and request.method not in _SAFE
    if is_program and request.headers.get(CSRF_HEADER) != csrf_of(token):
        zh = f"以登录会话调用写接口须附带 {CSRF_HEADER} 请求头；程序请使用 API 密钥"
        en = f"a session that changes something through the API must send {CSRF_HEADER}; programs use an API key"
        raise ForbiddenError(problem("csrf", zh, en))
    return found
