"""Quotes of a CSV file: each one opens a value, closes it, or is doubled inside it (RFC 4180).

Here: the check over blocks of bytes; it finds the value that is never closed, which a parser would silently join with the rows
after it. Not here: parsing.
"""

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from pipelines.connectors.delivered import refuse

_QUOTE = 34
_LINE_FEED, _RETURN = 10, 13

Bytes = npt.NDArray[np.uint8]


class QuoteCheck:
    """Counts quotes over consecutive blocks and refuses the first one that stands where none may stand."""

    def __init__(self, delimiter: str) -> None:
        edges = np.zeros(256, dtype=bool)
        edges[[_QUOTE, _LINE_FEED, _RETURN, ord(delimiter)]] = True
        self._edges = edges
        self.count = 0
        self._opened_line = 1
        self._before = _LINE_FEED
        self._dangling = False

    def look(self, block: Bytes, line_ends: npt.NDArray[Any], lines: int) -> None:
        """Check one block; `lines` have ended before it, `line_ends` are the positions of line feeds in it."""
        if self._dangling and not self._edges[block[0]]:
            _refuse_quote(self._opened_line)
        self._dangling = False
        at = np.flatnonzero(block == _QUOTE)
        if len(at):
            self._check(block, at, line_ends, lines)
        self._before = int(block[-1])

    def _check(self, block: Bytes, at: npt.NDArray[Any], line_ends: npt.NDArray[Any], lines: int) -> None:
        opens = (np.arange(len(at)) + self.count) % 2 == 0
        self.count += len(at)
        before = np.where(at > 0, block[at - 1], self._before)
        after = block[np.minimum(at + 1, len(block) - 1)]
        self._dangling = bool(at[-1] == len(block) - 1 and not opens[-1])
        if self._dangling:
            after[-1] = _QUOTE
        wrong = np.where(opens, ~self._edges[before], ~self._edges[after])
        stop = int(np.argmax(wrong)) if wrong.any() else len(at) - 1
        # A quote that opens right after another one is the second half of a doubled quote, not the beginning of a value.
        starts = np.flatnonzero(opens[: stop + 1] & (before[: stop + 1] != _QUOTE))
        if len(starts):
            self._opened_line = lines + 1 + int(np.searchsorted(line_ends, at[starts[-1]]))
        if wrong[stop]:
            _refuse_quote(self._opened_line)

    def finish(self) -> int:
        """Return the number of quotes, an even one."""
        if self.count % 2:
            _refuse_quote(self._opened_line)
        return self.count


def _refuse_quote(line: int) -> NoReturn:
    refuse(
        "unclosed-quote",
        "从本行开始的引号没有正确闭合，后面的行会被误读为同一个值；值内的引号应写成两个引号，整个值再用引号括起",
        "the quote opened on this line is not closed properly, and the rows after it would be read as one value; "
        "a quote inside a value is doubled and the whole value quoted",
        row=line,
    )
