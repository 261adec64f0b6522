"""The running platform: settings, catalog database and lake in one hand.

Here: opening and closing what the use cases work on. Not here: the use cases.
"""

from functools import cached_property
from types import TracebackType
from typing import Self

from catalog_service.settings import Settings
from catalog_service.store.database import Database
from lake.tables import Lake


class Platform:
    """Catalog database and lake, each opened when first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def database(self) -> Database:
        """The catalog database."""
        return Database(self.settings.sqlalchemy_url)

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

    def close(self) -> None:
        """Close the database, if it was opened; the lake holds nothing open."""
        if "database" in self.__dict__:
            self.database.close()

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
    return platform
