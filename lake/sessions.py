"""Read-only DuckDB sessions for analysts: every given table under `zone.agency.dataset`, and nothing else.

A session can read no other file, write none, and change none of its settings: tables are Arrow data sets over the files of
pinned versions, and external access is off. (A DuckDB file opened read-only is escapable, and `allowed_directories` grants
writing: neither is used.) Not here: who may read what.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow.dataset as ds

from lake.expressions import ident

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
}


def open_session(root: Path, tables: Mapping[str, Sequence[str]], *, memory_limit: str = "1GB") -> duckdb.DuckDBPyConnection:
    """Return a connection that sees exactly `tables`: key `zone/agency/dataset` → data files relative to `root`.

    Filters and projections are pushed down into the Parquet files. Tables without files (no rows yet) are left out.
    """
    connection = duckdb.connect(config={**_CONFIG, "memory_limit": memory_limit})
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    zones: set[str] = set()
    for number, (key, files) in enumerate(sorted(tables.items())):
        if not files:
            continue
        zone, agency, name = key.split("/")
        if zone not in zones:
            connection.execute(f"ATTACH ':memory:' AS {ident(zone)}")
            zones.add(zone)
        source = f"_source_{number}"
        connection.register(source, ds.dataset([str(root / path) for path in files], format="parquet"))
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {ident(zone)}.{ident(agency)}")
        connection.execute(f"CREATE VIEW {ident(zone)}.{ident(agency)}.{ident(name)} AS FROM temp.main.{source}")
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    return connection
