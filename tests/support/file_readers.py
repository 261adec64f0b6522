"""Run inside an environment with other people's readers: reads files by their addresses as told on standard input, as JSON.

Not here: anything of the product; this program sees nothing but addresses.
"""

import datetime as dt
import json
import sys
from typing import Any

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from fsspec.implementations.http import HTTPFileSystem  # type: ignore[import-untyped]
from pyarrow.fs import FSSpecHandler, PyFileSystem

BLOCK = 64 * 1024
"""fsspec reads 5 MB ahead unless told otherwise, which would hide what a reader needs."""


class Web(HTTPFileSystem):  # type: ignore[misc]
    """fsspec's web, with the time that DuckDB asks a file system for."""

    def modified(self, path: str) -> dt.datetime:
        """Return one time for all: versions never change."""
        return dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def read(wish: dict[str, Any]) -> Any:
    """Return what one wish gives; an error's text where it fails."""
    url, columns = wish["url"], wish.get("columns")
    web = Web(block_size=BLOCK, cache_type="none")
    try:
        match wish["verb"]:
            case "pandas":
                # Of an address alone pandas takes the whole file; of a file system, what it needs.
                frame = pd.read_parquet(url, columns=columns, filesystem=web if wish.get("in_part") else None)
                return {"rows": len(frame), "columns": list(frame.columns), "last": str(frame.iloc[-1, 0])}
            case "pyarrow":
                with web.open(url) as file:
                    table = pq.ParquetFile(file).read_row_group(wish["group"], columns=columns)
                return {"rows": table.num_rows, "columns": table.column_names, "last": str(table[0][-1].as_py())}
            case "dataset":
                data = ds.dataset(url, filesystem=PyFileSystem(FSSpecHandler(web)), format="parquet")
                return {"rows": data.count_rows(), "columns": data.schema.names}
            case "duckdb":
                connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
                connection.register_filesystem(web)
                return [list(row) for row in connection.sql(wish["sql"].format(url=url)).fetchall()]
            case "fsspec":
                return [part.hex() for part in web.cat_ranges([url] * 2, [0, -4], [4, None])] + [web.info(url)["size"]]
    except Exception as error:  # the test reads it
        return {"error": f"{type(error).__name__}: {error}"}


sys.stdout.write(json.dumps([read(wish) for wish in json.load(sys.stdin)]))
