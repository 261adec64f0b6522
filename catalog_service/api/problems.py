"""Errors over HTTP: one table from exceptions to statuses, one shape (RFC 9457), in the language of the request.

Here: every answer that is not a success, JSON for programs and a page for browsers. Not here: what the refusals are about
(catalog.errors).
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from catalog_service.api.security import SECURITY_HEADERS
from catalog_service.api.validation import validation_problems
from catalog_service.catalog.errors import (
    BusyError,
    ConflictError,
    CorruptError,
    ForbiddenError,
    GoneError,
    InvalidError,
    Language,
    NotFoundError,
    Problem,
    Text,
    ThrottledError,
    TooLargeError,
    UnauthenticatedError,
    UnsignedError,
    Where,
    WuxiError,
    problem,
)
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.web.identity import declared_access
from catalog_service.web.language import api_language, page_language
from catalog_service.web.rendering import render

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_METHOD_NOT_ALLOWED = 405
_UNNOTED = frozenset({"bad-sign-in", "session-over"})
STATUS: dict[type[WuxiError], int] = {
    InvalidError: 422,
    NotFoundError: 404,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    ConflictError: 409,
    GoneError: 410,
    TooLargeError: 413,
    ThrottledError: 429,
    CorruptError: 500,
    BusyError: 503,
    UnsignedError: 503,
}
"""The one table of exceptions and statuses."""
_HEADERS = {401: {"WWW-Authenticate": 'Bearer realm="wuxi-public-data"'}, 503: {"Retry-After": "10"}}

TITLES: dict[int, Text] = {
    400: Text(zh="请求无法理解", en="Bad request"),
    401: Text(zh="需要登录或申请", en="Identity required"),
    403: Text(zh="不予提供", en="Forbidden"),
    404: Text(zh="没有找到", en="Not found"),
    405: Text(zh="不支持该请求方法", en="Method not allowed"),
    409: Text(zh="与当前状态冲突", en="Conflict"),
    410: Text(zh="已不再保存", en="Gone"),
    412: Text(zh="前提条件不成立", en="Precondition failed"),
    413: Text(zh="超过大小上限", en="Content too large"),
    416: Text(zh="请求的字节范围不存在", en="Range not satisfiable"),
    422: Text(zh="请求内容不符合要求", en="Unprocessable content"),
    429: Text(zh="请求过于频繁", en="Too many requests"),
    500: Text(zh="服务器内部错误", en="Internal server error"),
    503: Text(zh="服务暂不可用", en="Service unavailable"),
}


class ProblemItem(BaseModel):
    """One fault: its code, what is wrong and what to do, where, and the article of the Measures that asks for it."""

    model_config = ConfigDict(extra="forbid")

    code: str
    message: str
    where: Where
    article: int | None


class ProblemDetails(BaseModel):
    """RFC 9457 problem details; every error of this API has this shape."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    problems: list[ProblemItem]


def answer(
    request: Request, status: int, problems: Sequence[Problem], *, headers: Mapping[str, str] | None = None, instance: str = ""
) -> Response:
    """Return the answer to a request that is refused: a page for browsers, problem+json for everybody else."""
    is_page = _wants_page(request)
    language = page_language(request) if is_page else api_language(request)
    details = _details(status, problems, language, instance or quote(request.url.path))
    all_headers = {**SECURITY_HEADERS, "Content-Language": language.value, "Vary": "Accept, Accept-Language, Cookie"}
    all_headers |= dict(headers or {})
    if request.url.path.startswith("/delta-sharing/"):
        return _by_protocol(details, all_headers)
    if is_page:
        return render(request, "problem.html", {"details": details}, status=status, headers=all_headers)
    return JSONResponse(details.model_dump(mode="json"), status, all_headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let the app answer every error in the one shape."""
    app.add_exception_handler(WuxiError, _refused)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, http_answer)
    app.add_exception_handler(Exception, _unexpected)


def _details(status: int, problems: Sequence[Problem], language: Language, instance: str) -> ProblemDetails:
    return ProblemDetails(
        type=f"urn:wuxi-public-data:problem:{problems[0].code}" if problems else "about:blank",
        title=TITLES.get(status, TITLES[400 if status < 500 else 500]).to(language),
        status=status,
        detail="\n".join(one.to(language) for one in problems),
        instance=instance,
        problems=[
            ProblemItem(code=one.code, message=one.message.to(language), where=one.where, article=one.article)
            for one in problems
        ],
    )


_ERROR_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
}


def _by_protocol(details: ProblemDetails, headers: Mapping[str, str]) -> Response:
    """Return an error as Delta Sharing's protocol has it."""
    status = 400 if details.status == 422 else details.status
    body = {"errorCode": _ERROR_CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "FAILED_PRECONDITION")}
    return JSONResponse({**body, "message": details.detail}, status, dict(headers))


def _wants_page(request: Request) -> bool:
    is_page = not request.url.path.startswith(("/api/", "/openapi.json", "/healthz", "/readyz"))
    return is_page and "text/html" in request.headers.get("accept", "")


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, WuxiError):
        raise error
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if status >= 500 and not isinstance(error, BusyError):
        _log.error("%s %s: %s", request.method, request.url.path, error)
    if isinstance(error, UnauthenticatedError | ForbiddenError) and not error.is_noted:
        _note_denial(request, error)
    return answer(request, status, error.problems, headers=_HEADERS.get(status))


def _note_denial(request: Request, error: WuxiError) -> None:
    """Put a denial into the ledger (Art. 34); a failed sign-in is there already, and a session may end by itself."""
    codes = [one.code for one in error.problems]
    if not _UNNOTED.isdisjoint(codes):
        return
    principal = getattr(request.state, "principal", ANONYMOUS)
    target = f"{request.method} {quote(request.url.path)}"[:400]
    try:
        request.app.state.platform.auditor.note(
            entry_by(principal, "request", target, outcome="denied", details={"codes": codes})
        )
    except Exception:  # the answer is no, whether it can be noted or not
        _log.exception("a denial could not be noted")


def _unfit(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return answer(request, 422, validation_problems(error))


def http_answer(request: Request, error: Exception) -> Response:
    """Return the answer to an error of HTTP itself: no such address, method, size."""
    if not isinstance(error, HTTPException):
        raise error
    headers = {"Allow": _allowed(request)} if error.status_code == _METHOD_NOT_ALLOWED else error.headers
    return answer(request, error.status_code, [_http_problem(error.status_code)], headers=headers)


def _allowed(request: Request) -> str:
    """Return the methods of this address; the framework names those of one of its routes only."""
    found = [route for route, _ in declared_access(request.app) if route.path_regex.match(request.url.path)]
    same = [route for route in found if route.path_format == found[0].path_format]
    return ", ".join(sorted({method for route in same for method in route.methods or ()}))


def _http_problem(status: int) -> Problem:
    match status:
        case 404:
            zh, en = (
                "这个地址没有内容，请检查网址，或从首页搜索",
                "nothing lives at this address; check it, or search from the home page",
            )
            return problem("no-such-address", zh, en)
        case 405:
            zh, en = (
                "该地址不支持这种请求方法，请见 Allow 响应头",
                "this address does not answer that method; see the Allow header",
            )
            return problem("method-not-allowed", zh, en)
        case 413:
            return problem("too-large", "请求内容超过上限，请减小后重试", "the request body is over the limit; send less")
        case _:
            return problem("http-error", "请求无法处理，请检查后重试", "the request cannot be handled; check it and try again")


def _unexpected(request: Request, error: Exception) -> Response:
    """Answer with an opaque id that the log explains; nothing of the inside goes out."""
    error_id = str(uuid.uuid4())
    _log.error("error %s: %s %s", error_id, request.method, request.url.path, exc_info=error)
    zh = f"平台出现内部错误，请稍后再试；如需帮助，请提供错误编号 {error_id}"
    en = f"something went wrong on our side; try again later, or ask for help with the error id {error_id}"
    return answer(request, 500, [problem("internal-error", zh, en)], instance=f"urn:uuid:{error_id}")
