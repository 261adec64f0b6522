"""Terms of folded text: what of a text goes into postings, and which postings a word of a question needs.

Here: characters. Not here: pinyin (pinyin), storing (search_index).

A text gives every character and every two characters that stand side by side, and of letters and digits of ASCII also every
three, for two Latin letters alone tell little. A word of a question needs every such term of its own. It is found for certain:
whatever contains the word contains its terms. Whether what contains the terms contains the word, is to be checked for longer
words only.
"""

from functools import lru_cache

_CACHED = 10_000


def terms(text: str) -> set[str]:
    """Return the terms of a folded text; nothing reaches across white space."""
    found: set[str] = set()
    for segment in set(text.split()):
        found |= of_segment(segment)
    return found


def needed(word: str) -> set[str]:
    """Return the terms that every text with this word has, the most telling ones."""
    if len(word) <= 2:
        return {word}
    found = {word[at : at + 3] for at in range(len(word) - 2) if _is_latin(word[at : at + 3])}
    pairs = {word[at : at + 2] for at in range(len(word) - 1) if not _is_latin(word[at : at + 2])}
    return found | pairs or {word[:2]}


def is_exact(word: str) -> bool:
    """Tell whether having the needed terms means having the word."""
    return len(word) <= 2 or (len(word) == 3 and _is_latin(word))


@lru_cache(_CACHED)
def of_segment(segment: str) -> frozenset[str]:
    """Return the terms of a part of a folded text that has no white space."""
    pairs = (segment[at : at + 2] for at in range(len(segment) - 1))
    threes = (segment[at : at + 3] for at in range(len(segment) - 2))
    return frozenset((*segment, *pairs, *(three for three in threes if _is_latin(three))))


def _is_latin(text: str) -> bool:
    return text.isascii() and text.isalnum()
