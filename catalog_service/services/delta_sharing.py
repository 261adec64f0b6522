"""Delta Sharing (Art. 20, 24): a grant is a share; what is open to all is the share `open`.

Every query is decided like any other read, and every file again when its address is used, so an end is an end at once.
Here: shares, tables, versions, snapshots, changes. Not here: credentials (profiles), the wire (catalog.delta_sharing).
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog_service.catalog.decision import Zone
from catalog_service.catalog.delta_sharing import (
    OPEN_SHARE,
    ResponseFormat,
    TableFile,
    TableHead,
    change_line,
    file_line,
    head_lines,
    share_of,
)
from catalog_service.catalog.errors import InvalidError, NotFoundError, problem
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.catalog.publication import Publication, PublishedFile
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import downloading, signing
from catalog_service.services.access import Wish
from catalog_service.services.identity import now
from catalog_service.services.platform import Platform
from catalog_service.services.profiles import Recipient, recipient_of_profile
from catalog_service.services.reading import open_table

PREFIX = "/delta-sharing"
_OPEN_PROFILE = "open"
MOST_CHANGES = 1_000


@dataclass(frozen=True, slots=True)
class SharedTable:
    """A table within a share."""

    share: str
    schema: str
    """The agency that provides it."""
    name: str
    key: str
    """The lake's table."""

    @property
    def dataset(self) -> str:
        """Id of the data set."""
        return f"{self.schema}/{self.name}"

    @property
    def view(self) -> dict[str, str]:
        """As lists of tables show it."""
        return {"share": self.share, "schema": self.schema, "name": self.name, "id": self.key}


@dataclass(frozen=True, slots=True)
class Span:
    """Which versions are asked for, by number or by time, both inclusive."""

    start: int | None = None
    end: int | None = None
    start_at: dt.datetime | None = None
    end_at: dt.datetime | None = None


def tables(platform: Platform, recipient: Recipient) -> list[SharedTable]:
    """Return the tables of a recipient's share, in order."""
    if recipient.grant is not None:
        agency, _, name = recipient.grant.dataset.partition("/")
        return [SharedTable(share_of(recipient.grant.id), agency, name, recipient.grant.table)]
    with platform.database.reading() as transaction:
        states = transaction.catalog.states()
        keys = sorted(key for key in transaction.publications.all_current() if key.startswith("open/"))
    ids = [key.removeprefix("open/") for key in keys]
    published = [id_ for id_ in ids if states.get(id_) is RecordState.PUBLISHED]
    named = [(*id_.split("/", 1), id_) for id_ in published]
    return [SharedTable(OPEN_SHARE, agency, name, open_table(id_)) for agency, name, id_ in named]


def table(platform: Platform, recipient: Recipient, share: str, schema: str, name: str) -> SharedTable:
    """Return a table of a recipient's share.

    Raises:
        NotFoundError: the recipient has no such table.
    """
    require_share(recipient, share)
    if recipient.grant is None:
        found = SharedTable(OPEN_SHARE, schema, name, open_table(f"{schema}/{name}"))
        with platform.database.reading() as transaction:
            is_there = transaction.publications.current(found.key) is not None
        if is_there:
            return found
    elif recipient.grant.dataset == f"{schema}/{name}":
        return SharedTable(share, schema, name, recipient.grant.table)
    raise _unknown(f"{share}.{schema}.{name}")


def require_share(recipient: Recipient, share: str) -> None:
    """Let pass whose share it is.

    Raises:
        NotFoundError: the recipient has no such share.
    """
    if share != (OPEN_SHARE if recipient.grant is None else share_of(recipient.grant.id)):
        raise _unknown(share)


def version(platform: Platform, found: SharedTable, since: dt.datetime | None = None) -> int:
    """Return the current version of a table, or the first one that is not older than an instant.

    Raises:
        NotFoundError: nothing is published, or nothing since then.
    """
    history = _history(platform, found)
    later = [one for one in history if since is None or one.published_at >= since]
    if not later:
        raise _unknown(f"{found.dataset}@{since.isoformat()}" if since else found.dataset)
    return (history[-1] if since is None else later[0]).version


def head(
    platform: Platform, recipient: Recipient, found: SharedTable, form: ResponseFormat
) -> tuple[int, list[dict[str, Any]]]:
    """Return the current version and the lines that describe it.

    Raises:
        NotFoundError, UnauthenticatedError, ForbiddenError: as for any read.
    """
    readable = downloading.open_files(platform, recipient.principal, _wish(recipient, found, rows=0))
    return readable.publication.version, list(head_lines(_head(platform, readable.dataset.title, readable.publication), form))


def snapshot(
    platform: Platform,
    recipient: Recipient,
    found: SharedTable,
    form: ResponseFormat,
    *,
    base_url: str,
    number: int | None = None,
    at: dt.datetime | None = None,
    limit: int | None = None,
) -> tuple[int, list[dict[str, Any]]]:
    """Return a version and the lines that give it: all files, or as many as hold `limit` rows.

    Raises:
        NotFoundError: there is no such version.
        UnauthenticatedError, ForbiddenError, ConflictError, GoneError: as for any read.
    """
    if at is not None:
        earlier = [one.version for one in _history(platform, found) if one.published_at <= at]
        if not earlier:
            raise _unknown(f"{found.dataset}@{at.isoformat()}")
        number = earlier[-1]
    # Files are given whole: whoever asks for a few rows holds all of them, and that is what the ledger is to say.
    wish = _wish(recipient, found, version=number, rows=0 if limit == 0 else None)
    readable = downloading.open_files(platform, recipient.principal, wish)
    publication = readable.publication
    lines = list(head_lines(_head(platform, readable.dataset.title, publication), form))
    given = 0
    for position, file in enumerate(publication.files, start=1):
        if limit is not None and given >= limit:
            break
        given += file.row_count
        lines.append(file_line(_file(platform, recipient, found, publication, position, file, base_url), form))
    return publication.version, lines


def changes(
    platform: Platform, recipient: Recipient, found: SharedTable, form: ResponseFormat, span: Span, *, base_url: str
) -> tuple[int, list[dict[str, Any]]]:
    """Return the first version asked for and the lines that tell what each published version added and removed.

    Raises:
        InvalidError: no beginning is named, or it lies after the end, or the span is too long.
        NotFoundError, UnauthenticatedError, ForbiddenError, ConflictError, GoneError: as for any read.
    """
    history = _history(platform, found)
    wanted = [one for one in history if _lies_in(one, span)]
    if (span.start is None and span.start_at is None) or not wanted or len(wanted) > MOST_CHANGES:
        zh = f"请给出有数据的起始版本或时间，且一次不超过 {MOST_CHANGES} 个版本"
        en = f"name a beginning (version or time) from which on there are versions, at most {MOST_CHANGES} of them"
        raise InvalidError(problem("bad-span", zh, en, field="startingVersion"))
    title = ""
    for one in wanted:
        title = downloading.open_files(
            platform, recipient.principal, _wish(recipient, found, version=one.version)
        ).dataset.title
    lines = list(head_lines(_head(platform, title, wanted[0]), form, has_changes=True))
    before = {one.version: previous for previous, one in zip((None, *history), history, strict=False)}
    for one in wanted:
        lines += _changed(platform, recipient, found, before[one.version], one, form, base_url)
    return wanted[0].version, lines


def open_signed(
    platform: Platform, path: str, query: Mapping[str, str], profile: str, key: Sequence[str], number: int, position: int
) -> downloading.OpenFile:
    """Return the file of a signed address, if its holder may still have it.

    Raises:
        ForbiddenError, UnauthenticatedError: the address is over, or what it rests on has ended.
        NotFoundError, ConflictError, GoneError, CorruptError: as for any file.
    """
    signing.require_signed(platform.settings, path, query, now())
    if profile == _OPEN_PROFILE:
        wish, principal = Wish("/".join(key[1:]), Zone.OPEN, version=number), ANONYMOUS
    else:
        recipient = recipient_of_profile(platform, profile)
        principal = recipient.principal
        wish = _granted_wish(recipient, version=number)
    return downloading.open_file(platform, principal, wish, number=position, is_continued=True)


def _changed(
    platform: Platform,
    recipient: Recipient,
    found: SharedTable,
    before: Publication | None,
    one: Publication,
    form: ResponseFormat,
    base_url: str,
) -> Iterator[dict[str, Any]]:
    """Yield what a version removed and added: files of the version before that it lacks, and files that it has anew."""
    old = {} if before is None else {file.sha256: (n, file) for n, file in enumerate(before.files, start=1)}
    new = {file.sha256: (n, file) for n, file in enumerate(one.files, start=1)}
    if before is not None:
        for sha256, (position, file) in old.items():
            if sha256 not in new:
                gone = _file(platform, recipient, found, before, position, file, base_url, modified=one.published_at)
                yield change_line(gone, "remove", one.version, form)
    for sha256, (position, file) in new.items():
        if sha256 not in old:
            yield change_line(_file(platform, recipient, found, one, position, file, base_url), "add", one.version, form)


def _lies_in(one: Publication, span: Span) -> bool:
    return (
        (span.start is None or one.version >= span.start)
        and (span.end is None or one.version <= span.end)
        and (span.start_at is None or one.published_at >= span.start_at)
        and (span.end_at is None or one.published_at <= span.end_at)
    )


def _history(platform: Platform, found: SharedTable) -> list[Publication]:
    with platform.database.reading() as transaction:
        history = transaction.publications.history(found.key)
    return sorted(history, key=lambda one: one.version)


def _wish(recipient: Recipient, found: SharedTable, *, version: int | None = None, rows: int | None = None) -> Wish:
    if recipient.grant is None:
        return Wish(found.dataset, Zone.OPEN, version=version, rows=rows)
    return _granted_wish(recipient, version=version, rows=rows)


def _granted_wish(recipient: Recipient, *, version: int | None, rows: int | None = None) -> Wish:
    """Return the wish that a profile stands for: its grant's data, for its grant's purpose and case."""
    grant = recipient.grant
    if grant is None:
        raise TypeError("a recipient without a grant reads what is open")
    return Wish(
        grant.dataset,
        Zone.SHARE,
        purpose=grant.purpose,
        case_number=grant.case_number,
        grant=grant.id,
        version=version,
        rows=rows,
    )


def _head(platform: Platform, title: str, publication: Publication) -> TableHead:
    id_, schema = platform.lake.schema_of(publication.table, publication.version)
    return TableHead(
        id=id_,
        schema=schema,
        title=publication.table.split("/")[-1],
        description=title,
        version=publication.version,
        size=sum(file.size_bytes for file in publication.files),
        file_count=len(publication.files),
        made_at=publication.published_at,
    )


def _file(
    platform: Platform,
    recipient: Recipient,
    found: SharedTable,
    publication: Publication,
    position: int,
    file: PublishedFile,
    base_url: str,
    *,
    modified: dt.datetime | None = None,
) -> TableFile:
    profile = _OPEN_PROFILE if recipient.profile is None else recipient.profile.id
    path = f"{PREFIX}/files/{profile}/{found.key}/{publication.version}/{position}.parquet"
    moment = now()
    return TableFile(
        id=file.sha256,
        url=f"{base_url}{path}?{signing.signed_query(platform.settings, path, moment)}",
        size=file.size_bytes,
        rows=file.row_count,
        modified=modified or publication.published_at,
        expires=moment + signing.LIFETIME,
    )


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(problem("unknown-share", f"没有可读取的共享内容 {name}", f"there is nothing shared called {name}"))
