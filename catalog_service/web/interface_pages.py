"""The page of interfaces: every operation of the API in the reader's language, from the OpenAPI document itself.

Texts of the document are written `中文 / English`. Not here: the document (api), the Delta Sharing protocol, which has its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from catalog_service.catalog.errors import Language
from catalog_service.web.identity import PUBLIC
from catalog_service.web.language import page_language
from catalog_service.web.rendering import render

router = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
_METHODS = ["GET", "HEAD"]
_EVERYWHERE = frozenset({"lang"})
"""Parameters that every operation has: told once."""


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter, or a member of the body."""

    name: str
    place: str
    """`path`, `query`, `header` or `body`."""
    is_required: bool
    about: str
    choices: tuple[str, ...] = ()
    """The values that are allowed, where they are few."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked of the API."""

    id: str
    method: str
    path: str
    title: str
    about: str
    needs_identity: bool
    given: tuple[Given, ...]
    answers: tuple[str, ...]
    """Status codes."""


@dataclass(frozen=True, slots=True)
class Section:
    """The operations of one topic."""

    name: str
    title: str
    operations: tuple[Operation, ...]


@router.api_route("/interfaces", methods=_METHODS)
def show_interfaces(request: Request) -> Response:
    """Every operation by topic: address, what is given, what comes back, and who may ask."""
    found = tuple(sections(request.app.openapi(), page_language(request)))
    return render(request, "interfaces.html", {"sections": found})


def sections(document: Mapping[str, Any], language: Language) -> Iterator[Section]:
    """Yield the topics of an OpenAPI document with their operations, in its order; texts in one language."""
    described = [
        (path, method, one) for path, methods in document["paths"].items() for method, one in methods.items() if "tags" in one
    ]
    for tag in document["tags"]:
        own = tuple(
            _operation(document, path, method, one, language) for path, method, one in described if tag["name"] in one["tags"]
        )
        if own:
            yield Section(tag["name"].replace(" ", "-"), half(tag["description"], language), own)


def half(text: str, language: Language) -> str:
    """Return the half of a text `中文 / English` that is in a language; all of a text that is written in one."""
    zh, slash, en = text.partition(" / ")
    return text if not slash else (zh if language is Language.ZH else en)


def _operation(document: Mapping[str, Any], path: str, method: str, one: Mapping[str, Any], language: Language) -> Operation:
    parameters = (
        Given(
            given["name"],
            given["in"],
            given.get("required", False),
            half(given.get("description", ""), language),
            tuple(_choices(document, given["schema"])),
        )
        for given in one.get("parameters", ())
        if given["name"] not in _EVERYWHERE
    )
    return Operation(
        id=one["operationId"],
        method=method.upper(),
        path=path,
        title=half(one["summary"], language),
        about=one.get("description", "") if language is Language.EN else "",
        needs_identity=bool(one.get("security")),
        given=(*parameters, *_members(document, one)),
        answers=tuple(sorted(one["responses"])),
    )


def _members(document: Mapping[str, Any], one: Mapping[str, Any]) -> Iterator[Given]:
    """Yield the members of a JSON body."""
    content = one.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    reference = schema.get("$ref", "").rpartition("/")[2]
    schema = document["components"]["schemas"][reference] if reference else schema
    required = frozenset(schema.get("required", ()))
    for name, member in schema.get("properties", {}).items():
        yield Given(name, "body", name in required, "", tuple(_choices(document, member)))


def _choices(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    reference = schema.get("$ref", "").rpartition("/")[2]
    if reference:
        schema = document["components"]["schemas"][reference]
    yield from (str(one) for one in schema.get("enum", ()))
    for one in schema.get("anyOf", ()):
        yield from _choices(document, one)
