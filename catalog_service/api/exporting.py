"""Exports over HTTP: streamed, and never cut without saying so. Not here: what is exported (services.downloading)."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from catalog_service.api.links import EXPORT_TYPES
from catalog_service.services.downloading import Export


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
    media_type = EXPORT_TYPES[export.form]
    if request.method == "HEAD":
        return Response(headers=headers, media_type=media_type)
    return StreamingResponse(export.chunks, headers=headers, media_type=media_type)
