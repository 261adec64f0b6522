"""The shipped vocabulary and the words of a name: folded, cut by the longest known words, in Chinese, Pinyin or English.

Here: from a text to the words by which it is compared. Not here: how alike two texts are (scoring).
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

import yaml

from catalog_service.catalog.model import Model
from catalog_service.store.folding import fold

_INITIALS_LENGTH = 3
_ORGANISATION = "#organisation"
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_RUNS = re.compile(r"[\u3400-\u9fff]+|[a-z]+|[0-9]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Affixes(Model):
    """What some write as part of a value and others leave away."""

    always: frozenset[str]
    unless_alone: frozenset[str]
    endings: tuple[str, ...]
    beginnings: tuple[str, ...]


class Vocabulary(Model):
    """`vocabulary.yaml`: meanings and their words, words without meaning, languages, affixes of values."""

    concepts: dict[str, tuple[str, ...]]
    fillers: frozenset[str]
    endings: frozenset[str]
    aspects: frozenset[str]
    kinds: frozenset[str]
    classes: frozenset[str]
    languages: dict[str, frozenset[str]]
    affixes: Affixes


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary shipped with the package."""
    text = resources.files(__package__).joinpath("vocabulary.yaml").read_text(encoding="utf-8")
    return Vocabulary.model_validate(yaml.safe_load(text))


def is_chinese(text: str) -> bool:
    """Tell whether a text has a Chinese character."""
    return _CHINESE.search(text) is not None


@cache
def pinyin(text: str) -> tuple[str, str]:
    """Return the syllables of a Chinese text in one string, and their initials."""
    from pypinyin import Style, lazy_pinyin  # 60 MB of readings that most processes never look up

    syllables = lazy_pinyin(text, style=Style.NORMAL)
    return "".join(syllables), "".join(one[0] for one in syllables if one)


@cache
def _lexicon() -> tuple[dict[str, str], int]:
    """Word → concept (`#…`) or nothing (fillers), and the length of the longest word."""
    known = dict.fromkeys(vocabulary().fillers, "") | {kind: kind for kind in vocabulary().kinds}
    for concept, words in vocabulary().concepts.items():
        known |= {fold(word).replace(" ", ""): f"#{concept}" for word in words}
    return known, max(map(len, known))


@cache
def _latin_lexicon() -> dict[str, str]:
    """Pinyin and initials of the Chinese words → concept; what two concepts share belongs to neither."""
    meanings: dict[str, set[str]] = {}
    for concept, words in vocabulary().concepts.items():
        for word in words:
            if is_chinese(word):
                whole, initials = pinyin(word)
                for key in (whole, initials) if len(initials) >= _INITIALS_LENGTH else (whole,):
                    meanings.setdefault(key, set()).add(f"#{concept}")
    return {key: min(found) for key, found in meanings.items() if len(found) == 1 and key not in _lexicon()[0]}


def title_words(text: str) -> tuple[str, ...]:
    """Return the words of an entry's title or description, without those that only tell in which respect a thing is listed."""
    folded = fold(text)
    for aspect in sorted(vocabulary().aspects, key=len, reverse=True):
        folded = folded.replace(aspect, "")
    for one in vocabulary().classes:
        folded = folded.replace(one, f" {one} ")
    return words_of(folded)


@cache
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a name or title: `#concept` where known, else Chinese bigrams, Latin words, numbers."""
    runs = _RUNS.findall(fold(_HUMPS.sub(" ", text)))
    found: list[str] = []
    latin: list[str] = []
    for run in [*runs, ""]:
        if run and not is_chinese(run):
            latin.append(run)
            continue
        found += _latin_words(latin)
        latin = []
        found += _chinese_words(run)
    return tuple(dict.fromkeys(found))


def _latin_words(runs: list[str]) -> Iterator[str]:
    """Longest sequence of words that has a meaning, as English or as Pinyin written together; else the words themselves."""
    known, pinyins = _lexicon()[0], _latin_lexicon()
    while len(runs) > 1 and runs[-1] in vocabulary().endings:
        runs = runs[:-1]
    start = 0
    while start < len(runs):
        for end in range(len(runs), start, -1):
            joined = "".join(runs[start:end])
            word = known.get(joined, pinyins.get(joined))
            if word is not None or end == start + 1:
                if word is None or word:
                    yield word or joined
                start = end
                break


def _chinese_words(run: str) -> Iterator[str]:
    parts = list(_parts(run))
    last = len(parts)
    # 养老服务机构: what stands before the organisation at the end may be an ending too.
    while last > 1 and (parts[last - 1][1] == _ORGANISATION or parts[last - 1][0] in vocabulary().endings):
        last -= 1
    parts[last:] = [part for part in parts[last:] if part[1] is not None]
    rest = ""
    for text, word in parts:
        if word is None:
            rest += text
            continue
        yield from _bigrams(rest)
        rest = ""
        if word:
            yield word
    yield from _bigrams(rest)


def _parts(run: str) -> Iterator[tuple[str, str | None]]:
    """Cut a text by the longest known words: text with its word, which is empty for fillers and None for unknown text."""
    known, longest = _lexicon()
    endings = vocabulary().endings
    position = 0
    while position < len(run):
        for length in range(min(longest, len(run) - position), 0, -1):
            text = run[position : position + length]
            word = known.get(text)
            # A single character has a meaning of its own at the end of a name only (…名).
            if (word is not None or text in endings) and (length > 1 or not word or position + 1 == len(run)):
                yield text, word
                position += length
                break
        else:
            yield run[position], None
            position += 1


def _bigrams(text: str) -> list[str]:
    if len(text) < 2:
        return [text] if text else []
    return [text[i : i + 2] for i in range(len(text) - 1)]
