"""Forms of pages: proof that a form came from one of our pages (CSRF), and the cookies that this needs.

Here: the hidden field `csrf`, its check, the session cookie. Not here: what forms do.
"""

import hmac
import secrets
from typing import Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from catalog_service.catalog.errors import ForbiddenError, problem
from catalog_service.catalog.identity import SessionToken
from catalog_service.web.identity import SESSION_COOKIE, csrf_of

FORM_COOKIE = "wuxi_form"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SEE_OTHER = 303
MAX_FORM_FIELDS = 50_000
"""An entry with 2,000 fields is edited in one form; the size of its body is limited elsewhere."""


class CsrfToken:
    """The value of a page's hidden field `csrf`; a visitor without a session gets a cookie once a page uses it."""

    def __init__(self, request: Request) -> None:
        held = request.cookies.get(SESSION_COOKIE) or request.cookies.get(FORM_COOKIE)
        self._secret = held or secrets.token_urlsafe(32)
        self._is_new = held is None
        self._request = request
        self._is_used = False

    def __html__(self) -> str:
        """Return the token for the page."""
        self._is_used = True
        return csrf_of(self._secret)

    def remember(self, response: Response) -> None:
        """Set the cookie that the form is checked against, where the page has a form and there is none yet."""
        if self._is_used and self._is_new:
            set_cookie(self._request, response, FORM_COOKIE, self._secret)


async def _require_csrf(request: Request) -> None:
    if request.method in _SAFE:
        return
    sent = (await request.form(max_fields=MAX_FORM_FIELDS)).get("csrf", "")
    held = request.cookies.get(SESSION_COOKIE) or request.cookies.get(FORM_COOKIE)
    is_ours = held is not None and not isinstance(sent, UploadFile) and hmac.compare_digest(csrf_of(held), _ascii(sent))
    if not is_ours or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        zh = "表单已失效或并非来自本平台的页面，请返回上一页，刷新后重新提交"
        en = "the form has expired or did not come from a page of this platform; go back, reload the page and send it again"
        raise ForbiddenError(problem("csrf", zh, en))


CsrfDep: Any = Depends(_require_csrf)
"""For routers of pages: every request that changes something must bring the page's `csrf` field."""


def is_https(request: Request) -> bool:
    """Tell whether people reach the service by https, be it through a proxy."""
    public_url: str = request.app.state.platform.settings.public_url
    return request.url.scheme == "https" or public_url.startswith("https://")


def set_cookie(request: Request, response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    """Set a cookie that no script can read and no foreign page can make use of."""
    response.set_cookie(name, value, max_age=max_age, httponly=True, samesite="lax", secure=is_https(request), path="/")


def begin_session(request: Request, response: Response, session: SessionToken) -> None:
    """Let the browser hold a session; the form cookie of before is forgotten, for the session takes its place."""
    set_cookie(request, response, SESSION_COOKIE, session.token)
    response.delete_cookie(FORM_COOKIE, path="/")


def end_session(response: Response) -> None:
    """Let the browser forget its session."""
    response.delete_cookie(SESSION_COOKIE, path="/")


def see(path: str) -> RedirectResponse:
    """Return the answer to a form that did its work: look at this page of ours."""
    return RedirectResponse(local_path(path), _SEE_OTHER, headers={"Cache-Control": "no-store"})


def local_path(path: str) -> str:
    """Return the path if it leads to a page of ours, else the home page: nobody is sent elsewhere."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and len(path) <= 1_000
    return path if is_ours else "/"


def _ascii(text: str) -> str:
    return text if text.isascii() else ""
