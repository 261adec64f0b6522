"""Flights of 2013 whose planes and airports are known to be missing from their lists."""

import os
import zipfile
from pathlib import Path

import pytest

from catalog_service.catalog.quality import Metric
from lake.expressions import literal
from tests.unit.expectations.support import check, measured, rule

SHARED = Path(os.environ.get("WUXI_SHARED", Path(__file__).parents[4] / "shared"))
FLIGHTS = SHARED / "data" / "nycflights13"


@pytest.mark.skipif(not FLIGHTS.is_dir(), reason="the shared data are not here: set WUXI_SHARED")
def test_orphans_of_the_flights_are_counted_exactly(tmp_path: Path) -> None:
    with zipfile.ZipFile(FLIGHTS / "flights.csv.zip") as archive:
        [name] = archive.namelist()
        file = archive.extract(name, tmp_path)

    def lines(path: str) -> str:
        return f"read_csv({literal(path)}, header = true, all_varchar = true, nullstr = ['', 'NA'])"

    rules = [
        rule(Metric.REFERENCE, "tailnum", dataset="faa/planes", field="tailnum"),
        rule(Metric.REFERENCE, "dest", dataset="faa/airports", field="faa"),
        rule(Metric.NOT_NULL, "tailnum"),
    ]
    targets = {"faa/planes": lines(str(FLIGHTS / "planes.csv")), "faa/airports": lines(str(FLIGHTS / "airports.csv"))}

    run = check(lines(file), rules, references=targets)

    found = measured(run)
    assert run.row_count == 336_776
    assert found["dest__reference"].unexpected_count == 7_602
    assert found["dest__reference"].examples == ("BQN", "PSE", "SJU", "STT")
    # 52,606 flights have no plane: 2,512 name none, the others one that is not listed.
    assert found["tailnum__not_null"].unexpected_count + found["tailnum__reference"].unexpected_count == 52_606
