"""Reading open data: decided on every read, bytes verified, nothing cut in silence (Art. 22, 24)."""

import csv
import io
import json
from collections.abc import Callable

import pyarrow.parquet as pq
import pytest

from catalog_service.catalog.errors import (
    ConflictError,
    CorruptError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    UnauthenticatedError,
    WuxiError,
)
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.access import Wish
from catalog_service.services.downloading import OpenFile, export, open_file, preview
from catalog_service.services.export_forms import Export, ExportForm
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release
from tests.unit.services.reading_platform import STOPS, catalog_entries, stops_sql, write


def read_export(platform: Platform, dataset_id: str) -> object:
    return export(platform, ANONYMOUS, Wish(dataset_id), ExportForm.CSV)


def read_file(platform: Platform, dataset_id: str) -> object:
    return open_file(platform, ANONYMOUS, Wish(dataset_id))


def read_preview(platform: Platform, dataset_id: str) -> object:
    return preview(platform, ANONYMOUS, Wish(dataset_id))


def read_old_version(platform: Platform, dataset_id: str) -> object:
    return open_file(platform, ANONYMOUS, Wish(dataset_id, version=0))


READS: tuple[Callable[[Platform, str], object], ...] = (read_file, read_preview, read_export, read_old_version)


def text_of(found: Export) -> str:
    return b"".join(found.chunks).decode("utf-8-sig" if found.form is ExportForm.CSV else "utf-8")


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    ("dataset_id", "error", "article"),
    [("health/clinics", UnauthenticatedError, 24), ("health/patients", ForbiddenError, 22)],
)
def test_what_is_not_open_to_all_is_refused(
    reading: Platform, read: Callable[[Platform, str], object], dataset_id: str, error: type[WuxiError], article: int
) -> None:
    with pytest.raises(error) as refused:
        read(reading, dataset_id)
    assert refused.value.problems[0].article == article


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("dataset_id", ["transport/bus_lines", "transport/tunnels", "x/y"])
def test_what_is_unpublished_is_not_found(reading: Platform, read: Callable[[Platform, str], object], dataset_id: str) -> None:
    with pytest.raises(NotFoundError):
        read(reading, dataset_id)


def test_a_published_table_of_a_closed_data_set_stays_closed(changing: Platform) -> None:
    release(changing, [write(changing, "open/health/patients", "SELECT '1' AS code")])
    for read in READS:
        with pytest.raises(ForbiddenError):
            read(changing, "health/patients")


def test_old_versions_keep_their_bytes(reading: Platform) -> None:
    latest, old = open_file(reading, ANONYMOUS, Wish(STOPS)), open_file(reading, ANONYMOUS, Wish(STOPS, version=0))
    assert (latest.publication.version, old.publication.version) == (1, 0)
    assert pq.read_metadata(latest.path).num_rows == 300
    assert pq.read_metadata(old.path).num_rows == 200
    assert latest.etag == f'"{latest.file.sha256}"'
    assert latest.download_name == "transport_bus_stops_v1.parquet"
    with pytest.raises(NotFoundError):
        open_file(reading, ANONYMOUS, Wish(STOPS, version=2))


def _damage(found: OpenFile, how: str) -> None:
    content = found.path.read_bytes()
    match how:
        case "shorter":
            found.path.write_bytes(content[:-1])
        case "one bit":
            found.path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
        case "missing":
            found.path.unlink()


@pytest.mark.parametrize("how", ["shorter", "one bit", "missing"])
def test_damaged_bytes_are_never_served(changing: Platform, how: str) -> None:
    _damage(open_file(changing, ANONYMOUS, Wish(STOPS)), how)
    for read in READS[:3]:
        with pytest.raises(CorruptError):
            read(changing, STOPS)
    open_file(changing, ANONYMOUS, Wish(STOPS, version=0))


def test_a_missing_old_version_is_gone(changing: Platform) -> None:
    _damage(open_file(changing, ANONYMOUS, Wish(STOPS, version=0)), "missing")
    with pytest.raises(GoneError):
        open_file(changing, ANONYMOUS, Wish(STOPS, version=0))
    open_file(changing, ANONYMOUS, Wish(STOPS))


def test_fields_closed_after_publication_are_no_longer_served(changing: Platform) -> None:
    """A field may become stricter while published files still have it: the read is decided by the entry in force."""
    stops = next(one for one in catalog_entries() if one.id == STOPS)
    document = stops.model_dump(mode="json", by_alias=True, exclude_none=True)
    document["schema"]["fields"][1]["opening"] = "none"
    with changing.database.transaction() as transaction:
        transaction.catalog.put_dataset(type(stops).model_validate(document), state=RecordState.PUBLISHED)
    for version in (None, 0):
        with pytest.raises(ForbiddenError):
            open_file(changing, ANONYMOUS, Wish(STOPS, version=version))
    assert "name" not in text_of(export(changing, ANONYMOUS, Wish(STOPS), ExportForm.CSV)).splitlines()[0].split(",")
    assert "name" not in preview(changing, ANONYMOUS, Wish(STOPS)).columns


def test_internal_columns_are_never_exported(changing: Platform) -> None:
    release(changing, [write(changing, f"open/{STOPS}", "SELECT 'S' AS code, 'd' AS _delivery_id")])
    assert text_of(export(changing, ANONYMOUS, Wish(STOPS), ExportForm.CSV)) == "code\nS\n"
    with pytest.raises(ForbiddenError):
        open_file(changing, ANONYMOUS, Wish(STOPS))


def test_several_files_are_served_by_number_and_never_one_for_all(changing: Platform) -> None:
    with changing.lake.connect() as connection:
        queries = ["SELECT 'S1' AS code", "SELECT 'S2' AS code"]
        release(changing, [changing.lake.write(f"open/{STOPS}", connection, queries, mode="overwrite", token=new_id())])
    with pytest.raises(ConflictError, match="file=1 to file=2"):
        open_file(changing, ANONYMOUS, Wish(STOPS))
    codes = [
        pq.read_table(open_file(changing, ANONYMOUS, Wish(STOPS), number=number).path)["code"].to_pylist() for number in (1, 2)
    ]
    assert sorted(codes) == [["S1"], ["S2"]]
    assert sorted(text_of(export(changing, ANONYMOUS, Wish(STOPS), ExportForm.CSV)).split()) == ["S1", "S2", "code"]
    with pytest.raises(NotFoundError):
        open_file(changing, ANONYMOUS, Wish(STOPS), number=3)


def test_an_empty_product_has_a_header_and_no_file(changing: Platform) -> None:
    release(changing, [write(changing, f"open/{STOPS}", f"{stops_sql(1)} LIMIT 0")])
    assert preview(changing, ANONYMOUS, Wish(STOPS)).rows == ()
    assert text_of(export(changing, ANONYMOUS, Wish(STOPS), ExportForm.CSV)).startswith("code,name,line")
    assert json.loads(text_of(export(changing, ANONYMOUS, Wish(STOPS), ExportForm.JSON)))["rows"] == []
    assert text_of(export(changing, ANONYMOUS, Wish(STOPS), ExportForm.JSONL)) == ""
    with pytest.raises(NotFoundError, match="no rows"):
        open_file(changing, ANONYMOUS, Wish(STOPS))


def test_csv_survives_a_reader(reading: Platform) -> None:
    rows = list(csv.DictReader(io.StringIO(text_of(export(reading, ANONYMOUS, Wish(STOPS), ExportForm.CSV)))))
    assert len(rows) == 300
    assert [row["code"] for row in rows] == [f"S{number:05d}" for number in range(300)]
    assert rows[1]["name"] == "=cmd|'/c calc'!A1, \"甲\""
    assert (rows[1]["fare"], rows[1]["is_shelter"], rows[1]["opened_on"]) == ("1.00", "false", "2020-01-02")
    assert rows[1]["opened_at"] == "2024-03-01T00:00:01+08:00"
    assert rows[299]["opened_at"] == ""


def test_csv_tells_empty_from_missing(reading: Platform) -> None:
    lines = text_of(export(reading, ANONYMOUS, Wish(STOPS), ExportForm.CSV)).splitlines()
    assert lines[3].startswith('S00002,站2,"",')
    assert lines[4].startswith("S00003,站3,,")


def test_spreadsheets_get_a_mark_and_no_formulas(reading: Platform) -> None:
    found = export(reading, ANONYMOUS, Wish(STOPS), ExportForm.CSV, bom=True, for_spreadsheet=True)
    content = b"".join(found.chunks)
    assert content.startswith(b"\xef\xbb\xbfcode,")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[1]["name"].startswith("'=cmd")
    assert rows[0]["name"] == "站0"


def test_every_start_of_a_formula_is_escaped(changing: Platform) -> None:
    starts = "=+-@\t\r＝＋－＠"
    cells = " UNION ALL ".join(f"SELECT '{one}1' AS code, -1.5::DOUBLE AS latitude" for one in starts)
    release(changing, [write(changing, f"open/{STOPS}", cells)])
    text = text_of(export(changing, ANONYMOUS, Wish(STOPS), ExportForm.CSV, for_spreadsheet=True))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["code"] for row in rows] == [f"'{one}1" for one in starts]
    assert {row["latitude"] for row in rows} == {"-1.5"}


def test_json_says_what_it_holds(reading: Platform) -> None:
    document = json.loads(text_of(export(reading, ANONYMOUS, Wish(STOPS), ExportForm.JSON, limit=7)))
    counts = {name: document[name] for name in ("total_count", "returned_count", "is_truncated", "version", "dataset")}
    assert counts == {"total_count": 300, "returned_count": 7, "is_truncated": True, "version": 1, "dataset": STOPS}
    assert len(document["rows"]) == 7
    assert document["rows"][4]["latitude"] is None
    assert document["rows"][3]["line"] is None
    assert document["rows"][2]["line"] == ""
    whole = json.loads(text_of(export(reading, ANONYMOUS, Wish(STOPS), ExportForm.JSON)))
    assert (len(whole["rows"]), whole["is_truncated"]) == (300, False)


def test_json_lines_are_the_rows_of_json(reading: Platform) -> None:
    lines = [json.loads(line) for line in text_of(export(reading, ANONYMOUS, Wish(STOPS), ExportForm.JSONL)).splitlines()]
    assert lines == json.loads(text_of(export(reading, ANONYMOUS, Wish(STOPS), ExportForm.JSON)))["rows"]


def test_no_export_exceeds_the_limit_of_the_platform(changing: Platform) -> None:
    found = export(changing, ANONYMOUS, Wish(STOPS), ExportForm.JSONL, limit=10_000)
    assert (found.total_count, found.returned_count, found.is_truncated) == (300, 50, True)
    assert len(text_of(found).splitlines()) == 50


def test_preview_gives_the_first_rows(reading: Platform) -> None:
    found = preview(reading, ANONYMOUS, Wish(STOPS))
    assert (len(found.rows), found.total_count, found.columns[:2]) == (20, 300, ("code", "name"))
    assert found.rows[3][2] is None
    assert found.rows[0][0] == "S00000"
