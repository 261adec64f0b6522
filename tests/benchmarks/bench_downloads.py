"""Downloads beside nginx serving the same file in the same run, and the memory of an export of a gigabyte.

Run by .ci/run (slow). The same reader asks all servers over real sockets, in turns, and verifies the sha256 of what it gets.
Nginx in front of the service, as the README sets it up, must reach nginx alone; the service without one is told beside it.
"""

import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release
from tests.benchmarks.measuring import peak_mb
from tests.integration.api_server import free_port, running
from tests.unit.services.reading_platform import STOPS, make_platform

FILE_MEGABYTES = int(os.environ.get("WUXI_BENCH_FILE_MB", "1024"))
EXPORT_MEGABYTES = int(os.environ.get("WUXI_BENCH_EXPORT_MB", "1000"))
LEAST_ROUNDS, MOST_ROUNDS = 7, 70
"""More rounds than the least are for machines on which other work disturbs them."""
RANGES = 4
LEAST_RATIO = 0.9
LEAST_DIRECT_RATIO = 0.4
"""Without nginx every byte passes through the service's own memory, which no sendfile does."""
MOST_EXPORT_MEGABYTES = 286
"""300 million bytes."""
PATH = f"/api/v1/datasets/{STOPS}/download.parquet"

NGINX = """
daemon off; worker_processes auto; pid {home}/nginx.pid; error_log {home}/error.log warn; {user}
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000; default_type application/octet-stream;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  server {{ listen 127.0.0.1:{alone}; location / {{ root {lake}; }} }}
  server {{
    listen 127.0.0.1:{front};
    location / {{ proxy_pass http://127.0.0.1:{service}; proxy_set_header Host $host; }}
    location /_lake/ {{
      internal; alias {lake}/;
      etag off; add_header ETag $upstream_http_etag; add_header X-Content-SHA256 $upstream_http_x_content_sha256;
    }}
  }}
}}
"""


@dataclass
class Served:
    addresses: dict[str, tuple[int, str]]
    """Port and path of the same file: nginx alone, nginx in front of the service, the service."""
    size: int
    sha256: str


def publish(platform: Platform, sql: str) -> Path:
    """Publish a product of one file and return where its bytes are."""
    with platform.lake.connect() as connection:
        snapshot = platform.lake.write(f"open/{STOPS}", connection, sql, mode="overwrite", token=new_id(), order_preserved=True)
    release(platform, [snapshot])
    (file,) = snapshot.files
    return platform.lake.root / file.path


@contextmanager
def nginx(home: Path, lake: Path, service: int) -> Iterator[tuple[int, int]]:
    """Yield the ports of nginx alone and of nginx in front of the service."""
    home.mkdir()
    alone, front = free_port(), free_port()
    user = "user root;" if os.getuid() == 0 else ""
    config = home / "nginx.conf"
    config.write_text(NGINX.format(home=home, lake=lake, alone=alone, front=front, service=service, user=user))
    with subprocess.Popen(["nginx", "-c", str(config), "-p", str(home), "-e", str(home / "error.log")]) as process:
        try:
            for port in (alone, front):
                _wait_for(port)
            yield alone, front
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens at {port}"
            time.sleep(0.05)


class Reader:
    """One connection that takes answers and feeds them to a digest, as cheaply as can be."""

    def __init__(self, port: int, path: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._path, self._buffer = path, memoryview(bytearray(1024 * 1024))

    def get(self, take: Callable[[memoryview], object], extra: str = "") -> int:
        """Return how many bytes the body had."""
        self._socket.sendall(f"GET {self._path} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self._socket.recv(65_536)
            assert piece, head
            head += piece
        text, _, rest = head.partition(b"\r\n\r\n")
        lines = text.decode().lower().split("\r\n")
        assert lines[0].split()[1] == ("206" if extra else "200"), lines
        length = int(next(one for one in lines if one.startswith("content-length:")).split(":")[1])
        take(memoryview(rest))
        got = len(rest)
        while got < length:
            count = self._socket.recv_into(self._buffer, min(len(self._buffer), length - got))
            assert count
            take(self._buffer[:count])
            got += count
        return got

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    home: Path = tmp_path_factory.mktemp("downloads")
    with make_platform(home / "city") as platform:
        file = publish(platform, f"SELECT random() AS latitude FROM range({FILE_MEGABYTES * 1_000_000 // 8})")
        lake = platform.lake.root
    with ExitStack() as stack:
        _, plain = stack.enter_context(running(home / "city"))
        _, behind = stack.enter_context(running(home / "city", WUXI_ACCEL_PREFIX="/_lake/"))
        alone, front = stack.enter_context(nginx(home / "nginx", lake, int(behind.rpartition(":")[2])))
        addresses = {
            "nginx alone": (alone, f"/{file.relative_to(lake)}"),
            "behind nginx": (front, PATH),
            "without nginx": (int(plain.rpartition(":")[2]), PATH),
        }
        yield Served(addresses, file.stat().st_size, file.stem.rpartition("-")[2])


def whole(reader: Reader, served: Served) -> str:
    """Return the digest of the file, taken in one piece."""
    digest = hashlib.sha256()
    assert reader.get(digest.update) == served.size
    return digest.hexdigest()


def ranges(reader: Reader, served: Served) -> str:
    """Return the digest of the file, taken range by range."""
    digest, step = hashlib.sha256(), served.size // RANGES + 1
    for start in range(0, served.size, step):
        reader.get(digest.update, f"Range: bytes={start}-{start + step - 1}\r\n")
    return digest.hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [whole, ranges])
def test_files_are_served_nearly_as_fast_as_by_nginx(
    served: Served, kind: Callable[[Reader, Served], str], capsys: pytest.CaptureFixture[str]
) -> None:
    speeds: dict[str, list[float]] = {name: [] for name in served.addresses}
    for number in range(MOST_ROUNDS):
        if number >= LEAST_ROUNDS and max(speeds["behind nginx"]) >= LEAST_RATIO * max(speeds["nginx alone"]):
            break
        for name, address in served.addresses.items():
            reader = Reader(*address)  # anew: the service hangs up on who is silent while the others are asked
            started = time.perf_counter()
            assert kind(reader, served) == served.sha256, name
            speeds[name].append(served.size / (time.perf_counter() - started) / 1e6)
            reader.close()
    # The best of each: what else the machine does can only slow a round down.
    ratios = {name: max(found) / max(speeds["nginx alone"]) for name, found in speeds.items()}
    with capsys.disabled():
        print(f"\n{kind.__name__}, {served.size / 1e6:,.0f} MB, verified by its reader:")  # noqa: T201
        for name, found in speeds.items():
            print(f"  {name:14s} {max(found):7,.0f} MB/s, ratio {ratios[name]:.2f}")  # noqa: T201
    assert ratios["behind nginx"] >= LEAST_RATIO
    assert ratios["without nginx"] >= LEAST_DIRECT_RATIO


@pytest.mark.slow
def test_a_gigabyte_of_csv_leaves_in_constant_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    width, rows = 500, EXPORT_MEGABYTES * 2_000
    with make_platform(tmp_path) as platform:
        publish(
            platform,
            f"SELECT 'S' || n AS code, repeat(chr(97 + (n % 26)::INTEGER), {width - 10}) AS name FROM range({rows}) AS t(n)",
        )
    with running(tmp_path) as (process, address):
        reader = Reader(int(address.rpartition(":")[2]), "/healthz")
        reader.get(lambda _: None)
        before = _peak(process.pid)
        started = time.perf_counter()
        size, lines = _drain(address, f"/api/v1/datasets/{STOPS}/download.csv")
        seconds = time.perf_counter() - started
        after = _peak(process.pid)
    with capsys.disabled():
        speed = size / seconds / 1e6
        print(f"\nCSV of {size / 1e6:,.0f} MB at {speed:,.0f} MB/s: peak {after:,.0f} MB, {before:,.0f} MB before it")  # noqa: T201
    assert lines == rows + 1
    assert size >= EXPORT_MEGABYTES * 950_000
    assert after < MOST_EXPORT_MEGABYTES


def _drain(address: str, path: str) -> tuple[int, int]:
    """Return bytes and lines of an answer in chunks; HTTP/1.0 has none, so the connection's end is the answer's."""
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        head, buffer, size, lines = b"", memoryview(bytearray(1024 * 1024)), 0, 0
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        while count := connection.recv_into(buffer):
            size += count
            lines += bytes(buffer[:count]).count(b"\n")
    return size, lines


def _peak(server: int) -> int:
    """Return the greatest memory that the serving process, or one of its workers, ever had."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return max(peak_mb(server), *map(peak_mb, children))
