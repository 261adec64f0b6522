"""Entity ids that last (Art. 18), as SQL: keys found to be those of another entity are put right before rows are joined.

An id is a hash of the data set and of the key under which the entity was first known; a key that changed keeps it. Decided
keys are few: they stand in the SQL as a list. Not here: who decided (services.entities).
"""

from collections.abc import Iterable, Mapping, Sequence

from catalog_service.catalog.dataset import Dataset
from catalog_service.formats.arrow import sql_type
from lake.expressions import ident, literal

Key = tuple[str, ...]
"""The values of a key, as text, in the order of the declared key."""


class Identity:
    """What was decided about the keys of one golden data set.

    Args:
        dataset: the golden entry.
        renamed: source id (empty: every source) → key → the key of the entity whose rows they are.
        kept: key → the key under which the entity was first known, where it changed.
    """

    def __init__(
        self, dataset: Dataset, renamed: Mapping[str, Mapping[Key, Key]] | None = None, kept: Mapping[Key, Key] | None = None
    ) -> None:
        self._id = dataset.id
        self._fields = [dataset.schema_.field(name) for name in dataset.schema_.key]
        self._renamed = {source: dict(keys) for source, keys in (renamed or {}).items() if keys}
        self._kept = dict(kept or {})

    def touches(self, source: str) -> bool:
        """Tell whether rows of this source go by other keys than those delivered."""
        return bool(self._of(source))

    def rekeyed(self, source: str, rows: str) -> str:
        """SQL for the rows of a source under the keys of their entities."""
        renamed = self._of(source)
        if not renamed:
            return rows
        matches = " AND ".join(f"r.{ident(field.name)} = a._old{number}" for number, field in enumerate(self._fields))
        keys = ", ".join(
            f"coalesce(a._new{number}, r.{ident(field.name)}) AS {ident(field.name)}"
            for number, field in enumerate(self._fields)
        )
        return f"SELECT r.* REPLACE ({keys}) FROM ({rows}) r LEFT JOIN ({self.pairs(renamed)}) a ON {matches}"

    def replaced(self, source: str) -> str:
        """SQL for the keys under which rows of this source were delivered that go by others; empty where there are none."""
        old = self._of(source)
        names = ", ".join(ident(field.name) for field in self._fields)
        rows = ", ".join(f"({self._literals(key)})" for key in old)
        return f"SELECT {names} FROM (VALUES {rows}) t({names})" if old else ""

    @property
    def absorbed(self) -> dict[Key, Key]:
        """Keys of all sources that are those of other entities now, or of entities that got another key."""
        return self._renamed.get("", {})

    @property
    def parted(self) -> dict[Key, Key]:
        """Keys of single sources that are those of other entities."""
        return {key: target for source, keys in self._renamed.items() if source for key, target in keys.items()}

    def pairs(self, keys: Mapping[Key, Key]) -> str:
        """SQL for pairs of keys, each in typed columns: `_old0`, …, `_new0`, …."""
        count = len(self._fields)
        names = ", ".join(f"{side}{number}" for side in ("_old", "_new") for number in range(count))
        rows = [self._literals((*old, *new)) for old, new in keys.items()] or [self._literals([None] * count * 2)]
        return f"SELECT * FROM (VALUES {', '.join(f'({row})' for row in rows)}) t({names}) WHERE _old0 IS NOT NULL"

    def entity_id(self) -> str:
        """SQL for the lasting id of the entity with the key in the current row."""
        key = self._joined(ident(field.name) for field in self._fields)
        hashed = f"md5({literal(self._id)} || {key})"
        if not self._kept:
            return hashed
        cases = " ".join(f"WHEN {self._plain(new)} THEN {self._plain(old)}" for new, old in self._kept.items())
        return f"md5({literal(self._id)} || CASE {key} {cases} ELSE {key} END)"

    def _of(self, source: str) -> dict[Key, Key]:
        """A decision on one source's rows goes before one on the rows of all."""
        return {**self._renamed.get("", {}), **self._renamed.get(source, {})}

    def _literals(self, values: Sequence[str | None]) -> str:
        fields = [*self._fields, *self._fields]
        return ", ".join(f"{literal(value)}::{sql_type(field)}" for value, field in zip(values, fields, strict=False))

    def _plain(self, key: Key) -> str:
        return self._joined(literal(value) for value in key)

    def _joined(self, parts: Iterable[str]) -> str:
        return " || ".join(f"chr(31) || {part}::VARCHAR" for part in parts)
