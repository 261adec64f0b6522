"""Blocks of a declared linkage against the values its sources have (Art. 15, 18): one that explodes is refused at submission.

Here: what is certain from the sketches kept of delivered values. Not here: faults of the declaration itself
(catalog.linkage), counting the blocks before records are compared (pipelines).
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.linkage import Linkage
from catalog_service.matching.sketches import Sketch
from catalog_service.services.field_index import SKETCHES
from catalog_service.store.database import Transaction


def exploding_blocks(transaction: Transaction, dataset: Dataset) -> Sequence[Problem]:
    """Return a problem for each block whose groups are on average larger than the largest that may be compared."""
    if not isinstance(dataset.derivation, Golden) or dataset.derivation.linkage is None:
        return ()
    found: dict[tuple[str, ...], Problem] = {}
    for source in dataset.derivation.sources:
        text = transaction.matching.sketches(source.dataset)
        kept = SKETCHES.validate_json(text) if text else {}
        own = {name: kept[column] for name in dataset.schema_.names if (column := source.fields.get(name, name)) in kept}
        for block, size in _too_large(dataset.derivation.linkage, dataset.schema_.key, own):
            found.setdefault(block, _exploding(block, source.dataset, size, dataset.derivation.linkage.largest_block))
    return tuple(found.values())


def _too_large(linkage: Linkage, key: tuple[str, ...], sketches: Mapping[str, Sketch]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield blocks and the average size of their groups, in a source that has all of the fields."""
    for block in linkage.blocks:
        if sketches.keys() >= {*block, *key}:
            # Rows are no entities: a source that grows has several rows of a key.
            entities = min(
                *(sketches[name].row_count for name in block), math.prod(sketches[name].distinct_count for name in key)
            )
            average = entities // math.prod(sketches[name].distinct_count for name in block)
            if average > linkage.largest_block:
                yield block, average


def _exploding(block: tuple[str, ...], source: str, average: int, largest: int) -> Problem:
    names = "、".join(block)
    return problem(
        "block-explodes",
        f"分组 {names} 在来源 {source} 中平均每组约 {average:,} 条记录（上限 {largest:,}），无法两两比对；"
        "请加入能区分对象的信息项",
        f"block {', '.join(block)}: groups of {source} have about {average:,} records on average (limit {largest:,}), "
        "too many to be compared; add a field that tells entities apart",
        field="derivation.linkage.blocks",
        article=15,
    )
