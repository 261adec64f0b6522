"""Pages of signing in at an identity provider: there, back, and linking. Not here: what is proven (services.provider)."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from catalog_service.services import provider
from catalog_service.services.platform import Platform
from catalog_service.services.provider import Began
from catalog_service.web.account_pages import EmptyForm
from catalog_service.web.forms import CsrfDep, begin_session, see, set_cookie
from catalog_service.web.identity import ENTRANCE, SIGNED_IN, PrincipalDep
from catalog_service.web.rendering import render

STATE_COOKIE = "wuxi_provider"
doors = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[ENTRANCE])
own = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[SIGNED_IN, CsrfDep])
ROUTERS = (doors, own)


@doors.get("/sign-in/provider")
def begin_sign_in(request: Request) -> Response:
    """Send the visitor to the provider."""
    return _go(request, provider.begin(_platform(request)))


@own.post("/account/provider")
def begin_link(request: Request, principal: PrincipalDep, form: Annotated[EmptyForm, Form()]) -> Response:
    """Send the owner of an account to the provider, to link the identity there to it."""
    del form
    began = provider.begin(_platform(request), principal)
    # A page with a link, for the policy of our pages lets no form lead to a foreign server.
    return _remember(request, render(request, "provider.html", {"url": began.url}), began)


@doors.get(provider.CALLBACK)
def finish_sign_in(
    request: Request,
    code: Annotated[str, Query(max_length=2_000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Take the visitor back with what the provider says, and begin a session."""
    held = request.cookies.get(STATE_COOKIE, "")
    session = provider.finish(_platform(request), code=code, state=state, held_state=held)
    answer = see("/account")
    begin_session(request, answer, session)
    answer.delete_cookie(STATE_COOKIE, path="/")
    return answer


def _go(request: Request, began: Began) -> Response:
    return _remember(request, RedirectResponse(began.url, 303, headers={"Cache-Control": "no-store"}), began)


def _remember(request: Request, answer: Response, began: Began) -> Response:
    set_cookie(request, answer, STATE_COOKIE, began.state, max_age=provider.FLOW_MINUTES * 60)
    return answer


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform
