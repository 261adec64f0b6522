"""The index of all fields: which existing fields may say the same as those of an entry, without comparing with every one.

Here: candidates by rare words of the scope, rare field names and shared values; each is then judged. The index grows and
changes entry by entry. Not here: the judgement (scoring), where profiles come from (services).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog_service.catalog.model import Model
from catalog_service.matching.postings import Keys, Postings
from catalog_service.matching.profiles import TITLE_WEIGHT, EntryProfile, FieldProfile, likeness
from catalog_service.matching.scoring import Judgement, judge, name_similarity, value_strength
from catalog_service.matching.sketches import SIZE, Sketch, overlap

_CATALOG, _COMMON = 200, 60.0
"""A small catalog judges words as if it had so many entries more, in which the words of the vocabulary are so common."""
_COMMON_BITS = 2.5
"""A word that more than about one entry in six has says nothing about what an entry is about."""
_TITLE_BITS, _FIELD_BITS, _FIELD_PART = 4.0, 8.0, 0.4
_LEAST_SCOPE = 0.25
_SAME_NAME, _NO_VALUE_SHARED = 0.8, 0.05
_OTHER_VALUES = 0.3
_ENOUGH = 10
_MOST_ENTRIES, _MOST_FIELDS = 24, 24
_LEAST_SHARED, _MOST_POSTINGS = 2, 5_000
_INDEXED = 128
"""Hashes of a field that are in the index; a question asks for all of its own."""
Vector = NDArray[np.float64]


class Match(Model):
    """A pair of fields that the index found, and the judgement on it."""

    field: str
    dataset: str
    other: str
    """Name of the field of `dataset`."""
    scope: float
    judgement: Judgement


@dataclass(frozen=True)
class EntryKeys:
    """A sparse vector: keys, weights, and which of the keys are made of common words only."""

    keys: Keys
    weights: Vector
    is_common: NDArray[np.bool_]

    @classmethod
    def of(cls, weighted: Mapping[int, float], common: frozenset[int]) -> "EntryKeys":
        """Return the vector of weighted keys."""
        keys = np.fromiter(weighted, np.uint64, len(weighted))
        is_common = np.fromiter((key in common for key in weighted), np.bool_, len(weighted))
        return cls(keys, np.fromiter(weighted.values(), np.float64, len(weighted)), is_common)


class _Space:
    """Sparse vectors of entries: how alike in direction, and how much rare information is shared."""

    def __init__(self, bits: float) -> None:
        self._postings = Postings()
        self._bits = bits
        self._totals = np.zeros(0, np.float64)
        self._fresh: list[EntryKeys] = []

    @property
    def byte_count(self) -> int:
        return self._postings.byte_count + self._totals.nbytes

    def add(self, entry: EntryKeys, position: int) -> None:
        self._postings.add(entry.keys, position, entry.weights)
        self._fresh.append(entry)

    def alike(self, entry: EntryKeys) -> Vector:
        """Return for each entry of the index how alike it is to this one, 0 to 1."""
        totals = self._measured()
        count = len(totals)
        rarity = self._rarity(entry, count)
        numbers, places, theirs = self._postings.lookup(entry.keys)
        own = entry.weights[numbers]
        # A word that stands in both descriptions, but in neither title, is not what the entries are about.
        shared = np.where(np.maximum(own, theirs) >= TITLE_WEIGHT, np.minimum(own, theirs), 0.0)
        matched = np.bincount(places, shared * rarity[numbers], count)
        information = np.bincount(places, shared * np.maximum(0, rarity[numbers] - _COMMON_BITS), count)
        ours = np.minimum(1.0, matched / max(1e-6, _total(entry, rarity)))
        other = np.minimum(1.0, matched / np.maximum(1e-6, totals))
        # Where both have rare words of their own, they are siblings; where one has none, it includes the other.
        result: Vector = (ours * other) ** 0.25 * np.maximum(ours, other) ** 2 * (1 - np.exp2(-information / self._bits))
        return result

    def _rarity(self, entry: EntryKeys, count: int) -> Vector:
        found = self._postings.count(entry.keys)
        bits: Vector = np.maximum(0, np.log2((count + _CATALOG) / (found + np.where(entry.is_common, _COMMON, 0.5))))
        return bits

    def _measured(self) -> Vector:
        """Return the weight of all words of each entry; those measured before stay, for new entries change rarity little."""
        if self._fresh:
            count = len(self._totals) + len(self._fresh)
            fresh = [_total(one, self._rarity(one, count)) for one in self._fresh]
            self._totals = np.concatenate([self._totals, fresh])
            self._fresh = []
        return self._totals


class Index:
    """All entries that a new one is compared with."""

    def __init__(self, entries: Iterable[EntryProfile] = ()) -> None:
        self._titles, self._field_sets = _Space(_TITLE_BITS), _Space(_FIELD_BITS)
        self._values = Postings()
        self._entries: list[EntryProfile] = []
        self._fields: list[tuple[int, FieldProfile]] = []
        self._position: dict[str, int] = {}
        for entry in entries:
            self.put(entry)

    def __len__(self) -> int:
        """Return how many entries are in it."""
        return len(self._position)

    @property
    def byte_count(self) -> int:
        """Bytes of the arrays, without the profiles."""
        return self._titles.byte_count + self._field_sets.byte_count + self._values.byte_count

    def put(self, entry: EntryProfile) -> None:
        """Add an entry, or put it in the place of the one with the same id; costs what the entry costs."""
        position = self._position[entry.id] = len(self._entries)
        self._entries.append(entry)
        self._titles.add(EntryKeys.of(entry.scope_keys, entry.common_keys), position)
        self._field_sets.add(EntryKeys.of(entry.field_keys, entry.common_keys), position)
        for field in entry.fields:
            if field.sketch is not None:
                self._values.add(_hashes(field.sketch, _INDEXED), len(self._fields))
            self._fields.append((position, field))

    def remove(self, entry_id: str) -> None:
        """Forget an entry; its place is not used again."""
        self._position.pop(entry_id, None)

    def scopes(self, entry: EntryProfile) -> Vector:
        """Return how alike each entry of the index is to this one in what it is about, by title and by set of fields."""
        titles = self._titles.alike(EntryKeys.of(entry.scope_keys, entry.common_keys))
        field_sets = self._field_sets.alike(EntryKeys.of(entry.field_keys, entry.common_keys))
        scopes: Vector = 1 - (1 - titles) * (1 - _FIELD_PART * field_sets)
        for position in np.flatnonzero(scopes >= _LEAST_SCOPE):
            scopes[position] *= likeness(entry, self._entries[position])
        return scopes

    def search(self, entry: EntryProfile, *, eligible: Callable[[EntryProfile], bool] | None = None) -> list[Match]:
        """Return all pairs of a field of `entry` and a field of another entry that reach the threshold, best first."""
        if not self._entries:
            return []
        alike = list(self._by_values(entry))
        scopes = np.maximum(self.scopes(entry), self._shared_things(alike))
        for number in np.flatnonzero(scopes >= _LEAST_SCOPE):
            if _lists_others(entry, self._entries[number]):
                scopes[number] *= _OTHER_VALUES
        found: dict[tuple[str, int], Match | None] = {}
        for field, position, other in (*self._by_scope(entry, scopes), *alike):
            theirs = self._entries[position]
            key = (field.name, id(other))
            if key in found or not self._is_other(theirs, position, entry) or (eligible and not eligible(theirs)):
                continue
            scope = float(scopes[position])
            judgement = judge(field, other, scope)
            found[key] = (
                None
                if judgement is None
                else Match(field=field.name, dataset=theirs.id, other=other.name, scope=scope, judgement=judgement)
            )
        good = [match for match in found.values() if match is not None]
        return sorted(good, key=lambda match: (-match.judgement.score, match.field, match.dataset, match.other))

    def _shared_things(self, pairs: Iterable[tuple[FieldProfile, int, FieldProfile]]) -> Vector:
        """Return how far each entry lists the same things, as the values of identifying fields say."""
        shared: Vector = np.zeros(len(self._entries))
        for field, position, other in pairs:
            one, two = field.sketch, other.sketch
            if one is not None and two is not None and one.is_identifying and two.is_identifying:
                found = overlap(one, two)
                shared[position] = max(shared[position], found.containment * value_strength(one, two, found))
        return shared

    def _is_other(self, theirs: EntryProfile, position: int, entry: EntryProfile) -> bool:
        return theirs.id != entry.id and self._position.get(theirs.id) == position

    def _by_scope(self, entry: EntryProfile, scopes: Vector) -> Iterator[tuple[FieldProfile, int, FieldProfile]]:
        """All fields of the entries that are about the same."""
        best = np.argsort(-scopes)[:_MOST_ENTRIES]
        for position in (int(one) for one in best if scopes[one] >= _LEAST_SCOPE):
            for field in entry.fields:
                for other in self._entries[position].fields:
                    if not (field.is_empty or other.is_empty) and name_similarity(field, other):
                        yield field, position, other

    def _by_values(self, entry: EntryProfile) -> Iterator[tuple[FieldProfile, int, FieldProfile]]:
        """The fields that share most values."""
        for field in entry.fields:
            if field.sketch is None:
                continue
            hashes = _hashes(field.sketch)
            hashes = hashes[self._values.count(hashes) <= _MOST_POSTINGS]
            _, places, _ = self._values.lookup(hashes)
            fields, shared = np.unique(places, return_counts=True)
            for number in np.argsort(-shared)[:_MOST_FIELDS]:
                if shared[number] >= _LEAST_SHARED:
                    position, other = self._fields[fields[number]]
                    yield field, position, other


def _lists_others(one: EntryProfile, other: EntryProfile) -> bool:
    """Tell whether the values of identifying fields of the same name say that two entries list different things."""
    found = [
        overlap(a.sketch, b.sketch)
        for a in one.fields
        for b in other.fields
        if a.sketch is not None
        and b.sketch is not None
        and a.sketch.is_identifying
        and b.sketch.is_identifying
        and name_similarity(a, b) >= _SAME_NAME
    ]
    return bool(found) and all(each.compared >= _ENOUGH and each.containment < _NO_VALUE_SHARED for each in found)


def _total(entry: EntryKeys, rarity: Vector) -> float:
    """Return the weight of the words of the title; those of the description need not be matched."""
    return float(np.sum(np.where(entry.weights >= TITLE_WEIGHT, rarity, 0.0)))


def _hashes(sketch: Sketch, most: int = SIZE) -> Keys:
    if sketch.translated is None:
        return sketch.array[:most]
    return np.unique(np.concatenate([sketch.array[:most], sketch.translated.array[:most]]))
