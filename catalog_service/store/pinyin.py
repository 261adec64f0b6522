"""Pinyin of folded text: the terms a text gives, and what a question typed in Latin letters may mean.

Here: readings of characters. Not here: the characters themselves (grams), storing (search_index).

A character counts with each of its usual readings (重庆 is found by chongqing and by zhongqing), so a name that no dictionary
of phrases knows is found as well. A question is read as syllables, of which the last may be unfinished, in every way in which
its letters can be divided (xian is 西安 and 线), and as first letters (rk is 人口). Long questions can be divided in more ways
than anybody could try; of those the index is asked for what may stand around each letter, and the texts found are read.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, pairwise

_USUAL_READINGS = 3
_CACHED = 100_000
_SEGMENTS_CACHED = 10_000
_MOST_DIVISIONS = 16
_LONGEST_SYLLABLE = 6
_WORD = re.compile(r"[a-z]{2,60}")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")

Division = tuple[str, ...]
"""A question as syllables or beginnings of syllables, one per character."""


def terms(text: str) -> set[str]:
    """Return the terms of a folded text: syllables, pairs of syllables, pairs and threes of first letters (upper case)."""
    found: set[str] = set()
    for segment in set(text.split()):
        found |= of_segment(segment)
    return found


@dataclass(frozen=True)
class Way:
    """One way to find what a word of a question may mean."""

    needed: frozenset[frozenset[str]]
    """Sets of terms, of each of which every text with this meaning has one at least."""
    is_exact: bool
    """Whether having these terms means having the reading."""
    reading: "Reading"


def ways(word: str) -> tuple[Way, ...]:
    """Return the ways to find a folded word as pinyin; none where it cannot be."""
    found = divisions(word)
    if len(found) > _MOST_DIVISIONS and len(list(islice(_divided(word), _MOST_DIVISIONS + 1))) > _MOST_DIVISIONS:
        return Way(_around_letters(word), False, Spelling(word)), _way(tuple(word))
    return tuple(_way(one) for one in found)


def _way(division: Division) -> Way:
    return Way(frozenset(frozenset({one}) for one in needed(division)), is_exact(division), Reading(division))


def divisions(word: str) -> tuple[Division, ...]:
    """Return the first ways to divide a folded word as pinyin, and its letters; none where it cannot be pinyin."""
    if not _WORD.fullmatch(word):
        return ()
    found = [whole for one in islice(_divided(word), _MOST_DIVISIONS) for whole in _completed(one)]
    return tuple(dict.fromkeys([*found, tuple(word)]))


def needed(division: Division) -> set[str]:
    """Return the terms that every text with this reading has."""
    if _is_initials(division):
        letters = "".join(division).upper()
        return {letters[at : at + 3] for at in range(max(1, len(letters) - 2))}
    whole = division if division[-1] in _syllables() else division[:-1]
    return {f"{left} {right}" for left, right in pairwise(whole)} or {whole[0]}


def is_exact(division: Division) -> bool:
    """Tell whether having the needed terms means having the reading."""
    if _is_initials(division):
        return len(division) <= 3
    return len(division) <= 2 and division[-1] in _syllables()


class Reading(dict[str, bool]):
    """One way to read a question: which parts of texts are read so. Parts are kept, for many entries have the same."""

    def __init__(self, division: Division) -> None:
        super().__init__()
        is_loose = _is_initials(division)
        self._steps = [(part, is_loose or part not in _syllables()) for part in division]

    def occurs(self, text: str) -> bool:
        """Tell whether some characters of a folded text, side by side, are read so."""
        return any(self[segment] for segment in text.split())

    def __missing__(self, segment: str) -> bool:
        """Compare a part of a text."""
        found = self[segment] = any(self._begins(segment, at) for at in range(len(segment) - len(self._steps) + 1))
        return found

    def _begins(self, segment: str, at: int) -> bool:
        return all(_reads(segment[at + offset], *step) for offset, step in enumerate(self._steps))


class Spelling(Reading):
    """All ways at once to read a word as syllables, of which the last may be unfinished."""

    def __init__(self, word: str) -> None:
        super().__init__((word,))
        self._word = word

    def __missing__(self, segment: str) -> bool:
        """Compare a part of a text."""
        found = self[segment] = any(self._reads_from(segment[at:]) for at in range(len(segment)))
        return found

    def _reads_from(self, text: str) -> bool:
        """Tell whether the beginning of the text is read so."""
        reached = {0}  # how many letters may have been read so far
        for char in text:
            rests = [(at, self._word[at:]) for at in reached]
            if any(_reads(char, rest, rest not in _syllables()) for _, rest in rests):
                return True
            reached = {at + len(one) for at, rest in rests for one in _readings(char) if rest.startswith(one)}
            if not reached:
                return False
        return False


def _around_letters(word: str) -> frozenset[frozenset[str]]:
    """Return for each letter of a word the syllables it may belong to, with those that may stand before them.

    The letters at the end may belong to an unfinished syllable and tell nothing; those at the beginning have none before them.
    """
    size, longest = len(word), _LONGEST_SYLLABLE
    steps = [(at, end) for at in range(size) for end in range(at + 1, size + 1) if word[at:end] in _syllables()]
    begun, ended = {0}, {size} | {at for at in range(size) if word[at:] in _beginnings()}
    for at, end in steps:
        begun |= {end} if at in begun else set()
    for at, end in reversed(steps):
        ended |= {at} if end in ended else set()
    whole = [(at, end) for at, end in steps if at in begun and end in ended]
    single = [{word[at:end] for at, end in whole if at <= letter < end} for letter in range(min(longest, size - longest))]
    paired = [
        {f"{word[start:at]} {word[at:end]}" for at, end in whole if at <= letter < end for start, to in whole if to == at}
        for letter in range(longest, size - longest)
    ]
    return frozenset(map(frozenset, single + paired))


def _is_initials(division: Division) -> bool:
    return all(len(part) == 1 for part in division)


def _completed(division: Division) -> list[Division]:
    """Return the division, or where it is one unfinished syllable, all that it may become."""
    if len(division) > 1 or division[0] in _syllables():
        return [division]
    return [(one,) for one in sorted(_syllables()) if one.startswith(division[0])]


def _divided(word: str) -> Iterator[Division]:
    """Yield the divisions of a word into syllables, those with long ones first; the last one may be unfinished."""
    for length in range(min(_LONGEST_SYLLABLE, len(word)), 0, -1):
        head, rest = word[:length], word[length:]
        if rest and head in _syllables():
            yield from ((head, *tail) for tail in islice(_divided(rest), _MOST_DIVISIONS + 1))
        elif not rest and head in _beginnings():
            yield (head,)


@lru_cache(_SEGMENTS_CACHED)
def of_segment(segment: str) -> frozenset[str]:
    """Return the terms of a part of a folded text that has no white space."""
    found: set[str] = set()
    for run in _HAN.findall(segment):
        readings = [_readings(char) for char in run]
        found.update(one for reading in readings for one in reading)
        found.update(f"{a} {b}" for left, right in pairwise(readings) for a in left for b in right)
        letters = [{one[0].upper() for one in reading} for reading in readings]
        pairs = [{a + b for a in left for b in right} for left, right in pairwise(letters)]
        found.update(*pairs)
        found.update(pair + third for two, one in zip(pairs, letters[2:], strict=False) for pair in two for third in one)
    return frozenset(found)


@lru_cache(_CACHED)
def _reads(char: str, part: str, is_beginning: bool) -> bool:
    return any(one.startswith(part) if is_beginning else one == part for one in _readings(char))


@lru_cache(_CACHED)
def _readings(char: str) -> tuple[str, ...]:
    """Return the usual readings of a character without tones; ü is written v and u. None for what is no Chinese character."""
    if not _HAN.fullmatch(char):
        return ()
    plain = dict.fromkeys(_plain(one) for one in _dictionary().get(ord(char), "").split(",") if one)
    usual = list(plain)[:_USUAL_READINGS]
    return tuple(dict.fromkeys(spelled for one in usual for spelled in (one, one.replace("v", "u"))))


@lru_cache(_CACHED)
def _plain(reading: str) -> str:
    apart = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(char for char in apart if "a" <= char <= "z")


@cache
def _dictionary() -> dict[int, str]:
    from pypinyin.pinyin_dict import pinyin_dict  # here, because it loads all phrases too: nobody else need wait for that

    return pinyin_dict


@cache
def _syllables() -> frozenset[str]:
    plain = {_plain(one) for marked in _dictionary().values() for one in marked.split(",")}
    spelled = plain | {one.replace("v", "u") for one in plain}
    return frozenset(one for one in spelled if any(char in one for char in "aeiouv"))


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(syllable[:end] for syllable in _syllables() for end in range(1, len(syllable) + 1))
