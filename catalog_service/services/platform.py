"""The running platform: settings, catalog database and lake in one hand.

Here: opening and closing what the use cases work on. Not here: the use cases.
"""

import datetime as dt
import logging
import time
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from catalog_service.catalog.errors import WuxiError
from catalog_service.catalog.ledger import SIGNING_GRACE
from catalog_service.services import sealing
from catalog_service.services.auditing import Auditor, chain_into
from catalog_service.services.slots import Slots
from catalog_service.settings import Settings
from catalog_service.store.database import Database
from lake.tables import Lake

_LOOK_SECONDS = 600.0
_log = logging.getLogger(__name__)


class Platform:
    """Catalog database and lake, each opened when first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._next_look = 0.0

    @cached_property
    def database(self) -> Database:
        """The catalog database."""
        return Database(self.settings.sqlalchemy_url, before_change=self.catch_up)

    @cached_property
    def lake(self) -> Lake:
        """The lake."""
        settings = self.settings
        return Lake(
            settings.lake_root,
            memory_limit=settings.memory_limit,
            threads=settings.threads,
            temp_directory=settings.home_path / "tmp",
        )

    @cached_property
    def spool(self) -> Path:
        """Folder of what was noted for the ledger and is not in it yet."""
        return self.settings.home_path / "ledger" / "spool"

    @cached_property
    def auditor(self) -> Auditor:
        """Takes notes of reads and denials for the ledger."""
        return Auditor(self.spool, chain_into(self.database), self.seal)

    @cached_property
    def slots(self) -> Slots:
        """Places for exports and queries, as many as may run at once."""
        return Slots(self.settings.simultaneous_exports)

    def close(self) -> None:
        """Bring what was noted into the ledger, sign its head, close the database, each if it was used."""
        self.close_auditor()
        if "database" in self.__dict__:
            if self.database.has_appended:
                self.seal()
            self.database.close()

    def close_auditor(self) -> None:
        """Bring what was noted into the ledger; the next note opens a new auditor."""
        auditor: Auditor | None = self.__dict__.pop("auditor", None)
        if auditor is not None:
            auditor.close()

    def catch_up(self) -> None:
        """Sign the ledger where what a killed process left, or a process that does nothing else, has waited for long."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOK_SECONDS
        with self.database.reading() as transaction:
            since = transaction.ledger.unsigned_since()
        if since is not None and dt.datetime.now(dt.UTC) - since > SIGNING_GRACE / 2:
            self.seal()

    def seal(self) -> None:
        """Sign the head of the ledger, if it can be."""
        try:
            sealing.seal(self.settings, self.database)
        except (WuxiError, OSError) as error:  # what was done is done; verification will say the same again
            _log.error("the head of the ledger is not signed: %s", error)

    def __enter__(self) -> Self:
        """Return the platform itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()


def open_platform(settings: Settings) -> Platform:
    """Create the home directories where they are missing, migrate the database and return the platform."""
    for directory in (settings.home_path, settings.home_path / "tmp", settings.lake_root):
        directory.mkdir(parents=True, exist_ok=True)
    platform = Platform(settings)
    platform.database.migrate()
    platform.catch_up()
    return platform
