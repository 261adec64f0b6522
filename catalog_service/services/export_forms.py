"""Exports: what may be read of a table as CSV, JSON, an Excel workbook or one Parquet file.

Here: the forms, their bytes and limits; all of it out of a `Readable`. Not here: the decision (access), what is asked for
(downloading).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO

from catalog_service.catalog.errors import InvalidError, NotFoundError, TooLargeError, problem
from catalog_service.formats.spreadsheet import write_spreadsheet
from catalog_service.services.access import Readable
from catalog_service.services.slots import Slot
from catalog_service.settings import Settings
from lake import exports

_PIECE_BYTES = 1024 * 1024


class ExportForm(StrEnum):
    """Forms in which data can be had beside the published files themselves."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    XLSX = "xlsx"
    PARQUET = "parquet"


def form_of(path: Path) -> ExportForm:
    """Return the form that a file's name asks for; CSV where it asks for none.

    Raises:
        InvalidError: there is no such form.
    """
    suffix = path.suffix.lower().removeprefix(".") or ExportForm.CSV.value
    if suffix not in {one.value for one in ExportForm}:
        known = [f".{one.value}" for one in ExportForm]
        zh = f"不支持的文件类型 .{suffix}，请使用 {'、'.join(known)}"
        raise InvalidError(problem("unknown-form", zh, f"unknown type of file .{suffix}; use one of {', '.join(known)}"))
    return ExportForm(suffix)


@dataclass(frozen=True, slots=True)
class Shape:
    """How an export is to be made."""

    form: ExportForm
    rows: int
    """How many rows it has."""
    bom: bool = False
    for_spreadsheet: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """An export: how many rows there are and are given, and its bytes."""

    form: ExportForm
    dataset: str
    version: int
    total_count: int
    returned_count: int
    chunks: Iterator[bytes]
    slot: Slot
    """Its place among those that run at once."""

    @property
    def is_truncated(self) -> bool:
        """Whether rows were left out."""
        return self.returned_count < self.total_count

    @property
    def download_name(self) -> str:
        """File name that tells data set and version."""
        return f"{self.dataset.replace('/', '_')}_v{self.version}.{self.form.value}"

    def close(self) -> None:
        """End it, whether all was read or not."""
        end = getattr(self.chunks, "close", None)
        if end is not None:
            end()
        self.slot.release()


def chunks(settings: Settings, readable: Readable, shape: Shape) -> Iterator[bytes]:
    """Return the bytes of an export.

    Raises:
        TooLargeError: a workbook cannot hold it.
        NotFoundError: there is no row and so no Parquet file.
    """
    lake, files, columns, count = readable.lake, readable.files, readable.columns, shape.rows
    match shape.form:
        case ExportForm.CSV:
            lines = exports.csv_lines(lake, files, columns, limit=count, for_spreadsheet=shape.for_spreadsheet)
            return chain((exports.BOM,), lines) if shape.bom else lines
        case ExportForm.JSONL:
            return exports.json_lines(lake, files, columns, limit=count)
        case ExportForm.JSON:
            return _json_document(readable, count)
        case ExportForm.XLSX:
            return _pieces(_workbook(settings, readable, count))
        case ExportForm.PARQUET:
            return _pieces(_parquet(settings, readable, count))


def facts(readable: Readable, returned: int) -> dict[str, object]:
    """Return what an answer says of itself: data set, version, and how many rows of how many it has."""
    publication = readable.publication
    return {
        "dataset": readable.dataset.id,
        "version": publication.version,
        "published_at": publication.published_at.isoformat(),
        "total_count": publication.row_count,
        "returned_count": returned,
        "is_truncated": returned < publication.row_count,
    }


def _json_document(readable: Readable, count: int) -> Iterator[bytes]:
    rows = exports.json_lines(readable.lake, readable.files, readable.columns, limit=count, before=",")
    yield json.dumps(facts(readable, count), ensure_ascii=False)[:-1].encode() + b', "rows": [\n'
    first = next(rows, b"")
    yield first[1:]
    yield from rows
    yield b"]}\n"


def _workbook(settings: Settings, readable: Readable, count: int) -> IO[bytes]:
    """Return a workbook, whole, as a file that nobody else sees and that goes when it is closed."""
    most = settings.xlsx_row_limit
    if count > most:
        zh = f"共 {count} 行，超过工作簿的上限 {most} 行；请下载 CSV（bom=true 便于 Excel 打开）或 Parquet，或用 limit 限定行数"
        en = f"{count} rows are more than the {most} of a workbook; take CSV (bom=true for Excel) or Parquet, or set limit"
        raise TooLargeError(problem("too-many-rows", zh, en, field="limit"))
    batches = exports.typed_batches(readable.lake, readable.files, readable.columns, limit=count)
    file = TemporaryFile(dir=settings.home_path / "tmp")  # noqa: SIM115  # closed when its last piece was read
    write_spreadsheet(file, readable.columns, batches, [(name, str(value)) for name, value in facts(readable, count).items()])
    return file


def _parquet(settings: Settings, readable: Readable, count: int) -> IO[bytes]:
    if not readable.files:
        zh, en = "该版本没有任何行，因此没有 Parquet 文件", "this version has no rows and therefore no Parquet file"
        raise NotFoundError(problem("no-rows", zh, en))
    limit = count if count < readable.publication.row_count else None
    with NamedTemporaryFile(dir=settings.home_path / "tmp", suffix=".parquet") as made:
        exports.write_parquet(readable.lake, readable.files, readable.columns, Path(made.name), limit=limit)
        return Path(made.name).open("rb")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(_PIECE_BYTES):
            yield piece
