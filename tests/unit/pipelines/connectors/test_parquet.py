"""Parquet: every plain type as text, every trap refused with bounded memory."""

import datetime as dt
import decimal
import io
import random
import resource
import struct
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.connectors.limits import Limits
from tests.unit.pipelines.connectors.support import AB, Deliverer, schema


def parquet(table: pa.Table, **options: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(table, target, **options)
    return target.getvalue()


def repeated(value: str, times: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), pa.array([value]))


GOOD = parquet(pa.table({"a": ["1", "2"], "b": ["x", None]}))
TZ = dt.timezone(dt.timedelta(hours=8))

VALUES: list[tuple[pa.Array, list[str | None]]] = [
    (pa.array([1, -(2**63), None], pa.int64()), ["1", "-9223372036854775808", None]),
    (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
    (pa.array([1.0, 0.1, 1e20]), ["1", "0.1", "1e+20"]),
    (pa.array([0.1], pa.float32()), ["0.1"]),
    (pa.array([decimal.Decimal("0.00000001"), decimal.Decimal("1.10000000")]), ["0.00000001", "1.10000000"]),
    (pa.array([True, False]), ["true", "false"]),
    (pa.array([dt.date(2024, 2, 29)]), ["2024-02-29"]),
    (
        pa.array([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, 1, 2, 3, 500_000)]),  # noqa: DTZ001
        ["2024-01-01 00:00:00", "2024-01-01 01:02:03.500000"],
    ),
    (pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC)], pa.timestamp("ns", "UTC")), ["2024-01-01 00:00:00Z"]),
    (pa.array([dt.datetime(2024, 1, 1, tzinfo=TZ)], pa.timestamp("ms", "Asia/Shanghai")), ["2024-01-01 00:00:00+08:00"]),
    (pa.array([dt.time(8, 30)]), ["08:30:00"]),
    (pa.array(["无锡", "", None]), ["无锡", "", None]),
    (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
    (pa.array(["x"], pa.large_string()), ["x"]),
    (pa.array([b"abc"]), ["abc"]),
    (pa.nulls(1), [None]),
]


def test_every_plain_type_as_text(deliver: Deliverer) -> None:
    longest = max(len(values) for values, _ in VALUES)
    names = [f"c{i}" for i in range(len(VALUES))]
    columns = [pa.concat_arrays([values, pa.nulls(longest - len(values), values.type)]) for values, _ in VALUES]
    read = deliver.read(parquet(pa.table(columns, names)), schema(*names), format="parquet")
    for i, (values, texts) in enumerate(VALUES):
        assert [row[i] for row in read.rows][: len(texts)] == texts, values.type


def test_row_numbers_and_bad_values(deliver: Deliverer) -> None:
    table = pa.table({"b": ["x", "a\x00b", None, "y" * 3_000, "z", "\ufffd"], "a": ["1", "2", None, "4", "5", "6"]})
    read = deliver.read(parquet(table), format="parquet", limits=Limits(max_cell_bytes=2_000))
    assert read.rows == [("1", "x"), ("5", "z")]
    assert read.numbers == [1, 5]
    assert sorted(read.bad_codes) == [(2, "control-character"), (4, "value-too-long"), (6, "control-character")]
    assert read.notices == ["empty-rows"]


def test_many_batches(deliver: Deliverer) -> None:
    table = pa.table({"a": list(range(50_000)), "b": ["x"] * 50_000})
    read = deliver.read(parquet(table, row_group_size=7_000), format="parquet")
    assert [int(a or 0) for a, _ in read.rows] == list(range(50_000))
    assert read.numbers == list(range(1, 50_001))


@pytest.mark.parametrize(("length", "times"), [(1_000_000, 12_000), (2_000, 400_000)])
def test_bombs_die_in_the_child(deliver: Deliverer, length: int, times: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = parquet(pa.table({"a": repeated("x" * length, times)}))
    assert len(data) < 2_000_000
    assert deliver.code(data, format="parquet")[0] == "too-large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_rows_without_bytes_are_counted(deliver: Deliverer) -> None:
    data = parquet(pa.table({"a": pa.nulls(600_000, pa.string()), "b": ["x"] + [None] * 599_999}))
    limits = Limits(ratio_floor_bytes=300_000)
    assert deliver.code(data, format="parquet", limits=limits)[0] == "too-large"


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "lz4", "none"])
def test_codecs(deliver: Deliverer, codec: str) -> None:
    assert deliver.read(parquet(pa.table({"a": ["1"]}), compression=codec), format="parquet").rows == [("1", None)]


def test_brotli_is_refused(deliver: Deliverer) -> None:
    data = parquet(pa.table({"a": ["1"]}), compression="brotli")
    assert deliver.code(data, format="parquet")[0] == "codec"


def test_nested_columns_are_refused_unless_ignored(deliver: Deliverer) -> None:
    data = parquet(pa.table({"a": ["1"], "b": [[1, 2]]}))
    (one,) = deliver.refused(data, format="parquet")
    assert (one.code, one.where.field) == ("nested-value", "b")
    assert deliver.read(data, schema("a"), format="parquet", ignored_columns=["b"]).rows == [("1",)]


def test_no_rows(deliver: Deliverer) -> None:
    assert deliver.code(parquet(pa.table({"a": pa.array([], pa.string())})), format="parquet")[0] == "no-rows"


def test_text_that_is_not_utf8(deliver: Deliverer) -> None:
    data = parquet(pa.table({"a": [b"\xce\xde\xce\xfd"], "b": ["x"]}))
    assert deliver.code(data, format="parquet")[0] == "unreadable"


@pytest.mark.parametrize(
    "data",
    [
        GOOD[: len(GOOD) // 2],
        b"PAR1" + b"junk" * 50 + b"PAR1",
        b"PAR1PAR1",
        GOOD[:-8] + struct.pack("<I", 0xFFFFFFF0) + b"PAR1",
        GOOD[:-8] + struct.pack("<I", 10) + b"PAR1",
    ],
)
def test_damaged_files_are_refused(deliver: Deliverer, data: bytes) -> None:
    assert deliver.code(data, format="parquet")[0] == "unreadable"


def test_encrypted_files_are_refused(deliver: Deliverer) -> None:
    assert deliver.code(b"PARE" + bytes(100) + b"PARE", format="parquet")[0] == "wrong-format"


@pytest.mark.slow
def test_random_damage_never_shows_a_traceback(deliver: Deliverer) -> None:
    chance = random.Random(11)
    data = parquet(pa.table({"a": [str(i) for i in range(2_000)], "b": list(range(2_000))}))
    for _ in range(15):
        damaged = bytearray(data)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(4, len(damaged))] ^= chance.randrange(1, 256)
        try:
            deliver.read(bytes(damaged), AB, format="parquet")
        except Exception:
            deliver.refused(bytes(damaged), AB, format="parquet")
