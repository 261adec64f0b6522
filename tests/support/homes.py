"""Homes with a migrated catalog database, made once and copied: the migrations take longer than most tests.

Here: opening a platform for a test. Not here: what is in it; the migrations have their own tests in tests/unit/store.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from catalog_service.services import platform as product
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from catalog_service.store.database import Database


def copy_migrated_database(target: Path) -> None:
    """Write a migrated SQLite database without rows to `target`, unless a file is there."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_template(), target)


def open_platform(settings: Settings) -> Platform:
    """Open the platform as the product does; a new SQLite database starts migrated."""
    if not settings.database_url:
        copy_migrated_database(settings.home_path / "catalog.db")
    return product.open_platform(settings)


def lasting_folder(name: str) -> Path:
    """Return a new folder that is there until the tests end, for what is made once and copied."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _template() -> Path:
    folder = lasting_folder("migrated")
    database = Database(f"sqlite:///{folder / 'catalog.db'}")
    database.migrate()
    database.close()
    return folder / "catalog.db"
