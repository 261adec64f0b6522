"""Whatever is served ends when it is told to, with all that it has started."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.cli import run_commands
from tests.integration.api_server import free_port

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


@pytest.mark.slow
def test_dagster_started_in_the_background_ends_when_told_to(tmp_path: Path) -> None:
    port = free_port()
    environment = {**os.environ, "WUXI_HOME": str(tmp_path), "WUXI_DAGSTER_PORT": str(port)}
    shell = (
        f"trap '' INT; exec {sys.executable} -m catalog_service.cli dagster"  # what a shell does with a job in the background
    )
    process = subprocess.Popen(["sh", "-c", shell], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        latest = time.monotonic() + 120
        while time.monotonic() < latest and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        assert process.poll() is None
        process.terminate()
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
