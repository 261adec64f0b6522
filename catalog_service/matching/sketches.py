"""Value sketches: the normalised values of a field as a small sample of hashes, from which containment is estimated.

A sketch keeps the k smallest hashes of the normalised values, so that two sketches sample the same values. Not here: reading
values (pipelines), what containment means for a pair of fields (scoring).
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from catalog_service.catalog.model import Model
from catalog_service.matching.words import is_chinese, vocabulary
from catalog_service.store.folding import fold

SIZE = 256
"""Hashes that a sketch keeps."""
SAMPLE_COUNT = 16
_CATEGORIES = 64
_LOOKED_AT = 256
"""Values whose form is looked at."""
_PARTED_SHARE = 0.8
_SEPARATORS = re.compile(r"\s*[,，;；、|/]\s*")
_COPY_MIN = 20
_SHORT_DIGITS = 5
_NUMBER = re.compile(r"[+-]?(\d+)(?:\.(\d*))?")
_DECIMAL = re.compile(r"[+-]?\d+\.\d+")
_DATE = re.compile(r"^(1[89]|20)\d\d[-/.年]?\d{1,2}[-/.月]?\d{1,2}日?(?:[ T].*)?$")
_URI = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*/(?:.*/)?([^/?#]+)/?$")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTS = re.compile(r"[^\W_]+")
Hashes = NDArray[np.uint64]


class Sketch(Model):
    """What is remembered of the values of one field."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    hashes: bytes
    """Ascending, eight bytes each, little-endian; all of them where `is_complete`."""
    samples: tuple[str, ...] = ()
    """Values of the first hashes, as delivered; empty texts where the field is sensitive."""
    distinct_count: int
    share: float = 1.0
    """Share of the distinct values that was looked at."""
    row_count: int = 0
    """Rows that have a value; 0 where it is not known."""
    integer_share: float = 0.0
    """Share of values that are short numbers: a small space of codes or measurements, different things have equal values."""
    date_share: float = 0.0
    """Share of values that are dates: a small space too."""
    bits: float = 0.0
    """Mean information of a value, by its length and alphabet."""
    translated: "Sketch | None" = None
    """The same things in another notation: labels of codes, or the names that stand beside those in another language."""

    @property
    def array(self) -> Hashes:
        """The hashes as numbers."""
        return np.frombuffer(self.hashes, "<u8")

    @property
    def count(self) -> int:
        """How many hashes are kept."""
        return len(self.hashes) // 8

    @property
    def is_complete(self) -> bool:
        """Whether every value is in it."""
        return self.share >= 1.0 and self.count < SIZE

    @property
    def is_identifying(self) -> bool:
        """Whether most rows have a value of their own, so that equal values mean equal things."""
        return not (self.is_small_numbers or self.is_dates) and self.distinct_count >= 0.5 * self.row_count

    @property
    def is_dates(self) -> bool:
        """Whether the values are dates."""
        return self.date_share > 0.5

    @property
    def is_category(self) -> bool:
        """Whether few values are shared by many rows: lists of different things may have the same ones."""
        return self.distinct_count <= _CATEGORIES and self.distinct_count < 0.5 * self.row_count

    @property
    def is_small_numbers(self) -> bool:
        """Whether equal values say little."""
        return self.integer_share > 0.5

    def is_copy_of(self, other: "Sketch") -> bool:
        """Tell whether both have the same values: equally many, the same sample, enough of them to exclude chance."""
        return self.count >= _COPY_MIN and self.distinct_count == other.distinct_count and self.hashes == other.hashes


def normalise(value: str) -> str:
    """Return the value as it is compared: last part of a URI, folded, without affixes, words in order of the alphabet."""
    if _DECIMAL.fullmatch(value):
        return value.rstrip("0").rstrip(".")
    uri = _URI.match(value)
    text = fold(_HUMPS.sub(" ", uri[1] if uri else value))
    parts = _PARTS.findall(text)
    if not parts:
        return text.strip()
    if is_chinese(text):
        return _without_endings("".join(parts))
    affixes = vocabulary().affixes
    parts = [one for one in parts if one not in affixes.always] or parts
    return " ".join(sorted([one for one in parts if one not in affixes.unless_alone] or parts))


def _without_endings(text: str) -> str:
    affixes = vocabulary().affixes
    for beginning in affixes.beginnings:
        if text.startswith(beginning) and len(text) >= len(beginning) + 2:
            text = text.removeprefix(beginning)
    for ending in affixes.endings:
        if text.endswith(ending) and len(text) >= len(ending) + 2:
            return text.removesuffix(ending)
    return text


def digest(text: str) -> int:
    """Return a hash of 63 bits that is the same everywhere and always."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def sketch(
    values: Iterable[str], *, distinct_count: int | None = None, row_count: int = 0, is_sensitive: bool = False
) -> Sketch | None:
    """Return the sketch of distinct values; None where there are none.

    Args:
        values: distinct values, or a sample of them chosen by their hash, never by position.
        distinct_count: how many there are in all, where `values` is a sample.
        row_count: rows that have a value.
        is_sensitive: keep no value, only hashes.
    """
    raw = [value for value in values if value.strip()]
    if not raw:
        return None
    known: dict[int, str] = {}
    for value in raw:
        known.setdefault(digest(normalise(value)), value)
    hashes = sorted(known)[:SIZE]
    count = max(distinct_count or len(raw), len(raw))
    some = raw[:_LOOKED_AT]
    return Sketch(
        hashes=np.array(hashes, "<u8").tobytes(),
        samples=tuple("" if is_sensitive else known[one][:60] for one in hashes[:SAMPLE_COUNT]),
        distinct_count=count,
        share=len(raw) / count,
        row_count=max(row_count, count) if row_count else 0,
        date_share=sum(_DATE.match(value.strip()) is not None for value in some) / len(some),
        integer_share=sum(_is_short_number(value) for value in some) / len(some),
        bits=sum(map(_bits, some)) / len(some),
    )


def parts_of(values: Iterable[str]) -> tuple[str, ...]:
    """Return the parts of values that are several values in one; none where most values are not."""
    pieces = [[part for part in _SEPARATORS.split(value) if part] for value in values]
    if not pieces or sum(len(one) > 1 for one in pieces) < _PARTED_SHARE * len(pieces):
        return ()
    return tuple(dict.fromkeys(part for one in pieces for part in one))


def _is_short_number(value: str) -> bool:
    """Tell whether a value is a number of few digits that count; those of a code count from the first."""
    found = _NUMBER.fullmatch(value.strip()) if value.isascii() else None
    return found is not None and len(found[1]) + len((found[2] or "").rstrip("0")) <= _SHORT_DIGITS


def _bits(value: str) -> float:
    """One bit for a digit, two for a letter, four for a Chinese character; twelve are enough to be rare."""
    counts = Counter(_kind(char) for char in value)
    return min(12.0, counts["digit"] + 2.0 * counts["letter"] + 4.0 * counts["chinese"])


@cache
def _kind(char: str) -> str:
    if char.isdigit():
        return "digit"
    return "chinese" if is_chinese(char) else "letter" if char.isalpha() else "other"


class Overlap(Model):
    """How far the values of one field are among those of another."""

    containment: float
    """Of the field with fewer values in the other, 0 to 1."""
    compared: int
    """Values of the smaller field that were looked up."""
    matched: int
    samples: tuple[str, ...] = ()
    """Values found in both."""


def overlap(one: Sketch, other: Sketch) -> Overlap:
    """Estimate the containment of the smaller field's values in the larger one's, in the notation in which it is greatest."""
    notations = ((a, b) for a in (one, one.translated) for b in (other, other.translated) if a is not None and b is not None)
    return max((_overlap(a, b) for a, b in notations), key=lambda found: (found.containment, found.matched))


def _overlap(one: Sketch, other: Sketch) -> Overlap:
    small, large = (one, other) if one.distinct_count <= other.distinct_count else (other, one)
    looked_up, there = small.array, large.array
    limits = [each.array[-1] for each in (small, large) if each.count == SIZE]
    if limits:
        looked_up = looked_up[: np.searchsorted(looked_up, min(limits), "right")]
    places = np.minimum(np.searchsorted(there, looked_up), len(there) - 1)
    is_there = there[places] == looked_up
    matched = int(is_there.sum())
    # Samples are chosen by the same hash: what the larger field's sample leaves out cannot be found in it.
    seen = min(1.0, large.share / small.share)
    contained = min(1.0, matched / (seen * len(looked_up))) if len(looked_up) else 0.0
    samples = tuple(dict.fromkeys(text for text, there in zip(small.samples, is_there, strict=False) if there and text))
    return Overlap(containment=contained, compared=len(looked_up), matched=matched, samples=samples[:5])
