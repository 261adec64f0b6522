"""Reading open data (Art. 22, 24): Parquet files, exports and previews, only of what is opened to all without conditions.

Here: the decision on every read, checks of the stored bytes, and limits. Not here: HTTP (api).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from pathlib import Path

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import (
    ConflictError,
    CorruptError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    problem,
)
from catalog_service.catalog.publication import Publication, PublishedFile
from catalog_service.services.platform import Platform
from catalog_service.services.reading import open_table, readable_dataset
from catalog_service.services.views import PreviewView
from lake import exports
from lake.durable import sha256_of

PREVIEW_ROWS = 20


class ExportForm(StrEnum):
    """Text formats in which open data can be had beside Parquet."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A Parquet file that may be handed out, its bytes verified."""

    path: Path
    dataset: str
    number: int
    file: PublishedFile
    publication: Publication

    @property
    def etag(self) -> str:
        """Strong validator: the sha256 of the bytes."""
        return f'"{self.file.sha256}"'

    @property
    def download_name(self) -> str:
        """File name that tells data set, version and part."""
        part = f"_{self.number}" if len(self.publication.files) > 1 else ""
        return f"{self.dataset.replace('/', '_')}_v{self.publication.version}{part}.parquet"


@dataclass(frozen=True, slots=True)
class Export:
    """An export: how many rows there are and are given, and its bytes."""

    form: ExportForm
    dataset: str
    version: int
    total_count: int
    returned_count: int
    chunks: Iterator[bytes]

    @property
    def is_truncated(self) -> bool:
        """Whether rows were left out."""
        return self.returned_count < self.total_count

    @property
    def download_name(self) -> str:
        """File name that tells data set and version."""
        return f"{self.dataset.replace('/', '_')}_v{self.version}.{self.form.value}"


def open_file(platform: Platform, dataset_id: str, *, version: int | None = None, number: int | None = None) -> OpenFile:
    """Return a file of the current version, or of an earlier one, of an open product.

    Raises:
        NotFoundError: no such entry, version or file; or nothing is published yet.
        UnauthenticatedError, ForbiddenError: the data are not open to all.
        ConflictError: the version has several files and none was chosen.
        GoneError: the bytes of that earlier version are no longer kept.
        CorruptError: the stored bytes differ from the manifest.
    """
    dataset, publication = _product(platform, dataset_id, version)
    file = _chosen(publication, number)
    path = platform.lake.root / file.path
    _require_intact(path, file, is_current=version is None)
    _require_open_columns(platform, dataset, [file.path])
    return OpenFile(path=path, dataset=dataset_id, number=number or 1, file=file, publication=publication)


def export(
    platform: Platform,
    dataset_id: str,
    form: ExportForm,
    *,
    limit: int | None = None,
    bom: bool = False,
    for_spreadsheet: bool = False,
) -> Export:
    """Return the current version of an open product as text; at most `limit` rows and never more than the platform's limit.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError, CorruptError: as for `open_file`.
    """
    dataset, publication = _product(platform, dataset_id, None)
    files = _intact_paths(platform, publication)
    columns = _open_columns(platform, dataset, files)
    ceiling = platform.settings.export_row_limit
    count = min(publication.row_count, ceiling if limit is None else min(limit, ceiling))
    lake = platform.lake
    chunks: Iterator[bytes]
    match form:
        case ExportForm.CSV:
            lines = exports.csv_lines(lake, files, columns, limit=count, for_spreadsheet=for_spreadsheet)
            chunks = chain((exports.BOM,), lines) if bom else lines
        case ExportForm.JSONL:
            chunks = exports.json_lines(lake, files, columns, limit=count)
        case ExportForm.JSON:
            rows = exports.json_lines(lake, files, columns, limit=count, before=",")
            chunks = _json_document(publication, dataset_id, count, rows)
    return Export(form, dataset_id, publication.version, publication.row_count, count, chunks)


def preview(platform: Platform, dataset_id: str) -> PreviewView:
    """Return the first rows of the current version of an open product.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError, CorruptError: as for `open_file`.
    """
    dataset, publication = _product(platform, dataset_id, None)
    files = _intact_paths(platform, publication)
    columns = _open_columns(platform, dataset, files)
    rows = exports.first_rows(platform.lake, files, columns, limit=PREVIEW_ROWS)
    return PreviewView(columns=columns, rows=tuple(rows), total_count=publication.row_count)


def _product(platform: Platform, dataset_id: str, version: int | None) -> tuple[Dataset, Publication]:
    """Decide on the read first; only then look for the data."""
    with platform.database.reading() as transaction:
        dataset = readable_dataset(transaction, dataset_id)
        table = open_table(dataset_id)
        if version is not None:
            return dataset, transaction.publications.version(table, version)
        publication = transaction.publications.current(table)
    if publication is None:
        zh = "该数据集已列入开放目录，但尚未发布数据；首次汇聚并通过质量检查后即可下载"
        en = "the data set is listed as open, but no data are published yet; they will be once a delivery passes its checks"
        raise NotFoundError(problem("not-published-yet", zh, en, article=24))
    return dataset, publication


def _chosen(publication: Publication, number: int | None) -> PublishedFile:
    count = len(publication.files)
    if count == 0:
        zh, en = "该版本没有任何行，因此没有 Parquet 文件", "this version has no rows and therefore no Parquet file"
        raise NotFoundError(problem("no-rows", zh, en))
    if number is None and count > 1:
        zh = f"该版本由 {count} 个文件组成，请用 file=1 至 file={count} 逐个下载"
        en = f"this version consists of {count} files; download each with file=1 to file={count}"
        raise ConflictError(problem("several-files", zh, en, field="file"))
    if number is not None and number > count:
        zh, en = f"该版本只有 {count} 个文件", f"this version has {count} file(s) only"
        raise NotFoundError(problem("unknown-file", zh, en, field="file"))
    return publication.files[(number or 1) - 1]


def _require_intact(path: Path, file: PublishedFile, *, is_current: bool) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        if is_current:
            raise _corrupt() from None
        zh, en = "该历史版本的文件已不再保存，请下载最新版本", "the bytes of this version are no longer kept; take the latest"
        raise GoneError(problem("version-gone", zh, en, article=25)) from None
    if status.st_size != file.size_bytes:
        raise _corrupt()
    _verify_once(path, file.sha256, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=4_096)
def _verify_once(path: Path, sha256: str, _size: int, _modified: int, _inode: int) -> None:
    """Recompute the sha256; again only when the file's size, time or inode has changed. A failure is never remembered."""
    if sha256_of(path) != sha256:
        raise _corrupt()


def _corrupt() -> CorruptError:
    zh = "存储的文件与发布时的记录不一致，已停止提供；请稍后再试或联系平台"
    en = "the stored bytes differ from what was published and are withheld; try again later or tell the platform"
    return CorruptError(problem("corrupt-file", zh, en, article=25))


def _intact_paths(platform: Platform, publication: Publication) -> list[str]:
    for file in publication.files:
        _require_intact(platform.lake.root / file.path, file, is_current=True)
    return [file.path for file in publication.files]


def _require_open_columns(platform: Platform, dataset: Dataset, files: list[str]) -> None:
    """Refuse bytes with a field that was open when they were published and is no longer (Art. 22, 23)."""
    allowed = {field.name for field in dataset.open_fields}
    closed = [name for name in exports.column_names(platform.lake, files) if name not in allowed]
    if closed:
        zh = f"该版本含有已不再无条件开放的信息项（{'、'.join(closed)}），不再提供；请下载最新版本或文本导出"
        en = f"this version has fields that are no longer open ({', '.join(closed)}); take the latest version or an export"
        raise ForbiddenError(problem("fields-closed", zh, en, article=22))


def _open_columns(platform: Platform, dataset: Dataset, files: list[str]) -> tuple[str, ...]:
    """Return the columns to export: declared, open now, and present in the published version."""
    present = exports.column_names(platform.lake, files)
    return tuple(field.name for field in dataset.open_fields if not files or field.name in present)


def _json_document(publication: Publication, dataset_id: str, count: int, rows: Iterator[bytes]) -> Iterator[bytes]:
    head = {
        "dataset": dataset_id,
        "version": publication.version,
        "published_at": publication.published_at.isoformat(),
        "total_count": publication.row_count,
        "returned_count": count,
        "is_truncated": count < publication.row_count,
    }
    yield json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "rows": [\n'
    first = next(rows, b"")
    yield first[1:]
    yield from rows
    yield b"]}\n"
