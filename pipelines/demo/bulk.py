"""Big generated inputs for benchmarks: five agencies on the same legal entities, and one wide delivery.

Everything is drawn by hash() in DuckDB, streamed to disk, seeded by `SEED` only. Row j of an agency is entity
(offset + j * step) mod entities with a step coprime to their number: no entity twice, no useful order, any overlap.
Not here: the demo city (city).
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import Text
from lake.expressions import literal
from pipelines.demo.bulk_values import SEED, create_words, draw, permit_values, true_values, uscc
from pipelines.demo.declared import Document, as_catalog, read_catalog, write_catalog
from pipelines.demo.hostile import DemoDelivery

BROKEN_PER_MILLION = 200
"""Rows in a million whose key has a wrong check digit."""

_WRITERS = 2
_CONFLICTS = 8
_NULLS = 13
"""Of 256 values: how many contradict the truth, how many are missing."""


@dataclass(frozen=True)
class BulkCity:
    """A catalog, the file it was written to, and files to deliver."""

    catalog: Catalog
    catalog_file: Path
    deliveries: tuple[DemoDelivery, ...]
    rows: int


def build_bulk(directory: Path, *, rows: int = 10_000_000, entities: int = 2_900_000, agencies: int = 5) -> BulkCity:
    """Write the deliveries of `agencies` agencies, `rows` in all, about the same `entities` legal entities.

    Raises:
        ValueError: one agency would have to deliver an entity twice.
    """
    counts = [rows // agencies + (1 if i < rows % agencies else 0) for i in range(agencies)]
    if max(counts) > entities:
        raise ValueError(f"{agencies} agencies with at most {entities} entities each cannot deliver {rows} rows")
    forms = [_FORMS[agency % len(_FORMS)] for agency in range(agencies)]
    paths = [directory / f"agency_{agency + 1}{suffix}" for agency, (suffix, _) in enumerate(forms)]
    with _connect(directory) as connection, ThreadPoolExecutor(max_workers=_WRITERS) as pool:
        # DuckDB makes numbers and packs gzip on one thread, so several files are written at a time.
        jobs = [
            pool.submit(_copy, connection.cursor(), _entity_rows(agency, count, entities), paths[agency], forms[agency][1])
            for agency, count in enumerate(counts)
        ]
        for job in jobs:
            job.result()
    deliveries = [_delivery(f"agency_{agency + 1}/entities", path) for agency, path in enumerate(paths)]
    return _city(directory, _bulk_document(agencies), deliveries, rows)


def build_wide_delivery(directory: Path, *, rows: int = 1_030_000) -> BulkCity:
    """Write one CSV of 22 columns, about 460 bytes a row (475 MB at the default), and its catalog, opened unconditionally."""
    path = directory / "permits.csv"
    with _connect(directory) as connection:
        _copy(connection, _permit_rows(rows), path, _CSV)
    return _city(directory, _wide_document(), [_delivery("agency_1/permits", path)], rows)


_CSV = "FORMAT csv, HEADER true"
_FORMS = (
    (".csv", _CSV),
    (".parquet", "FORMAT parquet, COMPRESSION zstd"),
    (".csv", _CSV),
    (".csv.gz", f"{_CSV}, COMPRESSION gzip"),
    (".parquet", "FORMAT parquet, COMPRESSION zstd"),
)


def _connect(directory: Path) -> duckdb.DuckDBPyConnection:
    directory.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"memory_limit": "1500MB", "temp_directory": str(directory / "tmp")})
    create_words(connection)
    return connection


def _copy(connection: duckdb.DuckDBPyConnection, sql: str, path: Path, options: str) -> None:
    connection.execute(f"COPY ({sql}) TO {literal(str(path))} ({options})").fetchall()


def _delivery(dataset_id: str, path: Path) -> DemoDelivery:
    return DemoDelivery(dataset_id, path, "loaded", Text(zh="基准测试数据", en="input of a benchmark"))


def _city(directory: Path, document: Document, deliveries: Sequence[DemoDelivery], rows: int) -> BulkCity:
    catalog_file = directory / "catalog.yaml"
    write_catalog(document, catalog_file)
    return BulkCity(as_catalog(document), catalog_file, tuple(deliveries), rows)


def _entity_rows(agency: int, count: int, entities: int) -> str:
    """SQL for the rows of one agency: true values, conflicts and nulls drawn per field, a few broken keys."""
    step = next(n for n in range(entities // 3 + 7 * agency + 1, 2 * entities + 3) if math.gcd(n, entities) == 1)
    broken = f"{draw('broken', 'i', str(agency))} % 1000000 < {BROKEN_PER_MILLION}"
    columns = [f"{uscc('i', broken=broken)} AS uscc"]
    for position, name in enumerate(true_values("i")):
        # One byte of the row's luck decides each field; a conflict is the true value of the next entity.
        luck = f"(luck >> {8 * position} & 255)"
        value = true_values(f"(i + ({luck} < {_CONFLICTS})::BIGINT)")[name]
        columns.append(f"CASE WHEN {luck} < {256 - _NULLS} THEN {value} END AS {name}")
    numbers = f"SELECT ({agency * entities // 7} + range * {step}) % {entities} AS i FROM range({count})"
    source = f"SELECT i, hash(i, {agency}, {literal(f'{SEED} luck')}) AS luck FROM ({numbers})"
    return f"SELECT {', '.join(columns)} FROM ({source}), words"


def _permit_rows(rows: int) -> str:
    listed = ", ".join(f"{sql} AS {name}" for name, sql in permit_values().items())
    return f"SELECT {listed} FROM (SELECT range AS i FROM range({rows})), words"


_TERMS: Document = {
    "theme": "综合政务",
    "frequency": "monthly",
    "sharing": {"class": "unconditional"},
    "opening": {"class": "unconditional"},
    "basis": {"statute": {"law": "无锡市公共数据管理办法", "article": "第十七条"}},
}


def _bulk_document(agencies: int) -> Document:
    city = read_catalog()
    known = next(one for one in city["datasets"] if one["name"] == "legal_entity")
    names = ("uscc", *true_values("i"))
    fields = [_plain(next(field for field in known["schema"]["fields"] if field["name"] == name)) for name in names]
    schema = {"key": ["uscc"], "fields": fields}
    entries = [
        _entry(f"agency_{i + 1}", "entities", f"法人信息（来源{i + 1}）", schema)
        | {"delivery": {"format": "parquet" if _FORMS[i % len(_FORMS)][0] == ".parquet" else "csv"}}
        for i in range(agencies)
    ]
    sources = [{"dataset": f"agency_{i + 1}/entities"} for i in range(agencies)]
    golden = {"kind": "golden", "sources": sources, "field_order": {"address": ["agency_2/entities"]} if agencies > 1 else {}}
    entries.append(
        _entry("authority", "legal_entity", "法人基础信息", schema) | {"base_database": "legal_entity", "derivation": golden}
    )
    slugs = ["authority", *(f"agency_{i + 1}" for i in range(agencies))]
    return {"agencies": _agencies(city, slugs), "code_lists": city["code_lists"], "datasets": entries}


def _wide_document() -> Document:
    city = read_catalog()
    elements: dict[str, Document] = {field["name"]: field for entry in city["datasets"] for field in entry["schema"]["fields"]}
    own: dict[str, Document] = {
        "content": {"name": "content", "title": "许可内容", "length": 400},
        "published_at": {"name": "published_at", "title": "公示时间", "type": "datetime"},
        "floor_area_m2": {"name": "floor_area_m2", "title": "建筑面积（平方米）", "type": "number", "minimum": 0},
        "is_online": {"name": "is_online", "title": "是否网办", "type": "boolean"},
        "remark": {"name": "remark", "title": "备注", "length": 200},
    }
    fields = [_plain({**elements.get(name, {}), **own.get(name, {})}) for name in permit_values()]
    entry = _entry("agency_1", "permits", "行政许可明细", {"key": ["decision_number"], "fields": fields})
    entry |= {"delivery": {"format": "csv"}}
    return {"agencies": _agencies(city, ["agency_1"]), "code_lists": city["code_lists"], "datasets": [entry]}


def _plain(field: Document) -> Document:
    """A field without references to data sets that are not here, and as open as its data set."""
    return {name: value for name, value in field.items() if name not in ("reference", "opening", "source_names", "required")}


def _entry(agency: str, name: str, title: str, schema: Document) -> Document:
    return {
        "agency": agency,
        "name": name,
        "title": title,
        "description": f"{title}，基准测试用生成数据。",
        **_TERMS,
        "schema": schema,
    }


def _agencies(city: Document, slugs: Sequence[str]) -> list[dict[str, Any]]:
    """Agencies of the demo city under plain names."""
    return [agency | {"slug": slug} for slug, agency in zip(slugs, city["agencies"], strict=False)]
