"""Folded text for search: one spelling for full and half width, upper and lower case, traditional and simplified Chinese.

Here: fold a text, fold the texts of an entry. Not here: the search itself (searching).

The fold works character by character, so that fold(a + b) == fold(a) + fold(b). That is why every substring of a text
is found: phrase-wise conversion (乾坤 stays, 乾 becomes 干) would lose some.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache

from opencc import OpenCC

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.dataset import Dataset

SORT_KEY_LENGTH = 400
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Mn", "Me"})


class _Folds(dict[int, str]):
    """Character code → folded text, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


@cache
def _simplify() -> OpenCC:
    return OpenCC("t2s")


def _fold_character(char: str) -> str:
    if char.isspace():
        return " "
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(_simplified(one) for one in wide if unicodedata.category(one) not in _DROPPED)


def _simplified(char: str) -> str:
    if char.isspace():
        return " "
    return str(_simplify().convert(char)) if char >= "\u2e80" else char


_FOLDS = _Folds()


def fold(text: str) -> str:
    """Return `text` folded: compatibility forms, case, accents and script; white space is a blank, control characters go."""
    return text.translate(_FOLDS)


def words(text: str) -> tuple[str, ...]:
    """Return the distinct folded words of a question, in order."""
    return tuple(dict.fromkeys(fold(text).split()))


def _join(texts: Iterable[str]) -> str:
    return "\n".join(fold(text) for text in texts if text)


def title_text(dataset: Dataset) -> str:
    """Return the folded titles of an entry."""
    return _join((dataset.title, dataset.title_en))


def spoken_text(dataset: Dataset) -> str:
    """Return the folded texts of an entry that are found by pinyin too: title, keywords, theme, titles of fields."""
    return _join((dataset.title, *dataset.keywords, dataset.theme, *(field.title for field in dataset.schema_.fields)))


def entry_text(dataset: Dataset) -> str:
    """Return all folded texts by which an entry is found, its agency's name excepted."""
    texts = [dataset.title, dataset.title_en, dataset.description, dataset.description_en, *dataset.keywords]
    texts += [dataset.id, dataset.theme]
    for field in dataset.schema_.fields:
        texts += [field.title, field.title_en, field.name]
    return _join(dict.fromkeys(texts))


def agency_text(agency: Agency) -> str:
    """Return the folded names of an agency."""
    return _join((agency.name, agency.name_en))


def sort_key(title: str) -> str:
    """Return a key that sorts alike on every database: GB 18030 order, which for common characters is the order of Pinyin."""
    return fold(title).encode("gb18030").hex()[:SORT_KEY_LENGTH]
