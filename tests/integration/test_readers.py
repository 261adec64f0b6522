"""Readers that people use, over a real socket: DuckDB, pandas, pyarrow, fsspec; and only the bytes travel that they need.

DuckDB reads through fsspec here: its own extension for HTTP is downloaded from a server of its makers, which no test may need.
"""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from catalog_service.services.publishing import release
from tests.integration.api_server import running
from tests.support.peers import peer_python
from tests.unit.services.reading_platform import STOPS, make_platform, stops_sql, write

READERS = Path(__file__).resolve().parents[1] / "support" / "file_readers.py"
PATH = f"/api/v1/datasets/{STOPS}"
ROWS, GROUP = 400_000, 122_880

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def readers(*wishes: dict[str, Any]) -> list[Any]:
    """Return what other people's readers get."""
    done = subprocess.run(
        [str(peer_python("readers")), str(READERS)], input=json.dumps(wishes), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


class Meter:
    """Stands between readers and the server and counts the bytes that the server sends."""

    def __init__(self, target: int) -> None:
        self._target, self.sent = target, 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._carry, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_counted: bool) -> None:
        try:
            while piece := source.recv(65_536):
                if is_counted:
                    self.sent += len(piece)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def settled(self) -> int:
        """Return the bytes sent, once what earlier readers left unread has been counted."""
        sent = -1
        while sent != self.sent:
            sent = self.sent
            time.sleep(0.5)
        return sent

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.close()


@pytest.fixture(scope="module")
def meter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meter]:
    home: Path = tmp_path_factory.mktemp("readers")
    with make_platform(home) as platform:
        noisy = f"SELECT * REPLACE (name || uuid() AS name) FROM ({stops_sql(ROWS)})"
        release(platform, [write(platform, f"open/{STOPS}", noisy)])
    with running(home) as (_, address):
        made = Meter(int(address.rpartition(":")[2]))
        yield made
        made.close()


@pytest.fixture
def size(meter: Meter) -> int:
    return int(httpx2.head(f"{meter.address}{PATH}/download.parquet").headers["content-length"])


def test_everybody_reads_the_same_rows(meter: Meter) -> None:
    url = f"{meter.address}{PATH}/download.parquet"
    versions = httpx2.get(f"{meter.address}{PATH}/versions").json()["items"]
    old = meter.address + versions[-1]["urls"][0]
    count = "SELECT count(*), count(DISTINCT code), sum(fare)::VARCHAR FROM read_parquet('{url}')"
    by_pandas, by_dataset, by_duckdb, by_fsspec, of_old = readers(
        {"verb": "pandas", "url": url, "columns": ["code", "fare"]},
        {"verb": "dataset", "url": url},
        {"verb": "duckdb", "url": url, "sql": count},
        {"verb": "fsspec", "url": url},
        {"verb": "duckdb", "url": old, "sql": count},
    )
    assert by_pandas == {"rows": ROWS, "columns": ["code", "fare"], "last": f"S{ROWS - 1}"}
    assert (by_dataset["rows"], by_dataset["columns"][:2]) == (ROWS, ["code", "name"])
    assert by_duckdb == [[ROWS, ROWS, f"{ROWS * 2}.00"]]
    assert by_fsspec[:2] == [b"PAR1".hex()] * 2
    assert of_old == [[versions[-1]["row_count"], versions[-1]["row_count"], "400.00"]]


@pytest.mark.parametrize(
    "wish",
    [
        {"verb": "pandas", "columns": ["is_shelter"], "in_part": True},
        {"verb": "pyarrow", "columns": ["fare"], "group": 3},
        {"verb": "dataset"},
        {"verb": "duckdb", "sql": "SELECT sum(fare)::VARCHAR FROM read_parquet('{url}')"},
    ],
    ids=lambda wish: str(wish["verb"]),
)
def test_only_the_bytes_that_are_needed_travel(meter: Meter, size: int, wish: dict[str, Any]) -> None:
    before = meter.settled()
    (found,) = readers({**wish, "url": f"{meter.address}{PATH}/download.parquet"})
    assert "error" not in found, found
    travelled = meter.settled() - before
    assert 0 < travelled < 0.9 * size, f"{travelled:,} of {size:,} bytes"  # readers read ahead, some more, some less


def test_a_refusal_reaches_the_reader(meter: Meter) -> None:
    (found,) = readers({"verb": "pandas", "url": f"{meter.address}/api/v1/datasets/health/patients/download.parquet"})
    assert "403" in found["error"]
