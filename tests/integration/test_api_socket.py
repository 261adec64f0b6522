"""API and pages over a real socket: files whole, streams complete, slow clients cut off, a clean stop."""

import hashlib
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pyarrow.parquet as pq
import pytest

from catalog_service.services.publishing import release
from tests.integration.api_server import running, start
from tests.unit.services.reading_platform import STOPS, make_platform, stops_sql, write

BASE = f"/api/v1/datasets/{STOPS}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home: Path = tmp_path_factory.mktemp("served")
    with make_platform(home) as platform:
        release(platform, [write(platform, f"open/{STOPS}", stops_sql(200_000))])
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with running(home) as (_, address):
        yield address


def test_a_file_arrives_whole_and_in_parts(address: str, tmp_path: Path) -> None:
    answer = httpx2.get(address + BASE + "/download.parquet")
    assert hashlib.sha256(answer.content).hexdigest() == answer.headers["x-content-sha256"]
    target = tmp_path / "stops.parquet"
    target.write_bytes(answer.content)
    assert pq.read_metadata(target).num_rows == 200_000
    half = len(answer.content) // 2
    parts = [
        httpx2.get(address + BASE + "/download.parquet", headers={"Range": text, "If-Range": answer.headers["etag"]})
        for text in (f"bytes=0-{half - 1}", f"bytes={half}-")
    ]
    assert [one.status_code for one in parts] == [206, 206]
    assert b"".join(one.content for one in parts) == answer.content
    again = httpx2.get(address + BASE + "/download.parquet", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_that_is_written_for_one_answer_arrives_and_is_gone(home: Path, address: str) -> None:
    """The catalog, its form: deleted after sending, never before, however fast the server is."""
    catalog = f"{address}/api/v1/catalog"

    def answers(name: str) -> set[int]:
        return {len(httpx2.get(f"{catalog}/{name}", timeout=60).raise_for_status().content) for _ in range(5)}

    with ThreadPoolExecutor(4) as pool:
        sizes = list(pool.map(answers, ["export.json", "export.zip", "export.json", "export.zip"]))
    assert sizes[0] == sizes[2]
    assert all(min(one) > 500 for one in sizes)
    assert httpx2.get(f"{catalog}/template.xlsx", headers={"Range": "bytes=0-1"}).content == b"PK"

    def left() -> list[str]:
        return [one.name for one in (home / "tmp").iterdir() if one.suffix in {".xlsx", ".zip", ".json"}]

    # The last bytes arrive before the server, which sent them, goes on.
    deadline = time.monotonic() + 20
    while left() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left() == []


def test_many_clients_stream_at_once(address: str) -> None:
    def lines(form: str) -> int:
        with httpx2.stream("GET", f"{address}{BASE}/download.{form}", timeout=60) as answer:
            assert answer.headers["x-total-count"] == "200000"
            return sum(1 for _ in answer.iter_lines())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lines, ["csv", "jsonl"] * 4)) == [200_001, 200_000] * 4


def test_an_abandoned_download_disturbs_nobody(address: str) -> None:
    for _ in range(5):
        with httpx2.stream("GET", f"{address}{BASE}/download.jsonl") as answer:
            next(answer.iter_bytes())
    assert httpx2.get(f"{address}/readyz").status_code == 200


def test_a_page_and_a_problem(address: str) -> None:
    page = httpx2.get(f"{address}/datasets/{STOPS}", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["x-content-type-options"]) == (200, "nosniff")
    assert "公交站点" in page.text
    assert httpx2.get(f"{address}/static/style.css").headers["content-type"].startswith("text/css")
    problem = httpx2.get(f"{address}/nowhere")
    assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "path", ["/%2e%2e/%2e%2e/etc/passwd", "/static/../../settings.py", "/api/v1/datasets/%00/%00", "//etc"]
)
def test_hostile_paths_are_refused(address: str, path: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = client.recv(65_536).decode()
    assert answer.split(" ")[1] in {"400", "404", "422"}
    assert "root:" not in answer


@pytest.mark.slow
def test_slow_headers_are_cut_off(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        started = time.monotonic()
        while client.recv(1_000):
            pass
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM])
def test_a_signal_stops_it_cleanly(home: Path, number: int) -> None:
    with running(home) as (process, address):
        with httpx2.Client() as client:
            assert client.get(f"{address}/healthz").status_code == 200
            process.send_signal(number)
            output = process.communicate(timeout=30)[0].decode()
        assert process.returncode == 0
        assert "Traceback" not in output


@pytest.mark.slow
def test_an_address_in_use_is_refused_with_the_remedy(home: Path, address: str) -> None:
    port = int(address.rpartition(":")[2])
    second = start(home, port)
    output = second.communicate(timeout=60)[0].decode()
    assert second.returncode != 0
    assert "WUXI_PORT" in output
