"""Catalog statistics at 100,000 entries: one pass over the entries, beside a bare scan of the same tables as floor."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.principal import operator
from catalog_service.services.entry_completeness import measure_stale
from catalog_service.services.platform import Platform
from catalog_service.services.statistics import catalog_statistics
from tests.acceptance.support import agencies
from tests.support import city

ENTRIES = int(os.environ.get("WUXI_BENCH_STATISTICS_ENTRIES", "100000"))
AGENCIES = 100
ME = operator("bench")
_SCAN = "SELECT count(r.sharing) FROM catalog_standing s LEFT JOIN catalog_record r ON r.dataset_id = s.dataset_id"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with many entries of many agencies, multiplied in SQL from a hundred that were stored in the usual way."""
    home: Path = tmp_path_factory.mktemp("statistics")
    known = agencies({f"agency_{n}": f"机构{n}" for n in range(AGENCIES)})
    seeds = tuple(city.dataset(f"{one.slug}/seed", ["id", "name"]) for one in known)
    with city.platform(home, Catalog(agencies=known, datasets=seeds)) as opened:
        engine = sa.create_engine(opened.settings.sqlalchemy_url)
        with engine.begin() as connection:
            for table in ("catalog_record", "catalog_record_version", "catalog_standing"):
                _multiply(connection, table, ENTRIES // AGENCIES - 1)
        engine.dispose()
        yield opened


def _multiply(connection: sa.Connection, table: str, copies: int) -> None:
    """Copy every row of a table under other ids; the name in the documents follows."""
    columns = [row.name for row in connection.execute(sa.text(f"PRAGMA table_info({table})"))]
    values = {"dataset_id": "dataset_id || n", "document": """replace(document, '"name":"seed"', '"name":"seed' || n || '"')"""}
    selected = ", ".join(values.get(name, name) for name in columns)
    numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :copies)"
    insert = f"INSERT INTO {table} ({', '.join(columns)}) {numbers} SELECT {selected} FROM {table}, numbers"
    connection.execute(sa.text(insert), {"copies": copies})


def _best(work: Callable[[], object], rounds: int = 3) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


@pytest.mark.slow
def test_statistics_of_many_entries_are_one_pass(platform: Platform) -> None:
    """Counting by agency, state, class and base database costs a few times a bare scan of the same two tables, not more."""
    engine = sa.create_engine(platform.settings.sqlalchemy_url)

    def scan() -> None:
        with engine.connect() as connection:
            assert connection.scalar(sa.text(_SCAN)) == ENTRIES

    def count() -> None:
        with platform.database.reading() as transaction:
            assert sum(one.entries for one in transaction.statistics.entries()) == ENTRIES

    floor, counted = _best(scan), _best(count)
    engine.dispose()
    start = time.perf_counter()
    measured = measure_stale(platform, limit=5_000)
    rate = measured / (time.perf_counter() - start)
    whole = _best(lambda: catalog_statistics(platform, ME), rounds=2)
    print(  # noqa: T201
        f"\n{ENTRIES:,} entries: bare scan {floor:.3f} s, counts {counted:.3f} s; whole statistics {whole:.3f} s, "
        f"500 entries measured on the way ({rate:,.0f} entries/s)"
    )
    assert counted < 8 * floor + 0.05
