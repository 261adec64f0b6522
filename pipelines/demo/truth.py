"""Known truth: the true golden records, what was planted in the deliveries, and how much of the truth was recovered.

A value counts as recovered only where the golden record shows exactly the true one; what no source knows, or what the
deciding source has wrong, counts as not recovered. Not here: how truth is made (world, registers).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import Text
from catalog_service.formats.arrow import arrow_schema
from pipelines.demo.sources import Planted

_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Truth:
    """True golden tables, their keys and titles by data set id, and what was planted, by id of the delivered data set."""

    tables: Mapping[str, pa.Table]
    keys: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, Text]
    planted: Mapping[str, Planted]


@dataclass(frozen=True)
class Score:
    """How much of the truth about one golden data set was recovered."""

    dataset_id: str
    title: Text
    true_records: int
    found_records: int
    """True records whose key is among the golden records."""
    correct_records: int
    """Found records with every field as in truth."""
    field_values: int
    """Values beside the key, over all true records."""
    correct_values: int
    false_records: int = 0
    """Golden records whose key is not in the truth, or occurs more than once."""
    correct_by_field: Mapping[str, int] | None = None


def build_truth(catalog: Catalog, records: Mapping[str, Sequence[Mapping[str, Any]]], planted: Mapping[str, Planted]) -> Truth:
    """Return the truth as Arrow tables of the standard types."""
    entries = {one: catalog.dataset[one] for one in records}
    return Truth(
        {one: pa.Table.from_pylist([*records[one]], schema=arrow_schema(entry)) for one, entry in entries.items()},
        {one: entry.schema_.key for one, entry in entries.items()},
        {one: Text(zh=entry.title, en=entry.title_en) for one, entry in entries.items()},
        planted,
    )


def score(truth: Truth, golden: Mapping[str, pa.Table]) -> list[Score]:
    """Compare golden tables with the truth; a data set that is missing from `golden` was not recovered at all."""
    return [_score_one(truth, one, golden.get(one)) for one in truth.tables]


def _score_one(truth: Truth, dataset: str, golden: pa.Table | None) -> Score:
    true, key = truth.tables[dataset], truth.keys[dataset]
    names = [name for name in true.column_names if name not in key]
    sizes = (true.num_rows, true.num_rows * len(names))
    if golden is None:
        return Score(dataset, truth.titles[dataset], sizes[0], 0, 0, sizes[1], 0)
    known, keys = _key_column(true, key), _key_column(golden, key)
    first = pc.index_in(known, value_set=keys)
    found = pc.is_valid(first)
    matched = golden.take(first)
    same = {name: pc.and_(found, _equal(true[name], matched, name)) for name in names}
    correct = found
    for one in same.values():
        correct = pc.and_(correct, one)
    by_field = {name: _count(one) for name, one in same.items()}
    found_count = _count(found)
    return Score(
        dataset,
        truth.titles[dataset],
        sizes[0],
        found_count,
        _count(correct),
        sizes[1],
        sum(by_field.values()),
        golden.num_rows - found_count,
        by_field,
    )


def _key_column(table: pa.Table, key: Sequence[str]) -> pa.Array:
    columns = [table[name].cast(pa.string()) for name in key]
    joined = columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, _SEPARATOR)
    return joined.combine_chunks()


def _equal(true: pa.ChunkedArray, matched: pa.Table, name: str) -> pa.ChunkedArray:
    """Tell per record whether a value is the true one; no value equals no value."""
    if name not in matched.column_names:
        return pc.is_null(true)
    found = matched[name].cast(true.type)
    return pc.if_else(pc.is_null(true), pc.is_null(found), pc.fill_null(pc.equal(true, found), fill_value=False))


def _count(flags: pa.ChunkedArray) -> int:
    return int(pc.sum(flags).as_py() or 0)
