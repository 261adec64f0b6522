"""Keeping the lake sound and small: are published files what they were, and which files may go (Art. 25, 34).

What is published now, raw data, base databases with their past, and outcomes of checks are never given up. Not here: files
of one table (lake.sweeping).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.ledger import LedgerEntry, entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.publication import Publication
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from lake.manifest import CorruptFileError, DataFile
from lake.manifest import verify as verify_files
from lake.sweeping import give_up, sweep, table_keys

LEAST_DAYS = 7
"""A reader, or a run that was killed, may be that old."""
GIVEN_UP = frozenset({"standard", "thematic", "share", "open"})
"""Zones whose earlier versions can be given up. The base zone is the past that is asked about; raw data are only added to."""
Told = Callable[[int, int], None]
"""Is told how many of how many are done."""


class Broken(Model):
    """A published file that is missing, or of which a byte has changed."""

    table: str
    version: int
    path: str
    is_missing: bool


class Cleared(Model):
    """What went of a table, or would go."""

    table: str
    file_count: int
    size_bytes: int


def verify(platform: Platform, told: Told = lambda _done, _total: None) -> tuple[Broken, ...]:
    """Read all published files again and compare them with what was published; return those that differ."""
    published = current(platform)
    broken = []
    for number, one in enumerate(published.values(), start=1):
        for file in one.files:
            try:
                verify_files(platform.lake.root, [DataFile(file.path, file.size_bytes, file.row_count, file.sha256)])
            except CorruptFileError:
                is_missing = not (platform.lake.root / file.path).is_file()
                broken.append(Broken(table=one.table, version=one.version, path=file.path, is_missing=is_missing))
        told(number, len(published))
    return tuple(broken)


def sweep_left(
    platform: Platform, principal: Principal, *, days: int = LEAST_DAYS, is_trial: bool = False
) -> tuple[Cleared, ...]:
    """Delete files that killed runs left and no version names, when they are older than `days`.

    Raises:
        InvalidError: fewer days than a run may take to be taken up again.
    """
    before = _moment(days)
    found = {key: sweep(platform.lake, key, before, is_trial=is_trial) for key in table_keys(platform.lake)}
    cleared = _cleared(found)
    if cleared and not is_trial:
        _note(platform, entry_by(principal, "sweep_lake", "lake", details=_details(cleared, days)))
    return cleared


def retire(platform: Platform, principal: Principal, *, days: int, is_trial: bool = False) -> tuple[Cleared, ...]:
    """Delete the files of versions that were replaced more than `days` ago, as far as no other version has them.

    Who asks for such a version is told that it is no longer kept.

    Raises:
        InvalidError: fewer days than somebody may take to read a version.
    """
    before = _moment(days)
    found = {}
    for key, published in current(platform).items():
        if key.partition("/")[0] in GIVEN_UP:
            paths = _given_up(platform, published, before)
            found[key] = give_up(platform.lake, key, paths, is_trial=is_trial) if paths else {}
    cleared = _cleared(found)
    if cleared and not is_trial:
        _note(platform, entry_by(principal, "retire_versions", "lake", details=_details(cleared, days)))
    return cleared


def _given_up(platform: Platform, published: Publication, before: dt.datetime) -> set[str]:
    with platform.database.reading() as transaction:
        history = transaction.publications.history(published.table)
    # A version was replaced when the next one became visible.
    replaced = {one.version for one, later in zip(history[1:], history, strict=False) if later.published_at < before}
    given = [one for one in history if one.version in replaced and one.version != published.version]
    kept = {path for one in history if one not in given for path in one.paths}
    lake, latest = platform.lake, platform.lake.snapshot(published.table).version
    for version in range(published.version, latest + 1):  # what was made since may yet be published
        kept |= {*lake.snapshot(published.table, version).paths}
    return {path for one in given for path in one.paths} - kept


def _moment(days: int) -> dt.datetime:
    if days < LEAST_DAYS:
        zh = f"至少保留 {LEAST_DAYS} 天：正在读取的版本和可能恢复的运行不得受影响"
        en = f"keep at least {LEAST_DAYS} days: versions being read and runs that may be taken up again must not suffer"
        raise InvalidError(problem("too-few-days", zh, en, field="days"))
    return dt.datetime.now(dt.UTC) - dt.timedelta(days=days)


def _cleared(found: Mapping[str, Mapping[str, int]]) -> tuple[Cleared, ...]:
    return tuple(
        Cleared(table=key, file_count=len(sizes), size_bytes=sum(sizes.values())) for key, sizes in found.items() if sizes
    )


def _details(cleared: Sequence[Cleared], days: int) -> dict[str, int]:
    return {"days": days, "files": sum(one.file_count for one in cleared), "tables": len(cleared)}


def _note(platform: Platform, entry: LedgerEntry) -> None:
    with platform.database.transaction() as transaction:
        transaction.ledger.append(entry)
