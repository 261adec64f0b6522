"""Answering questions to the catalog: words, filters, facets, ranks.

Here: which entries answer a question, and how well. Not here: terms (grams, pinyin), postings (search_index), the order of
pages (search_pages).

Each word of a question must occur in the entry, in any of its texts, in either script, or be the pinyin of some of it, or occur
in its agency's name. Sets of entries are bitmaps, so filters and facets are a few operations each, whatever is found.
"""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

import sqlalchemy as sa

from catalog_service.catalog.record import Facets, SearchQuery, SearchSort
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import folding, grams, members, pinyin
from catalog_service.store.columns import occurs
from catalog_service.store.members import Bits
from catalog_service.store.search_pages import Pages
from catalog_service.store.search_postings import Postings
from catalog_service.store.search_tables import search_entry as entry_table
from catalog_service.store.search_terms import PINYIN, RESTS_ON, STATE, TEXT, TITLE, TITLE_PINYIN
from catalog_service.store.tables import agency as agency_table

FACETS = ("agency", "theme", "base_database", "sharing", "opening", "frequency", "format", "freshness", "quality")
"""Facets that entries have themselves; the region is that of their agency."""


class _AgencyNames(NamedTuple):
    """What of an agency is searched."""

    region: str
    text: str


class Search:
    """One question in one transaction."""

    def __init__(self, connection: sa.Connection, query: SearchQuery, state: RecordState) -> None:
        self._connection = connection
        self._query = query
        self._state = state
        self._postings = Postings(connection)
        self._ranks = self._ranked(folding.words(query.text))

    @property
    def total(self) -> int:
        """How many entries answer the question."""
        return members.count(self._ranks[-1])

    def page(self) -> tuple[list[str], str | None]:
        """Return the ids on the page asked for, and the cursor of the next page; None: it is the last one.

        Raises:
            InvalidError: the cursor is not one of this question.
        """
        ranks = self._ranks if self._query.sort is SearchSort.RELEVANCE else self._ranks[-1:]
        return Pages(self._connection, self._query, self._state, ranks).page()

    def facets(self) -> Facets:
        """Return how many entries, of all pages, have each value."""
        counts = self._postings.counts(FACETS, self._ranks[-1])
        regions: Counter[str] = Counter()
        for slug, count in counts["agency"].items():
            if slug in self._agencies:
                regions[self._agencies[slug].region] += count
        counts["region"] = regions
        return Facets(
            **{facet: dict(sorted(one.items(), key=lambda pair: (-pair[1], pair[0]))) for facet, one in counts.items()}
        )

    @cached_property
    def _agencies(self) -> dict[str, _AgencyNames]:
        rows = self._connection.execute(sa.select(agency_table))
        return {row.slug: _AgencyNames(json.loads(row.document)["jurisdiction"], row.search_text) for row in rows}

    def _ranked(self, words: Iterable[str]) -> list[Bits]:
        """Return ever larger sets of entries: with all words in the title, the same or by its pinyin, all that answer."""
        found = self._filtered()
        titles, spoken = found, found
        for word in words:
            in_title = self._literal(word, TITLE, spoken, entry_table.c.title_text)
            titles = titles & in_title
            spoken = spoken & (in_title | self._spoken(word, TITLE_PINYIN, spoken))
            anywhere = self._literal(word, TEXT, found, entry_table.c.search_text) | self._spoken(word, PINYIN, found)
            found = found & (anywhere | self._postings.any_of("agency", self._named(word)))
        return [titles, spoken, found]

    def _filtered(self) -> Bits:
        found = self._postings.any_of(STATE, [self._state.value])
        for facet in FACETS:
            value = getattr(self._query, facet)
            if value is not None:
                found = found & self._postings.any_of(facet, [str(value)])
        if self._query.region is not None:
            slugs = [slug for slug, one in self._agencies.items() if one.region == self._query.region]
            found = found & self._postings.any_of("agency", slugs)
        return found

    def _named(self, word: str) -> list[str]:
        """Return the agencies with the word, or its characters, in their names."""
        ways = pinyin.ways(word)
        return [
            slug
            for slug, one in self._agencies.items()
            if word in one.text or any(way.reading.occurs(one.text) for way in ways)
        ]

    def _literal(self, word: str, kind: str, among: Bits, text: sa.Column[str]) -> Bits:
        """Return those `among` the entries with the word in the text."""
        candidates = self._postings.all_of(kind, grams.needed(word)) & among
        if grams.is_exact(word):
            return candidates
        condition = occurs(self._connection, word, text)
        return self._postings.bits(number for (number,) in self._postings.rows(candidates, where=condition)) & candidates

    def _spoken(self, word: str, kind: str, among: Bits) -> Bits:
        """Return those `among` the entries with characters that are read so."""
        found = self._postings.bits(())
        text = entry_table.c.title_text if kind == TITLE_PINYIN else entry_table.c.spoken_text
        for way in pinyin.ways(word):
            candidates = self._postings.some_of_each(kind, way.needed) & among
            if not way.is_exact:
                rows = self._postings.rows(candidates, text)
                candidates = candidates & self._postings.bits(row[0] for row in rows if way.reading.occurs(row[1]))
            found = found | candidates
        return found


def dependents(connection: sa.Connection, dataset_id: str) -> list[str]:
    """Return the ids of the entries that are derived from this one or refer to it."""
    postings = Postings(connection)
    return [row[1] for row in postings.rows(postings.any_of(RESTS_ON, [dataset_id]), entry_table.c.dataset_id)]
