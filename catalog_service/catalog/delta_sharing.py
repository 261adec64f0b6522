"""The Delta Sharing protocol as data: profiles of recipients, table names, and the lines of an answer.

Here: what goes over the wire, for the `parquet` and the `delta` response format. Not here: who may read what
(services.delta_sharing), HTTP (api). Source: PROTOCOL.md of delta-io/delta-sharing.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catalog_service.catalog.model import Model

OPEN_SHARE = "open"
"""The share of everything that is opened unconditionally."""
OPEN_TOKEN = "open"  # noqa: S105  # no secret: open data need no identity (Art. 24)
ResponseFormat = Literal["parquet", "delta"]
_WRITER, _WRITER_OF_CHANGES = 2, 4
"""Delta's writer versions, without and with the change data feed; clients refuse changes of a table below the latter."""


class ShareProfile(Model):
    """A recipient's credential: bound to one grant and one account, with an end; only its hash is kept."""

    id: str
    revision: int = 1
    grant: str
    account: str
    made_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None = None

    def is_live(self, now: dt.datetime) -> bool:
        """Tell whether it opens anything at an instant."""
        return self.revoked_at is None and now < self.expires_at


def share_of(grant_id: str) -> str:
    """Return the name of the share that a grant is."""
    return f"grant_{grant_id.replace('-', '')}"


@dataclass(frozen=True, slots=True)
class TableFile:
    """A data file as a recipient gets it."""

    id: str
    url: str
    size: int
    rows: int
    modified: dt.datetime
    expires: dt.datetime


@dataclass(frozen=True, slots=True)
class TableHead:
    """What is told of a table version before its files."""

    id: str
    schema: str
    """Delta's schema as JSON."""
    title: str
    description: str
    version: int
    size: int
    file_count: int
    made_at: dt.datetime


def head_lines(head: TableHead, form: ResponseFormat, *, has_changes: bool = False) -> Iterator[dict[str, Any]]:
    """Return protocol and metadata. Our tables need reader version 1 only: no deletion vectors, no column mapping."""
    format_: dict[str, Any] = {"provider": "parquet"} | ({"options": {}} if form == "delta" else {})
    configuration = {"enableChangeDataFeed": "true"} if form == "parquet" else {"delta.enableChangeDataFeed": "true"}
    meta = {
        "id": head.id,
        "name": head.title,
        "description": head.description,
        "format": format_,
        "schemaString": head.schema,
        "partitionColumns": [],
        "configuration": configuration if has_changes else {},
    }
    if form == "parquet":
        yield {"protocol": {"minReaderVersion": 1}}
        yield {"metaData": {**meta, "version": head.version, "size": head.size, "numFiles": head.file_count}}
    else:
        created = _milliseconds(head.made_at)
        wrapped = {"deltaMetadata": {**meta, "createdTime": created}}
        writer = _WRITER_OF_CHANGES if has_changes else _WRITER
        yield {"protocol": {"deltaProtocol": {"minReaderVersion": 1, "minWriterVersion": writer}}}
        yield {"metaData": {**wrapped, "version": head.version, "size": head.size, "numFiles": head.file_count}}


def file_line(file: TableFile, form: ResponseFormat) -> dict[str, Any]:
    """Return a file of a snapshot."""
    if form == "parquet":
        return {"file": _plain(file)}
    add = _single_action(file) | {"modificationTime": _milliseconds(file.modified), "dataChange": True}
    return {"file": _wrapped(file, {"add": add | {"stats": _stats(file)}})}


def change_line(file: TableFile, kind: Literal["add", "remove"], version: int, form: ResponseFormat) -> dict[str, Any]:
    """Return a file that a version added or removed: all its rows were inserted, or deleted."""
    at = _milliseconds(file.modified)
    if form == "parquet":
        return {kind: _plain(file) | {"version": version, "timestamp": at}}
    action = _single_action(file) | {"dataChange": True}
    action |= {"modificationTime": at, "stats": _stats(file)} if kind == "add" else {"deletionTimestamp": at}
    return {"file": _wrapped(file, {kind: action}) | {"version": version, "timestamp": at}}


def capabilities(header: str) -> Mapping[str, str]:
    """Return what a client says it can read: `responseformat=delta,parquet;readerfeatures=…`, names in lower case."""
    pairs = (part.partition("=") for part in header[:2_000].lower().split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def chosen_format(header: str) -> ResponseFormat:
    """Return the format to answer in: `delta` only where the client wants it and not `parquet`."""
    wanted = capabilities(header).get("responseformat", "parquet").split(",")
    return "delta" if "delta" in wanted and "parquet" not in wanted else "parquet"


def _plain(file: TableFile) -> dict[str, Any]:
    return {
        "url": file.url,
        "id": file.id,
        "partitionValues": {},
        "size": file.size,
        "stats": _stats(file),
        "expirationTimestamp": _milliseconds(file.expires),
    }


def _single_action(file: TableFile) -> dict[str, Any]:
    return {"path": file.url, "partitionValues": {}, "size": file.size}


def _wrapped(file: TableFile, action: dict[str, Any]) -> dict[str, Any]:
    return {"id": file.id, "deltaSingleAction": action, "expirationTimestamp": _milliseconds(file.expires)}


def _stats(file: TableFile) -> str:
    return json.dumps({"numRecords": file.rows})


def _milliseconds(instant: dt.datetime) -> int:
    return int(instant.timestamp() * 1000)
