"""A child process that reads one hostile file: limited, isolated, killed with its whole group.

Here: start, limits, end. Not here: what the child reads (workbook_child, parquet_child: scripts that import nothing of ours).
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

import pyarrow as pa

from pipelines.connectors.delivered import refuse, refuse_unreadable
from pipelines.connectors.limits import Limits

_BOOTSTRAP = """
import json, resource, runpy, sys
given = json.loads(sys.argv[1])
for name, value in given["limits"].items():
    resource.setrlimit(getattr(resource, name), (value, value))
try:
    runpy.run_path(given["script"], run_name="__main__")
except MemoryError:
    sys.exit(3)
"""
_OVER_LIMITS = {3, -signal.SIGKILL, -signal.SIGXCPU, -signal.SIGABRT}
"""Exit codes of a child that ran out of memory or time."""
_ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""Nothing of our own environment goes to the child; these keep its address space small."""
_ERROR_BYTES = 64 * 1024


class ChildFailedError(Exception):
    """The child ended before it had said all; the text is for the log."""

    def __init__(self, detail: str, *, over_limits: bool = False) -> None:
        self.over_limits = over_limits
        """Whether it ran out of memory or time."""
        super().__init__(detail)


@dataclass(frozen=True)
class Child:
    """The two ends of a running child."""

    input: IO[bytes]
    output: IO[bytes]


@contextmanager
def child_process(script: Path, arguments: dict[str, object], limits: Limits) -> Iterator[Child]:
    """Run a script in a limited child and yield its ends; it is killed when the block ends.

    Raises:
        ChildFailedError: the child did not end well, or the block found its output cut short.
    """
    given = {**arguments, "script": str(script), "limits": _resource_limits(limits)}
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [sys.executable, "-I", "-c", _BOOTSTRAP, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_ENVIRONMENT,
            start_new_session=True,
        )
        timer = threading.Timer(limits.child_seconds, child.kill)
        timer.daemon = True
        timer.start()
        try:
            assert child.stdin is not None and child.stdout is not None  # noqa: PT018, S101 - for mypy: both are pipes
            yield Child(child.stdin, child.stdout)
            code = child.wait(timeout=limits.child_seconds)
        except (ChildFailedError, pa.ArrowInvalid, OSError) as error:
            raise _failure(script, _wait_briefly(child), errors) from error
        finally:
            timer.cancel()
            _end(child)
        if code != 0:
            raise _failure(script, code, errors)


def _resource_limits(limits: Limits) -> dict[str, int]:
    return {
        "RLIMIT_AS": limits.child_memory_bytes,
        "RLIMIT_CPU": limits.child_seconds,
        "RLIMIT_FSIZE": _ERROR_BYTES,
        "RLIMIT_CORE": 0,
    }


def _wait_briefly(child: subprocess.Popen[bytes]) -> int | None:
    """Return how a child ended whose output broke off, None where it still runs."""
    try:
        return child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return None


def _failure(script: Path, code: int | None, errors: IO[bytes]) -> ChildFailedError:
    return ChildFailedError(f"{script.name} ended with {code}: {_tail(errors)}", over_limits=code in _OVER_LIMITS)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of the child's group and close our ends."""
    with suppress(ProcessLookupError):
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _tail(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - 1_000))
    return errors.read().decode("utf-8", "replace")


def refuse_child(error: ChildFailedError) -> NoReturn:
    """Refuse the file that the child could not read."""
    if not error.over_limits:
        refuse_unreadable(str(error))
    refuse(
        "too-large",
        "文件解析所需的内存或时间超过上限；请拆分，或以 CSV 提供",
        "parsing the file takes more memory or time than is allowed; split it, or deliver CSV",
    )
