"""Delta tables: written by DuckDB, committed by delta-rs, read by the file list of a pinned version.

Laws of storage kept here: fsync before acknowledging; files named after their sha256; one writer per table; a write with
a known token is not repeated; no deletion vectors, no `repair`, no vacuum. Not here: what is published (the catalog database).
"""

import json
import logging
import shutil
import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, create_table_with_add_actions

from lake.durable import exclusive, fsync_directory, fsync_file, make_directory, place, sha256_of
from lake.expressions import literal
from lake.landing import Landing
from lake.manifest import DataFile, Snapshot
from lake.replacing import KEYS, ROWS, from_log, hiding, merged, parts_of, reading, to_metadata

_log = logging.getLogger(__name__)
_READER_FEATURES_WE_READ = {"timestampNtz"}
_ROW_GROUP_ROWS = 122_880
_ZSTD_LEVEL = 1
"""A quarter less work than at the default of 3, for files that are a fiftieth larger."""
_COMMIT_ATTEMPTS = 5
Mode = Literal["overwrite", "append"]


class UnreadableTableError(Exception):
    """The table uses a Delta feature that we refuse (deletion vectors, column mapping, …)."""


class Lake:
    """All Delta tables under one root; a table's key `zone/agency/dataset` is its path."""

    def __init__(self, root: Path, *, memory_limit: str = "1GB", threads: int = 0, temp_directory: Path | None = None) -> None:
        self.root = root
        self._memory_limit = memory_limit
        self._threads = threads
        self._temp = temp_directory or root / ".tmp"

    @cached_property
    def landing(self) -> Landing:
        """The zone of delivered files."""
        return Landing(self.root)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a DuckDB connection for pipelines: memory limited, spilling to disk, UTC, no extensions loaded."""
        self._temp.mkdir(parents=True, exist_ok=True)
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self._memory_limit,
            "temp_directory": str(self._temp),
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "python_enable_replacements": "false",
            "preserve_insertion_order": "false",
        }
        if self._threads:
            config["threads"] = str(self._threads)
        connection = duckdb.connect(config=config)
        connection.execute("SET TimeZone = 'UTC'")
        return connection

    def exists(self, key: str) -> bool:
        """Tell whether the table has at least one version."""
        return (self.root / key / "_delta_log").is_dir() and DeltaTable.is_deltatable(str(self.root / key))

    def snapshot(self, key: str, version: int | None = None) -> Snapshot:
        """Return the files of a version (default: the latest).

        Raises:
            deltalake.exceptions.TableNotFoundError: there is no such table or version.
            UnreadableTableError: the table needs a reader feature that we refuse.
        """
        table = DeltaTable(str(self.root / key), version=version)
        features = set(table.protocol().reader_features or ()) - _READER_FEATURES_WE_READ
        if features:
            raise UnreadableTableError(f"{key} needs reader features {sorted(features)}")
        actions = table.get_add_actions(flatten=True)
        rows = zip(*(actions.column(name).to_pylist() for name in ("path", "size_bytes", "num_records")), strict=True)
        files = sorted(
            (DataFile(f"{key}/{path}", size, count, _sha256_in(path)) for path, size, count in rows), key=lambda f: f.path
        )
        return Snapshot(key, table.version(), (*files, *from_log(self._log(key), table.version())))

    def schema_of(self, key: str, version: int) -> tuple[str, str]:
        """Return the id of a table and the schema of a version, as Delta's JSON."""
        table = DeltaTable(str(self.root / key), version=version)
        return str(table.metadata().id), table.schema().to_json()

    def version_of(self, key: str, token: str) -> int | None:
        """Return the version that the write called `token` made; None where it was never committed."""
        return DeltaTable(str(self.root / key)).transaction_version(token) if self.exists(key) else None

    def relation(self, files: Iterable[str], *, file_column: str = "") -> str:
        """Return SQL text that reads exactly these files (paths relative to the root).

        Rows that are replaced (`replace`) are left out. With `file_column` there is a column of that name, with the absolute
        path of the file that a row is from, and one called `file_row_number`.
        """
        named = f", filename = {literal(file_column)}, file_row_number = true" if file_column else ""
        return merged(files, lambda paths: self._reading(paths, named), self._reading)

    def _reading(self, paths: Iterable[str], options: str = "") -> str:
        return reading(self.root, paths, options)

    def write(
        self,
        key: str,
        connection: duckdb.DuckDBPyConnection,
        sql: str | Sequence[str],
        *,
        mode: Mode,
        token: str,
        order_preserved: bool = False,
    ) -> Snapshot:
        """Write the result of a query as the next version of a table, durably, and return that version.

        Several queries become several files of one version; they are run one after another, which bounds memory.
        A token names the write: where it has been committed before, nothing is written and that version is returned.

        Raises:
            lake.durable.LockTimeoutError: another process keeps writing this table.
        """
        with self.writing(key) as folder:
            done = self._committed(key, token)
            if done is not None:
                return done
            connection.execute(f"SET preserve_insertion_order = {str(order_preserved).lower()}")
            staged = [_staged(connection, folder, query) for query in ((sql,) if isinstance(sql, str) else sql)]
            schema = Schema.from_arrow(pq.read_schema(staged[0]))
            files = [file for path in staged if (file := _placed(key, folder, path))]
            return self._commit(key, folder, _Change(schema, files, mode, token))

    def replace(self, key: str, connection: duckdb.DuckDBPyConnection, *, keys: str, rows: str, token: str) -> Snapshot:
        """Write the next version of a table, in which other rows stand for some keys, at the cost of these rows.

        Data files stay as they are; rows and keys lie beside them, together with those replaced before, until the table is
        written anew (`write`).

        Args:
            key: the table, which has rows.
            connection: where the queries are run.
            keys: SQL for the distinct keys, in columns named and typed as the table's.
            rows: SQL for all rows that these keys have now.
            token: name of the write.
        """
        with self.writing(key) as folder:
            done = self._committed(key, token)
            if done is not None:
                return done
            parts = parts_of(self.snapshot(key).paths)
            if parts.rows:
                rows = f"FROM {self._reading(parts.rows)} r NATURAL ANTI JOIN ({keys}) k UNION ALL BY NAME ({rows})"
            if parts.keys:
                keys = f"FROM {self._reading(parts.keys)} UNION ({keys})"
            beside = [_placed(key, folder, _staged(connection, folder, rows), ROWS)]
            named = _placed(key, folder, _staged(connection, folder, keys), KEYS)
            if named is not None:
                hidden = f"{self._reading(parts.data)} d NATURAL SEMI JOIN (FROM {self._reading([named.path])}) k"
                beside.append(hiding(named, connection.execute(f"SELECT count(*) FROM {hidden}").fetchall()[0][0]))
            schema = DeltaTable(str(folder)).schema()
            change = _Change(schema, [], "append", token, tuple(one for one in beside if one))
            return self._commit(key, folder, change)

    def restore(self, key: str, version: int, *, token: str) -> Snapshot:
        """Make the files of an earlier version the latest again, as a new version; nothing is deleted."""
        with self.writing(key) as folder:
            done = self._committed(key, token)
            if done is not None:
                return done
            table = DeltaTable(str(folder))
            properties = _properties(token, table.version() + 1, from_log(self._log(key), version))
            table.restore(version, commit_properties=properties, post_commithook_properties=_HOOKS)
            return self._acknowledge(key, folder)

    def writing(self, key: str) -> AbstractContextManager[Path]:
        """Be the one writer of a table for the time being; gives its folder.

        Raises:
            lake.durable.LockTimeoutError: another process keeps writing this table.
        """
        return _Writer(self.root, key)

    def _log(self, key: str) -> Path:
        return self.root / key / "_delta_log"

    def _commit(self, key: str, folder: Path, change: "_Change") -> Snapshot:
        for attempt in range(1, _COMMIT_ATTEMPTS + 1):
            try:
                change.commit(folder)
                break
            except CommitFailedError:
                if attempt == _COMMIT_ATTEMPTS:
                    raise
                _log.warning("commit to %s failed, attempt %d of %d", key, attempt, _COMMIT_ATTEMPTS)
                time.sleep(0.1 * attempt)
        return self._acknowledge(key, folder)

    def _acknowledge(self, key: str, folder: Path) -> Snapshot:
        snapshot = self.snapshot(key)
        log = self._log(key)
        fsync_file(log / f"{snapshot.version:020d}.json")
        for extra in (log / "_last_checkpoint", log / f"{snapshot.version:020d}.checkpoint.parquet"):
            if extra.exists():
                fsync_file(extra)
        fsync_directory(log)
        fsync_directory(folder)
        return snapshot

    def _committed(self, key: str, token: str) -> Snapshot | None:
        """Return the version that the write called `token` made, if it was committed (perhaps just before a crash)."""
        version = self.version_of(key, token)
        if version is None:
            return None
        self._acknowledge(key, self.root / key)
        return self.snapshot(key, version)


class _Writer:
    """The one writer of a table: holds its lock and sweeps what a killed writer left in its staging folder."""

    def __init__(self, root: Path, key: str) -> None:
        self._folder = root / key
        self._lock = exclusive(root / ".locks" / key.replace("/", "__"))

    def __enter__(self) -> Path:
        self._lock.__enter__()
        make_directory(self._folder)
        shutil.rmtree(self._folder / "_staging", ignore_errors=True)
        return self._folder

    def __exit__(self, *exc: object) -> None:
        shutil.rmtree(self._folder / "_staging", ignore_errors=True)
        self._lock.__exit__(None, None, None)


@dataclass(frozen=True)
class _Change:
    """What the next version of a table adds, or all that it consists of."""

    schema: Schema
    files: Sequence[DataFile]
    mode: Mode
    token: str
    beside: tuple[DataFile, ...] = ()
    """Files of rows and keys that replace what is in its data files."""

    def commit(self, folder: Path) -> None:
        """Make it a version; raises deltalake.exceptions.CommitFailedError where another one was faster."""
        actions = [_add_action(file) for file in self.files]
        if not DeltaTable.is_deltatable(str(folder)):
            properties = _properties(self.token, 0)
            create_table_with_add_actions(str(folder), self.schema, actions, mode="error", commit_properties=properties)
            return
        table = DeltaTable(str(folder))
        if self.mode == "append":
            if self.files and from_log(folder / "_delta_log", table.version()):
                raise ValueError("rows are added to a table of which others are replaced: write it anew first")
            known = {field.name for field in table.schema().fields}
            added = [field for field in self.schema.fields if field.name not in known]
            if added:
                table.alter.add_columns(added)
        properties = _properties(self.token, table.version() + 1, self.beside)
        table.create_write_transaction(
            [*actions], self.mode, self.schema, commit_properties=properties, post_commithook_properties=_HOOKS
        )


def _staged(connection: duckdb.DuckDBPyConnection, folder: Path, query: str) -> Path:
    """Write the result of a query to a file of the staging folder."""
    path = folder / "_staging" / f"{uuid.uuid4().hex}.parquet"
    make_directory(path.parent)
    options = f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {_ZSTD_LEVEL}, ROW_GROUP_SIZE {_ROW_GROUP_ROWS})"
    connection.execute(f"COPY ({query}) TO {literal(str(path))} {options}")
    return path


def _placed(key: str, folder: Path, staged: Path, kind: str = "") -> DataFile | None:
    """Give a staged file its lasting name, with its sha256; None where it has no rows."""
    rows = pq.read_metadata(staged).num_rows
    if not rows:
        return None
    sha256, size = sha256_of(staged), staged.stat().st_size
    target = folder / kind / f"{uuid.uuid4().hex[:8]}-{sha256}.parquet"
    make_directory(target.parent)
    place(staged, target)
    return DataFile(str(Path(key) / kind / target.name), size, rows, sha256)


# Old versions stay readable: neither their log entries nor their files are ever removed behind a reader's back.
_HOOKS = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)


def _properties(token: str, version: int, beside: Sequence[DataFile] = ()) -> CommitProperties:
    """Record the token with the version it makes (the writer lock makes that version known beforehand)."""
    return CommitProperties(
        custom_metadata={"token": token, **to_metadata(beside)}, app_transactions=[Transaction(token, version)]
    )


def _add_action(file: DataFile) -> AddAction:
    stats = json.dumps({"numRecords": file.row_count})
    return AddAction(
        path=Path(file.path).name,
        size=file.size_bytes,
        partition_values={},
        modification_time=int(time.time() * 1000),
        data_change=True,
        stats=stats,
    )


def _sha256_in(path: str) -> str:
    """Return the sha256 that a data file carries in its name."""
    return Path(path).stem.rpartition("-")[2]
