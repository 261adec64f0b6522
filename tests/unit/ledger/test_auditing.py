"""Notes of reads: durable when acknowledged, chained once, by many threads and processes; nothing lost on kill -9."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from catalog_service.catalog.errors import ForbiddenError
from catalog_service.catalog.ledger import LedgerEntry, LedgerQuery
from catalog_service.catalog.principal import Principal, Role
from catalog_service.services import auditing, ledger
from catalog_service.services.auditing import Auditor, chain_into, recover
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.support.homes import open_platform
from tests.unit.ledger.support import INSPECTOR, entry
from tests.unit.store.servers import migrated_postgresql_database

NOTING = """
import sys
from pathlib import Path
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.unit.ledger.support import entry
platform = Platform(Settings())
number = int(sys.argv[1])
while True:
    platform.auditor.note(entry(number, target=f"alpha/{number}"))
    print(number, flush=True)
    number += 1
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    url = "" if request.param == "sqlite" else migrated_postgresql_database()
    with open_platform(Settings(home=tmp_path, database_url=url)) as opened:
        yield opened


def targets(platform: Platform) -> list[str]:
    ledger.settle(platform)
    with platform.database.reading() as transaction:
        return [row.target for row in transaction.ledger.rows()]


def test_many_threads_and_transactions_make_one_chain(platform: Platform) -> None:
    def note(worker: int) -> None:
        for number in range(20):
            platform.auditor.note(entry(number, target=f"alpha/w{worker}_{number}"))
            if number % 5 == 0:
                with platform.database.transaction() as transaction:
                    transaction.ledger.append(entry(number, target=f"alpha/t{worker}_{number}"))

    threads = [threading.Thread(target=note, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = targets(platform)
    assert len(found) == len(set(found)) == 6 * 24
    assert [one for one in found if "/w3_" in one] == [f"alpha/w3_{number}" for number in range(20)]
    assert ledger.verify(platform, INSPECTOR).problems == ()


def test_a_note_is_on_disk_when_it_is_acknowledged(tmp_path: Path) -> None:
    def no_database(_notes: object) -> None:
        raise ConnectionError

    auditor = Auditor(tmp_path, no_database, lambda: None)
    auditor.note(entry(1, target="alpha/kept"))
    assert any(b"alpha/kept" in path.read_bytes() for path in tmp_path.glob("*.jsonl"))


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.write_text("in the way")
    auditor = Auditor(folder, lambda _: None, lambda: None)
    for _ in range(2):  # a failure leaves nobody waiting
        with pytest.raises(OSError, match="spool"):
            auditor.note(entry(1))


def test_a_spool_of_a_living_process_is_left_alone_and_a_repeated_note_is_chained_once(tmp_path: Path) -> None:
    with open_platform(Settings(home=tmp_path)) as platform:
        into = chain_into(platform.database)

        def into_twice(notes: Sequence[tuple[str, dt.datetime, LedgerEntry]]) -> None:
            into(notes)
            into(notes)

        living = Auditor(platform.spool, into_twice, lambda: None)
        living.note(entry(1), entry(2))
        assert recover(platform.spool, into) == 0
        living.close()
        assert len(targets(platform)) == 2
        assert list(platform.spool.iterdir()) == []


def test_a_torn_line_is_no_note_and_an_unreadable_one_is_kept_aside(tmp_path: Path) -> None:
    with open_platform(Settings(home=tmp_path)) as platform:
        platform.spool.mkdir(parents=True)
        dead = Auditor(tmp_path / "other", lambda _: (_ for _ in ()).throw(ConnectionError()), lambda: None)
        dead.note(entry(1))
        line = next((tmp_path / "other").glob("*.jsonl")).read_bytes()
        (platform.spool / "torn.jsonl").write_bytes(line + line[:40])
        (platform.spool / "bad.jsonl").write_bytes(b"rubbish\n" + line.replace(b"alpha", b"gamma"))
        assert recover(platform.spool, chain_into(platform.database)) == 2
        assert [path.name for path in platform.spool.iterdir()] == ["bad.unreadable"]
        assert len(targets(platform)) == 1  # the same note twice


def _noting(home: Path, url: str, first: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "WUXI_HOME": str(home), "WUXI_DATABASE_URL": url}
    command = [sys.executable, "-c", NOTING, str(first)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _kill_while_noting(platform: Platform, rounds: int, processes: int = 2) -> None:
    acknowledged: set[int] = set()
    for round_ in range(rounds):
        running = [
            _noting(platform.settings.home_path, platform.settings.database_url, 1_000_000 * (round_ * processes + number))
            for number in range(processes)
        ]
        for number, process in enumerate(running):
            assert process.stdout is not None
            for _ in range(30 + 17 * round_ + number):
                acknowledged.add(int(process.stdout.readline()))
            process.send_signal(signal.SIGKILL)
            acknowledged |= {int(line) for line in process.stdout.read().splitlines() if line.isdigit()}
            process.wait()
    found = targets(platform)
    assert len(found) == len(set(found)), "an entry was chained twice"
    assert acknowledged <= {int(one.partition("/")[2]) for one in found}, "an acknowledged entry was lost"
    assert ledger.verify(platform, INSPECTOR).problems == ()
    assert list(platform.spool.iterdir()) == []


def test_kill_9_loses_nothing_acknowledged(tmp_path: Path) -> None:
    with open_platform(Settings(home=tmp_path)) as platform:
        _kill_while_noting(platform, rounds=1)


@pytest.mark.slow
def test_kill_9_again_and_again_loses_nothing_acknowledged(platform: Platform) -> None:
    _kill_while_noting(platform, rounds=3)


def test_large_notes_roll_over_to_new_files_which_vanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "SPOOL_BYTES", 2_000)
    with open_platform(Settings(home=tmp_path)) as platform:
        for number in range(30):
            platform.auditor.note(entry(number, purpose="办案" * 40))
        assert len(targets(platform)) == 30
        assert len(list(platform.spool.iterdir())) == 1
    assert list((tmp_path / "ledger" / "spool").iterdir()) == []


def test_search_filters_pages_and_is_recorded(platform: Platform) -> None:
    with platform.database.transaction() as transaction:
        for number in range(30):
            transaction.ledger.append(entry(number))
    denied = ledger.search(platform, INSPECTOR, LedgerQuery(outcome="denied", agency=None, limit=4))
    seen = [one.sequence for one in denied.items]
    while denied.next_cursor:
        denied = ledger.search(platform, INSPECTOR, LedgerQuery(outcome="denied", limit=4, cursor=denied.next_cursor))
        seen += [one.sequence for one in denied.items]
    assert seen == sorted((number + 1 for number in range(30) if number % 3 == 2), reverse=True)
    assert {one.entry.action for one in ledger.search(platform, INSPECTOR, LedgerQuery(target="ledger:")).items} == {
        "search_ledger"
    }
    assert len(ledger.search(platform, INSPECTOR, LedgerQuery(who="用户 1", target="alpha/")).items) == 5
    assert len(ledger.search(platform, INSPECTOR, LedgerQuery(who="account-1", action="read_table")).items) == 5
    assert len(ledger.search(platform, INSPECTOR, LedgerQuery(target="%")).items) == 0


def test_an_agency_sees_the_uses_of_its_own_data_only(platform: Platform) -> None:
    with platform.database.transaction() as transaction:
        for number in range(12):
            transaction.ledger.append(entry(number, action="read_table"))
    alpha = Principal(id="a", name="甲", roles=frozenset({Role.RESPONSIBLE}), agency="alpha")
    assert {one.entry.target for one in ledger.uses(platform, alpha, "alpha", LedgerQuery()).items} == {"alpha/people"}
    with pytest.raises(ForbiddenError):
        ledger.uses(platform, alpha, "beta", LedgerQuery())
    with pytest.raises(ForbiddenError):
        ledger.search(platform, alpha, LedgerQuery())
