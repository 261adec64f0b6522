"""A limit on request bodies, answered in the one shape (the framework's own limit answers in plain text).

A body that announces its length is refused before it is read, one that does not as soon as it is over the limit.
"""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog_service.api.problems import http_answer

TOO_LARGE = 413


class BodyLimit:
    """ASGI middleware that refuses bodies over `max_bytes`; of paths with a prefix of its own, over the longest one's limit."""

    def __init__(self, app: ASGIApp, max_bytes: int, prefixes: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._limits = {"": max_bytes, **(prefixes or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        max_bytes = self._limits[max((one for one in self._limits if request.url.path.startswith(one)), key=len)]
        announced = request.headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced[:19]) > max_bytes:
            await http_answer(request, HTTPException(TOO_LARGE))(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > max_bytes:
                raise HTTPException(TOO_LARGE)
            return message

        await self._app(scope, receive_counted, send)
