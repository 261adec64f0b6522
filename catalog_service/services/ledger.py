"""The ledger's use cases (Art. 21, 34, 36): search, uses of an agency's data, verifying the chain.

Not here: appending (store.ledger within a transaction; services.auditing for reads), signing heads (services.sealing).
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from catalog_service.catalog.errors import NotFoundError, Problem, problem
from catalog_service.catalog.ledger import Checkpoint, LedgerPage, LedgerQuery, StoredEntry, entry_by
from catalog_service.catalog.ledger_proof import faults
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.services import auditing
from catalog_service.services.ledger_keys import heads, is_signed, public_hex, signing_key
from catalog_service.services.platform import Platform

ALGORITHM = "Ed25519"
HexKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PublishedHeads(BaseModel):
    """What anybody may know of the ledger: its key and its newest signed heads, oldest first."""

    model_config = ConfigDict(extra="forbid")

    algorithm: str
    public_key: str
    items: tuple[Checkpoint, ...]


class Verification(BaseModel):
    """The outcome of a check of the whole chain."""

    model_config = ConfigDict(extra="forbid")

    size: int
    """Entries that are there."""
    signed: int
    """Entries that signed heads vouch for."""
    problems: tuple[Problem, ...]


def search(platform: Platform, principal: Principal, query: LedgerQuery) -> LedgerPage:
    """Return a page of the ledger; that it was searched is recorded too.

    Raises:
        ForbiddenError, UnauthenticatedError: not an inspector.
    """
    authorize(principal, Action.SEE_LEDGER)
    settle(platform)
    with platform.database.transaction() as transaction:
        asked = query.model_dump(mode="json", exclude={"limit"}, exclude_defaults=True)
        transaction.ledger.append(entry_by(principal, "search_ledger", "ledger:entries", details=asked))
        return transaction.ledger.search(query)


def entry(platform: Platform, principal: Principal, sequence: int) -> StoredEntry:
    """Return one entry.

    Raises:
        ForbiddenError, UnauthenticatedError: not an inspector.
        NotFoundError: there is none of this number.
    """
    authorize(principal, Action.SEE_LEDGER)
    with platform.database.reading() as transaction:
        found = transaction.ledger.search(LedgerQuery(cursor=str(sequence + 1), limit=1)).items
    if not found or found[0].sequence != sequence:
        raise NotFoundError(problem("unknown-entry", f"台账没有第 {sequence} 条记录", f"the ledger has no entry {sequence}"))
    return found[0]


def uses(platform: Platform, principal: Principal, agency: str, query: LedgerQuery) -> LedgerPage:
    """Return who used the data of an agency (Art. 21), for this agency and for inspectors.

    Raises:
        ForbiddenError, UnauthenticatedError: neither of this agency nor an inspector.
    """
    authorize(principal, Action.SEE_USES, agency=agency)
    settle(platform)
    with platform.database.reading() as transaction:
        return transaction.ledger.search(query.model_copy(update={"source_agency": agency}))


def settle(platform: Platform) -> None:
    """Bring what was noted so far into the ledger: by this process, and by processes that are no more."""
    platform.auditor.drain()
    if auditing.recover(platform.spool, auditing.chain_into(platform.database)):
        platform.seal()


def published_heads(platform: Platform, *, newest: int = 100) -> PublishedHeads:
    """Return the newest signed heads and the key that proves them; public, so that anybody can keep them."""
    with platform.database.reading() as transaction:
        items = tuple(transaction.ledger.checkpoints(newest=newest))
    return PublishedHeads(algorithm=ALGORITHM, public_key=public_hex(signing_key(platform.settings)), items=items)


def verify(platform: Platform, principal: Principal, *, public_key: HexKey | None = None) -> Verification:
    """Check every entry, the whole chain and all signed heads, in the database and in the file outside.

    Args:
        platform: The platform.
        principal: Who asks.
        public_key: The key as it was published, for who does not trust the one on this machine.

    Raises:
        ForbiddenError, UnauthenticatedError: not an inspector.
    """
    authorize(principal, Action.SEE_LEDGER)
    settle(platform)
    known = public_key or public_hex(signing_key(platform.settings))
    outside, unreadable = heads(platform.settings)
    with platform.database.reading() as transaction:
        inside = transaction.ledger.checkpoints()
        found = list(faults(transaction.ledger.rows(), _distinct(inside, outside), lambda one: is_signed(one, known)))
        size = transaction.ledger.head()[0]
    found += [*unreadable, *_missing_heads(inside, outside)]
    return Verification(size=size, signed=max((one.size for one in (*inside, *outside)), default=0), problems=tuple(found))


def _distinct(inside: list[Checkpoint], outside: list[Checkpoint]) -> list[Checkpoint]:
    return list({one.model_dump_json(): one for one in (*inside, *outside)}.values())


def _missing_heads(inside: list[Checkpoint], outside: list[Checkpoint]) -> Iterator[Problem]:
    """Return the heads that only one of the two places has; a head of the file whose transaction failed is none."""
    missing = {one.size for one in inside} - {one.size for one in outside}
    for size in sorted(missing):
        zh = f"数据库之外的检查点文件缺少大小为 {size} 的检查点"
        yield problem("head-missing", zh, f"the file outside the database lacks the head of size {size}", article=34)
