"""Eight quarters of crime records without any id: each quirk is handled or refused with its reason, and no row is lost.

Facts of the files: the last row of each is a footnote of the publisher, with neither date nor place; four rows have a day
that does not exist (such as 1040500). So the records are declared twice: with dates as text, where all 114,696 rows stay,
and with dates as dates, where those four are set aside with their positions.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.errors import Language
from catalog_service.services.platform import Platform
from tests.acceptance.support import agencies, balance, counted, deliver, entry, publish, query, revise, run
from tests.support.shared_data import SHARED, needs

pytestmark = [needs("tw_police_crime"), pytest.mark.slow]

WRITTEN, DATED = "police/crimes", "police/crimes_dated"
ROWS = [13_069, 14_650, 15_875, 14_529, 12_093, 14_687, 15_908, 13_885]
EVENT = "kind, occurred, place"


def files() -> list[Path]:
    return sorted((SHARED / "tw_police_crime").glob("*.csv"))


def catalog(id_: str, *ignored: str) -> Catalog:
    date = {"name": "occurred", "title": "發生日期"}
    if id_ == DATED:
        date |= {"type": "date", "date_order": "roc"}
    form = {"mode": "incremental", "ignored_columns": ignored}
    crimes = entry(id_, ["kind=案類", date, "place=發生地點"], title="犯罪資料", frequency="quarterly", delivery=form)
    return Catalog(agencies=agencies({"police": "警察局"}), datasets=(crimes,))


@dataclass(frozen=True)
class Delivered:
    """The platform after all quarters, and the reports before and after the entry was revised."""

    platform: Platform
    before: tuple[Delivery, ...]
    after: tuple[Delivery, ...]

    @property
    def accepted(self) -> list[Delivery]:
        return [self.before[0], *self.after]


def _deliver_all(home: Path, id_: str) -> Iterator[Delivered]:
    with publish(home, catalog(id_)) as platform:
        deliver(platform, id_, *files())
        before = run(platform)
        assert revise(platform, catalog(id_, ""), home).counts.updated == 1
        deliver(platform, id_, *files()[1:])
        after = run(platform)
        balance([*before.values(), *after.values()])
        yield Delivered(platform, before[id_].deliveries, after[id_].deliveries)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivered]:
    yield from _deliver_all(tmp_path_factory.mktemp("crimes"), WRITTEN)


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivered]:
    yield from _deliver_all(tmp_path_factory.mktemp("dated"), DATED)


def test_the_new_unnamed_column_is_refused_by_name_of_the_fault(delivered: Delivered) -> None:
    assert [one.state.value for one in delivered.before] == ["loaded", *["rejected"] * 7]
    for one in delivered.before[1:]:
        (problem,) = one.problems
        assert (problem.code, problem.where.file, problem.where.row) == ("unnamed-column", one.file_name, 1)
        assert "第 4 列没有列名" in problem.to(Language.ZH)
        assert "ignored_columns" in problem.to(Language.EN)
        assert (one.rows_read, one.rows_accepted, one.rows_quarantined) == (0, 0, 0)


def test_once_the_entry_knows_the_column_every_row_is_accepted_and_stays(delivered: Delivered) -> None:
    accepted = delivered.accepted
    assert [one.state.value for one in accepted] == ["loaded"] * 8
    assert [(one.rows_read, one.rows_accepted, one.rows_quarantined) for one in accepted] == [(n, n, 0) for n in ROWS]
    assert sum(ROWS) == 114_696
    for zone in ("raw", "standard", "open"):
        assert counted(delivered.platform, f"SELECT count(*) FROM {zone}.police.crimes") == 114_696


def test_exact_repeats_are_counted_and_kept(delivered: Delivered) -> None:
    repeats = "SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM standard.police.crimes GROUP BY {})"
    assert counted(delivered.platform, repeats.format(f"_delivery_id, {EVENT}")) == 38_204
    assert counted(delivered.platform, repeats.format(EVENT)) == 38_211


def test_padding_is_trimmed_and_values_are_otherwise_as_written(delivered: Delivered) -> None:
    rows = query(delivered.platform, f"SELECT {EVENT}, count(*) FROM open.police.crimes GROUP BY {EVENT}")
    assert {row[:3]: row[3] for row in rows} == dict(Counter(tuple(cells) for _, _, cells in written()))
    footnotes = [row for row in rows if row[1] is None]
    assert sum(row[3] for row in footnotes) == 8
    assert all(row[0].startswith("說明") for row in footnotes)


@pytest.mark.slow
def test_roc_dates_become_dates_and_days_that_do_not_exist_are_set_aside_with_their_rows(dated: Delivered) -> None:
    impossible = {(path.name, row) for path, row, (_, date, _) in written() if date is not None and date.endswith("00")}
    assert len(impossible) == 4
    accepted = dated.accepted
    assert [one.rows_read for one in accepted] == ROWS
    assert [one.rows_quarantined for one in accepted] == [0, 1, 0, 1, 0, 2, 0, 0]
    reasons = {(reason.code, reason.field) for one in accepted for reason in one.quarantine}
    assert reasons == {("bad-type", "occurred")}
    names = {one.id: one.file_name for one in accepted}
    aside = query(dated.platform, "SELECT _delivery_id, _row_number FROM quarantine.police.crimes_dated")
    assert {(names[delivery], row) for delivery, row in aside} == impossible
    rows = query(dated.platform, "SELECT occurred::VARCHAR, count(*) FROM open.police.crimes_dated GROUP BY 1")
    expected = Counter(_gregorian(date) for _, _, (_, date, _) in written() if date is None or not date.endswith("00"))
    assert dict(rows) == dict(expected)
    assert sum(expected.values()) == 114_696 - 4


def written() -> Iterator[tuple[Path, int, list[str | None]]]:
    """Yield file, first line and trimmed texts of every row, as Python reads them."""
    for path in files():
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for row, cells in enumerate(reader, start=2):
                yield path, row, [cell.strip() or None for cell in cells[:3]]


def _gregorian(date: str | None) -> str | None:
    return None if date is None else f"{int(date[:3]) + 1911}-{date[3:5]}-{date[5:]}"
