"""Search cannot miss: every substring of two or more characters of every title finds its entry, also among thousands."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator

import pytest
import sqlalchemy as sa

from catalog_service.catalog.record import SearchQuery
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import folding, grams, members
from catalog_service.store.database import Database
from catalog_service.store.search_postings import Postings
from catalog_service.store.search_tables import search_entry, search_posting
from catalog_service.store.search_terms import TITLE
from catalog_service.store.searching import Search
from tests.support.big_catalog import datasets

pytestmark = pytest.mark.slow

FAST, WHOLE = 150, 5_000


def fill(database: Database, count: int) -> dict[str, str]:
    """Store entries and return their folded titles by id."""
    entries = list(datasets(count, fields=2))
    with database.transaction() as transaction:
        for one in entries:
            transaction.catalog.put_dataset(one, state=RecordState.PUBLISHED)
    return {one.id: folding.fold(one.title) for one in entries}


def substrings(title: str) -> Iterator[str]:
    """Yield every substring of two or more characters."""
    yield from (title[start:end] for start in range(len(title)) for end in range(start + 2, len(title) + 1))


def numbers(connection: sa.Connection) -> dict[str, int]:
    """Return the number of each entry in the index."""
    return {row.dataset_id: row.number for row in connection.execute(sa.select(search_entry))}


def check_postings(database: Database, titles: dict[str, str]) -> None:
    """What stands in the database for each term is exactly the entries whose title has it, by looking at each."""
    with database._engine.connect() as connection, connection.begin():
        number, postings = numbers(connection), Postings(connection)
        wanted: dict[str, set[int]] = defaultdict(set)
        for dataset_id, title in titles.items():
            for length in (1, 2):
                for start in range(len(title) - length + 1):
                    wanted[title[start : start + length]].add(number[dataset_id])
        stored = {
            row.term for row in connection.execute(sa.select(search_posting.c.term).where(search_posting.c.kind == TITLE))
        }
        assert {term for term in stored if len(term) < 3} == wanted.keys()
        for term, having in wanted.items():
            assert set(members.numbers(postings.any_of(TITLE, [term]))) == having, term


def check_terms(titles: Iterable[str]) -> int:
    """Whatever part of a title is asked for, the title has every term that the part needs; return how many parts there are."""
    count = 0
    for title in titles:
        terms = grams.terms(title)
        for part in substrings(title):
            count += 1
            assert grams.needed(part) <= terms, (part, title)
    return count


def missed(database: Database, titles: dict[str, str], sample: int) -> list[tuple[str, str]]:
    """Ask for some substrings, the way everybody asks; return those that do not find an entry with them in its title."""
    chance, found = random.Random(7), []
    asked = [(one, chance.choice(list(substrings(titles[one])))) for one in chance.choices(sorted(titles), k=sample)]
    with database._engine.connect() as connection, connection.begin():
        number = numbers(connection)
        for dataset_id, word in asked:
            having = {number[other] for other, title in titles.items() if word in title}
            search = Search(connection, SearchQuery(text=word), RecordState.PUBLISHED)
            if not having <= set(members.numbers(search._ranks[-1])):
                found.append((dataset_id, word))
    return found


def test_every_substring_of_the_titles_of_a_catalog_is_found(database: Database) -> None:
    titles = fill(database, FAST)
    check_postings(database, titles)
    assert check_terms(titles.values()) > 5_000
    assert missed(database, titles, 40) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_substring_of_the_titles_of_5000_entries_is_found(database: Database) -> None:
    titles = fill(database, WHOLE)
    check_postings(database, titles)
    assert check_terms(titles.values()) > 200_000
    assert missed(database, titles, 500) == []
