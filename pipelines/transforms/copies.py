"""Copies among sources (Art. 15): a source with the same keys and the same values as another one has no vote of its own.

What the sources say of a sample of keys is compared, chosen by the hash of the key: the verdict depends on the rows only, in
whatever order they arrived. Not here: what a copy may still do (resolve).
"""

import itertools
import logging
from collections.abc import Callable
from dataclasses import replace

import duckdb

from lake.expressions import ident
from pipelines.transforms.sources import Sources, SourceTable

_log = logging.getLogger(__name__)
_HASHES = 1 << 64
_SIMILAR_SIZE = 0.98
_SIMILAR_ROWS = 0.5
"""A source that grows may hold several rows of a key; those that differ more in rows are not compared."""
_SAMPLED_ROWS = 200_000
_GLANCE_BITS = 4
"""Of the sample, one in 16 keys is looked at first: sources that differ there need no longer look."""
_COPY_MIN_ROWS = 1_000
_COPY_MIN_SHARE = 0.99
Sampler = Callable[[SourceTable, int], str | None]
"""Relation of a source's rows whose key has a hash below a limit, where that is at hand."""


def detected_copies(
    connection: duckdb.DuckDBPyConnection, sources: Sources, sampler: Sampler = lambda _, __: None
) -> frozenset[str]:
    """Find the sources that are copies of one of higher rank; only sources of similar size are compared."""
    tables, samples, copies = sources.tables, dict[tuple[int, int], str](), set[int]()

    def probed(one: int, other: int, limit: int) -> tuple[int, int, int, int]:
        for number in (one, other):
            if (number, limit) not in samples:
                samples[number, limit] = _sampled(connection, sources, number, limit, sampler)
        probe = _probe(sources, (one, samples[one, limit]), (other, samples[other, limit]))
        shared, equal, fewer, more = connection.execute(probe).fetchall()[0]
        return shared, equal, fewer, more

    for one, other in itertools.combinations(range(len(tables)), 2):
        if {one, other} & copies or not (_similar(tables[one], tables[other]) and _common(sources, one, other)):
            continue
        limit = _limit(max(tables[number].row_count for number in (one, other)))
        shared, equal, *_ = probed(one, other, limit >> _GLANCE_BITS)
        if equal == shared and is_copy(*probed(one, other, limit)):
            _log.warning("%s is a copy of %s and has no vote", tables[other].dataset, tables[one].dataset)
            copies.add(other)
    return frozenset(tables[one].dataset for one in copies)


def is_copy(shared: int, equal: int, fewer: int, more: int) -> bool:
    """Judge a probe: the same keys and in all of them the same values, on enough keys to exclude chance."""
    return fewer >= _COPY_MIN_ROWS and fewer >= _SIMILAR_SIZE * more and shared >= _COPY_MIN_SHARE * fewer and equal == shared


def _limit(rows: int) -> int:
    """The hash below which keys are sampled: between 100,000 and 200,000 rows of a large source."""
    return _HASHES >> (rows // _SAMPLED_ROWS).bit_length()


def _similar(one: SourceTable, other: SourceTable) -> bool:
    small, large = sorted((one.row_count, other.row_count))
    return small >= large * _SIMILAR_ROWS and large >= _COPY_MIN_ROWS


def _common(sources: Sources, one: int, other: int) -> list[str]:
    """Value fields that both sources supply."""
    tables = sources.tables
    return [f.name for f in sources.values if sources.supplies(tables[one], f.name) and sources.supplies(tables[other], f.name)]


def _sampled(connection: duckdb.DuckDBPyConnection, sources: Sources, number: int, limit: int, sampler: Sampler) -> str:
    """Make a table of what a source says of the sampled keys, a row per key; return its name."""
    table = sources.tables[number]
    if limit < _HASHES:
        kept = sampler(table, limit) or f"(SELECT * FROM {table.relation} WHERE {sources.key_hash(table)} < {limit}::UBIGINT)"
        table = replace(table, relation=kept)
    name = f"_sample{number}_{limit.bit_length()}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sources.rows(table)}")
    return name


def _probe(sources: Sources, one: tuple[int, str], other: tuple[int, str]) -> str:
    """SQL for (shared keys, keys with equal values in all common fields, keys of the smaller source, of the larger one)."""
    keys = ", ".join(ident(name) for name in sources.key)
    pairs = [f"a.{ident(name)} IS NOT DISTINCT FROM b.{ident(name)}" for name in _common(sources, one[0], other[0])]
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for _, name in (one, other))
    return (
        f"SELECT count(*), count(*) FILTER ({' AND '.join(pairs)}), least({counts}), greatest({counts}) "
        f"FROM {one[1]} a JOIN {other[1]} b USING ({keys})"
    )
