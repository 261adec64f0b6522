"""The server as users run it: its own process, granian, a real socket."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

PROGRAM = "from catalog_service.api.server import serve; from catalog_service.settings import Settings; serve(Settings())"


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(home: Path, port: int, **settings: str) -> subprocess.Popen[bytes]:
    """Start a server for the platform at `home`, with further environment variables."""
    environment = {**os.environ, "WUXI_HOME": str(home), "WUXI_PORT": str(port), **settings}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@contextmanager
def running(home: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Yield a server that answers, and its address; stop it at the end."""
    port = free_port()
    process = start(home, port, **settings)
    try:
        _wait(process, port)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(process.communicate()[0].decode())
