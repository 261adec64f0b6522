"""Processes that run the main job and are killed in the middle of it, and what is visible afterwards.

A fork server imports the heavy modules once and opens nothing, so that a process starts in a moment. Not here: what must hold.
"""

import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.publication import Publication
from catalog_service.services.delivering import receive, recent
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, published_catalog
from catalog_service.settings import Settings
from pipelines import golden_changes
from pipelines.build import build_defs
from pipelines.running import prepare_dagster_home, run_main_job
from pipelines.schedules import MAIN_JOB
from tests.support.homes import open_platform

HANG_SECONDS = 120
_VARYING = {"_at", "run_id", "measured_at", "version"}
"""Columns of the quality zone that differ between two runs that do the same."""
_PREFORK = multiprocessing.get_context("forkserver")
_PREFORK.set_forkserver_preload(["great_expectations", "expectations.gx_engine", __name__])

Rows = tuple[str, ...]
State = dict[str, Rows]
"""Rows of the visible tables of one data set, by table key."""


@dataclass(frozen=True)
class Blow:
    """When to kill: so many seconds after the work began, or before the n-th operation on a file of the home; or never."""

    seconds: float | None = None
    operation: int | None = None


@dataclass(frozen=True)
class Ending:
    """How a process ended."""

    exit_code: int | None
    seconds: float
    """From the beginning of the work."""
    said: tuple[Any, ...]
    """What it acknowledged, in order."""

    @property
    def killed(self) -> bool:
        """Whether the blow came before the end of the work."""
        return self.exit_code == -signal.SIGKILL


@contextmanager
def opened(home: Path) -> Iterator[Platform]:
    """Open the platform in `home`."""
    with open_platform(_settings(home)) as platform:
        yield platform


def _settings(home: Path) -> Settings:
    return Settings(home=home, dagster_home_dir=home / "dagster", threads=2)


def run_job(home: Path, blow: Blow = Blow(), *, file_size_limit: int | None = None) -> Ending:
    """Run the main job in a process of its own; its last word is the number of operations on files."""
    return _run(_job, home, blow, file_size_limit)


def run_job_for_dagster(home: Path, blow: Blow) -> Ending:
    """Run the main job as Dagster's daemon and UI do: from the definitions alone."""
    return _run(_job_for_dagster, home, blow, None)


def run_receive(home: Path, files: list[tuple[str, Path]], blow: Blow = Blow()) -> Ending:
    """Receive files for data sets, one after another; each delivery's id is said once it is acknowledged."""
    return _run(_receive, home, blow, files)


def _run(work: Callable[..., None], home: Path, blow: Blow, argument: object) -> Ending:
    ours, theirs = _PREFORK.Pipe(duplex=False)
    process = _PREFORK.Process(target=work, args=(home, theirs, blow.operation, argument))
    process.start()
    theirs.close()
    try:
        return _watch(process, ours, blow)
    finally:
        ours.close()
        process.kill()
        process.join()


def _watch(process: ForkServerProcess, ours: Connection, blow: Blow) -> Ending:
    said: list[Any] = []
    began = time.monotonic()
    if ours.poll(HANG_SECONDS):
        said += _words(ours)[:1]
    began = time.monotonic()
    process.join(HANG_SECONDS if blow.seconds is None else blow.seconds)
    if process.exitcode is None:
        if blow.seconds is None:
            raise TimeoutError(f"the process hangs: nothing for {HANG_SECONDS} s")
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    seconds = time.monotonic() - began
    while words := _words(ours):
        said += words
    return Ending(process.exitcode, seconds, tuple(said[1:]))


def _words(ours: Connection) -> list[Any]:
    try:
        return [ours.recv()]
    except EOFError:
        return []


def _treat_as_large() -> None:
    """What is done to large tables is done to these few rows: records that grow are replaced beside the others."""
    golden_changes.LEAST_AT_HAND = 0
    golden_changes.LARGEST_CHANGED_SHARE = golden_changes.LARGEST_REPLACED_SHARE = 10.0


def _job(home: Path, connection: Connection, operation: int | None, file_size_limit: int | None) -> None:
    _treat_as_large()
    with opened(home) as platform:
        count = _count_operations(home, operation)
        if file_size_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size_limit, file_size_limit))
        connection.send("began")
        run_main_job(platform)
        connection.send(count())


def _job_for_dagster(home: Path, connection: Connection, operation: int | None, _argument: None) -> None:
    _treat_as_large()
    settings = _settings(home)
    prepare_dagster_home(settings)
    with opened(home) as platform:
        job = build_defs(published_catalog(platform), settings).resolve_job_def(MAIN_JOB)
    count = _count_operations(home, operation)
    with dg.DagsterInstance.get() as instance:
        connection.send("began")
        job.execute_in_process(instance=instance)
    connection.send(count())


def _receive(home: Path, connection: Connection, operation: int | None, files: list[tuple[str, Path]]) -> None:
    with opened(home) as platform:
        count = _count_operations(home, operation)
        connection.send("began")
        for dataset, path in files:
            connection.send(receive(platform, dataset, path)[0].id)
        connection.send(count())


def _count_operations(home: Path, fatal: int | None) -> Callable[[], int]:
    """Count openings, renamings, creations and removals of files of the home, and die before the `fatal`-th."""
    count, prefix, state = 0, str(home), f"{home}/dagster"

    def _hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event not in {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod"}:
            return
        path = str(arguments[0])
        if path.startswith(prefix) and not path.startswith(state):
            count += 1
            if count == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(_hook)
    return lambda: count


def visible(platform: Platform) -> dict[str, State]:
    """Return the rows of all published tables, by data set and table."""
    found: dict[str, State] = {}
    with platform.lake.connect() as connection:
        for key, one in current(platform).items():
            found.setdefault(dataset_of(key), {})[key] = rows_of(platform, connection, one)
    return found


def states(platform: Platform, dataset: str) -> list[State]:
    """Return all that was ever visible of a data set, release by release, beginning with nothing."""
    with platform.database.reading() as transaction:
        keys = [key for key in transaction.publications.all_current() if dataset_of(key) == dataset]
        history = [one for key in keys for one in transaction.publications.history(key)]
    found: list[State] = [{}]
    with platform.lake.connect() as connection:
        for release in dict.fromkeys(one.release_id for one in sorted(history, key=lambda one: one.published_at)):
            together = {one.table: rows_of(platform, connection, one) for one in history if one.release_id == release}
            found.append({**found[-1], **together})
    return found


def rows_of(platform: Platform, connection: duckdb.DuckDBPyConnection, one: Publication) -> Rows:
    """Return the rows of a published version as sorted texts, without what varies between runs that do the same."""
    if not one.files:
        return ()
    result = connection.execute(f"FROM {platform.lake.relation(file.path for file in one.files)}")
    names = [column[0] for column in result.description or ()]
    rows = result.fetchall()
    return tuple(sorted(str([(n, v) for n, v in zip(names, row, strict=True) if n not in _VARYING]) for row in rows))


def dataset_of(key: str) -> str:
    """Return the data set whose run makes the table."""
    return key.partition("/")[2].removesuffix("_conflicts")


def reports(platform: Platform) -> dict[str, Delivery]:
    """Return all deliveries by id, without the time at which they were finished."""
    return {one.id: one.model_copy(update={"finished_at": None}) for one in recent(platform, limit=1_000)}


def last_trace(home: Path, since: float) -> str:
    """Name the stage that was reached: by the file outside Dagster's home that changed last, after `since`."""
    files = [path for place in ("lake", "tmp") for path in (home / place).rglob("*") if path.is_file()]
    files += [path for path in home.glob("catalog.db*") if not path.name.endswith("-shm")]
    path = max(files, key=lambda file: file.stat().st_mtime)
    if path.stat().st_mtime < since:
        return "nothing written"
    if path.parent == home:
        return "released"
    zone = path.relative_to(home / "lake").parts[0] if path.is_relative_to(home / "lake") else "spill"
    if path.parent.name == "_staging":
        return f"{zone} being written"
    return f"{zone} committed" if path.parent.name == "_delta_log" else f"{zone} placed"
