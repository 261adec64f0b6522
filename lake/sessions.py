"""Read-only DuckDB sessions for analysts: every given table under `zone.agency.dataset`, and nothing else.

A session can read no other file, write none, and change none of its settings: tables are Arrow data sets over the files of
pinned versions, and external access is off. (A DuckDB file opened read-only is escapable, and `allowed_directories` grants
writing: neither is used.) Not here: who may read what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
from deltalake import DeltaTable

from lake.expressions import ident
from lake.replacing import merged, parts_of, reading

if TYPE_CHECKING:
    import pyarrow.dataset as ds

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
}


def open_session(
    root: Path,
    tables: Mapping[str, Sequence[str]],
    *,
    versions: Mapping[str, int] = MappingProxyType({}),
    columns: Mapping[str, Sequence[str]] = MappingProxyType({}),
    memory_limit: str = "1GB",
) -> duckdb.DuckDBPyConnection:
    """Return a connection that sees exactly `tables`: key `zone/agency/dataset` → data files relative to `root`.

    Of a table named in `columns` only these columns exist in the session: not a view hides the others, they are not there.
    Filters and projections are pushed down into the Parquet files. A table without files has no rows; its columns are those of
    its version in `versions`.
    """
    connection = duckdb.connect(config={**_CONFIG, "memory_limit": memory_limit})
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    for number, (key, files) in enumerate(sorted(tables.items())):
        zone, agency, name = (ident(part) for part in key.split("/"))
        connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {zone}; CREATE SCHEMA IF NOT EXISTS {zone}.{agency}")
        source = _Source(connection, root, f"_source_{number}", columns.get(key))
        if not files:
            made = f"VIEW {zone}.{agency}.{name} AS FROM {source.add(_without_rows(root / key, versions.get(key)))}"
        elif source.hides_keys(files):
            made = f"TABLE {zone}.{agency}.{name} AS {source.copied(files)}"
        else:
            made = f"VIEW {zone}.{agency}.{name} AS FROM {merged(files, source.read, source.read_keys)}"
        connection.execute(f"CREATE {made}")
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    return connection


@dataclass
class _Source:
    """The Arrow data sets of one table, under names of the session."""

    connection: duckdb.DuckDBPyConnection
    root: Path
    prefix: str
    columns: Sequence[str] | None
    """Those that may be seen; None: all."""
    count: int = 0

    def read(self, paths: Sequence[str]) -> str:
        """Return the name under which the rows of files are there, with the columns that may be seen."""
        return self.add(self._data(paths))

    def read_keys(self, paths: Sequence[str]) -> str:
        """Return the name under which the keys in files are there."""
        return self._named(self._data(paths))

    def add(self, whole: "ds.Dataset") -> str:
        """Return the name under which a data set is there, with the columns that may be seen."""
        return self._named(whole if self.columns is None else _narrowed(whole, self.columns))

    def hides_keys(self, paths: Sequence[str]) -> bool:
        """Tell whether rows are replaced by a key that may not be seen: no view could leave them out."""
        keys = parts_of(paths).keys
        return bool(keys) and self.columns is not None and not {*self._data(keys).schema.names} <= {*self.columns}

    def copied(self, paths: Sequence[str]) -> str:
        """Return SQL for the rows of files with the columns that may be seen, to be held in the session's memory."""
        seen = _narrowed(self._data(parts_of(paths).data), self.columns or ()).schema.names
        read = partial(reading, self.root)
        return f"SELECT {', '.join(ident(name) for name in seen)} FROM {merged(paths, read, read)}"

    def _data(self, paths: Sequence[str]) -> "ds.Dataset":
        import pyarrow.dataset as ds  # it loads pandas, 40 MB that a serving process does without

        return ds.dataset([str(self.root / path) for path in paths], format="parquet")

    def _named(self, data: "ds.Dataset") -> str:
        self.count += 1
        name = f"{self.prefix}_{self.count}"
        self.connection.register(name, data)
        return f"temp.main.{name}"


def _without_rows(table: Path, version: int | None) -> "ds.Dataset":
    import pyarrow.dataset as ds

    return ds.dataset(pa.schema(DeltaTable(str(table), version=version).schema().to_arrow()).empty_table())


def _narrowed(whole: "ds.Dataset", columns: Sequence[str]) -> "ds.Dataset":
    return whole.replace_schema(pa.schema([whole.schema.field(name) for name in columns if name in whole.schema.names]))
