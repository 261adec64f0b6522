"""JSON and NDJSON: values as they are written, keys by the header rules, bad records set aside."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.connectors.json_stream import JsonStream
from pipelines.connectors.limits import Limits
from tests.unit.pipelines.connectors.support import AB, Deliverer, schema

RECORDS = ['{"a":"021","b":null}', '{"a":123456789012345678901234567890,"b":1.10}', '{"b":true,"a":-0}', '{"a":1e400,"b":""}']
ROWS = [("021", None), ("123456789012345678901234567890", "1.10"), ("-0", "true"), ("1e400", "")]


def test_values_are_as_written(deliver: Deliverer) -> None:
    ndjson = deliver.read("\n".join(RECORDS).encode(), format="ndjson")
    assert (ndjson.rows, ndjson.numbers) == (ROWS, [1, 2, 3, 4])
    document = deliver.read(f" [ {' , '.join(RECORDS)} ] ".encode(), format="json")
    assert (document.rows, document.numbers) == (ROWS, [1, 2, 3, 4])


def test_encodings(deliver: Deliverer) -> None:
    data = '{"a":"1","b":"无锡"}\n'
    assert deliver.read(b"\xef\xbb\xbf" + data.encode(), format="ndjson").rows == [("1", "无锡")]
    assert deliver.read(data.encode("gb18030"), format="ndjson", encoding="gb18030").rows == [("1", "无锡")]
    assert deliver.read(b"\xef\xbb\xbf[" + data.encode() + b"]", format="json").rows == [("1", "无锡")]
    assert deliver.code(data.encode("gb18030"), format="ndjson")[0] == "wrong-encoding"


def test_keys_with_blanks_and_missing_keys(deliver: Deliverer) -> None:
    data = '{"a ":1,"Ｂ":2}\n\n{"a":3}\n'.encode()
    read = deliver.read(data, format="ndjson")
    assert read.rows == [("1", "2"), ("3", None)]
    assert read.numbers == [1, 3]


BAD = {
    "not-json": '{"a":',
    "not-an-object": "[1]",
    "duplicate-key": '{"a":1,"A":2}',
    "nested-value": '{"a":{"x":1}}',
    "not-a-number": '{"a":NaN}',
    "control-character": '{"a":"x\\u0000y"}',
    "value-too-long": '{"a":"%s"}' % ("x" * 3_000),
}


@pytest.mark.parametrize("code", BAD)
def test_bad_records_are_set_aside(deliver: Deliverer, code: str) -> None:
    limits = Limits(max_cell_bytes=2_000)
    read = deliver.read(f'{{"a":1}}\n{BAD[code]}\n{{"a":2}}\n'.encode(), format="ndjson", limits=limits)
    assert read.bad_codes == [(2, code)]
    assert read.rows == [("1", None), ("2", None)]
    assert read.bad[0].text == BAD[code][:1_000]
    if code != "not-json":
        read = deliver.read(f'[{{"a":1}},{BAD[code]},{{"a":2}}]'.encode(), format="json", limits=limits)
        assert read.bad_codes == [(2, code)]
        assert read.numbers == [1, 3]


@pytest.mark.parametrize("bad", ['{"a":"\\ud800"}', '{"a":[]}', '{"a":"\\ufffd"}', '{"a":-Infinity}'])
def test_more_bad_values(deliver: Deliverer, bad: str) -> None:
    assert len(deliver.read(f'{bad}\n{{"a":1}}\n'.encode(), format="ndjson").bad) == 1


def test_nested_values_of_ignored_keys_do_not_matter(deliver: Deliverer) -> None:
    read = deliver.read(b'{"a":1,"geo":{"x":[1,{"y":2}]}}', format="ndjson", ignored_columns=["geo"])
    assert read.rows == [("1", None)]


def test_unknown_keys_are_collected_over_the_whole_file(deliver: Deliverer) -> None:
    data = b'{"a":1}\n{"a":2,"x":1}\n{"a":3,"y":1,"x":2,"":0}\n'
    problems = deliver.refused(data, format="ndjson")
    assert [one.code for one in problems] == ["unknown-column", "unknown-column", "unnamed-column"]
    assert [one.where.field for one in problems][:2] == ["x", "y"]


@pytest.mark.parametrize("path", [["data"], ["data", "rows"]])
def test_records_path(deliver: Deliverer, path: list[str]) -> None:
    document: object = [{"a": 1}, {"a": 2}]
    for key in reversed(path):
        document = {"before": [1, {"data": []}], key: document, "after": "x"}
    data = json.dumps(document).encode()
    assert deliver.read(data, format="json", records_path=path).rows == [("1", None), ("2", None)]
    assert deliver.code(data, format="json", records_path=["nowhere"])[0] == "no-records"
    assert deliver.code(data, format="json")[0] == "no-records"


@pytest.mark.parametrize(
    ("format_", "data", "code"),
    [
        ("json", b"[]", "no-rows"),
        ("json", b'[{"a":1},', "not-json"),
        ("json", b'[{"a":1}', "not-json"),
        ("json", b'[{"a":1} {"a":2}]', "not-json"),
        ("json", b'[{"a":1}] x', "not-json"),
        ("json", b'[{"a":1,}]', "not-json"),
        ("json", b"[" * 100_000, "not-json"),
        ("json", b"nonsense", "no-records"),
        ("ndjson", b'[{"a":1}]', "wrong-format"),
        ("ndjson", b"   \n\n", "no-rows"),
        ("ndjson", b'{"b":1}\n', "missing-column"),
    ],
)
def test_documents_that_are_refused(deliver: Deliverer, format_: str, data: bytes, code: str) -> None:
    assert deliver.code(data, format=format_)[0] == code


def test_deep_nesting_is_set_aside(deliver: Deliverer) -> None:
    deep = '{"a":' + "[" * 50_000 + "]" * 50_000 + "}"
    assert deliver.read(f'{deep}\n{{"a":1}}\n'.encode(), format="ndjson").bad_codes == [(1, "not-json")]


@pytest.mark.parametrize("format_", ["json", "ndjson"])
def test_records_that_are_too_long_are_refused(deliver: Deliverer, format_: str) -> None:
    data = json.dumps({"a": "x" * 3_000_000}).encode()
    data = b"[" + data + b"]" if format_ == "json" else data
    assert deliver.code(data, format=format_, limits=Limits(max_record_bytes=1_000_000))[0] == "record-too-long"


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.text() | st.integers() | st.none() | st.booleans(), min_size=1)))
def test_a_stream_reads_what_json_reads(records: list[dict[str, object]]) -> None:
    text = json.dumps(records, ensure_ascii=False, indent=1)
    expected = json.loads(text, parse_int=str)

    class Drip(io.StringIO):
        def read(self, _size: int | None = -1) -> str:
            return super().read(3)

    assert [dict(one) for one, _ in JsonStream(Drip(text), 1_000_000).records(())] == expected  # type: ignore[call-overload]


def test_many_records(deliver: Deliverer) -> None:
    data = b"[" + b",".join(b'{"a":%d,"b":"%s"}' % (i, b"x" * (i % 200)) for i in range(30_000)) + b"]"
    read = deliver.read(data, AB, format="json")
    assert [int(a or 0) for a, _ in read.rows] == list(range(30_000))
    assert read.numbers == list(range(1, 30_001))


def test_fields_never_delivered_are_null(deliver: Deliverer) -> None:
    read = deliver.read(b'{"a":1}\n', schema("a", "c", "d"), format="ndjson")
    assert read.rows == [("1", None, None)]
    assert read.notices == ["column-left-out", "column-left-out"]
