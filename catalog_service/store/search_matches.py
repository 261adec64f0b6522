"""Why an entry was found: which of its texts have the words of a question.

Here: the explanation for one entry. Not here: finding entries (searching).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.dataset import Dataset
from catalog_service.store import folding, pinyin


class Match(NamedTuple):
    """A text of an entry that has a word of the question; `part` is title, keyword, agency, field, theme, description or id."""

    part: str
    text: str


def matches(dataset: Dataset, agency: Agency | None, question: str, *, limit: int) -> tuple[Match, ...]:
    """Return up to `limit` texts of an entry that have words of the question, the most telling for each word first."""
    found: dict[Match, None] = {}
    for word in folding.words(question):
        readings = [way.reading for way in pinyin.ways(word)]
        hits = (one for one, folded in _texts(dataset, agency) if word in folded or any(way.occurs(folded) for way in readings))
        best = next(hits, None)
        if best is not None:
            found[best] = None
    return tuple(found)[:limit]


def _texts(dataset: Dataset, agency: Agency | None) -> Iterator[tuple[Match, str]]:
    """Yield every text by which an entry is found, with its folded form."""
    parts: list[tuple[str, Sequence[str]]] = [
        ("title", (dataset.title, dataset.title_en)),
        ("keyword", dataset.keywords),
        ("agency", () if agency is None else (agency.name, agency.name_en)),
        ("theme", (dataset.theme,)),
    ]
    for part, texts in parts:
        for text in texts:
            yield Match(part, text), folding.fold(text)
    for field in dataset.schema_.fields:
        for text in (field.title, field.title_en, field.name):
            yield Match("field", field.title if text == field.title else f"{field.title} ({text})"), folding.fold(text)
    for part, text in (("description", dataset.description), ("description", dataset.description_en), ("id", dataset.id)):
        yield Match(part, text), folding.fold(text)
