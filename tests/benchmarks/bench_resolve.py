"""Resolution of golden records against hand-written floors, and what a daily change costs, in one run.

`pytest tests/benchmarks/bench_resolve.py -m slow -s` prints the table; `WUXI_BENCH_ROWS` makes it smaller: below a few million
rows the fixed parts weigh more. Ratios and peak memory are asserted, never a time; ratios are of processor seconds, the
smaller of two tries, so that other work on the machine does not decide.
"""

import os
from pathlib import Path

import pytest

from tests.benchmarks.measuring import measure

ROWS = int(os.environ.get("WUXI_BENCH_ROWS", "10000000"))
CHANGE_ROWS = int(os.environ.get("WUXI_BENCH_CHANGE_ROWS", "3000000"))
"""Before a daily change, and three times as many: at 10 million rows resolving all of them alone takes minutes."""
CHANGED_KEYS = CHANGE_ROWS // 100
TRIES = 2
MODULE = "tests.benchmarks.resolving"
LARGEST_RATIO = {"record": 1.3, "field": 1.5}
LARGEST_PEAK_MB = {"record": 1_024, "field": 3_584}
LARGEST_SHARE_OF_CHANGE = 0.15
LARGEST_GROWTH_OF_CHANGE = 1.5

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]


@pytest.mark.parametrize("level", ["record", "field"])
def test_resolving_everything(level: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure(MODULE, "prepare", tmp_path, ROWS, level)
    tried = [(measure(MODULE, "floor", tmp_path, level), measure(MODULE, "ours", tmp_path, level)) for _ in range(TRIES)]
    floor, ours = (min(side, key=lambda one: float(one.result["cpu"])) for side in zip(*tried, strict=True))
    ratio = ours.result["cpu"] / floor.result["cpu"]
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{level}, {ROWS:,} rows: floor {floor.result['cpu']:.2f} s CPU {floor.peak_mb:,} MB, "
            f"ours {ours.result['cpu']:.2f} s CPU {ours.peak_mb:,} MB, ratio {ratio:.2f}"
        )
    assert ours.result["rows"] == floor.result["rows"]
    assert ratio <= LARGEST_RATIO[level]
    assert ours.peak_mb <= LARGEST_PEAK_MB[level]


def test_a_daily_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {}
    for rows in (CHANGE_ROWS, 3 * CHANGE_ROWS):
        home = tmp_path / str(rows)
        measure(MODULE, "prepare", home, rows)
        one = found[rows] = measure(MODULE, "change", home, CHANGED_KEYS).result
        with capsys.disabled():
            print(  # noqa: T201
                f"\n{CHANGED_KEYS:,} changed keys on {rows:,} rows: everything {one['full']:.2f} s CPU, "
                f"changed {one['changed']:.2f} s ({one['changed'] / one['full']:.0%}), "
                f"with the merged tables written anew {one['published']:.2f} s ({one['published'] / one['full']:.0%})"
            )
    growth = found[3 * CHANGE_ROWS]["changed"] / found[CHANGE_ROWS]["changed"]
    with capsys.disabled():
        print(f"\nthe same change on three times the rows: {growth:.2f} times as long")  # noqa: T201
    assert found[CHANGE_ROWS]["changed"] <= LARGEST_SHARE_OF_CHANGE * found[CHANGE_ROWS]["full"]
    assert growth <= LARGEST_GROWTH_OF_CHANGE
