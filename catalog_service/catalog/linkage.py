"""Linkage of records that have no common key (Art. 15, 18), declared: what is compared, and which records are compared at all.

Here: the declaration and its faults. Not here: probabilities (pipelines.transforms.linkage).
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field as Attribute

from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.model import Model, Slug
from catalog_service.catalog.schema import Schema
from catalog_service.catalog.vocabularies import FieldType

MOST_BLOCK_ROWS = 5_000
"""More records of one block than this are never compared with each other."""


class Compared(Model):
    """How the values of a field are compared."""

    field: Slug
    by: Literal["name", "code", "exact"] = "name"
    """name: similar spelling; code: a typing error or two (numbers, dates); exact: equal or not."""


class Linkage(Model):
    """Which records are compared, by what, and what follows from the probability that two are one entity."""

    compare: tuple[Compared, ...] = Attribute(min_length=2)
    blocks: tuple[tuple[Slug, ...], ...] = Attribute(min_length=2)
    """Records are compared where all fields of one block are equal; the surest block first."""
    largest_block: int = Attribute(default=500, ge=2, le=MOST_BLOCK_ROWS)
    """Records that one block may hold; more are refused, not cut."""
    merge_from: float = Attribute(default=0.99, ge=0.95, le=1)
    """Merged without asking from this probability."""
    review_from: float = Attribute(default=0.5, ge=0.01, le=1)
    """Put before a person from this probability."""


def linkage_problems(linkage: Linkage, schema: Schema) -> Iterator[Problem]:
    """Yield the faults of a declared linkage."""
    named = (*(one.field for one in linkage.compare), *(name for block in linkage.blocks for name in block))
    for name in dict.fromkeys(named):
        if name not in schema.names:
            yield problem(
                "unknown-linkage-field",
                f"比对规则提到的信息项 {name} 不存在，请改正",
                f"linkage names a field {name} that does not exist; correct it",
                field="derivation.linkage",
                article=15,
            )
    for block in linkage.blocks:
        fields = [schema.field(name) for name in block if name in schema.names]
        if fields and all(one.code_list is not None or one.type is FieldType.BOOLEAN for one in fields):
            names = "、".join(block)
            yield problem(
                "block-explodes",
                f"分组 {names} 只含代码类信息项，同组记录过多，无法两两比对；请加入能区分对象的信息项（名称、日期、号码等）",
                f"block {', '.join(block)} has nothing but codes: too many records share them to be compared; "
                "add a field that tells entities apart",
                field="derivation.linkage.blocks",
                article=15,
            )
    if linkage.review_from > linkage.merge_from:
        zh, en = "review_from 不得高于 merge_from", "review_from must not be above merge_from"
        yield problem("linkage-thresholds", zh, en, field="derivation.linkage", article=15)
