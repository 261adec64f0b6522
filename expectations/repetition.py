"""Rows whose key occurs more than once: found by sorted 64-bit hashes, told apart by the keys themselves.

Sorting hashes takes 8 bytes a row and less time than grouping; only keys whose hash occurs twice are compared, so the result is
exact. The sorted hashes of an immutable file can be kept: keys that are added are then looked up among those that are known.
Not here: what a key is (rules).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from catalog_service.catalog.quality import RepeatedKeys
from expectations.conditions import ROWS, both, is_keyed
from expectations.counting import Subject, fingerprint
from lake.expressions import ident

_MANY_SUSPECTS = 1_000_000
Hashes = npt.NDArray[np.uint64]


@dataclass
class Repetition:
    """The repeated keys of one rule in the rows under check."""

    subject: Subject
    columns: tuple[str, ...]
    condition: str = ""
    folder: Path | None = None
    """Where sorted hashes of files are kept; None: they are not."""

    def __post_init__(self) -> None:
        """Name the key by what it consists of."""
        self.name = fingerprint("key", *self.columns, self.condition)
        self._table: str | None = None
        self.added: frozenset[str] | None = None
        """sha256 of the files whose keys were looked up among known ones; None: all files were compared with each other."""

    @property
    def where(self) -> str:
        """The condition that a row has a key that counts."""
        return both(is_keyed(self.columns), self.condition)

    @property
    def count(self) -> int:
        """Return the number of rows whose key occurs more than once (NULL equals NULL within a compound key)."""
        known = self.subject.keys.get(self.name)
        if known is not None and set(known.files) == set(self.subject.shas):
            return known.row_count
        found = self._count_added(known) if known is not None and self._can_add(known) else self._count_all()
        if self.subject.files:
            self.subject.keys[self.name] = RepeatedKeys(files=self.subject.shas, row_count=found)
        return found

    def breaking(self, *, added_only: bool = False) -> str:
        """Return the condition that a row has a repeated key; `added_only`: and did not have one in the known files."""
        if self._table is None or (self.added is not None and not added_only):
            self._count_all()
        if self._table is None:
            return "FALSE"
        alike = " AND ".join(f"r.{ident(one)} IS NOT DISTINCT FROM {ROWS}.{ident(one)}" for one in self.columns)
        table = f"SELECT 1 FROM {self._table} AS r WHERE {alike}"
        if added_only and self.added is not None:
            newly = f"{self.subject.in_files(self.added)} AND EXISTS ({table})"
            return both(self.where, f"({newly}) OR EXISTS ({table} AND r.known = 1)")
        return both(self.where, f"EXISTS ({table})")

    def _count_all(self) -> int:
        self.added = None
        if self.folder is None or not self.subject.files:
            hashes = self._hashes("")
        else:
            hashes = np.concatenate([self._of_file(sha) for sha in self.subject.shas] or [np.empty(0, np.uint64)])
        hashes.sort()
        suspects = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
        del hashes
        return self._compare(suspects, ())

    def _can_add(self, known: RepeatedKeys) -> bool:
        folder = self.folder
        files = set(known.files)
        return folder is not None and files < set(self.subject.shas) and all(self._path(folder, sha).exists() for sha in files)

    def _count_added(self, known: RepeatedKeys) -> int:
        self.added = frozenset(self.subject.shas) - set(known.files)
        new = np.concatenate([self._of_file(sha) for sha in sorted(self.added)])
        new.sort()
        suspects = [new[1:][new[1:] == new[:-1]]]
        distinct = np.unique(new)
        for sha in known.files:
            old = self._of_file(sha)
            if len(old):
                place = np.minimum(np.searchsorted(old, distinct), len(old) - 1)
                suspects.append(distinct[old[place] == distinct])
        return known.row_count + self._compare(np.unique(np.concatenate(suspects)), known.files)

    def _compare(self, suspects: Hashes, known: Sequence[str]) -> int:
        """Compare the keys behind suspicious hashes; return how many rows have a repeated key, beyond those in known files."""
        self._table = None
        if not len(suspects):
            return 0
        self._table = f"temp.{ident(f'repeated_{self.name}')}"
        key = ", ".join(ident(one) for one in self.columns)
        where, connection = self.where, self.subject.connection
        if len(suspects) <= _MANY_SUSPECTS:
            connection.register("suspects", _arrow(suspects))
            where = f"({where}) AND hash({key}) IN (SELECT h FROM suspects)"
        before = f"count(*) FILTER (WHERE {self.subject.in_files(known)})" if known else "0"
        self._run(
            f"CREATE OR REPLACE TEMP TABLE {self._table} AS SELECT {key}, count(*) AS n, {before} AS known "
            f"FROM {self.subject.relation} WHERE {where} GROUP BY {key} HAVING count(*) > 1"
        )
        connection.unregister("suspects")
        query = f"SELECT coalesce(sum(n - CASE WHEN known > 1 THEN known ELSE 0 END), 0)::BIGINT FROM {self._table}"
        return int(self.subject.ask(query)[0][0])

    def _of_file(self, sha: str) -> Hashes:
        """Return the sorted hashes of a file, kept from an earlier check where there was one."""
        if self.folder is None:
            raise TypeError("no folder for hashes")
        path = self._path(self.folder, sha)
        if path.exists():
            kept: Hashes = np.load(path, mmap_mode="r")
            return kept
        hashes = self._hashes(self.subject.in_files([sha]))
        hashes.sort()
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp.npy")
        np.save(unfinished, hashes)
        unfinished.replace(path)
        return hashes

    def _path(self, folder: Path, sha: str) -> Path:
        return folder / f"{sha}-{self.name}.npy"

    def _hashes(self, condition: str) -> Hashes:
        key = ", ".join(ident(one) for one in self.columns)
        query = f"SELECT hash({key}) AS h FROM {self.subject.relation} WHERE {both(self.where, condition)}"
        found = self._run(query).fetchnumpy()["h"]
        return np.array(found, dtype=np.uint64, copy=None)

    def _run(self, query: str) -> Any:  # noqa: ANN401  DuckDB's relation
        try:
            return self.subject.connection.execute(query)
        except duckdb.Error:
            self.subject.ask(query)  # tells what is wrong without quoting data
            raise


def _arrow(hashes: Hashes) -> Any:  # noqa: ANN401  an Arrow table
    import pyarrow as pa

    return pa.table({"h": pa.array(hashes)})
