"""Tables of which some rows are replaced without writing the others anew: a few files beside the table's, merged on read.

A version may have, beside the data files of its Delta table, files of rows and one of keys: what the data files say of these
keys counts no more, the rows beside them do. They lie in folders that Delta readers leave alone, and the commit that made the
version names them: whoever reads the Delta table itself sees the whole of it as it last was written. Not here: writing
(tables), and when it pays to write a table anew (its caller).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lake.expressions import literal
from lake.manifest import DataFile

ROWS, KEYS = "_rows", "_keys"
"""Folders of a table: rows that count in place of others, and the keys of those others."""
_METADATA = "replaced"


@dataclass(frozen=True, slots=True)
class Parts:
    """The files of a version by what they are."""

    data: tuple[str, ...]
    rows: tuple[str, ...]
    keys: tuple[str, ...]


def parts_of(paths: Iterable[str]) -> Parts:
    """Tell apart data files, and rows and keys that replace what is in them."""
    found: dict[str, list[str]] = {"": [], ROWS: [], KEYS: []}
    for path in paths:
        folder = Path(path).parent.name
        found[folder if folder in found else ""].append(path)
    return Parts(tuple(found[""]), tuple(found[ROWS]), tuple(found[KEYS]))


def is_merged(paths: Iterable[str]) -> bool:
    """Tell whether rows of the data files are replaced: a row of them may not count."""
    return bool(parts_of(paths).keys)


def reading(root: Path, paths: Iterable[str], options: str = "") -> str:
    """Return SQL text that reads files as they are; paths are relative to the root of the lake."""
    listed = ", ".join(literal(str(root / path)) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true{options})"


Read = Callable[[Sequence[str]], str]
"""Paths → SQL text, usable after FROM, that reads these files."""


def merged(paths: Iterable[str], read: Read, read_keys: Read) -> str:
    """Return SQL text, usable after FROM, for the rows that count. Keys are read as they are, whatever rows get beside them."""
    parts = parts_of(paths)
    if not parts.keys:
        return read(parts.data)
    # Keys have no columns but those of the key: what both sides share. (Without `d`, DuckDB takes NATURAL for an alias; and a
    # virtual column of a file, such as its row number, would be shared too: a SELECT has none.)
    kept = f"FROM {read(parts.data)} d NATURAL ANTI JOIN (SELECT * FROM {read_keys(parts.keys)}) k"
    return f"({kept} UNION ALL BY NAME FROM {read(parts.rows)})" if parts.rows else f"({kept})"


def counting(files: Sequence[DataFile]) -> dict[str, str]:
    """Return of each file with rows what names those that count: its sha256, or one of it and of the keys it is without."""
    parts = parts_of(file.path for file in files)
    shas = {file.path: file.sha256 for file in files}
    without = "".join(shas[path] for path in parts.keys)
    named = {
        path: hashlib.sha256(f"{shas[path]}{without}".encode()).hexdigest() if without else shas[path] for path in parts.data
    }
    return named | {path: shas[path] for path in parts.rows}


def to_metadata(files: Sequence[DataFile]) -> dict[str, str]:
    """Return what the commit of a version says of the files beside its Delta table; nothing where there are none."""
    return {_METADATA: json.dumps([asdict(one) for one in files])} if files else {}


def from_log(log: Path, version: int) -> tuple[DataFile, ...]:
    """Return the files beside a Delta table that the commit of a version names."""
    for line in (log / f"{version:020d}.json").read_text(encoding="utf-8").splitlines():
        commit = json.loads(line).get("commitInfo")
        if commit is not None:
            return in_commit(commit)
    return ()


def in_commit(commit: Mapping[str, Any]) -> tuple[DataFile, ...]:
    """Return the files beside a Delta table that a commit's information names."""
    return tuple(DataFile(**one) for one in json.loads(commit.get(_METADATA, "[]")))


def hiding(keys: DataFile, count: int) -> DataFile:
    """Return a file of keys that counts, in place of its own rows, those that it takes away."""
    return replace(keys, row_count=-count)
