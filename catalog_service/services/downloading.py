"""Reading data (Art. 19–24): Parquet files, exports and previews of what the access decision allows.

Here: checks of the stored bytes, formats and limits. Not here: the decision (access), the forms
of exports (export_forms), HTTP (api).
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from catalog_service.catalog.decision import Basis
from catalog_service.catalog.errors import (
    ConflictError,
    CorruptError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    problem,
)
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.publication import Publication, PublishedFile
from catalog_service.services.access import Readable, Wish, open_read
from catalog_service.services.export_forms import Export, ExportForm, Shape, chunks
from catalog_service.services.platform import Platform
from catalog_service.services.views import PreviewView
from lake import exports
from lake.durable import sha256_of

PREVIEW_ROWS = 20


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


def open_files(platform: Platform, principal: Principal, wish: Wish) -> Readable:
    """Return a version of a table whose files may be handed out as they are, their bytes verified.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError, GoneError, CorruptError: as for `open_file`.
    """
    readable = open_read(platform, principal, wish)
    require_intact(readable)
    _require_nothing_beyond(readable)
    return readable


def open_file(
    platform: Platform, principal: Principal, wish: Wish, *, number: int | None = None, is_continued: bool = False
) -> OpenFile:
    """Return a file of the current version, or of an earlier one, of a product.

    Raises:
        NotFoundError: no such entry, version or file; or nothing is published yet.
        UnauthenticatedError, ForbiddenError: the reader may not have the data.
        ConflictError: the version has several files and none was chosen.
        GoneError: the bytes of that earlier version are no longer kept.
        CorruptError: the stored bytes differ from the manifest.
    """
    readable = open_read(platform, principal, wish, is_continued=is_continued)
    file = _chosen(readable.publication, number)
    path = readable.lake.root / file.path
    _require_intact(path, file, is_current=not readable.is_pinned)
    _require_nothing_beyond(readable)
    return OpenFile(path=path, dataset=wish.dataset, number=number or 1, file=file, publication=readable.publication)


def export(
    platform: Platform,
    principal: Principal,
    wish: Wish,
    form: ExportForm,
    *,
    limit: int | None = None,
    bom: bool = False,
    for_spreadsheet: bool = False,
) -> Export:
    """Return what may be read of a table in a form; at most `limit` rows and never more than the platform's limit.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError, CorruptError: as for `open_file`.
        TooLargeError: a workbook cannot hold it.
        BusyError: as many exports as can be are running.
    """
    ceiling = platform.settings.export_row_limit
    given = [one for one in (limit, ceiling or None) if one is not None]
    with ExitStack() as stack:
        slot = stack.enter_context(platform.slots.take())
        readable = open_read(platform, principal, replace(wish, rows=min(given, default=None)))
        require_intact(readable)
        publication = readable.publication
        count = min([publication.row_count, *given])
        shape = Shape(form, count, bom=bom, for_spreadsheet=for_spreadsheet)
        found = chunks(platform.settings, readable, shape)
        stack.pop_all()
    return Export(form, wish.dataset, publication.version, publication.row_count, count, found, slot)


def require_intact(readable: Readable) -> None:
    """Let pass a version whose stored bytes are what was published.

    Raises:
        GoneError: the bytes of this earlier version are no longer kept.
        CorruptError: the stored bytes differ from the manifest.
    """
    for file in readable.publication.files:
        _require_intact(readable.lake.root / file.path, file, is_current=not readable.is_pinned)


def preview(platform: Platform, principal: Principal, wish: Wish) -> PreviewView:
    """Return the first rows of what may be read of a table.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError, CorruptError: as for `open_file`.
    """
    readable = open_read(platform, principal, replace(wish, rows=PREVIEW_ROWS), is_glance=True)
    require_intact(readable)
    rows = exports.first_rows(readable.lake, readable.files, readable.columns, limit=PREVIEW_ROWS)
    return PreviewView(columns=readable.columns, rows=tuple(rows), total_count=readable.publication.row_count)


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


def _require_nothing_beyond(readable: Readable) -> None:
    """Refuse bytes with a column that the reader may not see, such as a field that has been closed since (Art. 23)."""
    if readable.decision.basis is Basis.OWN:
        return
    allowed = frozenset(readable.decision.view.names)
    closed = [name for name in readable.present if name not in allowed]
    if closed:
        zh = f"该版本含有不可读取的信息项（{'、'.join(closed)}），不能提供文件；请下载最新版本或文本导出"
        en = f"this version has fields that you may not read ({', '.join(closed)}); take the latest version or an export"
        raise ForbiddenError(problem("fields-closed", zh, en, article=22))
