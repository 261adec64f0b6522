"""Five thousand entries in one workbook of the national form, imported and published in one go, with progress.

Run it by name: `pytest tests/benchmarks/bench_import.py -m slow -s`. The floor is what no import can leave out: openpyxl reads
the cells, the model takes in each entry. CPU seconds, which other work on the machine disturbs least; the aim is a minute.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import load_workbook
from stdnum.cn import uscc

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.formats.exporting import write_catalog
from catalog_service.services.compiling import import_catalog
from catalog_service.settings import Settings
from tests.support.big_catalog import datasets
from tests.support.homes import open_platform

ENTRIES = 5_000
AIM_SECONDS = 60
LARGEST_RATIO = 3.0
PLACE = "30199999"


def _agency(number: int) -> Agency:
    stem = f"113202000{number:08d}"
    code = stem + uscc.calc_check_digit(stem)
    return Agency(
        slug=f"agency_{number}", uscc=code, name=f"第{number}局", responsible_unit="信息处", responsible_person="某某"
    )


def _floor(workbook: Path, entries: Sequence[Dataset]) -> float:
    """Return the CPU seconds of reading the cells with openpyxl and taking the entries into the model."""
    documents = [one.model_dump(mode="json", by_alias=True) for one in entries]
    start = time.process_time()
    for sheet in load_workbook(workbook, read_only=True).worksheets:
        for _ in sheet.iter_rows(values_only=True):
            pass
    for one in documents:
        Dataset.model_validate(one)
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_five_thousand_entries_are_imported_for_little_more_than_reading_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = tuple(one.model_copy(update={"classification": PLACE}) for one in datasets(ENTRIES))
    agencies = tuple(_agency(number) for number in range(120))
    write_catalog(Catalog(agencies=agencies, datasets=entries), tmp_path / "catalog.xlsx")
    told: list[tuple[int, int]] = []
    with open_platform(Settings(home=tmp_path / "home")) as platform:
        start, begun = time.process_time(), time.monotonic()
        report = import_catalog(
            platform, tmp_path / "catalog.xlsx", publish=True, progress=lambda done, total: told.append((done, total))
        )
        seconds, waited = time.process_time() - start, time.monotonic() - begun
    floor = _floor(tmp_path / "catalog.xlsx", entries)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{ENTRIES:,} entries with {ENTRIES * 20:,} fields imported from XLSX in {waited:.0f} s "
            f"(aim {AIM_SECONDS} s), {seconds:.0f} s of them CPU, {seconds / floor:.2f} times the floor"
        )
    assert (report.counts.published, report.problems) == (ENTRIES, ())
    assert told == [(done, ENTRIES) for done in range(ENTRIES)]
    assert seconds <= LARGEST_RATIO * floor
