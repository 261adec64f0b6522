"""What a table version consists of: its data files, each named after its own sha256, so that any version can be verified."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lake.durable import sha256_of


class CorruptFileError(Exception):
    """A data file is missing, or its bytes differ from its manifest."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """An immutable Parquet file: path relative to the lake's root, size in bytes, rows, sha256 in hex."""

    path: str
    size_bytes: int
    row_count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of one table."""

    key: str
    version: int
    files: tuple[DataFile, ...]

    @property
    def row_count(self) -> int:
        """Rows of all files."""
        return sum(file.row_count for file in self.files)

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of all files, relative to the lake's root."""
        return tuple(file.path for file in self.files)


def verify(root: Path, files: Iterable[DataFile]) -> None:
    """Recompute size and sha256 of every file.

    Raises:
        CorruptFileError: a file is missing, or a byte of it has changed.
    """
    for file in files:
        path = root / file.path
        if not path.is_file():
            raise CorruptFileError(f"missing: {file.path}")
        if path.stat().st_size != file.size_bytes or sha256_of(path) != file.sha256:
            raise CorruptFileError(f"changed since it was written: {file.path}")
