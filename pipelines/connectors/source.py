"""Stage 1: the delivered bytes become one plain file whose kind is known.

Here: what the first bytes say, decompression within limits. Not here: text encodings, archive members' names (never used),
or any reading of rows.
"""

import bz2
import gzip
import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from catalog_service.catalog.vocabularies import FileFormat
from pipelines.connectors.archive import check_directory
from pipelines.connectors.delivered import refuse, refuse_unreadable
from pipelines.connectors.limits import Limits

_CHUNK = 1024 * 1024
_HEAD = 4096


class Kind(StrEnum):
    """What a file is, by its first bytes."""

    GZIP = "gzip"
    ZIP = "zip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"
    WORKBOOK = "Excel (xlsx)"
    OLE = "Excel 97-2003 (xls), or an encrypted workbook"
    PARQUET = "Parquet"
    PARQUET_ENCRYPTED = "encrypted Parquet"
    ARROW = "Arrow"
    SEVEN_ZIP = "7z"
    RAR = "RAR"
    PDF = "PDF"
    SQLITE = "SQLite"
    MARKUP = "HTML/XML"
    UTF16 = "UTF-16 text"
    JSON = "JSON"
    TEXT = "text"
    EMPTY = "an empty file"


_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x1f\x8b", Kind.GZIP),
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"BZh", Kind.BZIP2),
    (b"\xfd7zXZ\x00", Kind.XZ),
    (b"\x28\xb5\x2f\xfd", Kind.ZSTD),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OLE),
    (b"PAR1", Kind.PARQUET),
    (b"PARE", Kind.PARQUET_ENCRYPTED),
    (b"ARROW1", Kind.ARROW),
    (b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Kind.RAR),
    (b"%PDF-", Kind.PDF),
    (b"SQLite format 3\x00", Kind.SQLITE),
    (b"\xff\xfe", Kind.UTF16),
    (b"\xfe\xff", Kind.UTF16),
)
_COMPRESSED = frozenset({Kind.GZIP, Kind.ZIP, Kind.BZIP2, Kind.XZ, Kind.ZSTD})
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table")
_XZ_MEMORY = 256 * 1024 * 1024
_UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile, lzma.LZMAError, struct.error)
"""What the decompressors raise on damaged or unusual input."""


def kind_of(head: bytes) -> Kind:
    """Return what the first bytes of a file say it is."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if plain.lower().startswith(_MARKUP):
        return Kind.MARKUP
    if plain.startswith((b"[", b"{")) and plain[1:].lstrip().startswith((b'"', b"{", b"}", b"]")):
        return Kind.JSON
    return Kind.TEXT if plain else Kind.EMPTY


def open_source(path: Path, declared: FileFormat, limits: Limits, workdir: Path) -> Path:
    """Return the plain file inside the delivered one: itself, or a decompressed copy in `workdir`.

    Raises:
        InvalidError: it is too large, damaged, encrypted, holds several files, or is not of the declared format.
    """
    size = path.stat().st_size
    if size > limits.max_bytes:
        _refuse_size(limits)
    kind = _kind_at(path)
    if kind in _COMPRESSED:
        path = _unpack(path, kind, size, limits, workdir)
        kind = _kind_at(path)
        if kind in _COMPRESSED:
            refuse(
                "nested-archive",
                f"压缩文件内仍是压缩文件（{kind}），请只压缩一层后重新提供",
                f"the compressed file holds another compressed file ({kind}); compress once only",
            )
    _check_kind(kind, declared)
    return path


def _kind_at(path: Path) -> Kind:
    with path.open("rb") as file:
        kind = kind_of(file.read(_HEAD))
    return Kind.WORKBOOK if kind is Kind.ZIP and _is_workbook(path) else kind


def _is_workbook(path: Path) -> bool:
    check_directory(path)
    with _damaged_is_refused(Kind.ZIP), zipfile.ZipFile(path) as archive:
        names = {info.filename for info in archive.infolist()}
    return "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)


def _check_kind(kind: Kind, declared: FileFormat) -> None:
    if kind is Kind.EMPTY:
        refuse("no-rows", "文件是空的，没有数据；请核对后重新提供", "the file is empty; check it and deliver it again")
    allowed = {
        FileFormat.CSV: {Kind.TEXT},
        FileFormat.JSON: {Kind.TEXT, Kind.JSON},
        FileFormat.NDJSON: {Kind.TEXT, Kind.JSON},
        FileFormat.XLSX: {Kind.WORKBOOK},
        FileFormat.PARQUET: {Kind.PARQUET},
    }[declared]
    if kind not in allowed:
        refuse(
            "wrong-format",
            f"目录条目声明的格式是 {declared.zh}，而文件看起来是 {kind}。请按声明的格式提供，或先变更目录条目",
            f"the catalog entry declares {declared.en}, but the file seems to be {kind}. "
            "Deliver the declared format, or have the entry changed first",
        )


def _unpack(path: Path, kind: Kind, size: int, limits: Limits, workdir: Path) -> Path:
    """Decompress into a file of our own naming, counting every byte."""
    workdir.mkdir(parents=True, exist_ok=True)
    written = 0
    with (
        tempfile.NamedTemporaryFile(dir=workdir, prefix="plain-", delete=False) as target,
        _damaged_is_refused(kind),
        _decompressed(path, kind) as stream,
    ):
        while chunk := stream.read(_CHUNK):
            written += len(chunk)
            if limits.is_bomb(written, size):
                _refuse_size(limits)
            target.write(chunk)
    return Path(target.name)


@contextmanager
def _decompressed(path: Path, kind: Kind) -> Iterator[BinaryIO]:
    match kind:
        case Kind.GZIP:
            with gzip.open(path) as stream:
                yield cast("BinaryIO", stream)
        case Kind.BZIP2:
            with bz2.open(path) as stream:
                yield cast("BinaryIO", stream)
        case Kind.XZ:
            with path.open("rb") as raw:
                yield cast("BinaryIO", _XzStream(raw))
        case Kind.ZSTD:
            with pa.input_stream(str(path), compression="zstd") as stream:
                yield stream
        case _:
            with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive)) as stream:
                yield cast("BinaryIO", stream)


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        refuse(
            "archive-members",
            f"压缩包内有 {len(members)} 个文件，只能有一个数据文件；请逐个提供",
            f"the archive holds {len(members)} files; it must hold exactly one data file: deliver them one by one",
        )
    if members[0].flag_bits & 0x1:
        refuse("encrypted", "压缩包已加密，请去除密码后重新提供", "the archive is encrypted; deliver it without a password")
    return members[0]


class _XzStream:
    """An XZ stream with a memory limit, which `lzma.open` does not offer."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, empty at the end."""
        while not self._decoder.eof:
            data = self._raw.read(_CHUNK) if self._decoder.needs_input else b""
            if not data and self._decoder.needs_input:
                raise EOFError("truncated xz stream")
            if out := self._decoder.decompress(data, size):
                return out
        if self._decoder.unused_data or self._raw.read(1):
            raise ValueError("data after the end of the xz stream")
        return b""


@contextmanager
def _damaged_is_refused(kind: Kind) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        refuse_unreadable(f"{kind}: {type(error).__name__}: {error}")


def _refuse_size(limits: Limits) -> None:
    mebibytes = limits.max_bytes // (1024 * 1024)
    refuse(
        "too-large",
        f"文件或其解压后的内容过大（上限 {mebibytes} MiB，压缩比上限 {limits.max_ratio}）；请拆分后提供",
        f"the file or its decompressed content is too large (limit {mebibytes} MiB, ratio limit {limits.max_ratio}); "
        "split it and deliver the parts",
    )
