"""All fixed words of the pages, in both languages, a module per topic. Not here: words of the catalog.

A test holds the keys of both languages equal and the keys of the topics apart.
"""

from catalog_service.catalog.errors import Language
from catalog_service.web.messages import (
    desk,
    duties,
    entities,
    findings,
    identity,
    interaction,
    interfaces,
    ledger,
    public,
    quality,
    rectification,
    registers,
    scores,
    search,
    sharing,
)

TOPICS = (
    search,
    public,
    desk,
    identity,
    ledger,
    quality,
    scores,
    duties,
    registers,
    interaction,
    findings,
    sharing,
    entities,
    rectification,
    interfaces,
)
"""Modules with two dictionaries, `ZH` and `EN`; a topic's keys start with its own prefix."""

CATALOGS: dict[Language, dict[str, str]] = {
    Language.ZH: {key: words for topic in TOPICS for key, words in topic.ZH.items()},
    Language.EN: {key: words for topic in TOPICS for key, words in topic.EN.items()},
}


def message(language: Language, key: str, **values: object) -> str:
    """Return the words for a key in a language, with values put in."""
    return CATALOGS[language][key].format(**values)
