"""Durable files: what is acknowledged survives a power cut (delta-rs itself makes no fsync on local disk).

Here: fsync, atomic placement, hashing, one-writer locks. Not here: tables.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHUNK = 1024 * 1024


class LockTimeoutError(TimeoutError):
    """Another process has held the writer lock for too long."""


def fsync_file(path: Path) -> None:
    """Flush the bytes of a file to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def fsync_directory(path: Path) -> None:
    """Flush the names in a directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: Path) -> None:
    """Create a directory and its parents, durably."""
    missing = [one for one in (path, *path.parents) if not one.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for one in missing:
        fsync_directory(one.parent)


def place(temporary: Path, target: Path) -> None:
    """Move a finished file to its final name: whole and flushed, or not there at all."""
    fsync_file(temporary)
    temporary.replace(target)
    fsync_directory(target.parent)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_hashed(source: Path, target: Path) -> str:
    """Copy the bytes of `source` to `target` and return their sha256 in hex."""
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
    return digest.hexdigest()


@contextmanager
def exclusive(path: Path, *, timeout: float = 600.0) -> Iterator[None]:
    """Hold a writer lock (released by the kernel when the process dies).

    Raises:
        LockTimeoutError: another process held it for `timeout` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise LockTimeoutError(f"another process is writing: {path.name}") from None
                time.sleep(0.05)
        yield
