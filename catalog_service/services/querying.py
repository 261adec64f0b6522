"""Questions about rows (Art. 20, 24): conditions, columns, order, page by page, within what the access decision allows.

Here: the use case. Not here: the question itself (catalog.row_query), whole exports (downloading).
"""

import json
from dataclasses import dataclass, replace

from catalog_service.catalog.errors import InvalidError, NotFoundError, problem
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.row_query import Place, RowQuery
from catalog_service.formats.arrow import stored_as
from catalog_service.services.access import Readable, Wish, open_read
from catalog_service.services.downloading import require_intact
from catalog_service.services.platform import Platform
from catalog_service.services.treating import compared
from lake.row_pages import NoSuchRowError, PageWish, RowPage, read_page, stored_types


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of rows, each the text of a JSON object."""

    readable: Readable
    page: RowPage
    next_cursor: str | None

    def document(self) -> bytes:
        """Return it as JSON: what it is of, how much it has of how much, where to go on, the rows."""
        publication, matched = self.readable.publication, self.page.matched_count
        head = {
            "dataset": self.readable.dataset.id,
            "version": publication.version,
            "published_at": publication.published_at.isoformat(),
            "total_count": publication.row_count,
            "matched_count": publication.row_count if matched is None else matched,
            "returned_count": len(self.page.rows),
            "is_truncated": self.page.has_more,
            "next_cursor": self.next_cursor,
        }
        text = json.dumps(head, ensure_ascii=False)[:-1].encode()
        return text + b', "rows": [\n' + b",\n".join(self.page.rows) + b"]}\n"


def query(platform: Platform, principal: Principal, wish: Wish, asked: RowQuery) -> Answer:
    """Return a page of the rows that a question asks for; all pages are of the version that the first one was of.

    Raises:
        InvalidError: the question does not fit the data, or the cursor does not fit the question.
        NotFoundError, UnauthenticatedError, ForbiddenError, ConflictError, GoneError, CorruptError: as for any read; a column
            that may not be seen may not be asked about either.
        BusyError: as many exports and queries as can be are running.
    """
    place = Place.of(asked)
    version = wish.version if place is None else place.version
    wanted = replace(wish, columns=asked.columns, touched=asked.touched, version=version, rows=asked.limit)
    with platform.slots.take():
        readable = open_read(platform, principal, wanted)
        require_intact(readable)
        page = _page(readable, asked, place)
    ended = Place(readable.publication.version, *page.last) if page.has_more and page.last else None
    return Answer(readable, page, ended.cursor(asked) if ended else None)


def _page(readable: Readable, asked: RowQuery, place: Place | None) -> RowPage:
    if not readable.files:
        return RowPage((), None, has_more=False, matched_count=0)
    present = stored_types(readable.lake, readable.files)
    names = {*readable.columns, *(asked.columns or ()), *asked.touched} & present.keys()
    types = {name: stored_as(present[name]) for name in names}
    faults = list(asked.problems({name: type_ for name, (type_, _) in types.items()}))
    if faults:
        raise InvalidError(faults)
    if not readable.columns:
        zh, en = "该版本的数据中没有可读取的信息项", "this version of the data has no field that may be read"
        raise NotFoundError(problem("no-columns", zh, en))
    wish = PageWish(
        files=readable.files,
        columns=readable.columns,
        condition=" AND ".join(compared(one, *types[one.field]) for one in asked.where),
        order=tuple((one.field, one.descending) for one in asked.sort),
        after=None if place is None else (place.file, place.row),
        limit=asked.limit,
    )
    try:
        return read_page(readable.lake, wish)
    except NoSuchRowError:
        zh, en = "游标指向的行不存在，请从第一页重新查询", "there is no row where the cursor points; begin anew"
        raise InvalidError(problem("bad-cursor", zh, en, field="cursor")) from None
