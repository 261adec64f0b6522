"""Runs that a killed process left behind: Dagster believes they still run, and they hold their places in pools and queue.

A run holds a lock that the kernel releases when its process dies, however it dies; the lock's name is the run's id.
Not here: what a run does.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from lake.durable import LockTimeoutError, exclusive

_log = logging.getLogger(__name__)


@contextmanager
def held(folder: Path, run_id: str) -> Iterator[None]:
    """Hold the lock that says: the process of this run is alive."""
    path = folder / run_id
    with exclusive(path):
        yield
        # Kept where the run ended with an error: the next one makes sure that nothing of it holds a place.
        path.unlink(missing_ok=True)


def end_dead_runs(instance: dg.DagsterInstance, folder: Path) -> None:
    """Report the runs whose process has died as failed, and free their places in the pools."""
    for path in sorted(folder.glob("*")):
        try:
            with exclusive(path, timeout=0):
                _end(instance, path.name)
                path.unlink(missing_ok=True)
        except LockTimeoutError:
            continue  # it is alive


def _end(instance: dg.DagsterInstance, run_id: str) -> None:
    run = instance.get_run_by_id(run_id)
    if run is None:
        return
    if not run.is_finished:
        _log.warning("the process of run %s has died", run_id)
        instance.report_run_failed(run, "the process of this run has died; start the job again")
    instance.event_log_storage.free_concurrency_slots_for_run(run_id)
