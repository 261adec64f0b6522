"""What a check costs beside reading rows: two hundred small data sets with twenty rules each, beside stock Great Expectations.

Ours takes in everything: rules, suite, outcomes stored durably, catalog database. Stock validates the same twenty rules on a
pandas frame and keeps nothing. CPU seconds, for other work on the machine disturbs them least.

Run it by name: `pytest tests/benchmarks/bench_fixed_cost.py -m slow -s`. `WUXI_BENCH_DATA_SETS` sets their number.
"""

import importlib
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from catalog_service.services.delivering import receive
from catalog_service.services.publishing import published_catalog
from expectations.rules import derive_rules
from pipelines.loading import load_pending
from pipelines.rechecking import recheck
from pipelines.workbench import Workbench
from tests.support import city

DATA_SETS = int(os.environ.get("WUXI_BENCH_DATA_SETS", "200"))
GREATEST_RATIO_TO_STOCK = 1.8
STOCK_DATA_SETS = 20
ALL = 3_000


def _stock(files: Sequence[Path]) -> float:
    """Return the CPU seconds a file of the same rules in stock Great Expectations on pandas, warmed up."""
    import great_expectations as gx
    import pandas as pd

    gxe: Any = importlib.import_module("great_expectations.expectations")
    context = gx.get_context(mode="ephemeral")
    source = context.data_sources.add_pandas("frames")
    spent = []
    for number, path in enumerate(files):
        start = time.process_time()
        asset = source.add_dataframe_asset(f"asset {number}")
        frame = pd.read_csv(path, dtype=str)
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
        rules = [gxe.ExpectTableRowCountToBeBetween(min_value=1), gxe.ExpectColumnValuesToBeUnique(column="f0")]
        rules += [gxe.ExpectColumnValuesToNotBeNull(column=name) for name in frame]
        rules += [gxe.ExpectColumnValuesToMatchRegex(column=name, regex="^[a-z0-9]+$") for name in frame]
        assert batch.validate(gx.ExpectationSuite(name=f"suite {number}", expectations=rules)).success
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def _waited() -> float:
    """Return for how many seconds this thread has waited for a core; 0 where the system does not tell."""
    told = Path("/proc/thread-self/schedstat")
    return int(told.read_text().split()[1]) / 1e9 if told.exists() else 0.0


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_a_check_of_a_small_data_set_costs_little(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fields = [{"name": f"f{n}", "required": True, "pattern": "[a-z0-9]+"} for n in range(9)]
    datasets = [city.dataset(f"agency/d{n}", fields, ["f0"]) for n in range(DATA_SETS)]
    with city.platform(tmp_path / "home", city.catalog(*datasets)) as platform:
        catalog = published_catalog(platform)
        assert len(derive_rules(datasets[0], catalog)) == 20
        header = ",".join(f"f{n}" for n in range(9))
        files = []
        for one in datasets:
            path = tmp_path / f"{one.name}.csv"
            path.write_text(f"{header}\n" + "\n".join(f"{one.name}k{row}" + ",x" * 8 for row in range(50)) + "\n", "utf-8")
            files.append(path)
            receive(platform, one.id, path)
            with Workbench(platform, catalog, catalog.dataset[one.id]) as bench:
                assert load_pending(bench).withheld == ()
        wall, cpu, waited = time.perf_counter(), time.process_time(), _waited()
        runs = recheck(platform)
        spent, wall = (time.process_time() - cpu) / DATA_SETS, (time.perf_counter() - wall) / DATA_SETS
        waited = (_waited() - waited) / DATA_SETS
    stock = _stock(files[:STOCK_DATA_SETS])
    with capsys.disabled():
        each = f"wall {wall:.3f} s, of which {waited:.3f} s for a core that other work held, cpu {spent:.3f} s each"
        whole = (
            f"{spent / stock:.2f} of stock; {ALL:,} data sets: {ALL * (wall - waited) / 60:.0f} minutes on a core of their own"
        )
        print(f"\n{DATA_SETS} data sets × 20 rules: {each}; {whole}")  # noqa: T201
    assert all(one.passed for run in runs for one in run.measurements)
    assert spent <= GREATEST_RATIO_TO_STOCK * stock
