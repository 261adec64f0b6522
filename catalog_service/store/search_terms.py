"""Which terms an entry has, and which entries come to a term: many entries at a time, in numbers.

Here: terms of rows, collecting changes. Not here: characters (grams), readings (pinyin), statements (search_index).

Inside one transaction each term has a small number, and so do entries; a change is then one 64-bit key, and sorting the keys
brings together what belongs to a term. Parts of texts that many entries share (names of fields) are taken apart once.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from catalog_service.store import grams, members, pinyin
from catalog_service.store.members import Positions

TEXT, TITLE, PINYIN, TITLE_PINYIN, STATE, RESTS_ON = "text", "title", "pinyin", "title_pinyin", "state", "rests_on"
"""Kinds of terms; the others are facets."""

Term = tuple[str, str]
"""Kind and term."""
TermNumbers = npt.NDArray[np.int64]

_PARTS: tuple[tuple[str, str, Callable[[str], Iterable[str]]], ...] = (
    (TEXT, "search_text", grams.of_segment),
    (TITLE, "title_text", grams.of_segment),
    (PINYIN, "spoken_text", pinyin.of_segment),
    (TITLE_PINYIN, "title_text", pinyin.of_segment),
)
_NONE: TermNumbers = np.empty(0, np.int64)
_ENTRY_BITS = 32
_BLOCK_BITS = members.BLOCK.bit_length() - 1


class Terms:
    """The terms met so far and their numbers."""

    def __init__(self) -> None:
        self.known: list[Term] = []
        """The term of each number."""
        self._numbers: dict[str, _Numbers] = {}
        self._parts = [(kind, column, _Segments(self._of_kind(kind), take_apart)) for kind, column, take_apart in _PARTS]

    def of(self, row: Mapping[str, Any]) -> TermNumbers:
        """Return all terms of a searchable entry, ascending; made of its row alone, so that they can be taken back."""
        found = []
        for kind, column, segments in self._parts:
            # Of titles in other languages nobody asks for the pinyin.
            text = row[column].partition("\n")[0] if kind == TITLE_PINYIN else row[column]
            found += [segments[one] for one in set(text.split())]
        labelled = json.loads(row["labels"])
        others = [(STATE, row["state"]), *labelled["facets"].items(), *((RESTS_ON, one) for one in labelled["rests_on"])]
        found.append(np.array([self._of_kind(kind)[term] for kind, term in others], np.int64))
        numbers = np.sort(np.concatenate(found))
        return numbers[np.flatnonzero(np.diff(numbers, prepend=-1))]

    def _of_kind(self, kind: str) -> "_Numbers":
        found = self._numbers.get(kind)
        if found is None:
            found = self._numbers[kind] = _Numbers(kind, self.known)
        return found


class _Numbers(dict[str, int]):
    """The numbers of the terms of one kind, given out as terms are met."""

    def __init__(self, kind: str, known: list[Term]) -> None:
        super().__init__()
        self._kind, self._known = kind, known

    def __missing__(self, term: str) -> int:
        """Give out the next number."""
        number = self[term] = len(self._known)
        self._known.append((self._kind, term))
        return number


class _Segments(dict[str, TermNumbers]):
    """The terms of parts of texts, taken apart as parts are met."""

    def __init__(self, numbers: _Numbers, take_apart: Callable[[str], Iterable[str]]) -> None:
        super().__init__()
        self._numbers, self._take_apart = numbers, take_apart

    def __missing__(self, segment: str) -> TermNumbers:
        """Take a part apart."""
        numbers = self._numbers
        found = self[segment] = np.array([numbers[one] for one in self._take_apart(segment)], np.int64)
        return found


class Collected:
    """Pairs of term and entry."""

    def __init__(self) -> None:
        self._keys: list[TermNumbers] = []
        self.count = 0
        """How many."""

    def add(self, entry: int, terms: TermNumbers) -> None:
        """Note that an entry comes to some terms, or goes."""
        self._keys.append((terms << _ENTRY_BITS) | entry)
        self.count += terms.size

    def groups(self) -> Iterator[tuple[int, int, Positions]]:
        """Yield number of term, block, and the positions in it of the entries, ascending."""
        keys = np.sort(np.concatenate([_NONE, *self._keys]))
        places = keys >> _BLOCK_BITS
        positions = (keys & (members.BLOCK - 1)).astype(np.uint16)
        starts = np.flatnonzero(np.diff(places, prepend=-1)).tolist()
        for start, end in pairwise([*starts, keys.size]):
            place = int(places[start])
            yield place >> (_ENTRY_BITS - _BLOCK_BITS), place & ((1 << (_ENTRY_BITS - _BLOCK_BITS)) - 1), positions[start:end]
