"""Which language to answer in: `?lang=`, then the cookie, then `Accept-Language`, then the platform's default."""

from starlette.requests import Request

from catalog_service.catalog.errors import Language
from catalog_service.settings import Settings

COOKIE = "lang"
_SHORT = {"zh": Language.ZH, "en": Language.EN}


def language_of(request: Request) -> Language:
    """Return the language for a request; what it asks for and we do not speak is passed over."""
    settings: Settings = request.app.state.platform.settings
    wishes = [request.query_params.get("lang", ""), request.cookies.get(COOKIE, "")]
    for wish in (*wishes, *_accepted(request.headers.get("accept-language", ""))):
        spoken = spoken_language(wish)
        if spoken is not None:
            return spoken
    return settings.lang


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
