"""Resolution against hand-written floors on generated sources: whole records, fields with provenance, a daily change.

Five sources over the same entities, five value fields, written as published tables. Not here: assertions.
"""

import time
from pathlib import Path
from typing import Any

import duckdb

from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, release
from lake.expressions import ident, literal
from lake.replacing import parts_of
from pipelines.golden import build_golden, source_table
from pipelines.transforms.resolve import VALUES_PER_PASS, Resolution
from pipelines.workbench import Workbench
from tests.support import city

FIELDS = ("name", "address", "phone", "status", "capital")
SOURCES = tuple(f"agency_{number}/entities" for number in range(1, 6))
GOLDEN = "authority/entities"
MEMORY = {"record": "1GB", "field": "3GB"}
"""What DuckDB may take: the whole process is to stay below 1 GB, and below 3.5 GB."""


def prepare(home: str, rows: int, level: str = "field") -> dict[str, int]:
    """Write and publish the sources: `rows` rows about 29 % as many entities; a value in 32 differs, one in 20 is missing."""
    with _platform(home, level) as platform, platform.lake.connect() as connection:
        entities = int(rows) * 29 // 100
        for number, id_ in enumerate(SOURCES):
            sql = _rows(number, int(rows) // len(SOURCES), entities, number * entities // 7, f"d{number}")
            release(platform, [platform.lake.write(f"standard/{id_}", connection, sql, mode="overwrite", token="first")])
    return {"entities": entities}


def floor(home: str, level: str) -> dict[str, float]:
    """What a person would write in DuckDB: packed min and semi join, or arg_min of structs; Parquet to Parquet."""
    with _platform(home, level) as platform, duckdb.connect(config=_config(home, "8GB")) as connection:
        parts = [
            f"SELECT *, ({number}::BIGINT << 40) + _row_number AS o, {number} AS s FROM {_relation(platform, id_)}"
            for number, id_ in enumerate(SOURCES)
        ]
        rows = " UNION ALL ".join(parts)
        if level == "record":
            sql = f"SELECT * FROM ({rows}) WHERE o IN (SELECT min(o) FROM ({rows}) GROUP BY id)"
        else:
            best = ", ".join(
                f"arg_min({{'v': {f}, 's': s, 'n': _row_number}}, o) FILTER ({f} IS NOT NULL) AS {f}" for f in FIELDS
            )
            sql = f"SELECT id, {best} FROM ({rows}) GROUP BY id"
        return _copied(connection, sql, Path(home) / "floor.parquet")


def ours(home: str, level: str) -> dict[str, float]:
    """The product's SQL on the same files; Parquet to Parquet."""
    with _platform(home, level) as platform:
        catalog = _catalog(platform)
        with Workbench(platform, catalog, catalog.dataset[GOLDEN]) as bench:
            published = current(platform)
            started, count = time.process_time(), 0.0
            tables = [source_table(bench, id_, published[f"standard/{id_}"]) for id_ in SOURCES]
            resolution = Resolution(catalog.dataset[GOLDEN], tables, values_per_pass=3 * VALUES_PER_PASS)
            seconds = time.process_time() - started
            with duckdb.connect(config=_config(home, MEMORY[level])) as connection:
                for number, sql in enumerate(resolution.golden()):
                    one = _copied(connection, sql, Path(home) / f"ours_{number}.parquet")
                    seconds, count = seconds + one["cpu"], count + one["rows"]
    return {"cpu": seconds, "rows": count}


def build(home: str, memory: str) -> float:
    """Make everything for the first time; return seconds of processor time. With more memory there are fewer passes."""
    with _platform(home, "field", memory_limit=memory) as platform:
        return _build(platform, "full")


def change(home: str, keys: int) -> dict[str, float]:
    """Let one source grow by `keys` rows and make the golden tables again, to the release of them and of the logs.

    `change` is seconds of processor time; `read` and `read_merged` are those of reading the golden table before the change and
    after it; `anew` says how many data files of it the change wrote.
    """
    with _platform(home, "field") as platform:
        whole, read = _golden(platform), _read(platform)
        with platform.lake.connect() as connection:
            sql = _rows(0, int(keys), int(keys) * 20, 17, "daily")
            key = f"standard/{SOURCES[0]}"
            release(platform, [platform.lake.write(key, connection, sql, mode="append", token="daily")])
        seconds = _build(platform, "daily")
        anew = len(set(parts_of(_golden(platform)).data) - set(parts_of(whole).data))
        return {"change": seconds, "anew": anew, "read": read, "read_merged": _read(platform)}


def _golden(platform: Platform) -> tuple[str, ...]:
    return current(platform)[f"base/{GOLDEN}"].paths


def _read(platform: Platform) -> float:
    with platform.lake.connect() as connection:
        started = time.process_time()
        connection.execute(f"SELECT count(DISTINCT status), max(name) FROM {platform.lake.relation(_golden(platform))}")
        return time.process_time() - started


def _build(platform: Platform, token: str) -> float:
    catalog, published = _catalog(platform), current(platform)
    with Workbench(platform, catalog, catalog.dataset[GOLDEN]) as bench:
        started = time.process_time()
        release(platform, build_golden(bench, {id_: published[f"standard/{id_}"] for id_ in SOURCES}, [], token))
        return time.process_time() - started


def _platform(home: str, level: str, **settings: Any) -> Platform:
    fields = ["id", *FIELDS]
    sources = [city.dataset(id_, fields, delivery={"format": "parquet", "mode": "incremental"}) for id_ in SOURCES]
    derivation = {"kind": "golden", "sources": [{"dataset": id_} for id_ in SOURCES], "level": level}
    golden = city.dataset(GOLDEN, fields, ["id"], derivation=derivation)
    return city.platform(Path(home), city.catalog(*sources, golden), **settings)


def _catalog(platform: Platform) -> Any:
    with platform.database.reading() as transaction:
        return transaction.catalog.snapshot()


def _relation(platform: Platform, id_: str) -> str:
    return platform.lake.relation(file.path for file in current(platform)[f"standard/{id_}"].files)


def _rows(source: int, count: int, entities: int, offset: int, delivery: str) -> str:
    """Keys in no useful order, each once a source; eighteen characters, as a social credit code has."""
    step = next(n for n in range(entities // 3 + 7 * source + 1, 2 * entities) if _coprime(n, entities))
    number = f"({offset} + range * {step}) % {entities}"
    luck = "hash(i, {}, {})"
    values = ", ".join(
        f"CASE WHEN {luck.format(source, n)} % 20 > 0 THEN {literal(field)} || '：' || "
        f"(i + ({luck.format(source, n + 50)} % 32 = 0)::BIGINT) END AS {ident(field)}"
        for n, field in enumerate(FIELDS)
    )
    numbered = f"SELECT {number} AS i, range + 1 AS n FROM range({count})"
    return (
        f"SELECT '9132' || lpad(i::VARCHAR, 14, '0') AS id, {values}, {literal(delivery)} AS _delivery_id, "
        f"n::BIGINT AS _row_number FROM ({numbered})"
    )


def _coprime(one: int, other: int) -> bool:
    while other:
        one, other = other, one % other
    return one == 1


def _config(home: str, memory: str) -> dict[str, Any]:
    return {"memory_limit": memory, "temp_directory": str(Path(home) / "tmp"), "preserve_insertion_order": "false"}


def _copied(connection: duckdb.DuckDBPyConnection, sql: str, target: Path) -> dict[str, float]:
    started = time.process_time()
    connection.execute(f"COPY ({sql}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)").fetchall()
    seconds = time.process_time() - started
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {literal(str(target))}").fetchall()
    return {"cpu": seconds, "rows": rows}
