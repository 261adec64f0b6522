"""Files of tables that may go: those that no version names, left by killed writers, and those of versions that are given up.

Nothing is looked for or deleted but by the table's one writer, so no file of a write in progress is taken for a left one. Not
here: which versions are given up (services.housekeeping).
"""

import datetime as dt
import json
from collections.abc import Collection, Iterator
from pathlib import Path

from lake.durable import fsync_directory
from lake.replacing import KEYS, ROWS, in_commit
from lake.tables import Lake


def table_keys(lake: Lake) -> list[str]:
    """Return the keys of all tables that there are."""
    return sorted(log.parent.relative_to(lake.root).as_posix() for log in lake.root.glob("*/*/*/_delta_log"))


def sweep(lake: Lake, key: str, before: dt.datetime, *, is_trial: bool = False) -> dict[str, int]:
    """Delete the files of a table that no version names and that are older than `before`.

    Returns:
        Their sizes in bytes, by path; with `is_trial` they are still there.
    """
    with lake.writing(key) as folder:
        named = set(_named(key, folder))
        found = {
            path: status.st_size
            for path in _data_files(key, folder)
            if path not in named and (status := (lake.root / path).stat()).st_mtime < before.timestamp()
        }
        return found if is_trial else _deleted(lake, found)


def give_up(lake: Lake, key: str, paths: Collection[str], *, is_trial: bool = False) -> dict[str, int]:
    """Delete files of a table as far as they are there; same answer as for `sweep`."""
    with lake.writing(key):
        there = (path for path in sorted(paths) if (lake.root / path).is_file())
        found = {path: (lake.root / path).stat().st_size for path in there}
        return found if is_trial else _deleted(lake, found)


def _data_files(key: str, folder: Path) -> Iterator[str]:
    for kind in ("", ROWS, KEYS):
        yield from (str(Path(key) / kind / path.name) for path in sorted((folder / kind).glob("*.parquet")))


def _named(key: str, folder: Path) -> Iterator[str]:
    """Yield every file that a version of the table ever consisted of."""
    for log in sorted((folder / "_delta_log").glob("*.json")):
        for line in log.read_text(encoding="utf-8").splitlines():
            action = json.loads(line)
            if "add" in action:
                yield f"{key}/{action['add']['path']}"
            yield from (file.path for file in in_commit(action.get("commitInfo", {})))


def _deleted(lake: Lake, found: dict[str, int]) -> dict[str, int]:
    for path in found:
        (lake.root / path).unlink()
    for folder in {(lake.root / path).parent for path in found}:
        fsync_directory(folder)
    return found
