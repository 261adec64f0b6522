"""A JSON document read value by value, so that an array of records of any length needs little memory.

Here: tokens. Not here: what a record means (json_records).
"""

import json
from collections.abc import Iterator, Sequence
from typing import IO

from pipelines.connectors.delivered import refuse

_CHUNK = 1024 * 1024
_SPACE = " \t\n\r"


class Pairs(list[tuple[str, object]]):
    """The members of a JSON object in written order, duplicates and all."""


class NotANumber:
    """`NaN` or an infinity, which JSON does not know."""


DECODER = json.JSONDecoder(
    object_pairs_hook=Pairs,
    # Numbers stay as they are written: no digit is lost, no format changed.
    parse_int=str,
    parse_float=str,
    parse_constant=lambda _: NotANumber(),
)


class BrokenJsonError(ValueError):
    """The text is not JSON from here on."""


class JsonStream:
    """A cursor over JSON text."""

    def __init__(self, file: IO[str], limit: int) -> None:
        self._file = file
        self._limit = limit
        self._text = ""
        self._at = 0

    def records(self, path: Sequence[str]) -> Iterator[tuple[object, str]]:
        """Yield each element of the array that `path` leads to, with an excerpt of its text.

        Raises:
            BrokenJsonError: the document is not JSON.
            InvalidError: there is no array at `path`, or a value is too long.
        """
        for key in path:
            self._enter(key)
        if self._peek() != "[":
            _refuse_path(path)
        self._at += 1
        if self._peek() == "]":
            return
        while True:
            yield self._value()
            match self._peek():
                case ",":
                    self._at += 1
                case "]":
                    self._at += 1
                    break
                case _:
                    raise BrokenJsonError("no comma or end of the array")
        if not path and self._peek():
            raise BrokenJsonError("text after the end of the array")

    def _enter(self, key: str) -> None:
        """Go to the value of `key` in the object that begins here."""
        if self._peek() != "{":
            _refuse_path([key])
        self._at += 1
        while self._peek() == '"':
            name, _ = self._value()
            if self._peek() != ":":
                raise BrokenJsonError("no colon")
            self._at += 1
            if name == key:
                return
            self._peek()
            self._value()
            if self._peek() == ",":
                self._at += 1
        _refuse_path([key])

    def _peek(self) -> str:
        """Return the next character that is not blank, or an empty text at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._fill():
                return ""

    def _value(self) -> tuple[object, str]:
        self._peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._fill():
                    raise BrokenJsonError(str(error)) from None
                continue
            # A number at the end of what was read so far may go on.
            if end == len(self._text) and self._fill():
                continue
            excerpt = self._text[self._at : min(end, self._at + 1_000)]
            self._at = end
            return value, excerpt

    def _fill(self) -> bool:
        """Read on, keeping what is not yet used; False at the end of the file."""
        kept = len(self._text) - self._at
        if kept > self._limit:
            refuse("record-too-long", "有一条记录过长，或文件不是有效的 JSON", "a record is too long, or the file is not JSON")
        more = self._file.read(max(_CHUNK, kept))
        self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)


def _refuse_path(path: Sequence[str]) -> None:
    place = ".".join(path) or "$"
    refuse(
        "no-records",
        f"JSON 文件中 {place} 处没有记录数组；请按目录条目的 records_path 提供，或先变更目录条目",
        f"there is no array of records at {place}; deliver what records_path says, or have the entry changed first",
    )
