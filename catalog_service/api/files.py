"""Files over HTTP (RFC 9110): validators, conditions and ranges around Starlette's FileResponse.

Starlette serves ranges; it lacks If-None-Match and If-Match, answers faulty ranges in plain text and derives the ETag from
the file's time. Here the ETag is the sha256 of the bytes. Not here: which file may be served (services.downloading).
"""

import base64
import re
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from catalog_service.api.links import PARQUET, PREFIX
from catalog_service.api.problems import answer
from catalog_service.catalog.errors import problem
from catalog_service.services.downloading import OpenFile

_RANGES = re.compile(r"bytes=\s*([0-9]*-[0-9]*(?:\s*,\s*[0-9]*-[0-9]*)*)\s*", re.ASCII)
_TAGS = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_MAX_RANGES = 16
_MAX_DIGITS = 18
_LATEST = "no-cache"
_PRIVATE = "private, no-cache"
_IMMUTABLE = "public, max-age=300, immutable"


class _FileResponse(FileResponse):
    chunk_size = 1024 * 1024

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the file; a Range in units that we do not know is ignored, as RFC 9110 asks."""
        if not Headers(scope=scope).get("range", "bytes=").strip().lower().startswith("bytes="):
            scope = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name.lower() != b"range"]}
        await super().__call__(scope, receive, send)


def file_response(request: Request, found: OpenFile, *, is_pinned: bool = False, is_open: bool = True) -> Response:
    """Return a file, a part of it, 304, 412 or 416, as the request's conditions ask.

    Args:
        request: The request.
        found: What may be handed out.
        is_pinned: The URL names the version, so its answer never changes.
        is_open: It is open to all: there is a public address of this version, and caches on the way may keep the answer.
    """
    headers = _headers(found, is_pinned, is_open)
    refusal = _precondition_failed(request, found.etag, headers)
    if refusal is not None:
        return refusal
    if _matches(request.headers.get("if-none-match"), found.etag):
        return Response(
            status_code=304,
            headers={name: headers[name] for name in ("ETag", "Cache-Control", "Content-Location") if name in headers},
        )
    if "range" in request.headers and request.headers.get("if-range", found.etag) in (found.etag, headers["Last-Modified"]):
        refusal = _bad_range(request, found.file.size_bytes, headers)
        if refusal is not None:
            return refusal
    prefix = request.app.state.platform.settings.accel_prefix
    if prefix and request.method == "GET" and "if-range" not in request.headers:  # nginx would compare that with its own tag
        return _handed_over(found, headers, prefix)
    return _FileResponse(
        found.path, headers=headers, media_type=PARQUET, filename=found.download_name, stat_result=found.path.stat()
    )


def _handed_over(found: OpenFile, headers: dict[str, str], prefix: str) -> Response:
    """Leave the bytes, whole or the range asked for, to the nginx in front: the decision and the note are made."""
    disposition = f'attachment; filename="{found.download_name}"'
    location = {"X-Accel-Redirect": prefix + quote(found.file.path), "Content-Disposition": disposition}
    return Response(headers=headers | location, media_type=PARQUET)


def _headers(found: OpenFile, is_pinned: bool, is_open: bool) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(found.file.sha256)).decode()
    part = f"?file={found.number}" if len(found.publication.files) > 1 else ""
    pinned = f"{PREFIX}/datasets/{found.dataset}/versions/{found.publication.version}/download.parquet{part}"
    location = {"Content-Location": pinned} if is_open else {}
    return location | {
        "ETag": found.etag,
        "Last-Modified": found.publication.published_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "Cache-Control": _PRIVATE if not is_open else _IMMUTABLE if is_pinned else _LATEST,
        "Repr-Digest": f"sha-256=:{digest}:",
        "X-Content-SHA256": found.file.sha256,
        "X-Dataset-Version": str(found.publication.version),
    }


def _matches(condition: str | None, etag: str) -> bool:
    """Tell whether a list of entity tags, or `*`, names our tag."""
    return condition is not None and (condition.strip() == "*" or etag in _TAGS.findall(condition))


def _precondition_failed(request: Request, etag: str, headers: dict[str, str]) -> Response | None:
    condition = request.headers.get("if-match")
    weak = condition is not None and f"W/{etag}" in condition  # If-Match compares strongly: a weak tag never matches
    if condition is None or (_matches(condition, etag) and not weak):
        return None
    zh, en = "文件已更新，与您持有的版本不同，请重新下载", "the file has changed since your version; download it again"
    return answer(request, 412, [problem("changed", zh, en)], headers={"ETag": headers["ETag"]})


def _bad_range(request: Request, size: int, headers: dict[str, str]) -> Response | None:
    """Return a refusal of a Range that is no range (400) or lies outside the file (416); None where it can be served."""
    text = request.headers["range"].strip().lower()
    if not text.startswith("bytes="):
        return None
    found = _RANGES.fullmatch(text)
    parts = [part.strip().split("-") for part in found[1].split(",")] if found else []
    if not parts or len(parts) > _MAX_RANGES or not all(_is_range(first, last) for first, last in parts):
        zh, en = (
            f"Range 请求头格式有误，或超过 {_MAX_RANGES} 段",
            f"the Range header is malformed, or has over {_MAX_RANGES} ranges",
        )
        return answer(request, 400, [problem("bad-range", zh, en)])
    if any(int(first) >= size if first else int(last) == 0 for first, last in parts):
        zh, en = f"请求的范围超出文件（共 {size} 字节）", f"the range lies outside the file of {size} bytes"
        outside = {"Content-Range": f"bytes */{size}", "ETag": headers["ETag"]}
        return answer(request, 416, [problem("range-outside", zh, en)], headers=outside)
    return None


def _is_range(first: str, last: str) -> bool:
    if max(len(first), len(last)) > _MAX_DIGITS or not first + last:
        return False
    return not (first and last) or int(first) <= int(last)
