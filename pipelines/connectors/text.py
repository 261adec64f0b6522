"""The byte pass over a delivered text file: the declared encoding first, strictly, and nothing odd inside.

Here: one streaming pass that validates, transcodes to UTF-8 where needed and checks quotes. Not here: rows and columns.
"""

import codecs
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from catalog_service.catalog.dataset import Encoding
from catalog_service.catalog.errors import InvalidError
from pipelines.connectors import text_refusals as refusals
from pipelines.connectors.delivered import refuse
from pipelines.connectors.hints import NAMES, looks_like
from pipelines.connectors.limits import Limits
from pipelines.connectors.mojibake import REPLACED, find_latin_mojibake, find_mojibake
from pipelines.connectors.quotes import QuoteCheck

BLOCK = 1024 * 1024
"""Bytes looked at together: small enough for the processor's cache."""
_BOM = b"\xef\xbb\xbf"
_SAMPLE_FIRST, _SAMPLE_LATER = 256 * 1024, 8 * 1024
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]")
_FFFD = "\ufffd".encode()
_REPLACED = REPLACED.encode()
_MULTIBYTE = {"gb18030": 0xE3, "gbk": 0xE3, "big5": 0xE3, "latin-1": 0x80}
"""A file in this encoding that is also valid UTF-8 with a byte of at least this value is UTF-8.

Two-byte UTF-8 sequences can be Chinese characters in GBK by chance, three-byte ones hardly."""


@dataclass(frozen=True)
class TextFile:
    """A file of valid UTF-8 without control characters."""

    path: Path
    start: int
    """Bytes to skip: a byte order mark."""
    longest_line: int


def check_text(path: Path, encoding: Encoding, limits: Limits, workdir: Path, *, delimiter: str | None = None) -> TextFile:
    """Validate a text file in its declared encoding and return it as UTF-8.

    Args:
        path: The plain file.
        encoding: As the catalog entry declares it; never guessed.
        limits: What is too large.
        workdir: Where a transcoded copy may be written.
        delimiter: For CSV: also check that quotes are well formed.

    Raises:
        InvalidError: the bytes are not what is declared, or hold control characters or wrongly decoded text.
    """
    scan = _Scan(delimiter)
    with path.open("rb", buffering=0) as file:
        start = len(_BOM) if file.read(3) == _BOM else 0
        if encoding == "utf-8":
            file.seek(start)
            for block, end in _blocks(file):
                if not _is_utf8(block, end):
                    _refuse_bytes(encoding, block, end, scan, start)
                scan.look(block, end)
        elif start:
            refusals.refuse_utf8(encoding)
        else:
            file.seek(0)
            path = _transcode(file, encoding, scan, limits, workdir)
    scan.finish()
    return TextFile(path, start, scan.longest_line)


class _Scan:
    """What has been seen of a UTF-8 text so far."""

    def __init__(self, delimiter: str | None) -> None:
        self.lines = 0
        self.offset = 0
        self.longest_line = 0
        self._line_so_far = 0
        self._sample = _SAMPLE_FIRST
        self._quotes = None if delimiter is None else QuoteCheck(delimiter)

    def look(self, block: bytes | bytearray, end: int) -> None:
        """Check the first `end` bytes of `block`, which hold whole characters."""
        values = np.frombuffer(block, np.uint8, end)
        line_ends = np.flatnonzero(values == 10)
        if _may_hold_controls(values, len(line_ends)) and (found := _CONTROL.search(block, 0, end)):
            refusals.refuse_control(found.group().decode(), self.line_at(block, found.start()))
        if _may_hold_fffd(values) and (at := block.find(_FFFD, 0, end)) >= 0:
            refusals.refuse_garbled(self.line_at(block, at))
        if (at := self._mojibake(block, end)) >= 0:
            refusals.refuse_garbled(self.line_at(block, at))
        if self._quotes is not None:
            self._quotes.look(values, line_ends, self.lines)
        self._measure(line_ends, end)

    def finish(self) -> None:
        """Check what can only be known at the end."""
        if self._quotes is not None:
            self._quotes.finish()

    def line_at(self, block: bytes | bytearray, position: int) -> int:
        """Return the 1-based line of a position in the current block."""
        return self.lines + block.count(b"\n", 0, position) + 1

    def _mojibake(self, block: bytes | bytearray, end: int) -> int:
        at = block.find(_REPLACED, 0, end)
        if at < 0 and block.find(b"\xc3", 0, end) >= 0:
            at = find_latin_mojibake(block, end)
        if at < 0:
            # Undoing a decoding is slow: the beginning of the file and a sample of every later block are looked at.
            sample = bytes(block[: min(end, self._sample)]).decode("utf-8", "ignore")
            found = find_mojibake(sample)
            at = -1 if found is None else len(sample[:found].encode())
        self._sample = _SAMPLE_LATER
        return at

    def _measure(self, line_ends: npt.NDArray[np.intp], end: int) -> None:
        self.offset += end
        self.lines += len(line_ends)
        if not len(line_ends):
            self._line_so_far += end
            self.longest_line = max(self.longest_line, self._line_so_far)
            return
        longest = int(np.diff(line_ends).max()) if len(line_ends) > 1 else 0
        self.longest_line = max(self.longest_line, self._line_so_far + int(line_ends[0]) + 1, longest)
        self._line_so_far = end - int(line_ends[-1]) - 1


def _may_hold_controls(values: npt.NDArray[np.uint8], line_feeds: int) -> bool:
    """Tell, from counts alone, whether a look for control characters is worth while."""
    low = int(np.count_nonzero(values < 32))
    if low != line_feeds:
        low -= int(np.count_nonzero(values == 9)) + int(np.count_nonzero(values == 13))
    if low != line_feeds or bool((values == 0x7F).any()):
        return True
    latin = np.flatnonzero(values[:-1] == 0xC2)
    return bool(len(latin) and (values[latin + 1] < 0xA0).any())


def _may_hold_fffd(values: npt.NDArray[np.uint8]) -> bool:
    """Tell whether the first two bytes of U+FFFD follow each other: faster than a search where its first byte is frequent."""
    leads = np.flatnonzero(values[:-1] == _FFFD[0])
    return bool(len(leads) and (values[leads + 1] == _FFFD[1]).any())


def _blocks(file: IO[bytes]) -> Iterator[tuple[bytearray, int]]:
    """Yield a reused buffer and its filled length: whole lines, or, where a line is long, whole UTF-8 characters."""
    buffer = bytearray(2 * BLOCK)
    window = memoryview(buffer)
    kept = 0
    while count := file.readinto(window[kept : kept + BLOCK]):  # type: ignore[attr-defined]
        end = kept + count
        cut = buffer.rfind(b"\n", kept, end) + 1 or _character_end(buffer, end)
        yield buffer, cut
        kept = end - cut
        buffer[:kept] = buffer[cut:end]
    if kept:
        yield buffer, kept


def _character_end(buffer: bytearray, end: int) -> int:
    """Return the last position at or before `end` that does not cut a UTF-8 character."""
    for back in range(1, min(4, end) + 1):
        byte = buffer[end - back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return end if back >= length else end - back
        if byte < 0x80:
            break
    return end


def _is_utf8(block: bytearray, end: int) -> bool:
    offsets = pa.py_buffer(np.array([0, end], dtype=np.int32))
    array = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(memoryview(block)[:end])])
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _transcode(file: IO[bytes], encoding: Encoding, scan: _Scan, limits: Limits, workdir: Path) -> Path:
    """Write the text as UTF-8 into `workdir`, checking it on the way."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    evidence = _Utf8Evidence(encoding)
    offset = 0
    workdir.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=workdir, prefix="utf8-", delete=False) as target:
        for block, end in _blocks(file):
            evidence.add(block, end)
            try:
                text = decoder.decode(block[:end]).encode()
            except UnicodeError:
                _refuse_bytes(encoding, block, end, scan, offset)
            offset += end
            if text:
                _look_at_transcoded(text, scan, evidence)
            if scan.offset > limits.max_bytes:
                refuse("too-large", "文件转为 UTF-8 后过大，请拆分后提供", "the file is too large as UTF-8; split it")
            target.write(text)
    if decoder.getstate()[0]:
        refusals.refuse_cut(encoding, scan.lines + 1)
    if evidence.is_utf8:
        refusals.refuse_utf8(encoding)
    return Path(target.name)


def _look_at_transcoded(text: bytes, scan: _Scan, evidence: "_Utf8Evidence") -> None:
    try:
        scan.look(text, len(text))
    except InvalidError:
        # UTF-8 read as something else gives odd characters; its encoding is the reason to name.
        if evidence.is_utf8:
            refusals.refuse_utf8(evidence.encoding)
        raise


class _Utf8Evidence:
    """Whether a file that is declared to be in another encoding is UTF-8."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._valid = True
        self._highest = 0

    def add(self, block: bytearray, end: int) -> None:
        """Look at the first `end` bytes of the next block."""
        self._valid = self._valid and _is_utf8(block, end)
        self._highest = max(self._highest, int(np.frombuffer(block, np.uint8, end).max()))

    @property
    def is_utf8(self) -> bool:
        """Whether all of it is valid UTF-8, and not by chance."""
        return self._valid and self._highest >= _MULTIBYTE[self.encoding]


def _refuse_bytes(encoding: Encoding, block: bytearray, end: int, scan: _Scan, offset: int) -> NoReturn:
    """Refuse bytes that the declared encoding does not allow, saying where they stand and what they look like."""
    try:
        bytes(block[:end]).decode(encoding)
        position = end
    except UnicodeDecodeError as error:
        position = error.start
    line_start = block.rfind(b"\n", 0, position) + 1
    line_end = block.find(b"\n", position, end)
    stop = min(end if line_end < 0 else line_end, line_start + _SAMPLE_FIRST)
    seems = looks_like(bytes(block[line_start:stop]))
    where = offset + position + (scan.offset if encoding == "utf-8" else 0)
    line = scan.line_at(block, position)
    refuse(
        "wrong-encoding",
        f"目录条目声明的编码是 {NAMES[encoding]}，但字节偏移 {where} 处不是有效的 {NAMES[encoding]}，"
        f"看起来像 {seems}。请按声明的编码重新导出，或先变更目录条目中的编码",
        f"the catalog entry declares {NAMES[encoding]}, but at byte offset {where} the file is not valid {NAMES[encoding]}; "
        f"it looks like {seems}. Export it in the declared encoding, or have the entry changed first",
        row=line,
    )
