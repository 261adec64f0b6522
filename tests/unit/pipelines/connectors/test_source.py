"""Stage 1: what the first bytes say, and decompression within limits."""

import bz2
import gzip
import io
import lzma
import random
import struct
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.connectors.limits import Limits
from tests.unit.pipelines.connectors.support import Deliverer

PLAIN = b"a,b\n1,2\n" * 200
TIGHT = Limits(max_bytes=5_000_000, ratio_floor_bytes=100_000, max_ratio=50)


def zipped(*members: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def zstd(data: bytes) -> bytes:
    compressed: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return compressed


def one_member(data: bytes) -> bytes:
    return zipped(("data.csv", data))


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
    "zip": one_member,
}
each_compressor = pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS.keys())


@each_compressor
def test_compressed_or_not_is_the_same(deliver: Deliverer, compress: Callable[[bytes], bytes]) -> None:
    assert deliver.read(compress(PLAIN)) == deliver.read(PLAIN)


@each_compressor
def test_bombs_are_refused(deliver: Deliverer, compress: Callable[[bytes], bytes]) -> None:
    bomb = compress(b"a,b\n" + b"1,2\n" * 500_000)
    (one,) = deliver.refused(bomb, limits=TIGHT)
    assert one.code == "too-large"
    written = sum(file.stat().st_size for file in (deliver.folder / "work").iterdir())
    assert written <= TIGHT.max_bytes + 2 * 1024 * 1024


@each_compressor
def test_truncated_archives_are_refused(deliver: Deliverer, compress: Callable[[bytes], bytes]) -> None:
    noise = random.Random(3).randbytes(20_000).hex().encode()
    data = compress(b"a,b\n1," + noise + b"\n")
    assert deliver.code(data[: len(data) // 2])[0] == "unreadable"


@each_compressor
def test_nested_archives_are_refused(deliver: Deliverer, compress: Callable[[bytes], bytes]) -> None:
    assert deliver.code(compress(gzip.compress(PLAIN)))[0] == "nested-archive"


def test_a_large_file_is_refused(deliver: Deliverer) -> None:
    assert deliver.code(PLAIN, limits=Limits(max_bytes=100))[0] == "too-large"


@pytest.mark.parametrize("name", ["../../escaped.csv", "/tmp/escaped.csv", "a\\..\\b.csv", "\u202egnp.csv", "x" * 5_000])  # noqa: S108
def test_member_names_are_never_used(deliver: Deliverer, name: str) -> None:
    deliver.read(zipped((name, PLAIN)))
    assert sorted(one.name for one in deliver.folder.iterdir()) == ["stored", "work"]
    assert all(one.name.startswith("plain-") for one in (deliver.folder / "work").iterdir())


def test_archives_of_several_files_are_refused(deliver: Deliverer) -> None:
    assert deliver.code(zipped(("a.csv", PLAIN), ("b.csv", PLAIN)))[0] == "archive-members"
    assert deliver.code(zipped())[0] == "archive-members"
    assert deliver.read(zipped(("x/", b""), ("x/a.csv", PLAIN), ("__MACOSX/x/._a.csv", b"junk"))).rows


def test_encrypted_archives_are_refused(deliver: Deliverer) -> None:
    data = bytearray(one_member(PLAIN))
    data[6] |= 1
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert deliver.code(bytes(data))[0] == "encrypted"


def test_a_directory_too_long_is_refused_unread(deliver: Deliverer) -> None:
    data = bytearray(one_member(PLAIN))
    struct.pack_into("<I", data, data.rindex(b"PK\x05\x06") + 12, 500_000_000)
    assert deliver.code(bytes(data))[0] == "archive-members"


@pytest.mark.parametrize(
    ("head", "seems"),
    [
        (b"PAR1" + b"\x00" * 100, "Parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "xls"),
        (b"%PDF-1.7\n", "PDF"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"\xef\xbb\xbf <!DOCTYPE html><table>", "HTML"),
        (b'<?xml version="1.0"?>', "XML"),
        (b'[{"a": 1}]', "JSON"),
        (b' {"a": 1}\n', "JSON"),
    ],
)
def test_another_format_is_refused_by_name(deliver: Deliverer, head: bytes, seems: str) -> None:
    (one,) = deliver.refused(head)
    assert one.code == "wrong-format"
    assert seems in one.message.zh
    assert seems in one.message.en
    assert "CSV" in one.message.en


@pytest.mark.parametrize("format_", ["xlsx", "parquet"])
@pytest.mark.parametrize("data", [PLAIN, one_member(PLAIN), gzip.compress(PLAIN)], ids=["plain", "zip", "gzip"])
def test_text_is_not_taken_for_a_binary_format(deliver: Deliverer, format_: str, data: bytes) -> None:
    assert deliver.code(data, format=format_)[0] == "wrong-format"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.sampled_from([compress(PLAIN) for compress in COMPRESSORS.values()]),
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=5),
)
def test_damage_never_shows_a_traceback(deliver: Deliverer, data: bytes, flips: list[tuple[int, int]]) -> None:
    damaged = bytearray(data)
    for at, by in flips:
        damaged[at % len(damaged)] ^= by
    try:
        deliver.read(bytes(damaged))
    except Exception:
        deliver.refused(bytes(damaged))
