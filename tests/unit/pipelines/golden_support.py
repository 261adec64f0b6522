"""Golden records without the rest of the main job: source tables are written and released directly, then resolved."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catalog_service.catalog.dataset import Dataset
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, release
from lake.expressions import literal
from lake.tables import Mode
from pipelines.golden import build_golden, decisions_on
from pipelines.workbench import Workbench
from tests.support import city

Row = tuple[str | None, ...]
FIELDS = ["id", "x", "y"]
SOURCES = ("a/d", "b/d", "c/d")


def open_city(home: Path, **derivation: Any) -> Platform:
    """Three sources that only grow, and the golden records made from them."""
    form = {"format": "csv", "mode": "incremental"}
    sources = [city.dataset(id_, FIELDS, delivery=form) for id_ in SOURCES]
    golden = {"kind": "golden", "sources": [{"dataset": id_} for id_ in SOURCES], **derivation}
    return city.platform(home, city.catalog(*sources, city.dataset("authority/golden", FIELDS, ["id"], derivation=golden)))


def add(platform: Platform, source: str, delivery: str, rows: Sequence[Row], *, replaces: bool = False) -> None:
    """Let a source have more rows, or others."""
    values = ", ".join(f"({', '.join(literal(v) for v in (*row, delivery))}, {n})" for n, row in enumerate(rows, 1))
    names = ", ".join((*FIELDS, "_delivery_id", "_row_number"))
    casts = ", ".join(
        (*(f"{name}::VARCHAR AS {name}" for name in (*FIELDS, "_delivery_id")), "_row_number::BIGINT AS _row_number")
    )
    lake, key = platform.lake, f"standard/{source}"
    mode: Mode = "append" if lake.exists(key) and not replaces else "overwrite"
    with lake.connect() as connection:
        release(
            platform,
            [lake.write(key, connection, f"SELECT {casts} FROM (VALUES {values}) t({names})", mode=mode, token=delivery)],
        )


def resolve(platform: Platform, token: str) -> None:
    """Make and release the golden tables from what is published."""
    with platform.database.reading() as transaction:
        catalog = transaction.catalog.snapshot()
    dataset = catalog.dataset["authority/golden"]
    published = current(platform)
    sources = {id_: published[f"standard/{id_}"] for id_ in SOURCES if f"standard/{id_}" in published}
    with Workbench(platform, catalog, dataset) as bench:
        release(platform, build_golden(bench, sources, decisions_on(platform, dataset), token))


def table(platform: Platform, suffix: str = "") -> list[dict[str, Any]]:
    """Return the published rows of the golden table, or of one beside it, in a fixed order."""
    found = current(platform).get("base/authority/golden" + suffix)
    if found is None or not found.files:
        return []
    with platform.lake.connect() as connection:
        cursor = connection.execute(f"FROM {platform.lake.relation(f.path for f in found.files)} ORDER BY ALL")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def golden_dataset(platform: Platform) -> Dataset:
    """Return the golden entry."""
    with platform.database.reading() as transaction:
        return transaction.catalog.snapshot().dataset["authority/golden"]
