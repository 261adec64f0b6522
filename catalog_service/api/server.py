"""Serving over a real socket: granian in this process, since it closes connections that send their headers too slowly."""

import asyncio
import contextlib
import logging
import signal

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from catalog_service.api.app import create_app
from catalog_service.services.platform import open_platform
from catalog_service.settings import Settings

HEADER_READ_TIMEOUT_MS = 5_000


def serve(settings: Settings) -> None:
    """Serve API and pages at `settings.host` and `settings.port` until Ctrl-C or SIGTERM."""
    with open_platform(settings) as platform:
        server = Server(
            create_app(platform),
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            websockets=False,
            http1_settings=HTTP1Settings(header_read_timeout=HEADER_READ_TIMEOUT_MS),
            log_enabled=False,
        )
        logging.getLogger(__name__).info("serving on http://%s:%d", settings.host, settings.port)
        asyncio.run(_until_stopped(server))


async def _until_stopped(server: Server) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # platforms without signal handlers in loops
            loop.add_signal_handler(number, server.stop)
    await server.serve()
