"""Which language to answer in.

Pages: `?lang=`, then the cookie that the switch leaves, then the platform's default. API: `?lang=`, then `Accept-Language`,
then the default. (A program says in that header what it wants, a browser merely how it was installed.)
"""

from collections.abc import Iterable

from starlette.requests import Request

from catalog_service.catalog.errors import Language
from catalog_service.settings import Settings

COOKIE = "lang"
_SHORT = {"zh": Language.ZH, "en": Language.EN}


def page_language(request: Request) -> Language:
    """Return the language of a page."""
    return _first_spoken(request, (request.query_params.get("lang", ""), request.cookies.get(COOKIE, "")))


def api_language(request: Request) -> Language:
    """Return the language of an answer to a program."""
    return _first_spoken(
        request, (request.query_params.get("lang", ""), *_accepted(request.headers.get("accept-language", "")))
    )


def _first_spoken(request: Request, wishes: Iterable[str]) -> Language:
    """Return the first wish that we can fulfil, or the platform's default."""
    settings: Settings = request.app.state.platform.settings
    return next((spoken for wish in wishes if (spoken := spoken_language(wish)) is not None), settings.lang)


def spoken_language(tag: str) -> Language | None:
    """Return our language for a language tag (`zh`, `zh-CN`, `en-GB`, …); None where it is none of ours."""
    return _SHORT.get(tag.strip().lower().partition("-")[0])


def _accepted(header: str) -> list[str]:
    """Return the tags of an Accept-Language header, most wanted first."""
    weighted = []
    for position, part in enumerate(header.split(",")[:20]):
        tag, _, parameter = part.partition(";")
        try:
            weight = float(parameter.partition("=")[2]) if parameter.strip() else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            weighted.append((-weight, position, tag))
    return [tag for _, _, tag in sorted(weighted)]
