"""Seventeen checks on five million rows, against the same counts in hand-written DuckDB SQL, in the same run.

Run it by name: `pytest tests/benchmarks/bench_checks.py -m slow -s`. It asserts a ratio, never a time.
"""

import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from catalog_service.catalog.quality import Metric, QualityRun
from tests.benchmarks.checks_data import write_companies
from tests.unit.expectations.support import check, rule

ROWS = 5_000_000
ROUNDS = 3
GREATEST_RATIO = 1.6
AGENCIES = "(SELECT 'AG' || lpad(i::VARCHAR, 3, '0') AS id FROM range(60) AS r(i))"
RULES = (
    rule(Metric.ROW_COUNT, minimum=1),
    *(rule(Metric.NOT_NULL, name) for name in ("uscc", "ent_name", "region_code", "agency_id", "update_ts")),
    rule(Metric.UNIQUE, "uscc", columns=["uscc"]),
    rule(Metric.UNIQUE, columns=["agency_id", "source_rec_no"]),
    rule(Metric.MATCHES, "uscc", pattern="[0-9A-HJ-NPQRTUWXY]{18}"),
    rule(Metric.MATCHES, "legal_rep_id", pattern="[0-9]{17}[0-9X]"),
    rule(Metric.IN_SET, "ent_type", values=list("ABCDE")),
    rule(Metric.IN_SET, "status", values=["存续", "注销", "吊销", "迁出"]),
    rule(Metric.BETWEEN, "capital", minimum=0, maximum=None),
    rule(Metric.BETWEEN, "source_rec_no", minimum=0, maximum=10**12),
    rule(Metric.MAX_LENGTH, "phone", length=11),
    rule(Metric.MAX_LENGTH, "ent_name", length=40),
    rule(Metric.REFERENCE, "agency_id", dataset="city/agencies", field="id"),
)


def _floor(relation: str) -> tuple[str, ...]:
    """The fewest queries a person would write for the same counts, without samples."""
    duplicates = "SELECT count(*), sum(n) FROM (SELECT count(*) AS n FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1)"
    return (
        f"""SELECT count(*), count(uscc), count(ent_name), count(region_code), count(agency_id), count(update_ts),
            count(*) FILTER (NOT regexp_full_match(uscc, '[0-9A-HJ-NPQRTUWXY]{{18}}')),
            count(*) FILTER (NOT regexp_full_match(legal_rep_id, '[0-9]{{17}}[0-9X]')),
            count(*) FILTER (ent_type NOT IN ('A', 'B', 'C', 'D', 'E')),
            count(*) FILTER (status NOT IN ('存续', '注销', '吊销', '迁出')),
            count(*) FILTER (capital < 0), count(*) FILTER (source_rec_no < 0 OR source_rec_no > 1000000000000),
            count(*) FILTER (length(phone) > 11), count(*) FILTER (length(ent_name) > 40),
            count(*) FILTER (agency_id IS NOT NULL AND agency_id NOT IN (SELECT id FROM {AGENCIES})) FROM {relation}""",
        duplicates.format(relation, "uscc IS NOT NULL", "uscc"),
        duplicates.format(relation, "agency_id IS NOT NULL OR source_rec_no IS NOT NULL", "agency_id, source_rec_no"),
    )


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_checks_cost_little_more_than_hand_written_sql(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "companies.parquet"
    write_companies(file, ROWS)
    relation = f"read_parquet(['{file}'])"
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": "1GB",
        "temp_directory": str(tmp_path / "spill"),
        "preserve_insertion_order": "false",
    }
    connection = duckdb.connect(config=limits)
    check("range(1) AS t(uscc)", RULES[:2], connection=connection)  # imports Great Expectations
    fixed = [
        _seconds(lambda: check(f"(FROM {relation} LIMIT 0)", RULES, references={"city/agencies": AGENCIES})) for _ in range(3)
    ]

    floors, checks, runs = [], [], list[QualityRun]()
    for _ in range(ROUNDS):
        floors.append(_seconds(lambda: [connection.execute(query).fetchall() for query in _floor(relation)]))
        checks.append(
            _seconds(lambda: runs.append(check(relation, RULES, connection=connection, references={"city/agencies": AGENCIES})))
        )

    # CPU seconds: other work on the machine disturbs them least.
    ratio = statistics.median(ours[1] / floor[1] for ours, floor in zip(checks, floors, strict=True))
    with capsys.disabled():
        print(f"\n{ROWS:,} rows × 12 columns × {len(RULES)} rules, medians of {ROUNDS}")  # noqa: T201
        for name, times in (("hand-written SQL", floors), ("checks", checks), ("checks, 0 rows", fixed)):
            wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
            print(f"  {name:18s} wall {wall:6.2f} s   cpu {cpu:6.2f} s")  # noqa: T201
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"  ratio {ratio:.2f} (at most {GREATEST_RATIO}), peak RSS {peak} MB")  # noqa: T201
    assert [one.unexpected_count for one in runs[-1].measurements if one.rule.metric is Metric.UNIQUE] == [
        2 * ROWS // 500_000,
        0,
    ]
    assert all(one.error == "" for one in runs[-1].measurements)
    assert ratio <= GREATEST_RATIO
