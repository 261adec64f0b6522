"""Whatever is served ends when it is told to, with all that it has started."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from catalog_service.cli import run_commands

_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_what_does_not_end_by_itself_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_commands, "_STOP_SECONDS", 0.1)
    commands = [["sleep", "60"], [sys.executable, "-c", _STUBBORN]]
    processes = [subprocess.Popen(one, process_group=0, stdout=subprocess.PIPE) for one in commands]
    output = processes[1].stdout
    assert output is not None
    assert output.readline() == b"up\n"
    run_commands._stop(processes)
    assert processes[0].returncode in (-signal.SIGTERM, -signal.SIGKILL)
    assert processes[1].returncode == -signal.SIGKILL
    for one in processes:
        one.communicate()
