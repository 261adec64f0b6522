"""The ledger's price: a read with and without its note, and verification beside plain sha256, each in the same run.

Run it by name: `pytest tests/benchmarks/bench_ledger.py -m slow -s`. It asserts ratios, never times.
"""

import hashlib
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog_service.catalog.ledger import LedgerEntry
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.services import ledger
from catalog_service.services.access import Wish
from catalog_service.services.downloading import export
from catalog_service.services.export_forms import ExportForm
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.support.homes import open_platform
from tests.unit.ledger.support import INSPECTOR, entry
from tests.unit.services.reading_platform import STOPS, make_platform

ENTRIES = 20_000
READS = 40
READERS = 4
GREATEST_READ_RATIO = 1.5
GREATEST_VERIFY_RATIO = 60.0
"""Python parses every entry and compares its columns; the floor only hashes the same bytes, in C."""


def _read(platform: Platform) -> None:
    """Answer one export of an open product, whole."""
    for _ in export(platform, ANONYMOUS, Wish(STOPS), ExportForm.CSV).chunks:
        pass


class _Silent:
    """Takes no notes: what the same read costs without the ledger."""

    def note(self, *_entries: LedgerEntry) -> None:
        """Forget it."""

    def close(self) -> None:
        """Nothing was kept."""


def _latencies(work: Callable[[], None]) -> list[float]:
    """Return how long each of many calls took, by several readers at once."""
    found: list[float] = []

    def reader() -> None:
        for _ in range(READS // READERS):
            start = time.perf_counter()
            work()
            found.append(time.perf_counter() - start)

    threads = [threading.Thread(target=reader) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


@pytest.mark.slow
def test_a_read_with_its_note_costs_little_more_than_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with make_platform(tmp_path) as platform, Platform(platform.settings) as silent:
        silent.__dict__["auditor"] = _Silent()
        _latencies(lambda: _read(platform))  # warm
        rounds = [(_latencies(lambda: _read(silent)), _latencies(lambda: _read(platform))) for _ in range(3)]
        start = time.perf_counter()
        platform.auditor.drain()
        left = time.perf_counter() - start
        assert ledger.verify(platform, INSPECTOR).size >= 3 * READS
    ratio = statistics.median(statistics.median(noted) / statistics.median(bare) for bare, noted in rounds)
    with capsys.disabled():
        print(f"\n{READS} reads by {READERS} readers, medians of 3 rounds; draining what was left {left * 1e3:.0f} ms")  # noqa: T201
        for name, column in (("without ledger", 0), ("with ledger", 1)):
            times = [one for round_ in rounds for one in round_[column]]
            p50, p99 = statistics.median(times) * 1e3, sorted(times)[len(times) * 99 // 100] * 1e3
            print(f"  {name:14s} p50 {p50:6.2f} ms   p99 {p99:6.2f} ms")  # noqa: T201
        print(f"  ratio {ratio:.2f} (at most {GREATEST_READ_RATIO})")  # noqa: T201
    assert ratio <= GREATEST_READ_RATIO


@pytest.mark.slow
def test_verification_costs_a_small_multiple_of_sha256(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_platform(Settings(home=tmp_path)) as platform:
        for start in range(0, ENTRIES, 1_000):
            with platform.database.transaction() as transaction:
                for number in range(start, start + 1_000):
                    transaction.ledger.append(entry(number))
        with platform.database.reading() as transaction:
            documents = [row.document.encode() for row in transaction.ledger.rows()]
        ratios = []
        for _ in range(3):
            start_cpu = time.process_time()
            previous = "0" * 64
            for document in documents:
                previous = hashlib.sha256(previous.encode() + b"\n" + document).hexdigest()
            floor = time.process_time() - start_cpu
            start_cpu = time.process_time()
            found = ledger.verify(platform, INSPECTOR)
            ours = time.process_time() - start_cpu
            assert found.problems == ()
            ratios.append(ours / floor)
    ratio = statistics.median(ratios)
    with capsys.disabled():
        print(f"\nverification of {ENTRIES:,} entries: {ours / ENTRIES * 1e6:.1f} µs an entry,", end=" ")  # noqa: T201
        print(f"sha256 {floor / ENTRIES * 1e6:.2f} µs, ratio {ratio:.1f} (at most {GREATEST_VERIFY_RATIO})")  # noqa: T201
    assert ratio <= GREATEST_VERIFY_RATIO
