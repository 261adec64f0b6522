"""200,000 fields for the matching benchmark: entries of 20 fields, most of them with values, and the question of a new one.

Not here: what is asserted.
"""

import random
import time

import numpy as np

from catalog_service.catalog.vocabularies import FieldType
from catalog_service.matching.index import Index
from catalog_service.matching.profiles import EntryProfile, FieldProfile, Name
from catalog_service.matching.scoring import judge
from catalog_service.matching.sketches import SIZE, Sketch
from catalog_service.matching.words import title_words
from tests.benchmarks.matching_city import NOUNS, RARE, SYNONYMS, TRADES

_TITLES = [*SYNONYMS, *RARE]
_NAMES = {title: Name.of(title) for title in _TITLES}


def entry(number: int, rng: np.random.Generator, source: EntryProfile | None = None) -> EntryProfile:
    """Return an entry of 20 fields; of `source` it collects again what half of the fields say."""
    pick = random.Random(number)
    title = f"{pick.choice(TRADES)}{pick.choice(NOUNS)}{pick.choice(TRADES)}{number % 997}号信息"
    fields = []
    for position, text in enumerate(pick.sample(_TITLES, 20)):
        old = source.fields[position].sketch if source is not None and position % 2 else None
        fields.append(_field(position, text, old or _sketch(rng)))
    scope = dict.fromkeys(title_words(title), 1.0)
    return EntryProfile(
        id=f"a{number % 300}/e{number}", agency=f"a{number % 300}", title=title, fields=tuple(fields), scope=scope
    )


def _field(position: int, text: str, found: Sketch) -> FieldProfile:
    return FieldProfile(
        name=f"f{position:02d}",
        title=text,
        names=(_NAMES[text],),
        type=FieldType.TEXT,
        identifier=None,
        data_element="",
        code_list=None,
        is_public=True,
        sketch=found,
    )


def _sketch(rng: np.random.Generator) -> Sketch:
    hashes = np.sort(rng.integers(0, 1 << 63, SIZE, dtype=np.uint64))
    return Sketch(hashes=hashes.astype("<u8").tobytes(), distinct_count=SIZE, row_count=SIZE, bits=10.0)


def work(entry_count: str) -> dict[str, float]:
    """Build the index, ask it, add to it, and do the same without it for a part, in this process."""
    rng = np.random.default_rng(320_200)
    entries = [entry(number, rng) for number in range(int(entry_count))]
    started = time.perf_counter()
    index = Index(entries)
    index.search(entries[0])
    built = time.perf_counter() - started
    asked = [entry(10**6 + number, rng, entries[number * 7]) for number in range(12)]
    seconds, found = [], 0
    for one in asked:
        started = time.perf_counter()
        found += sum(match.dataset == entries[int(one.id.split("e")[-1]) % 10**6 * 7].id for match in index.search(one))
        seconds.append(time.perf_counter() - started)
    started = time.perf_counter()
    for one in asked:
        index.put(one)
        index.search(one)
    added = (time.perf_counter() - started) / len(asked) - sum(seconds) / len(seconds)
    return {
        "built": built,
        "index_mb": index.byte_count / 2**20,
        "answer": sorted(seconds)[len(seconds) // 2],
        "slowest": max(seconds),
        "added": max(0.0, added),
        "found": found / (10 * len(asked)),
        "floor": _exhaustive(asked[0], entries),
    }


def _exhaustive(asked: EntryProfile, entries: list[EntryProfile]) -> float:
    """Return the seconds in which 20 fields are judged against every field of all entries, measured on a part of them."""
    part = entries[: max(1, len(entries) // 200)]
    started = time.perf_counter()
    for other in part:
        for field in asked.fields:
            for existing in other.fields:
                judge(field, existing, 0.0)
    return (time.perf_counter() - started) * len(entries) / len(part)
