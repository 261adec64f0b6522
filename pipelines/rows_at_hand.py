"""Rows of the sources at hand by key: so that few changed keys cost what they are, however many rows there are.

A data file is immutable; beside it is kept what finds the rows of a key in it without reading the others: the hashes of its
keys, sorted, with the place of each row, and the rows themselves uncompressed, mapped into memory. All of it lies under
`<home>/cache` and can be deleted at any time: it is made again from the file. Not here: what is resolved (golden).
"""

import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lake.durable import make_directory
from lake.expressions import literal

_BATCH_ROWS = 250_000
_HASHES, _PLACES, _ROWS = "hashes.npy", "places.npy", "rows.arrow"
_HASH = "_hash_of_key"
Hashes = npt.NDArray[np.uint64]


class RowsAtHand:
    """The rows of one source's files, found by the hash of their key.

    Args:
        folder: where it is kept; one for each source and expression of the key.
        root: what paths of files are relative to.
        key: SQL for the hash of the key in the current row of a file.
    """

    def __init__(self, folder: Path, root: Path, key: str) -> None:
        self._folder = folder
        self._root = root
        self._key = key

    @property
    def exists(self) -> bool:
        """Whether anything was kept of this source."""
        return self._folder.is_dir()

    def keep(self, connection: duckdb.DuckDBPyConnection, paths: Iterable[str]) -> None:
        """Make what is missing for these files, and delete what is left of others."""
        wanted = {Path(path).stem: path for path in paths}
        if self._folder.is_dir():
            for one in self._folder.iterdir():
                if one.name not in wanted:
                    shutil.rmtree(one, ignore_errors=True)
        for name, path in wanted.items():
            if not (self._folder / name).is_dir():
                self._make(connection, path, self._folder / name)

    def find(self, paths: Sequence[str], hashes: Hashes) -> pa.Table:
        """Return the rows of these files whose key has one of these hashes, which are sorted and differ."""
        return self._taken(paths, lambda known: self._runs(known, hashes))

    def below(self, paths: Sequence[str], limit: int) -> pa.Table:
        """Return the rows of these files whose key has a hash below a limit."""
        return self._taken(paths, lambda known: np.arange(np.searchsorted(known, np.uint64(limit))))

    def _taken(self, paths: Sequence[str], chosen: Callable[[Hashes], npt.NDArray[np.int64]]) -> pa.Table:
        found = [part for path in paths for part in self._rows(self._folder / Path(path).stem, chosen)]
        return pa.concat_tables(found, promote_options="default")

    def _make(self, connection: duckdb.DuckDBPyConnection, path: str, target: Path) -> None:
        """Written aside and put in its place whole: a killed run leaves nothing that looks complete."""
        staged = target.with_name(f".{uuid.uuid4().hex}")
        make_directory(staged)
        reader = connection.sql(
            f"SELECT *, {self._key} AS {_HASH} FROM read_parquet({literal(str(self._root / path))}, hive_partitioning = false)"
        ).to_arrow_reader(_BATCH_ROWS)
        hashes = []
        names = [name for name in reader.schema.names if name != _HASH]
        schema = pa.schema([reader.schema.field(name) for name in names])
        with pa.OSFile(str(staged / _ROWS), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in reader:
                hashes.append(batch.column(_HASH).to_numpy(zero_copy_only=False))
                writer.write_batch(batch.select(names))
        together = np.concatenate(hashes) if hashes else np.empty(0, np.uint64)
        places = np.argsort(together, kind="stable")
        np.save(staged / _HASHES, together[places])
        np.save(staged / _PLACES, places.astype(np.uint32))
        staged.rename(target)

    @staticmethod
    def _runs(known: Hashes, hashes: Hashes) -> npt.NDArray[np.int64]:
        first, last = np.searchsorted(known, hashes, "left"), np.searchsorted(known, hashes, "right")
        counts = last - first
        # Each run of equal hashes, one after another: its beginning repeated, plus the position within the run.
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.asarray(np.repeat(first, counts) + within)

    @staticmethod
    def _rows(folder: Path, chosen: Callable[[Hashes], npt.NDArray[np.int64]]) -> Iterable[pa.Table]:
        numbers = chosen(np.load(folder / _HASHES, mmap_mode="r"))
        places = np.sort(np.load(folder / _PLACES, mmap_mode="r")[numbers])
        with pa.memory_map(str(folder / _ROWS)) as source, pa.ipc.open_file(source) as reader:
            start = 0
            yield pa.table({field.name: pa.array([], field.type) for field in reader.schema}, schema=reader.schema)
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                low, high = np.searchsorted(places, (start, start + batch.num_rows))
                yield pa.Table.from_batches([batch.take(pa.array(places[low:high] - start))])
                start += batch.num_rows
