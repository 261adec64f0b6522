"""Exports over HTTP: streamed, and never cut without saying so. Not here: what is exported (services.downloading)."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from catalog_service.api.links import EXPORT_TYPES
from catalog_service.services.export_forms import Export, ExportForm


def export_content(*forms: ExportForm) -> dict[str, Any]:
    """Return what the OpenAPI document says of exports in these forms: media types with their schemas."""
    kinds = {
        ExportForm.JSON: {"type": "object"},
        ExportForm.XLSX: {"type": "string", "format": "binary"},
        ExportForm.PARQUET: {"type": "string", "format": "binary"},
    }
    return {EXPORT_TYPES[one].partition(";")[0]: {"schema": kinds.get(one, {"type": "string"})} for one in forms}


def export_response(request: Request, export: Export) -> Response:
    """Return an export with its counts in the headers; HEAD answers with the headers alone."""
    headers = {
        "Content-Disposition": f'attachment; filename="{export.download_name}"',
        "Cache-Control": "no-cache",
        "X-Dataset-Version": str(export.version),
        "X-Total-Count": str(export.total_count),
        "X-Returned-Count": str(export.returned_count),
        "X-Truncated": str(export.is_truncated).lower(),
    }
    if request.method == "HEAD":
        export.close()
        answer = Response(headers=headers, media_type=EXPORT_TYPES[export.form])
        del answer.headers["content-length"]  # how long it will be shows only as it is made; 0 would be taken for its length
        return answer
    return _ExportResponse(export, headers)


class _ExportResponse(StreamingResponse):
    """Streams an export and ends it, also where the client went away."""

    def __init__(self, export: Export, headers: dict[str, str]) -> None:
        super().__init__(export.chunks, headers=headers, media_type=EXPORT_TYPES[export.form])
        self._export = export

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await run_in_threadpool(self._export.close)
