"""The ledger (Art. 21, 34, 36): who did or read what, for whom and why; append-only, hash-chained, with signed heads.

Here: entries, their canonical bytes and hashes, questions. Not here: storing (store.ledger), signing (services.ledger), and
the check of the chain (catalog.ledger_proof).
"""

import datetime as dt
import hashlib
import json
import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, StringConstraints

from catalog_service.catalog.errors import UnsignedError, problem
from catalog_service.catalog.model import Line, Model, Slug
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.record import PrintableText

GENESIS = "0" * 64
"""The hash before the first entry."""

SIGNING_GRACE = dt.timedelta(hours=4)
"""How long entries may wait for a signed head; after that nothing is changed and nothing protected is read."""
UNHELD = frozenset({"sign_in", "sign_out", "search_ledger"})
"""Actions that go on all the same: by them one finds out what is wrong."""
ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Outcome = Literal["done", "allowed", "denied"]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


Word = Annotated[str, StringConstraints(max_length=400), AfterValidator(_storable)]


class LedgerEntry(Model):
    """One thing that was done, allowed or denied. Sensitive values never enter it.

    Reads of data have an action that begins with `read_`, or `rows`; such an entry is a use of the data of the agency that
    owns `target` (Art. 21).
    """

    principal_id: Word
    principal_name: Annotated[Line, AfterValidator(_storable)]
    agency: Slug | None = None
    """The agency it acted for."""
    action: ActionName
    target: Word
    """What it was done to; a data set by its id `agency/dataset`, other things as `kind:id`."""
    purpose: Word = ""
    case_number: Word = ""
    outcome: Outcome = "done"
    rows: int | None = None
    details: dict[str, Any] = Field(default_factory=dict)

    @property
    def source_agency(self) -> str | None:
        """The agency whose data were used; None where the entry is no use of data."""
        return source_of(self.action, self.target, self.rows)


def require_signed(unsigned_since: dt.datetime | None, now: dt.datetime) -> None:
    """Let pass while the ledger is signed in time.

    Raises:
        UnsignedError: entries have waited too long for a signed head.
    """
    if unsigned_since is None or now - unsigned_since <= SIGNING_GRACE:
        return
    hours = SIGNING_GRACE // dt.timedelta(hours=1)
    zh = (
        f"台账已超过 {hours} 小时未能签名，在恢复之前暂停一切变更和受保护数据的读取（开放数据不受影响）；"
        "请平台管理员运行 wuxi-data ledger verify 查明原因"
    )
    en = (
        f"the ledger could not be signed for over {hours} hours: nothing is changed and nothing protected is read until it "
        "is (open data are); the administrator finds the cause with wuxi-data ledger verify"
    )
    raise UnsignedError(problem("ledger-unsigned", zh, en, article=34))


def entry_by(principal: Principal, action: str, target: str, **more: object) -> LedgerEntry:
    """Return an entry of what `principal` does; `more` are the other fields."""
    who = {"principal_id": principal.id, "principal_name": principal.name, "agency": principal.agency}
    return LedgerEntry.model_validate({**who, "action": action, "target": target, **more})


class StoredEntry(Model):
    """An entry in its place in the chain."""

    sequence: int
    """1, 2, … without gaps."""
    at: dt.datetime
    """When it happened, UTC."""
    entry: LedgerEntry
    hash: str
    """SHA-256 over the hash before it and its own canonical bytes."""


class LedgerRow(NamedTuple):
    """An entry as the database has it: the hashed text, and the columns that are searched."""

    sequence: int
    document: str
    hash: str
    at: dt.datetime
    principal_id: str
    principal_name: str
    agency: str | None
    action: str
    target: str
    outcome: str
    source_agency: str | None


class Checkpoint(Model):
    """A signed head: the chain had `size` entries and ended in `head`. Published, and kept outside the database too."""

    size: int
    head: str
    at: dt.datetime
    key_id: str
    signature: str
    """Ed25519 over `signed_bytes`, hexadecimal."""

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return f"wuxi-public-data ledger\n{self.size}\n{self.head}\n{self.at.isoformat()}\n{self.key_id}\n".encode()


class LedgerQuery(Model):
    """A question to the ledger; everything given must hold. Newest first."""

    who: PrintableText = ""
    """An account id, or a part of a name."""
    agency: Slug | None = None
    action: ActionName | None = None
    target: PrintableText = ""
    """A target, or its beginning."""
    outcome: Outcome | None = None
    source_agency: Slug | None = None
    """Only uses of the data of this agency (Art. 21)."""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    """Exclusive."""
    limit: int = Field(default=50, ge=1, le=200)
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")] | None = None


class LedgerPage(Model):
    """A page of entries, and where the next one begins."""

    items: tuple[StoredEntry, ...]
    next_cursor: str | None


def source_of(action: str, target: str, rows: int | None) -> str | None:
    """Return the agency whose data were used; None where it is no use of data."""
    slug, slash, _ = target.partition("/")
    is_use = bool(slash) and (action.startswith("read_") or rows is not None)
    return slug if is_use and ":" not in slug and len(slug) <= 63 else None


def document_of(sequence: int, at: dt.datetime, entry: LedgerEntry) -> str:
    """Return the canonical JSON of an entry in its place: ASCII, sorted keys, no spaces, UTC."""
    content = {**entry.model_dump(mode="json"), "sequence": sequence, "at": at.astimezone(dt.UTC).isoformat()}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def chain(previous: str, document: str) -> str:
    """Return the hash of an entry that follows `previous`."""
    return hashlib.sha256(f"{previous}\n{document}".encode("utf-8", "surrogatepass")).hexdigest()


def entry_of(document: str, hash_: str) -> StoredEntry:
    """Return the entry that a canonical JSON is."""
    content = json.loads(document)
    sequence, at = content.pop("sequence"), dt.datetime.fromisoformat(content.pop("at"))
    return StoredEntry(sequence=sequence, at=at, entry=LedgerEntry.model_validate(content), hash=hash_)
