"""Templates to answers: Jinja2 with autoescape, the words of the language, the language switch and its cookie.

Here: everything that all pages share. Not here: what they show (pages).
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse

from catalog_service.catalog.errors import Language, Text, Where
from catalog_service.catalog.principal import Action, Principal, is_permitted
from catalog_service.catalog.vocabularies import Term
from catalog_service.web import formatting
from catalog_service.web.forms import CsrfToken, end_session
from catalog_service.web.identity import visitor
from catalog_service.web.language import COOKIE, page_language, spoken_language
from catalog_service.web.messages import message
from catalog_service.web.naming import Names

_YEAR_SECONDS = 365 * 24 * 3600


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("number", "size", "share", "when", "pairs"):
        environment.filters[name] = getattr(formatting, name)
    return environment


_TEMPLATES = _environment()


def render(
    request: Request,
    template: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page in the language of the request; `?lang=` is remembered in a cookie."""
    language = page_language(request)
    other = Language.EN if language is Language.ZH else Language.ZH
    csrf, principal = CsrfToken(request), visitor(request)
    shared = {
        "csrf": csrf,
        "principal": principal,
        "request": request,
        "lang": language.value,
        "t": partial(message, language),
        "label": partial(_label, language),
        "pick": partial(_pick, language),
        "place": partial(_place, language),
        "may_do": partial(_may_do, principal),
        "naming": Names(request.app.state.platform, language),
        "link": partial(_link, request),
        "switch": _link(request, lang=other.value),
        "other_lang": other.value,
    }
    text = _TEMPLATES.get_template(template).render(shared | dict(context))
    answer = HTMLResponse(text, status, {"Content-Language": language.value, "Vary": "Cookie"})
    answer.headers.update(headers or {})
    csrf.remember(answer)
    if not principal.is_anonymous:
        answer.headers["Cache-Control"] = "no-store"
    if getattr(request.state, "is_session_over", False):
        end_session(answer)
    wish = spoken_language(request.query_params.get("lang", ""))
    if wish is not None:
        answer.set_cookie(COOKIE, wish.value, max_age=_YEAR_SECONDS, httponly=True, samesite="lax")
    return answer


def _may_do(principal: Principal, action: str, agency: str | None = None) -> bool:
    """Tell a page whether to show the way to something; whether it is done is decided there."""
    return is_permitted(principal, Action(action), agency=agency)


def _label(language: Language, term: Term | Text) -> str:
    return term.en if language is Language.EN and term.en else term.zh


def _place(language: Language, where: Where) -> str:
    return where.to(language)


def _pick(language: Language, zh: str, en: str) -> str:
    return en if language is Language.EN and en else zh


def _link(request: Request, **changes: object) -> str:
    """Return this page's address with query parameters changed; None removes one, and paging starts anew."""
    url = URL(scope={**request.scope, "server": None, "headers": []}).remove_query_params(["cursor", *changes])
    url = url.include_query_params(**{name: value for name, value in changes.items() if value is not None})
    return f"{url.path}?{url.query}" if url.query else url.path
