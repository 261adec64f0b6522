"""An inverted index of 64-bit keys that grows in place: sorted arrays, and a small part that is sorted when it is asked.

Here: keys → positions. Not here: what keys mean (index).
"""

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Positions = NDArray[np.uint32]
Weights = NDArray[np.float16]
_MERGED_SHARE, _MERGED_COUNT = 0.1, 4_096


class Postings:
    """Key → positions with weights. Adding costs what is added; the parts are merged when the new one is a tenth."""

    def __init__(self) -> None:
        self._keys: Keys = np.empty(0, np.uint64)
        self._positions: Positions = np.empty(0, np.uint32)
        self._weights: Weights = np.empty(0, np.float16)
        self._fresh: list[tuple[Keys, Positions, Weights]] = []
        self._recent: tuple[Keys, Positions, Weights] | None = None

    @property
    def byte_count(self) -> int:
        """Bytes of the arrays."""
        return self._keys.nbytes + self._positions.nbytes + self._weights.nbytes

    def __len__(self) -> int:
        """Return how many postings there are."""
        return len(self._keys) + sum(len(keys) for keys, _, _ in self._fresh)

    def add(self, keys: Keys, position: int, weights: NDArray[np.float64] | float = 1.0) -> None:
        """Add keys at one position."""
        places = np.full(len(keys), position, np.uint32)
        self._fresh.append((keys, places, np.broadcast_to(np.asarray(weights, np.float16), keys.shape)))
        self._recent = None

    def lookup(self, keys: Keys) -> tuple[NDArray[np.intp], Positions, Weights]:
        """Return, for every posting found: the number of its key in `keys`, its position, its weight."""
        parts = [_find(part, keys) for part in self._parts()]
        numbers, positions, weights = zip(*parts, strict=True)
        return np.concatenate(numbers), np.concatenate(positions), np.concatenate(weights)

    def count(self, keys: Keys) -> NDArray[np.intp]:
        """Return how many postings each key has."""
        spans = [_spans(part[0], keys) for part in self._parts()]
        total: NDArray[np.intp] = np.sum([end - start for start, end in spans], axis=0)
        return total

    def _parts(self) -> list[tuple[Keys, Positions, Weights]]:
        fresh = sum(len(keys) for keys, _, _ in self._fresh)
        if fresh > max(_MERGED_COUNT, _MERGED_SHARE * len(self._keys)):
            self._merge()
        elif self._recent is None:
            self._recent = _sorted(self._fresh)
        base = (self._keys, self._positions, self._weights)
        return [base, self._recent] if self._recent is not None else [base]

    def _merge(self) -> None:
        if self._fresh:
            parts = [(self._keys, self._positions, self._weights), *self._fresh]
            self._keys, self._positions, self._weights = _sorted(parts)
            self._fresh = []
        self._recent = None


def _sorted(parts: list[tuple[Keys, Positions, Weights]]) -> tuple[Keys, Positions, Weights]:
    if not parts:
        return np.empty(0, np.uint64), np.empty(0, np.uint32), np.empty(0, np.float16)
    keys, positions, weights = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(keys, kind="stable")
    return keys[order], positions[order], weights[order]


def _spans(sorted_keys: Keys, keys: Keys) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.searchsorted(sorted_keys, keys, "left"), np.searchsorted(sorted_keys, keys, "right")


def _find(part: tuple[Keys, Positions, Weights], keys: Keys) -> tuple[NDArray[np.intp], Positions, Weights]:
    start, end = _spans(part[0], keys)
    lengths = end - start
    numbers = np.repeat(np.arange(len(keys)), lengths)
    offsets = np.arange(len(numbers)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(start, lengths)
    return numbers, part[1][offsets], part[2][offsets]
