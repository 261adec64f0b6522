"""The OpenAPI document: documented errors in the one shape, and nothing that the API does not do."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from catalog_service.api.identity import declared_access
from catalog_service.api.problems import MEDIA_TYPE, TITLES, ProblemDetails

_REF = "#/components/schemas/{model}"
_KEY = "API key"
Responses = dict[int | str, dict[str, Any]]


def errors(*statuses: int) -> Responses:
    """Return the `responses` of a route that may answer with these statuses; 401 (a bad key), 422, 500 and 503 always may."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=ProblemDetails.__name__)}}}
    return {
        status: {"description": f"{TITLES[status].zh} / {TITLES[status].en}", "content": content}
        for status in sorted({*statuses, 401, 422, 500, 503})
    }


def install(app: FastAPI) -> None:
    """Let the app serve a document that knows the shape of its errors."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the documented way to extend the document


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    shape = ProblemDetails.model_json_schema(ref_template=_REF)
    schemas.update(shape.pop("$defs", {}))
    schemas[ProblemDetails.__name__] = shape
    document["components"]["securitySchemes"] = {_KEY: {"type": "http", "scheme": "bearer"}}
    for route, access in declared_access(app):
        if route.include_in_schema and access is not None and not access.is_public:
            for method in route.methods or ():
                document["paths"][route.path_format][method.lower()]["security"] = [{_KEY: []}]
    for operation in (one for methods in document["paths"].values() for one in methods.values() if "requestBody" in one):
        for status in (400, 413):  # a body that is no JSON at all, and one larger than any may be
            operation["responses"].setdefault(str(status), errors(status)[status])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document
