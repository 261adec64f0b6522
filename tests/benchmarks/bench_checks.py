"""Seventeen checks on twelve columns, against the same counts in hand-written DuckDB SQL, in the same run; then 1 % more rows.

Run it by name: `pytest tests/benchmarks/bench_checks.py -m slow -s`. It asserts ratios of CPU seconds, never a time: the
best of each side, for other work on the machine only ever adds to them, and of more rounds where three are not enough.
`WUXI_BENCH_CHECK_ROWS` sets the number of rows (default 5 million; 50 million takes minutes).
"""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from catalog_service.catalog.quality import Metric
from tests.benchmarks.checks_data import more_companies, write_companies
from tests.benchmarks.checks_work import RULES, Bench, Spent
from tests.benchmarks.measuring import forget_peak, peak_mb

ROWS = int(os.environ.get("WUXI_BENCH_CHECK_ROWS", "5000000"))
ROUNDS, MOST_ROUNDS = 3, 7
GREATEST_RATIO = 1.2
GREATEST_SHARE = 0.15
"""Of the full run, after an addition of 1 %."""
GREATEST_PEAK_MB = 3_000


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_checks_cost_little_more_than_hand_written_sql(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, addition = tmp_path / "companies.parquet", tmp_path / "more.parquet"
    write_companies(file, ROWS)
    more_companies(file, addition, ROWS)
    bench = Bench(tmp_path)
    bench.warm_up()
    forget_peak()

    floors: list[Spent] = []
    checks: list[Spent] = []
    additions: list[Spent] = []
    for number in range(MOST_ROUNDS):
        if number >= ROUNDS and _ratio(checks, floors) <= GREATEST_RATIO and _ratio(additions, checks) <= GREATEST_SHARE:
            break
        floors.append(bench.spend(lambda: bench.floor(file)))
        bench.forget()
        checks.append(bench.spend(lambda: bench.check([file])))
        additions.append(bench.spend(lambda: bench.check([file, addition])))
    again = bench.spend(lambda: bench.check([file, addition]))
    added = bench.last
    bench.forget()
    bench.check([file, addition])

    ratio, share = _ratio(checks, floors), _ratio(additions, checks)
    peak = peak_mb()
    with capsys.disabled():
        print(f"\n{ROWS:,} rows × 12 columns × {len(RULES)} rules, medians of {len(checks)}")  # noqa: T201
        rows = (("hand-written SQL", floors), ("checks", checks), ("checks after + 1 %", additions), ("checked again", [again]))
        for name, times in rows:
            print(f"  {name:20s} {Spent.median(times)}")  # noqa: T201
        print(f"  ratio {ratio:.2f} (at most {GREATEST_RATIO}), after + 1 % {share:.2f}, peak RSS {peak} MB")  # noqa: T201
    assert [one.unexpected_count for one in added.measurements] == [one.unexpected_count for one in bench.last.measurements]
    assert [one.unexpected_count for one in added.measurements if one.rule.metric is Metric.UNIQUE] == [2 * ROWS // 500_000, 0]
    assert all(one.error == "" for one in added.measurements)
    assert ratio <= GREATEST_RATIO
    assert share <= GREATEST_SHARE
    assert peak <= GREATEST_PEAK_MB


def _ratio(ours: Sequence[Spent], theirs: Sequence[Spent]) -> float:
    return min(one.cpu for one in ours) / min(one.cpu for one in theirs)
