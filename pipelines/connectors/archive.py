"""The directory of a zip archive, looked at before a library parses it.

Here: how many members and how long a directory the archive claims. Not here: decompression.
"""

import struct
from pathlib import Path

from pipelines.connectors.delivered import refuse

_END = b"PK\x05\x06"
_END64_LOCATOR = b"PK\x06\x07"
_TAIL = 22 + 65_535 + 20
_MAX_DIRECTORY = 16 * 1024 * 1024


def check_directory(path: Path) -> None:
    """Refuse an archive whose directory is missing or longer than any honest one.

    Raises:
        InvalidError: the archive is damaged or a trap.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL)
        end = tail.rfind(_END)
        if end < 0 or len(tail) - end < 22:
            refuse(
                "unreadable", "压缩包不完整或已损坏，请重新导出后提供", "the archive is truncated or damaged; export it again"
            )
        length = struct.unpack_from("<I", tail, end + 12)[0]
        if length == 0xFFFFFFFF and end >= 20 and tail[end - 20 : end - 16] == _END64_LOCATOR:
            file.seek(struct.unpack_from("<Q", tail, end - 12)[0])
            record = file.read(56)
            length = struct.unpack_from("<Q", record, 40)[0] if len(record) == 56 else length
    if length > _MAX_DIRECTORY:
        refuse(
            "archive-members",
            "压缩包内文件过多，请只放一个数据文件",
            "the archive claims too many members; put one data file in it",
        )
