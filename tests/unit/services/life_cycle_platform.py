"""A platform with agencies and nothing else, on either database, and the steps that tests of the life cycle repeat."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

from catalog_service.catalog.history import DeskEntry, Target
from catalog_service.services import life_cycle
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.support.actors import COMPILER, REVIEWER
from tests.support.homes import lasting_folder, open_platform
from tests.unit.catalog.samples import agency, dataset_data
from tests.unit.store.servers import new_postgresql_database


def make_platform(home: Path, backend: str = "sqlite") -> Platform:
    """Return a platform where the agencies civil, tax and authority may publish."""
    if backend == "sqlite":
        shutil.copytree(_template(), home)
        return open_platform(Settings(home=home))
    return _begun(Settings(home=home, database_url=new_postgresql_database()))


@cache
def _template() -> Path:
    """Return the home of such a platform, made once: migrations take longer than most tests."""
    folder = lasting_folder("life-cycle")
    _begun(Settings(home=folder)).close()
    return folder


def _begun(settings: Settings) -> Platform:
    platform = open_platform(settings)
    with platform.database.transaction() as transaction:
        transaction.catalog.put_agencies([agency("civil", 0), agency("tax", 1), agency("authority", 2)])
    return platform


def target(entry: DeskEntry) -> Target:
    """Return the entry as it stands, to be changed."""
    return Target(dataset_id=entry.dataset_id, edition=entry.edition)


def submitted(platform: Platform, name: str = "people", **changes: Any) -> DeskEntry:
    """Return an entry that the compiler wrote and submitted."""
    entry = life_cycle.save_draft(platform, COMPILER, dataset_data(name, **changes), edition=0)
    return life_cycle.submit(platform, COMPILER, target(entry))


def published(platform: Platform, name: str = "people", **changes: Any) -> DeskEntry:
    """Return an entry that was reviewed and published."""
    return life_cycle.approve(platform, REVIEWER, target(submitted(platform, name, **changes)), publishing=True)


def revised(platform: Platform, entry: DeskEntry, **changes: Any) -> DeskEntry:
    """Return the saved draft of a revision."""
    begun = life_cycle.revise(platform, COMPILER, target(entry))
    document = dataset_data(entry.dataset_id.partition("/")[2], **changes)
    return life_cycle.save_draft(platform, COMPILER, document, edition=begun.edition)
