"""The index of the fields of the published catalog, kept in memory and brought up to date entry by entry (Art. 15).

Here: which entries changed since it was asked last, and the profiles made of them. Not here: comparing (matching), findings
(services.matching). The database is the truth: a process that starts anew builds the index anew.
"""

import threading
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from pydantic import TypeAdapter

from catalog_service.catalog.dataset import Dataset
from catalog_service.matching.index import Index
from catalog_service.matching.profiles import EntryProfile, profile
from catalog_service.matching.sketches import Sketch
from catalog_service.store.database import Transaction
from catalog_service.store.matching import Stamp

SKETCHES = TypeAdapter(dict[str, Sketch])
"""Field → sketch of its values."""


class FieldIndex:
    """The profiles of all published entries that are delivered (what is derived is not collected)."""

    def __init__(self) -> None:
        self._index = Index()
        self._seen: dict[str, Stamp] = {}
        self.lock = threading.Lock()
        """Hold it while the index is used."""

    def refreshed(self, transaction: Transaction) -> Index:
        """Return the index as of this transaction; costs what changed since it was asked last."""
        stamps = transaction.matching.stamps()
        for gone in self._seen.keys() - stamps.keys():
            self._index.remove(gone)
            del self._seen[gone]
        changed = [id_ for id_, stamp in stamps.items() if self._seen.get(id_) != stamp]
        agencies = transaction.catalog.agencies()
        for id_, record in transaction.catalog.records(changed).items():
            if record.dataset.delivery is not None:
                agency = agencies.get(record.dataset.agency)
                self._index.put(profile_of(transaction, record.dataset, agency.name if agency else ""))
            else:
                self._index.remove(id_)
            self._seen[id_] = stamps[id_]
        return self._index


_INDEXES: WeakKeyDictionary[sa.Engine, FieldIndex] = WeakKeyDictionary()
_MAKING = threading.Lock()


def field_index(transaction: Transaction) -> FieldIndex:
    """Return the index that this process keeps of the transaction's database."""
    with _MAKING:
        return _INDEXES.setdefault(transaction.matching.engine, FieldIndex())


def profile_of(transaction: Transaction, dataset: Dataset, agency_name: str) -> EntryProfile:
    """Return the profile of an entry with the sketches of its values, where there are any."""
    text = transaction.matching.sketches(dataset.id)
    return profile(dataset, agency_name, SKETCHES.validate_json(text) if text else None)
