"""Search of the catalog against SQLite's own full-text search, in the same run: FTS5 with trigram and with unicode61 tokens.

Run it by name: `pytest tests/benchmarks/bench_search.py -m slow -s`; `WUXI_BENCH_ENTRIES=100000` for a hundred thousand entries
and two million fields. It asserts ratios and completeness, never a time.
"""

import os
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.record import SearchQuery
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import folding
from catalog_service.store.database import Database
from catalog_service.store.searching import Search
from tests.benchmarks.measuring import forget_peak, peak_mb
from tests.support.big_catalog import datasets

ENTRIES = int(os.environ.get("WUXI_BENCH_ENTRIES", "6000"))
FIELDS = 20
QUESTIONS = 120
PAGE = 20
GREATEST_RATIO = 30
"""Of finding a word of four or more characters to the trigram index, which at small sizes is a fraction of a millisecond: ours
asks for ranks by title, pinyin and agencies too, from Python."""
GREATEST_MB = 1_500


def _build(path: Path) -> tuple[Database, list[str], float]:
    """Store the entries as everybody does; return the database, the text of each entry and the CPU seconds it took."""
    database = Database(f"sqlite:///{path}")
    database.migrate()
    texts: list[str] = []
    start = time.process_time()
    with database.transaction() as transaction:
        for one in datasets(ENTRIES, fields=FIELDS):
            transaction.catalog.put_record(one, RecordState.PUBLISHED, 1)
            texts.append(folding.entry_text(one))
    return database, texts, time.process_time() - start


def _questions(entries: Sequence[Dataset]) -> dict[str, list[str]]:
    """Return words that occur in titles and fields, by their length in characters."""
    chance = random.Random(5)
    found: dict[str, list[str]] = {"2": [], "3": [], "4+": []}
    while min(map(len, found.values())) < QUESTIONS // 3:
        one = chance.choice(entries)
        text = folding.fold(chance.choice([one.title, chance.choice(one.schema_.fields).title]))
        length = chance.randint(2, 6)
        start = chance.randint(0, max(0, len(text) - length))
        word = text[start : start + length]
        kind = "4+" if len(word) >= 4 else str(len(word))
        if len(word) >= 2 and len(found[kind]) < QUESTIONS // 3:
            found[kind].append(word)
    return found


def _peer(path: Path, tokens: str, texts: Sequence[str]) -> Callable[[str], int]:
    """Return the search of SQLite's full-text index: how many rows match, and the first page of them."""
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE VIRTUAL TABLE entry USING fts5(text, tokenize = '{tokens}')")
    connection.executemany("INSERT INTO entry VALUES (?)", ((text,) for text in texts))
    connection.commit()

    def search(word: str) -> int:
        question = ('"' + word.replace('"', '""') + '"',)
        connection.execute("SELECT rowid FROM entry WHERE entry MATCH ? ORDER BY rank LIMIT ?", (*question, PAGE)).fetchall()
        (count,) = connection.execute("SELECT count(*) FROM entry WHERE entry MATCH ?", question).fetchone()
        return int(count)

    return search


def _measured(search: Callable[[str], int], words: Sequence[str]) -> tuple[list[float], list[int]]:
    """Return the CPU milliseconds of each question, and how much was found."""
    times, counts = [], []
    for word in words:
        start = time.process_time()
        counts.append(search(word))
        times.append((time.process_time() - start) * 1_000)
    return times, counts


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_search_misses_nothing_and_costs_little(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forget_peak()
    database, texts, seconds = _build(tmp_path / "catalog.db")
    questions = _questions(list(datasets(min(ENTRIES, 2_000), fields=FIELDS)))
    words = [word for some in questions.values() for word in some]
    truth = [sum(word in text for text in texts) for word in words]

    def whole(word: str) -> int:
        with database.reading() as transaction:
            return transaction.catalog.search(SearchQuery(text=word, limit=PAGE)).total

    def finding(word: str) -> int:
        with database._engine.connect() as connection:
            search = Search(connection, SearchQuery(text=word, limit=PAGE), RecordState.PUBLISHED)
            search.page()
            return search.total

    ways: dict[str, Callable[[str], int]] = {"ours, whole answer": whole, "ours, finding": finding}
    ways |= {name: _peer(tmp_path / f"{name}.db", name, texts) for name in ("trigram", "unicode61")}
    whole(words[0])
    results = {name: _measured(way, words) for name, way in ways.items()}
    peak = peak_mb()
    size = (tmp_path / "catalog.db").stat().st_size // 2**20
    lines = [f"{ENTRIES:,} entries, {ENTRIES * FIELDS:,} fields, stored in {seconds:.0f} s CPU, {size} MB, peak RSS {peak} MB"]
    for name, (times, counts) in results.items():
        short = {word for word, count, wanted in zip(words, counts, truth, strict=True) if count < wanted}
        missed = ", ".join(f"{len(short & set(some))}/{len(set(some))} of {length}" for length, some in questions.items())
        late = statistics.quantiles(times, n=20)[18]
        lines.append(f"  {name:20s} p50 {statistics.median(times):7.2f} ms  p95 {late:7.2f} ms  missed {missed} characters")
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201
    assert all(count >= wanted for count, wanted in zip(results["ours, finding"][1], truth, strict=True)), "ours misses nothing"
    two, longest = len(questions["2"]), len(questions["4+"])
    for name in ("trigram", "unicode61"):
        assert any(count < wanted for count, wanted in zip(results[name][1][:two], truth[:two], strict=True)), name
    of_ours, of_theirs = (statistics.median(results[name][0][-longest:]) for name in ("ours, finding", "trigram"))
    assert of_ours <= GREATEST_RATIO * of_theirs, (of_ours, of_theirs)
    assert peak <= GREATEST_MB
    database.close()
