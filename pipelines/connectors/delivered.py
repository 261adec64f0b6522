"""What a reader hands on: batches of text, rows that could not be read, notices.

Here: the shapes shared by all formats. Not here: any format.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import pyarrow as pa

from catalog_service.catalog.errors import InvalidError, Problem, Text, problem
from catalog_service.catalog.schema import Schema
from pipelines.connectors.limits import Limits

_LOG = logging.getLogger(__name__)
ROW_NUMBER = "_row_number"
_EXCERPT = 1_000
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that could not be read as a row of the declared columns."""

    row_number: int
    code: str
    message: Text
    text: str
    """The record as far as it could be read, at most 1,000 characters."""


@dataclass
class Tally:
    """What a reader finds beside its batches; complete when they are exhausted."""

    limits: Limits
    bad_rows: list[BadRow] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    empty_rows: int = 0

    def set_aside(self, row_number: int, code: str, zh: str, en: str, text: str) -> None:
        """Record a row that cannot be read, or refuse the file if there are too many of them."""
        if len(self.bad_rows) >= self.limits.max_bad_rows:
            refuse(
                "too-many-bad-rows",
                f"超过 {self.limits.max_bad_rows} 行无法读取，文件与目录条目声明的格式不符；请核对分隔符、表头和编码后重新提供",
                f"more than {self.limits.max_bad_rows} rows cannot be read: the file is not in the declared format; "
                "check delimiter, header and encoding and deliver it again",
                row=row_number,
            )
        self.bad_rows.append(BadRow(row_number, code, Text(zh=zh, en=en), text[:_EXCERPT]))


class DeliveredRows:
    """The rows of one delivered file, to be read once."""

    def __init__(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], tally: Tally) -> None:
        self.schema = schema
        self.failure: InvalidError | None = None
        """Why reading stopped before the end, for callers to whom an engine hides the exception."""
        self._batches = batches
        self._tally = tally
        self._good = 0

    @property
    def bad_rows(self) -> list[BadRow]:
        """Rows that could not be read; complete after the batches are exhausted."""
        return self._tally.bad_rows

    @property
    def notices(self) -> list[Problem]:
        """Remarks that do not stop the delivery; complete after the batches are exhausted."""
        return self._tally.notices

    @property
    def rows_read(self) -> int:
        """Rows handed on and rows set aside; complete after the batches are exhausted."""
        return self._good + len(self.bad_rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows as text, once.

        Raises:
            InvalidError: the file proves to be untrustworthy only now; nothing read before counts.
        """
        try:
            for batch in self._batches:
                self._good += batch.num_rows
                yield batch
        except InvalidError as error:
            self.failure = error
            raise

    def reader(self) -> pa.RecordBatchReader:
        """Return the batches as an Arrow stream; look at `failure` if the engine that reads it reports an error."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches())


def refuse(code: str, zh: str, en: str, **where: object) -> NoReturn:
    """Refuse the whole file for one reason."""
    raise InvalidError(problem(code, zh, en, article=17, **where))


def refuse_unreadable(detail: str) -> NoReturn:
    """Refuse a file that a parser could not read; the parser's own words go to the log only."""
    _LOG.warning("unreadable delivery: %s", detail[:_EXCERPT])
    refuse(
        "unreadable",
        "文件不完整、已损坏或不符合声明的格式，无法读取；请重新导出后提供",
        "the file is truncated, damaged or not of the declared format and cannot be read; export it again and deliver it",
    )


def arrow_schema(schema: Schema) -> pa.Schema:
    """Return the Arrow schema of delivered rows: every declared field as text, then the row number."""
    return pa.schema([pa.field(name, pa.string()) for name in schema.names] + [pa.field(ROW_NUMBER, pa.int64())])


def forbidden_character(text: str) -> str | None:
    """Return the code point of a control or replacement character in `text`, e.g. `U+0000`, or None."""
    found = _FORBIDDEN.search(text)
    return None if found is None else f"U+{ord(found.group()):04X}"
