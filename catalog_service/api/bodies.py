"""A limit on request bodies, answered in the one shape (the framework's own limit answers in plain text).

A body that announces its length is refused before it is read, one that does not as soon as it is over the limit.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog_service.api.problems import http_answer

TOO_LARGE = 413


class BodyLimit:
    """ASGI middleware that refuses bodies over `max_bytes`."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        announced = request.headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced[:19]) > self._max_bytes:
            await http_answer(request, HTTPException(TOO_LARGE))(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise HTTPException(TOO_LARGE)
            return message

        await self._app(scope, receive_counted, send)
