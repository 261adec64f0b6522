"""Generated company records for the benchmark of checks: 12 columns, a few errors of each kind, the same at every run."""

from pathlib import Path

import duckdb

_COLUMNS = """
    '91320' || lpad((2000000000000 + i - (i % 500000 = 1)::int)::varchar, 13, '0')
        || CASE WHEN hash(i + 20) % 250000 = 0 THEN 'I' ELSE '' END AS uscc,
    '无锡市第' || i || '号有限公司' AS ent_name,
    (['A', 'B', 'C', 'D', 'E'])[1 + (hash(i) % 5)::int] AS ent_type,
    CASE WHEN hash(i + 7) % 100000 = 0 THEN NULL ELSE (320200 + (hash(i + 1) % 20)::int)::varchar END AS region_code,
    CASE WHEN hash(i + 21) % 400000 = 0 THEN 'AG999' ELSE 'AG' || lpad((hash(i + 2) % 60)::varchar, 3, '0') END AS agency_id,
    i AS source_rec_no,
    date '1990-01-01' + (hash(i + 3) % 12700)::int AS reg_date,
    timestamp '2025-01-01' + to_seconds((hash(i + 4) % 31536000)::bigint) AS update_ts,
    CASE WHEN hash(i + 8) % 200000 = 0 THEN -1.0 ELSE (hash(i + 5) % 100000000) / 100.0 END::double AS capital,
    (['存续', '注销', '吊销', '迁出'])[1 + (hash(i + 6) % 4)::int] AS status,
    '1' || lpad((hash(i + 9) % 10000000000)::varchar, 10, '0') AS phone,
    '320' || lpad((hash(i + 10) % 100000000000000)::varchar, 14, '0')
        || (['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'X'])[1 + (hash(i + 11) % 11)::int]
        || CASE WHEN hash(i + 12) % 50000 = 0 THEN '?' ELSE '' END AS legal_rep_id
"""


def write_companies(path: Path, rows: int) -> None:
    """Write `rows` companies as one Parquet file."""
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        options = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 500000)"
        connection.execute(f"COPY (SELECT {_COLUMNS} FROM range({rows}) AS r(i)) TO '{path}' {options}")


def more_companies(path: Path, target: Path, rows: int) -> None:
    """Write one company for every hundred of `path` as another file, with keys that are not in it yet."""
    with duckdb.connect() as connection:
        added = f"* REPLACE ('92' || substr(uscc, 3) AS uscc, source_rec_no + {rows} AS source_rec_no)"
        query = f"SELECT {added} FROM '{path}' WHERE source_rec_no % 100 = 50"
        connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
