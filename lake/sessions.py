"""Read-only DuckDB sessions for analysts: every given table under `zone.agency.dataset`, and nothing else.

A session can read no other file, write none, and change none of its settings: tables are Arrow data sets over the files of
pinned versions, and external access is off. (A DuckDB file opened read-only is escapable, and `allowed_directories` grants
writing: neither is used.) Not here: who may read what.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
from deltalake import DeltaTable

from lake.expressions import ident

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
    zones: set[str] = set()
    for number, (key, files) in enumerate(sorted(tables.items())):
        zone, agency, name = key.split("/")
        if zone not in zones:
            connection.execute(f"ATTACH ':memory:' AS {ident(zone)}")
            zones.add(zone)
        source = f"_source_{number}"
        whole = _data([str(root / path) for path in files]) if files else _without_rows(root / key, versions.get(key))
        connection.register(source, _narrowed(whole, columns.get(key)))
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {ident(zone)}.{ident(agency)}")
        connection.execute(f"CREATE VIEW {ident(zone)}.{ident(agency)}.{ident(name)} AS FROM temp.main.{source}")
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    return connection


def _data(files: list[str]) -> "ds.Dataset":
    import pyarrow.dataset as ds  # it loads pandas, 40 MB that a serving process does without

    return ds.dataset(files, format="parquet")


def _without_rows(table: Path, version: int | None) -> "ds.Dataset":
    import pyarrow.dataset as ds

    return ds.dataset(pa.schema(DeltaTable(str(table), version=version).schema().to_arrow()).empty_table())


def _narrowed(whole: "ds.Dataset", columns: Sequence[str] | None) -> "ds.Dataset":
    if columns is None:
        return whole
    return whole.replace_schema(pa.schema([whole.schema.field(name) for name in columns if name in whole.schema.names]))
