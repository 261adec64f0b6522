"""Signing the ledger's head (Art. 34): a later rewriting, even of the whole chain, contradicts what was signed and published.

Not here: the key and the file outside the database (ledger_keys), the check (ledger).
"""

import datetime as dt

from catalog_service.catalog.errors import CorruptError
from catalog_service.catalog.ledger import GENESIS, Checkpoint
from catalog_service.catalog.ledger_proof import chain_faults
from catalog_service.services.ledger_keys import append_head, public_hex, signing_key
from catalog_service.settings import Settings
from catalog_service.store.database import Database


def seal(settings: Settings, database: Database) -> Checkpoint | None:
    """Sign the head of the ledger, in the database and in the file outside; None where the last one is signed already.

    Raises:
        CorruptError: what came since the last signed head is no unbroken chain; it is not signed.
    """
    with database.reading() as transaction:
        if transaction.ledger.head()[0] == _last(transaction.ledger.checkpoints(newest=1))[0]:
            return None
    key = signing_key(settings)
    with database.transaction() as transaction:
        transaction.ledger.lock()
        size, head = transaction.ledger.head()
        after, before = _last(transaction.ledger.checkpoints(newest=1))
        if size == after:
            return None
        broken = list(chain_faults(transaction.ledger.rows(after), after, before))
        if broken:
            raise CorruptError(broken)
        draft = Checkpoint(size=size, head=head, at=dt.datetime.now(dt.UTC), key_id=public_hex(key)[:16], signature="")
        made = draft.model_copy(update={"signature": key.sign(draft.signed_bytes).hex()})
        append_head(settings, made)
        transaction.ledger.put_checkpoint(made)
    return made


def _last(checkpoints: list[Checkpoint]) -> tuple[int, str]:
    return (checkpoints[-1].size, checkpoints[-1].head) if checkpoints else (0, GENESIS)
