"""Measured work in a process of its own: wall seconds, CPU seconds, peak memory.

`python -m tests.benchmarks.measuring MODULE FUNCTION ARGUMENT…` calls the function, which returns a JSON-able result.
"""

import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MARK = "measured: "


@dataclass(frozen=True)
class Measured:
    """What a piece of work took; peak memory of the process in MB, not counting children it started."""

    wall: float
    cpu: float
    peak_mb: int
    result: Any


def measure(module: str, function: str, *arguments: object) -> Measured:
    """Call a function in a fresh process and measure what it does after its module was imported."""
    command = [sys.executable, "-m", "tests.benchmarks.measuring", module, function, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode or not lines:
        raise RuntimeError(f"{function} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Measured(**json.loads(lines[-1].removeprefix(_MARK)))


def peak_mb(process: int | str = "self") -> int:
    """Return the peak memory of a process in MB (1,024 × 1,024 bytes) since it began, or since `forget_peak`.

    Not `ru_maxrss`: a child process begins with the peak that its parent had.
    """
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def forget_peak() -> None:
    """Count peak memory from now on: what ran before in this process is no part of what is measured."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def main() -> None:
    """Run in the child."""
    module, function, *arguments = sys.argv[1:]
    work = getattr(importlib.import_module(module), function)
    wall, cpu = time.perf_counter(), time.process_time()
    result = work(*arguments)
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(_MARK + json.dumps({**spent, "peak_mb": peak_mb(), "result": result}))  # noqa: T201


if __name__ == "__main__":
    main()
