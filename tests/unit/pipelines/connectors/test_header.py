"""The header rules, the same for every format."""

import io
import json
from collections.abc import Callable

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catalog_service.catalog.schema import Field, Schema
from pipelines.connectors.header import normalise
from tests.unit.pipelines.connectors.support import AB, Deliverer, schema

NAMED = Schema(
    fields=(
        Field(name="uscc", title="统一社会信用代码", source_names=("信用代码", "USCC No.")),
        Field(name="phone", title="联系电话（座机）"),
    ),
    key=("uscc",),
)


def as_csv(names: list[str]) -> bytes:
    return (",".join(names) + "\n" + ",".join("v" for _ in names) + "\n").encode()


def as_ndjson(names: list[str]) -> bytes:
    return b"{" + b",".join(json.dumps(name).encode() + b':"v"' for name in names) + b"}\n"


def as_json(names: list[str]) -> bytes:
    return b"[" + as_ndjson(names) + b"]"


def as_xlsx(names: list[str]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(names)
    sheet.append(["v"] * len(names))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_parquet(names: list[str]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["v"])] * len(names), names=names), target)
    return target.getvalue()


FORMATS: dict[str, Callable[[list[str]], bytes]] = {
    "csv": as_csv,
    "ndjson": as_ndjson,
    "json": as_json,
    "xlsx": as_xlsx,
    "parquet": as_parquet,
}
each_format = pytest.mark.parametrize("format_", list(FORMATS))


@pytest.mark.parametrize(
    ("one", "other"),
    [("ＵＳＣＣ", "uscc"), (" a\u3000 b\n", "A B"), ("\ufeffa\u200b", "A"), ("联系电话（座机）", "联系电话(座机)")],
)
def test_names_that_are_the_same(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize("format_", ["csv", "ndjson", "json"])
@pytest.mark.parametrize("name", ["uscc", "ＵＳＣＣ ", "统一社会信用代码", "信用代码\u3000", "usCC no."])
def test_names_are_matched(deliver: Deliverer, format_: str, name: str) -> None:
    assert deliver.read(FORMATS[format_]([name, "联系电话(座机)"]), NAMED, format=format_).rows == [("v", "v")]


@each_format
def test_an_unknown_column_refuses_the_file_unless_ignored(deliver: Deliverer, format_: str) -> None:
    data = FORMATS[format_](["a", "b", "新列"])
    (one,) = deliver.refused(data, format=format_)
    assert (one.code, one.article) == ("unknown-column", 14)
    assert "新列" in one.message.zh
    assert "ignored_columns" in one.message.en
    assert deliver.read(data, format=format_, ignored_columns=["新列 "]).rows == [("v", "v")]


@pytest.mark.parametrize("format_", ["csv", "ndjson", "xlsx"])
def test_an_unnamed_column_refuses_the_file_unless_ignored(deliver: Deliverer, format_: str) -> None:
    data = FORMATS[format_](["a", " ", "b"])
    assert deliver.code(data, format=format_)[0] == "unnamed-column"
    assert deliver.read(data, format=format_, ignored_columns=[""]).rows == [("v", "v")]


@pytest.mark.parametrize("format_", ["csv", "ndjson", "parquet"])
def test_a_missing_key_or_required_column_refuses_the_file(deliver: Deliverer, format_: str) -> None:
    of = schema("a", "b", "c", "d", key=("a",), required=("b",))
    problems = deliver.refused(FORMATS[format_](["c"]), of, format=format_)
    assert [(one.code, one.where.field, one.article) for one in problems] == [
        ("missing-column", "a", 15),
        ("missing-column", "b", 15),
    ]
    read = deliver.read(FORMATS[format_](["b", "a"]), of, format=format_)
    assert read.rows == [("v", "v", None, None)]
    assert read.notices == ["column-left-out", "column-left-out"]


@pytest.mark.parametrize("format_", ["csv", "parquet"])
@pytest.mark.parametrize("names", [["a", "b", "Ａ "], ["a", "b", "b"]])
def test_duplicate_columns_refuse_the_file(deliver: Deliverer, format_: str, names: list[str]) -> None:
    assert deliver.code(FORMATS[format_](names), format=format_)[0] == "duplicate-column"


def test_two_names_of_one_field_are_duplicates(deliver: Deliverer) -> None:
    assert deliver.code(as_csv(["uscc", "信用代码"]), NAMED)[0] == "duplicate-column"


def test_all_faults_are_named_at_once(deliver: Deliverer) -> None:
    problems = deliver.refused(as_csv(["b", "x", "", "x", "B"]))
    assert [one.code for one in problems] == ["duplicate-column", "duplicate-column", "unnamed-column", "missing-column"]
    assert {one.where.row for one in problems} == {1}


@pytest.mark.parametrize("format_", ["csv", "ndjson", "parquet"])
def test_too_many_columns(deliver: Deliverer, format_: str) -> None:
    assert deliver.code(FORMATS[format_]([f"c{i}" for i in range(2_001)]), format=format_)[0] == "too-many-columns"


def test_a_title_never_takes_the_name_of_another_field(deliver: Deliverer) -> None:
    swapped = Schema(fields=(Field(name="a", title="b"), Field(name="b", title="a")))
    assert deliver.read(b"a,b\n1,2\n", swapped).rows == [("1", "2")]


def test_empty_rows_do_not_count(deliver: Deliverer) -> None:
    assert deliver.read(b"a,b\n1,2\n,\n", AB).notices == ["empty-rows"]
