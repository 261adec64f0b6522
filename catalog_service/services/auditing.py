"""Reads on their way to the ledger (Art. 34): noted on disk before the data go out, chained in the database soon after.

`Auditor.note` returns once its entries are flushed to a local file, the spool; notes made at once share one flush. A thread
moves them into the database in batches. A process that was killed leaves its spool behind, and the next one to start (or any
that looks) moves it; an entry that arrives twice is chained once. Here: spool and thread. Not here: the chain (store.ledger),
its signatures (services.ledger).
"""

import fcntl
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from catalog_service.catalog.ledger import LedgerEntry
from catalog_service.services.ids import new_id
from catalog_service.store.database import Database
from lake.durable import fsync_directory, make_directory

GATHER_SECONDS = 0.1
BATCH = 500
SPOOL_BYTES = 4 * 1024 * 1024
_RETRY_SECONDS = 1.0
SEAL_SECONDS = 60.0
_log = logging.getLogger(__name__)

Chain = Callable[[Sequence[tuple[str, datetime, LedgerEntry]]], None]
"""Moves entries into the database; repeating one changes nothing."""


class _Note(NamedTuple):
    id: str
    at: datetime
    entry: LedgerEntry

    def line(self) -> bytes:
        return json.dumps([self.id, self.at.isoformat(), self.entry.model_dump(mode="json")]).encode() + b"\n"


class _Spool:
    """A file of notes that belongs to this process: whoever holds its lock is alive."""

    def __init__(self, folder: Path) -> None:
        make_directory(folder)
        draft = folder / f".{new_id()}"
        self._file = draft.open("xb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        # Only now may others find it: one that is not locked would be taken for a dead process's.
        self.path = draft.rename(folder / f"{draft.name[1:]}.jsonl")
        fsync_directory(folder)
        self.size = 0

    def write(self, text: bytes) -> None:
        """Append whole lines and flush them; on an error the file is as before."""
        try:
            written = 0
            while written < len(text):
                written += self._file.write(text[written:])
            os.fdatasync(self._file.fileno())
        except OSError:
            self._file.truncate(self.size)
            self._file.seek(self.size)
            raise
        self.size += len(text)

    def remove(self) -> None:
        """Forget the file; all of its notes are in the database."""
        self.path.unlink(missing_ok=True)
        self._file.close()


class _Ticket:
    """What one caller wants on disk."""

    def __init__(self, notes: list[_Note]) -> None:
        self.notes = notes
        self.text = b"".join(note.line() for note in notes)
        self.is_settled = False
        self.error: Exception | None = None


class Auditor:
    """Takes notes of reads and denials, durably and quickly."""

    def __init__(self, folder: Path, chain: Chain, seal: Callable[[], object]) -> None:
        self._folder, self._chain, self._seal = folder, chain, seal
        self._changed = threading.Condition()
        self._gathered: list[_Ticket] = []
        self._is_writing = False
        self._undrained: deque[tuple[_Spool, _Note]] = deque()
        self._spools: deque[_Spool] = deque()
        self._draining = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to move notes into the database and to sign its heads; the first note does it by itself."""
        with self._changed:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="auditor", daemon=True)
                self._thread.start()

    def note(self, *entries: LedgerEntry) -> None:
        """Record entries; they are on disk when this returns.

        Raises:
            OSError: they cannot be written, so what they are about must not happen.
        """
        mine = _Ticket([_Note(new_id(), datetime.now(UTC), one) for one in entries])
        with self._changed:
            if self._closing.is_set():
                raise OSError("the auditor is closed")
            self._gathered.append(mine)
            while self._is_writing and not mine.is_settled:
                self._changed.wait()
            if not mine.is_settled:
                self._is_writing = True
                batch, self._gathered = self._gathered, []
        if not mine.is_settled:
            self._write(batch)
            self.start()
        if mine.error is not None:
            raise mine.error

    def drain(self) -> None:
        """Move all that was noted before this call into the database."""
        with self._draining:
            while self._drain_batch():
                pass

    def close(self) -> None:
        """Move what is left and end; what cannot be moved stays on disk for the next start."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        try:
            self.drain()
            self._seal()
        except Exception:  # whatever the database says, the notes are on disk
            _log.exception("notes for the ledger stay in %s until the next start", self._folder)

    def _write(self, batch: list[_Ticket]) -> None:
        """Flush what was gathered, on behalf of everybody who waits for it."""
        error: Exception | None = None
        try:
            if not self._spools or self._spools[-1].size > SPOOL_BYTES:
                self._spools.append(_Spool(self._folder))
            self._spools[-1].write(b"".join(one.text for one in batch))
        except Exception as caught:  # everybody who waits is told
            error = caught
        with self._changed:
            self._is_writing = False
            for one in batch:
                one.is_settled, one.error = True, error
                if error is None:
                    self._undrained += [(self._spools[-1], note) for note in one.notes]
            self._changed.notify_all()

    def _drain_batch(self) -> bool:
        with self._changed:
            batch = [self._undrained[number] for number in range(min(BATCH, len(self._undrained)))]
        if not batch:
            self._remove_drained()
            return False
        self._chain([note for _, note in batch])
        with self._changed:
            for _ in batch:
                self._undrained.popleft()
        self._remove_drained()
        return True

    def _remove_drained(self) -> None:
        """Forget the files of which nothing waits any more, except the one that is written to."""
        with self._changed:
            while self._spools and not self._is_writing:
                is_current = len(self._spools) == 1 and not self._closing.is_set()
                if is_current or (self._undrained and self._undrained[0][0] is self._spools[0]):
                    return
                self._spools.popleft().remove()

    def _run(self) -> None:
        sealed_at = 0.0
        while not self._closing.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._undrained or self._closing.is_set(), timeout=SEAL_SECONDS)
            self._closing.wait(GATHER_SECONDS)
            try:
                self.drain()
                if time.monotonic() - sealed_at >= SEAL_SECONDS:
                    self._seal()
                    sealed_at = time.monotonic()
            except Exception:  # the database may be back later; the notes are on disk
                _log.exception("the ledger cannot be written now")
                self._closing.wait(_RETRY_SECONDS)


def recover(folder: Path, chain: Chain) -> int:
    """Move what killed processes left behind into the database; return how many notes that were.

    A last line without an end was never acknowledged. A file with anything else that cannot be read is kept aside.
    """
    count = 0
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        try:
            file = path.open("r+b")
        except FileNotFoundError:
            continue  # somebody else was quicker
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its process lives
            notes, is_readable = _read(file.read().split(b"\n")[:-1])
            for start in range(0, len(notes), BATCH):
                chain(notes[start : start + BATCH])
            count += len(notes)
            if is_readable:
                path.unlink(missing_ok=True)
            else:
                _log.error("the spool %s has lines that cannot be read; it is kept as .unreadable", path)
                path.replace(path.with_suffix(".unreadable"))
    return count


def chain_into(database: Database) -> Chain:
    """Return what moves entries into this database."""

    def chain(notes: Iterable[tuple[str, datetime, LedgerEntry]]) -> None:
        with database.transaction() as transaction:
            transaction.ledger.append_spooled(notes)

    return chain


def _read(lines: list[bytes]) -> tuple[list[_Note], bool]:
    notes, is_readable = [], True
    for line in lines:
        try:
            id_, at, entry = json.loads(line)
            notes.append(_Note(id_, datetime.fromisoformat(at), LedgerEntry.model_validate(entry)))
        except (ValueError, TypeError, ValidationError):
            is_readable = False
    return notes, is_readable
