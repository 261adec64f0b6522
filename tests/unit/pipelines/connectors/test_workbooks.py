"""XLSX: cells as texts, and every trap refused before or inside the limited child."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from catalog_service.catalog.dataset import DeliveryFormat
from pipelines.connectors.child import ChildFailedError
from pipelines.connectors.limits import Limits
from pipelines.connectors.workbook import _lines
from tests.unit.pipelines.connectors.support import AB, Deliverer, schema

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(*rows: list[Any], title: str = "Sheet", more: dict[str, list[Any]] | None = None) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, row in (more or {}).items():
        workbook.create_sheet(name).append(row)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def rebuilt(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """Return the workbook with its parts changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def with_sheet(data: bytes, xml_rows: str, dimension: str = "A1:B2") -> bytes:
    """Return the workbook with the rows of its first sheet written by hand."""
    body = f'<dimension ref="{dimension}"/><sheetData>{xml_rows}</sheetData>'
    xml = f'<?xml version="1.0"?><worksheet {NAMESPACE}>{body}</worksheet>'
    return rebuilt(data, lambda parts: parts.update({SHEET: xml.encode()}))


HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'
GOOD = book(["a", "b"], ["1", "x"])


def test_cells_as_texts(deliver: Deliverer) -> None:
    values: list[Any] = [
        "021",
        320200,
        3.0,
        0.1,
        True,
        dt.date(2024, 2, 29),
        dt.datetime(2024, 2, 29, 8, 30),  # noqa: DTZ001 - a spreadsheet knows no zones
        dt.time(8, 30),
        None,
        " 无锡\n市 ",
        1e17,
    ]
    names = [f"c{i}" for i in range(len(values))]
    read = deliver.read(book(names, values), schema(*names), format="xlsx")
    assert read.rows == [
        (
            "021",
            "320200",
            "3",
            "0.1",
            "true",
            "2024-02-29",
            "2024-02-29T08:30:00",
            "08:30:00",
            None,
            " 无锡\n市 ",
            "100000000000000000",
        )
    ]


def test_row_numbers_titles_and_empty_rows(deliver: Deliverer) -> None:
    data = book(["标题"], ["b", "a", None], ["x", 1], [], ["y", 2, None, "出界"], [None, " "], ["z", 3], [], [])
    read = deliver.read(data, format="xlsx", header_row=2)
    assert read.rows == [("1", "x"), (" ", None), ("3", "z")]
    assert read.numbers == [3, 6, 7]
    assert read.bad_codes == [(5, "ragged-row")]


def test_sheets_by_name(deliver: Deliverer) -> None:
    data = book(["x"], title="说明", more={"数据": ["a", "b"]})
    assert {one.code for one in deliver.refused(data, format="xlsx")} == {"unknown-column", "missing-column"}
    (one,) = deliver.refused(data, format="xlsx", sheet="明细")
    assert one.code == "no-sheet"
    assert "说明、数据" in one.message.zh
    assert deliver.code(data, format="xlsx", sheet="数据")[0] == "no-rows"


def test_formulas_and_errors(deliver: Deliverer) -> None:
    rows = HEADER + (
        '<row r="2"><c r="A2"><f>1+1</f></c><c r="B2"><v>1</v></c></row>'
        '<row r="3"><c r="A3"><f>1+1</f><v>2</v></c><c r="B3" t="str"><f>""</f><v></v></c></row>'
        '<row r="4"><c r="A4" t="e"><v>#N/A</v></c></row>'
        '<row r="5"><c r="A5"><v>5</v></c></row>'
    )
    read = deliver.read(with_sheet(GOOD, rows), format="xlsx")
    assert read.bad_codes == [(2, "formula"), (4, "error-cell")]
    assert read.rows == [("2", None), ("5", None)]


def test_odd_characters_and_long_values_are_set_aside(deliver: Deliverer) -> None:
    data = book(["a", "b"], ["1", "x\ufffdy"], ["2", "y" * 3_000], ["3", "z"])
    read = deliver.read(data, format="xlsx", limits=Limits(max_cell_bytes=2_000))
    assert read.bad_codes == [(2, "control-character"), (3, "value-too-long")]
    assert read.rows == [("3", "z")]


@pytest.mark.parametrize("dimension", ["A1:B2", "A1:XFD1048576"])
def test_a_sparse_sheet_with_a_far_cell_is_refused(deliver: Deliverer, dimension: str) -> None:
    far = HEADER + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert deliver.code(with_sheet(GOOD, far, dimension), format="xlsx") == ("too-many-columns", 1_048_576)


def test_a_far_row_costs_nothing(deliver: Deliverer) -> None:
    far = HEADER + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    assert deliver.read(with_sheet(GOOD, far, "A1:XFD1048576"), format="xlsx").numbers == [1_048_576]


def external(parts: dict[str, bytes]) -> None:
    parts["xl/externalLinks/externalLink1.xml"] = b"<x/>"


def macro(parts: dict[str, bytes]) -> None:
    parts["xl/vbaProject.bin"] = b"x"


def document_type(parts: dict[str, bytes]) -> None:
    declaration = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    parts[SHEET] = parts[SHEET].replace(b"<worksheet", b"<!-- " + b"x" * 2_000_000 + b" -->" + declaration + b"<worksheet", 1)


def laughs(parts: dict[str, bytes]) -> None:
    parts["xl/sharedStrings.xml"] = b'<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><sst>&b;</sst>'


def wide_text(parts: dict[str, bytes]) -> None:
    parts["xl/sharedStrings.xml"] = '<!DOCTYPE s [<!ENTITY a "aaaa">]><sst>&a;</sst>'.encode("utf-16")


def bomb(parts: dict[str, bytes]) -> None:
    parts["xl/sharedStrings.xml"] = b"<sst>" + b" " * 60_000_000 + b"</sst>"


def broken(parts: dict[str, bytes]) -> None:
    parts[SHEET] = parts[SHEET][: len(parts[SHEET]) // 2]


def no_book(parts: dict[str, bytes]) -> None:
    del parts["xl/workbook.xml"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (external, "external-links"),
        (macro, "macros"),
        (document_type, "unsafe-markup"),
        (laughs, "unsafe-markup"),
        (wide_text, "unsafe-markup"),
        (bomb, "too-large"),
        (broken, "unreadable"),
        (no_book, "unreadable"),
    ],
)
def test_traps_are_refused(deliver: Deliverer, change: Callable[[dict[str, bytes]], None], code: str) -> None:
    limits = Limits(ratio_floor_bytes=20_000_000)
    assert deliver.code(rebuilt(GOOD, change), format="xlsx", limits=limits)[0] == code


def test_encrypted_workbooks_are_refused(deliver: Deliverer) -> None:
    (one,) = deliver.refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), format="xlsx")
    assert "encrypted" in one.message.en
    data = bytearray(GOOD)
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    assert deliver.code(bytes(data), format="xlsx")[0] == "encrypted"


def test_repeated_long_strings_are_counted(deliver: Deliverer) -> None:
    data = book(["a", "b"], *[[str(i), "x" * 30_000] for i in range(300)])
    assert deliver.code(data, format="xlsx", limits=Limits(ratio_floor_bytes=1_000_000))[0] == "too-large"


@pytest.mark.slow
def test_memory_of_the_child_is_limited(deliver: Deliverer) -> None:
    limits = Limits(child_memory_bytes=300_000_000, max_ratio=100_000)
    assert deliver.read(GOOD, format="xlsx", limits=limits).rows == [("1", "x")]
    rows = HEADER + '<row r="2"><c r="A2" t="inlineStr"><is><t>' + "x" * 90_000_000 + "</t></is></c></row>"
    assert deliver.code(with_sheet(GOOD, rows), format="xlsx", limits=limits)[0] == "too-large"


def test_time_of_the_child_is_limited(deliver: Deliverer) -> None:
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>{i}</v></c></row>' for i in range(2, 100_000))
    data = with_sheet(GOOD, HEADER + rows)
    assert deliver.code(data, format="xlsx", limits=Limits(child_seconds=1))[0] == "too-large"


def test_a_workbook_inside_a_zip(deliver: Deliverer) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("数据.xlsx", GOOD)
    # One layer of compression is taken off; a workbook is a zip archive of its own.
    assert deliver.read(target.getvalue(), AB, format="xlsx").rows == [("1", "x")]


def test_a_child_killed_in_the_middle_of_a_line_has_failed() -> None:
    lines = _lines(io.BytesIO(b'[1, ["a"], null]\n[2, ["b'), 1_000, Limits(), DeliveryFormat(format="xlsx"))
    assert next(lines) == [1, ["a"], None]
    with pytest.raises(ChildFailedError):
        next(lines)
