"""Serving over a real socket: granian, since it closes connections that send their headers too slowly.

Here: starting and stopping. Not here: the application (app).
"""

import logging
import socket
from functools import partial

from fastapi import FastAPI
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from catalog_service.api.app import create_app
from catalog_service.catalog.errors import ConflictError, problem
from catalog_service.services.platform import Platform, open_platform
from catalog_service.settings import Settings

HEADER_READ_TIMEOUT_MS = 5_000
_STOP_SECONDS = 10
_log = logging.getLogger(__name__)


def serve(settings: Settings, *, workers: int = 1) -> None:
    """Serve API and pages at `settings.host` and `settings.port` until Ctrl-C or SIGTERM.

    Raises:
        ConflictError: the address is in use.
    """
    _require_free(settings)
    open_platform(settings).close()  # migrate once, before there are several workers
    server = Granian(
        "catalog_service.api.server:worker_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=workers,
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_READ_TIMEOUT_MS),
        workers_kill_timeout=_STOP_SECONDS,
        respawn_failed_workers=True,
        log_enabled=False,
    )
    _log.info("serving on http://%s:%d", settings.host, settings.port)
    server.serve(target_loader=partial(worker_app, settings), wrap_loader=False)


def worker_app(settings: Settings) -> FastAPI:
    """Return the application of one worker process, with connections of its own."""
    return create_app(Platform(settings))


def _require_free(settings: Settings) -> None:
    """Refuse an address that somebody listens at: granian would silently share it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            place = f"{settings.host}:{settings.port}"
            zh = f"无法监听 {place}（{error.strerror}），请用 WUXI_PORT 指定其他端口，或先停止占用该端口的程序"
            en = f"cannot listen at {place} ({error.strerror}); choose another WUXI_PORT, or stop the program that uses it"
            raise ConflictError(problem("address-in-use", zh, en)) from error
