"""Resource codes (政务信息资源目录编制指南): given out once, never changed, never given to another entry.

Here: numbers of providers and sequences. Not here: what a code means (catalog.classification).
"""

from collections.abc import Iterable

import sqlalchemy as sa

from catalog_service.catalog.dataset import Dataset
from catalog_service.store.code_tables import resource_code, resource_provider

_CODES_PER_QUERY = 1_000
_CODE_OF = sa.select(resource_code.c.code).where(
    resource_code.c.dataset_id == sa.bindparam("dataset_id"), resource_code.c.classification == sa.bindparam("classification")
)
_INSERT = resource_code.insert()


class ResourceCodes:
    """Repository of resource codes; whoever gives one out holds the lock of the catalog."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], str] = {}
        """Codes met in this transaction, by entry and 细目; empty where there is none."""
        self._numbers: dict[str, int] = {}
        self._last: dict[str, int] = {}
        """Sequence numbers given out last in this transaction, by the part of the code before them."""

    def of(self, dataset_id: str, classification: str) -> str:
        """Return the code that an entry has in a 细目; empty where it has none."""
        key = dataset_id, classification
        if key not in self._known:
            found = self._connection.scalar(_CODE_OF, {"dataset_id": dataset_id, "classification": classification})
            self._known[key] = found or ""
        return self._known[key]

    def owners(self, codes: Iterable[str]) -> dict[str, str]:
        """Return the entries that have these codes, by code."""
        wanted, found = sorted(codes), dict[str, str]()
        for start in range(0, len(wanted), _CODES_PER_QUERY):
            some = resource_code.c.code.in_(wanted[start : start + _CODES_PER_QUERY])
            query = sa.select(resource_code.c.code, resource_code.c.dataset_id).where(some)
            found |= {row.code: row.dataset_id for row in self._connection.execute(query)}
        return found

    def coded(self, dataset: Dataset) -> Dataset:
        """Return an entry with its code: the one it has in its 细目, or the one it brings along, or a new one."""
        if not dataset.classification:
            return dataset
        code = self.of(dataset.id, dataset.classification)
        if not code:
            code = dataset.code if dataset.code.startswith(f"{dataset.classification}/") else self._new(dataset)
            values = {"code": code, "dataset_id": dataset.id, "classification": dataset.classification}
            self._connection.execute(_INSERT, values)
            self._known[dataset.id, dataset.classification] = code
            if code[:-5] in self._last:
                self._last[code[:-5]] = max(self._last[code[:-5]], int(code[-5:]))
        return dataset if dataset.code == code else dataset.model_copy(update={"code": code})

    def _new(self, dataset: Dataset) -> str:
        front = f"{dataset.classification}/{self._provider(dataset.agency):04d}"
        if front not in self._last:
            same = (resource_code.c.classification == dataset.classification, resource_code.c.code.startswith(front))
            stored = sa.select(sa.func.max(resource_code.c.code)).where(*same)
            self._last[front] = int((self._connection.scalar(stored) or "00000")[-5:])
        return f"{front}{self._last[front] + 1:05d}"

    def _provider(self, agency: str) -> int:
        if agency not in self._numbers:
            self._numbers[agency] = self._number(agency)
        return self._numbers[agency]

    def _number(self, agency: str) -> int:
        number = self._connection.scalar(sa.select(resource_provider.c.number).where(resource_provider.c.agency == agency))
        if number is None:
            number = (self._connection.scalar(sa.select(sa.func.max(resource_provider.c.number))) or 0) + 1
            self._connection.execute(resource_provider.insert(), {"agency": agency, "number": number})
        return int(number)
