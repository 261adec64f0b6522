"""Article 17: deliveries are aggregated as prescribed, and balance: accepted + quarantined = read."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.delivery import Delivery
from catalog_service.services.delivering import receive, recent
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from pipelines.workbench import Outcome
from tests.acceptance.support import agencies, deliver, entry, publish, query, run

# number, opened, price: the second row's date and the fourth row's key do not fit
ROWS = [
    ("1", "2020-01-02", "3.50"),
    ("2", "昨天", "4"),
    ("3", "２０２０年1月3日", ""),
    ("", "2020-01-05", "6"),
    ("5", "20200106", "1,234.00"),
]
HEADER = ["number", "opened", "price"]
FIELDS = ["number", "opened:date", "price:decimal"]


def _csv(path: Path, encoding: str = "utf-8") -> None:
    quoted = [",".join(f'"{value}"' for value in row) for row in (HEADER, *ROWS)]
    path.write_text("\n".join(quoted) + "\n", encoding=encoding)


def _gzipped(path: Path) -> None:
    _csv(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def _xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (HEADER, *ROWS):
        book.active.append(list(row))
    book.save(path)


def _records() -> list[dict[str, str]]:
    return [dict(zip(HEADER, row, strict=True)) for row in ROWS]


def _json(path: Path) -> None:
    path.write_text(json.dumps(_records(), ensure_ascii=False), encoding="utf-8")


def _ndjson(path: Path) -> None:
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in _records()), encoding="utf-8")


def _parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(_records()), path)


FORMS: dict[str, tuple[dict[str, str], Callable[[Path], None]]] = {
    "utf8_bom": ({}, lambda path: _csv(path, "utf-8-sig")),
    "gb18030": ({"encoding": "gb18030"}, lambda path: _csv(path, "gb18030")),
    "gbk": ({"encoding": "gbk"}, lambda path: _csv(path, "gbk")),
    "gzipped": ({}, _gzipped),
    "xlsx": ({"format": "xlsx"}, _xlsx),
    "json": ({"format": "json"}, _json),
    "ndjson": ({"format": "ndjson"}, _ndjson),
    "parquet": ({"format": "parquet"}, _parquet),
}
Ran = tuple[Platform, dict[str, Outcome]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """The same rows in every form in which agencies deliver."""
    folder = tmp_path_factory.mktemp("forms")
    entries = [entry(f"shops/{name}", FIELDS, ["number"], delivery=form) for name, (form, _) in FORMS.items()]
    with publish(folder, Catalog(agencies=agencies({"shops": "商务局"}), datasets=tuple(entries))) as platform:
        for name, (_, make) in FORMS.items():
            make(folder / f"{name}.data")
            deliver(platform, f"shops/{name}", folder / f"{name}.data")
        yield platform, run(platform)


def report(delivery: Delivery) -> tuple[str, int, int, int]:
    return delivery.state.value, delivery.rows_read, delivery.rows_accepted, delivery.rows_quarantined


@pytest.mark.parametrize("name", FORMS)
def test_every_form_balances_and_says_what_did_not_fit_and_where(ran: Ran, name: str) -> None:
    platform, outcomes = ran
    (delivery,) = outcomes[f"shops/{name}"].deliveries
    assert report(delivery) == ("loaded", 5, 3, 2)
    assert sorted((one.code, one.field, one.row_count) for one in delivery.quarantine) == [
        ("bad-type", "opened", 1),
        ("empty-key", "number", 1),
    ]
    assert [report(one) for one in recent(platform, f"shops/{name}")] == [report(delivery)]
    rows = query(platform, f"SELECT number, opened::VARCHAR, price::VARCHAR FROM standard.shops.{name} ORDER BY number")
    assert rows == [("1", "2020-01-02", "3.50"), ("3", "2020-01-03", None), ("5", "2020-01-06", "1234.00")]


@pytest.mark.parametrize("name", FORMS)
def test_all_rows_are_in_raw_as_delivered_and_the_others_in_quarantine(ran: Ran, name: str) -> None:
    platform, outcomes = ran
    raw = query(
        platform, f"SELECT coalesce(number, ''), opened, coalesce(price, '') FROM raw.shops.{name} ORDER BY _row_number"
    )
    assert raw == ROWS
    aside = query(platform, f"SELECT code, record::JSON->>'opened', _delivery_id FROM quarantine.shops.{name} ORDER BY code")
    (delivery,) = outcomes[f"shops/{name}"].deliveries
    assert aside == [("bad-type", "昨天", delivery.id), ("empty-key", "2020-01-05", delivery.id)]


def test_the_same_delivery_twice_changes_nothing(tmp_path: Path) -> None:
    catalog = Catalog(agencies=agencies({"shops": "商务局"}), datasets=(entry("shops/shops", FIELDS, ["number"]),))
    with publish(tmp_path, catalog) as platform:
        _csv(tmp_path / "shops.csv")
        (first,) = deliver(platform, "shops/shops", tmp_path / "shops.csv")
        run(platform)
        before = current(platform)
        again, is_new = receive(platform, "shops/shops", tmp_path / "shops.csv", "改名.csv")
        assert (again.id, is_new) == (first.id, False)
        assert run(platform) == {}
        assert current(platform) == before


def test_a_file_that_cannot_be_trusted_is_refused_whole_with_all_its_reasons(tmp_path: Path) -> None:
    catalog = Catalog(agencies=agencies({"shops": "商务局"}), datasets=(entry("shops/shops", FIELDS, ["number"]),))
    with publish(tmp_path, catalog) as platform:
        path = tmp_path / "shops.csv"
        path.write_text("opened,price,\n2020-01-02,1,x\n", encoding="utf-8")
        deliver(platform, "shops/shops", path)
        (delivery,) = run(platform)["shops/shops"].deliveries
        assert report(delivery) == ("rejected", 0, 0, 0)
        assert {one.code for one in delivery.problems} == {"unnamed-column", "missing-column"}
        assert current(platform) == {}
