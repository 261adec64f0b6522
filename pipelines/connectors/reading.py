"""The one door to delivered files: from a path and a catalog entry to batches of text.

Here: the order of the stages and the promise that nothing but `InvalidError` comes out. Not here: any format.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa

from catalog_service.catalog.dataset import DeliveryFormat
from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.schema import Schema
from catalog_service.catalog.vocabularies import FileFormat
from pipelines.connectors.delimited import read_delimited
from pipelines.connectors.delivered import BadRow, DeliveredRows, Tally, arrow_schema, refuse, refuse_unreadable
from pipelines.connectors.json_records import read_json
from pipelines.connectors.limits import Limits
from pipelines.connectors.parquet import read_parquet
from pipelines.connectors.source import open_source
from pipelines.connectors.workbook import read_workbook

__all__ = ["BadRow", "DeliveredRows", "Limits", "open_delivery"]

_NAME_LENGTH = 200


def open_delivery(
    path: Path, file_name: str, schema: Schema, form: DeliveryFormat, limits: Limits, workdir: Path
) -> DeliveredRows:
    """Open a delivered file as rows of text.

    Args:
        path: Where the bytes are kept.
        file_name: What the agency calls the file; shown to people, never used as a path.
        schema: The declared fields; nothing is guessed from the data.
        form: The declared format, encoding and header.
        limits: What is too large, wide, deep or slow.
        workdir: A folder for temporary files; the caller removes it after reading.

    Raises:
        InvalidError: the file as a whole cannot be trusted; every problem that can be known is named.
    """
    tally = Tally(limits)
    batches = _guarded(path, _shown(file_name), schema, form, tally, workdir)
    first = next(batches, None)
    return DeliveredRows(arrow_schema(schema), batches if first is None else chain((first,), batches), tally)


def _guarded(
    path: Path, shown: str, schema: Schema, form: DeliveryFormat, tally: Tally, workdir: Path
) -> Iterator[pa.RecordBatch]:
    """Yield the batches; whatever a parser raises becomes a refusal that names the file."""
    try:
        seen = False
        for batch in _batches(path, schema, form, tally, workdir):
            seen = True
            yield batch
        if not seen and not tally.bad_rows:
            refuse("no-rows", "文件没有数据行；请核对后重新提供", "the file holds no rows; check it and deliver it again")
    except InvalidError as error:
        raise InvalidError([one.at(file=shown) for one in error.problems]) from None
    except Exception as error:
        try:
            refuse_unreadable(f"{type(error).__name__}: {error}")
        except InvalidError as refusal:
            raise InvalidError([one.at(file=shown) for one in refusal.problems]) from error


def _batches(path: Path, schema: Schema, form: DeliveryFormat, tally: Tally, workdir: Path) -> Iterator[pa.RecordBatch]:
    plain = open_source(path, form.format, tally.limits, workdir)
    match form.format:
        case FileFormat.CSV:
            return read_delimited(plain, schema, form, tally, workdir)
        case FileFormat.XLSX:
            return read_workbook(plain, schema, form, tally, workdir)
        case FileFormat.JSON | FileFormat.NDJSON:
            return read_json(plain, schema, form, tally, workdir)
        case FileFormat.PARQUET:
            return read_parquet(plain, schema, form, tally)


def _shown(file_name: str) -> str:
    """Return the file name as it is shown in messages: printable and short."""
    return "".join(c if c.isprintable() else "\ufffd" for c in file_name)[:_NAME_LENGTH]
