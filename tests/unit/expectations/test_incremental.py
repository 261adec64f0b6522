"""Checks that remember find what checks of everything find: counts, repeated keys, failing rows, samples."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog_service.catalog.quality import CheckMemory, Metric
from expectations.checking import Checked, Circumstances, run_checks
from expectations.counting import FILE_COLUMN
from tests.benchmarks.checks_work import StoredRows
from tests.unit.expectations.support import rule

RULES = (
    rule(Metric.ROW_COUNT, minimum=1),
    rule(Metric.NOT_NULL, "k"),
    rule(Metric.UNIQUE, "k", columns=["k"]),
    rule(Metric.UNIQUE, columns=["a", "b"]),
    rule(Metric.UNIQUE, "a", columns=["a"]).model_copy(update={"name": "a__conditional", "condition": "b > 'y2'"}),
    rule(Metric.IN_SET, "a", values=["x0", "x1", "x2"]),
    rule(Metric.SATISFIES, expression="a <> 'x3' OR b IS NOT NULL"),
    rule(Metric.COMPARE, "a", operator="<=", other="b"),
    rule(Metric.REFERENCE, "b", dataset="city/codes", field="code"),
    rule(Metric.AGREES, "a", dataset="city/codes", other="name", key={"b": "code"}),
)
CODES = {"city/codes": "(SELECT * FROM (VALUES ('y0', 'x0'), ('y1', 'x9'), ('y2', NULL)) AS codes(code, name))"}


class Delivered:
    """A table that grows by files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = duckdb.connect()
        self.stored = StoredRows(self.connection, folder)
        self.files: list[Path] = []

    def add(self, source: random.Random, rows: int) -> None:
        def maybe(value: object) -> object:
            return None if source.random() < 0.1 else value

        columns = {
            "k": [maybe(f"K{source.randrange(400):03d}") for _ in range(rows)],
            "a": [maybe(f"x{source.randrange(4)}") for _ in range(rows)],
            "b": [maybe(f"y{source.randrange(40)}") for _ in range(rows)],
        }
        path = self.folder / f"{len(self.files)}.parquet"
        pq.write_table(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), path)
        self.files.append(path)

    def check(
        self, memory: CheckMemory, *, hashes: Path | None, keeps: bool = True, codes: Mapping[str, str] = CODES
    ) -> Checked:
        paths = ", ".join(f"'{path}'" for path in self.files)
        return run_checks(
            self.connection,
            f"read_parquet([{paths}], union_by_name = true, filename = '{FILE_COLUMN}', file_row_number = true)",
            RULES,
            table="standard/city/things",
            version=0,
            reference_relation=codes.get,
            circumstances=Circumstances(
                key=("k",),
                files={str(path): path.name for path in self.files},
                memory=memory,
                hashes=hashes,
                failed_rows=self.stored if keeps else StoredRows(self.connection, self.folder / "fresh"),
            ),
        )

    def failing(self, done: Checked) -> list[tuple[Any, ...]]:
        assert done.memory.failed is not None
        if done.memory.failed.version < 0:  # no row has ever failed
            return []
        relation = self.stored.relation(done.memory.failed.version)
        query = f"SELECT rule, key, value, count(*) FROM {relation} GROUP BY ALL ORDER BY ALL"
        return self.connection.execute(query).fetchall()


def _outcome(done: Checked) -> list[tuple[object, ...]]:
    return [
        (one.rule.name, one.passed, one.evaluated_count, one.unexpected_count, one.examples, one.error)
        for one in done.run.measurements
    ]


def _failing_anew(table: Delivered, folder: Path) -> tuple[Checked, list[tuple[Any, ...]]]:
    folder.mkdir(exist_ok=True)
    kept, table.stored = table.stored, StoredRows(table.connection, folder)
    done = table.check(CheckMemory(), hashes=None)
    found = table.failing(done)
    table.stored = kept
    return done, found


def _check_growth(folder: Path, seed: int, sizes: Sequence[int]) -> None:
    source, table, memory = random.Random(seed), Delivered(folder), CheckMemory()
    for step, rows in enumerate(sizes):
        table.add(source, rows)
        done = table.check(memory, hashes=folder / "keys")
        anew, failing = _failing_anew(table, folder / f"anew-{step}")
        assert _outcome(done) == _outcome(anew)
        assert table.failing(done) == failing
        counted = {one.rule.name: one.unexpected_count for one in done.run.measurements if one.unexpected_count}
        assert {name: sum(row[3] for row in failing if row[0] == name) for name in counted} == counted
        memory = CheckMemory.model_validate_json(done.memory.model_dump_json())


def test_a_growing_table_is_checked_as_if_it_were_new(tmp_path: Path) -> None:
    _check_growth(tmp_path, 7, (300, 5, 40))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_many_growing_tables_are_checked_as_if_they_were_new(tmp_path: Path, seed: int) -> None:
    source = random.Random(seed)
    _check_growth(tmp_path, seed, [source.choice([0, 1, 30, 3_000]) for _ in range(6)])


def test_nothing_is_read_again_and_a_changed_reference_only_for_its_rules(tmp_path: Path) -> None:
    table = Delivered(tmp_path)
    table.add(random.Random(1), 200)
    first = table.check(CheckMemory(), hashes=None)
    again = table.check(first.memory, hashes=None)
    assert _outcome(again) == _outcome(first)
    assert again.memory == first.memory
    assert first.failed is not None
    assert again.failed is not None
    assert (first.failed.is_written, again.failed.is_written) == (True, False)

    fuller = {"city/codes": f"(FROM {CODES['city/codes']} UNION ALL SELECT 'y3', 'x1')"}
    changed = table.check(first.memory, hashes=None, codes=fuller)
    before, after = ({one.rule.name: one.unexpected_count for one in done.run.measurements} for done in (first, changed))
    assert after["b__reference"] < before["b__reference"]
    assert {name for name in after if after[name] != before[name]} <= {"b__reference", "a__agrees"}
    kept = {name for name in first.memory.counts["0.parquet"] if name in changed.memory.counts["0.parquet"]}
    assert len(changed.memory.counts["0.parquet"]) == len(kept) + 3, "one count of orphans, two of counterparts"


def test_a_file_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    table, source = Delivered(tmp_path), random.Random(3)
    table.add(source, 100)
    table.add(source, 100)
    both = table.check(CheckMemory(), hashes=tmp_path / "keys")
    del table.files[0]
    one = table.check(both.memory, hashes=tmp_path / "keys")
    anew, failing = _failing_anew(table, tmp_path / "anew")
    assert _outcome(one) == _outcome(anew)
    assert table.failing(one) == failing
    assert set(one.memory.counts) == {"1.parquet"}
