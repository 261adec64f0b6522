"""Probabilistic linkage by Splink (an optional extra): which records without a common key are likely to be one entity.

The model is trained on the records themselves, never on a truth. Blocks are counted before anything is compared: one that
is too large is refused. Not here: what is declared (catalog.linkage), what follows (pipelines.linking).
"""

import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.linkage import Compared, Linkage
from lake.expressions import ident

Node = TypeVar("Node", str, tuple[str, ...])
_MOST_PAIRS = 50_000_000
_SAMPLED_PAIRS = 1_000_000
_SEED = 320_200
_RECALL_OF_SUREST = 0.9
_TRAINED_BLOCKS = 3
_LEAST_TRAINING_PAIRS = 100
"""Pairs of a block from which anything can be learned; where the surest block has fewer, nothing is merged unasked."""


@dataclass(frozen=True, slots=True)
class Likely:
    """Two records, the probability that they are one entity, and the fields that are equal."""

    left: str
    right: str
    probability: float
    evidence: tuple[str, ...]


def link(connection: duckdb.DuckDBPyConnection, relation: str, linkage: Linkage) -> list[Likely]:
    """Return the pairs of records from `review_from` on, the likeliest first.

    Where there is too little to learn from, as when what was sure is merged already, none reaches `merge_from`.

    Args:
        connection: a connection that may make tables.
        relation: SQL with a column `unique_id` and the declared fields.
        linkage: what is declared.

    Raises:
        InvalidError: a block is too large, or Splink is not installed.
    """
    connection.execute(f"CREATE OR REPLACE TABLE linked_records AS SELECT {_columns(linkage)} FROM {relation}")
    counts = require_bounded(connection, linkage)
    if not any(counts):
        return []
    most = 1.0 if counts[0] >= _LEAST_TRAINING_PAIRS else math.nextafter(linkage.merge_from, 0)
    linker = _trained(connection, linkage, counts)
    predicted = linker.inference.predict(threshold_match_probability=linkage.review_from)
    fields = [one.field for one in linkage.compare]
    equal = ", ".join(f"CASE WHEN l.{ident(name)} = r.{ident(name)} THEN '{name}' END" for name in fields)
    rows = connection.execute(
        f"SELECT unique_id_l, unique_id_r, least(match_probability, {most!r}), list_filter([{equal}], lambda x: x IS NOT NULL) "
        f"FROM {predicted.physical_name} p JOIN linked_records l ON l.unique_id = p.unique_id_l "
        "JOIN linked_records r ON r.unique_id = p.unique_id_r ORDER BY 3 DESC, 1, 2"
    ).fetchall()
    return [Likely(left, right, probability, tuple(evidence)) for left, right, probability, evidence in rows]


def clusters(pairs: Iterable[tuple[Node, Node]], apart: Iterable[tuple[Node, Node]] = ()) -> list[tuple[Node, ...]]:
    """Return groups that are connected by pairs, each sorted; no group holds two that are to be kept apart.

    Where it would, the pair that comes later connects nothing.
    """
    groups: dict[Node, set[Node]] = {}
    strangers: dict[Node, set[Node]] = defaultdict(set)
    for one, other in apart:
        strangers[one].add(other)
        strangers[other].add(one)
    for left, right in pairs:
        mine, theirs = (groups.setdefault(one, {one}) for one in (left, right))
        if mine is theirs or any(strangers.get(one, set()) & theirs for one in mine):
            continue
        small, large = sorted((mine, theirs), key=len)
        large |= small
        groups.update(dict.fromkeys(small, large))
    distinct = {id(group): group for group in groups.values() if len(group) > 1}
    return sorted(tuple(sorted(group)) for group in distinct.values())


def require_bounded(connection: duckdb.DuckDBPyConnection, linkage: Linkage) -> list[int]:
    """Count the pairs of each block before anything is compared.

    Raises:
        InvalidError: a block holds more records than declared, or all of them together too many pairs.
    """
    counts: list[int] = []
    for block in linkage.blocks:
        names = ", ".join(ident(name) for name in block)
        known = " AND ".join(f"{ident(name)} IS NOT NULL" for name in block)
        counted = f"SELECT count(*) AS n FROM linked_records WHERE {known} GROUP BY {names}"
        ((largest, pairs),) = connection.execute(
            f"SELECT coalesce(max(n), 0), coalesce(sum(n * (n - 1) // 2), 0) FROM ({counted})"
        ).fetchall()
        counts.append(int(pairs))
        if largest > linkage.largest_block or sum(counts) > _MOST_PAIRS:
            raise InvalidError(
                problem(
                    "block-explodes",
                    f"分组 {'、'.join(block)} 最大一组有 {largest:,} 条记录（上限 {linkage.largest_block:,}），"
                    f"需比对 {int(pairs):,} 对，未作比对；请加入能区分对象的信息项",
                    f"block {', '.join(block)}: its largest group has {largest:,} records (limit {linkage.largest_block:,}), "
                    f"{int(pairs):,} pairs to compare; nothing was compared. Add a field that tells entities apart",
                    field="derivation.linkage.blocks",
                    article=15,
                )
            )
    return counts


def _columns(linkage: Linkage) -> str:
    names = dict.fromkeys((*(one.field for one in linkage.compare), *(name for block in linkage.blocks for name in block)))
    return ", ".join(
        ("unique_id::VARCHAR AS unique_id", *(f"nullif(trim({ident(n)}::VARCHAR), '') AS {ident(n)}" for n in names))
    )


def _trained(connection: duckdb.DuckDBPyConnection, linkage: Linkage, counts: Sequence[int]) -> Any:  # noqa: ANN401 — Splink has no types
    try:
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError as error:
        zh = "未安装比对组件，请安装本软件的 linkage 扩展（pip install 'wuxi-public-data[linkage]'）"
        en = "linkage is not installed; install the extra: pip install 'wuxi-public-data[linkage]'"
        raise InvalidError(problem("no-linkage", zh, en)) from error
    logging.getLogger("splink").setLevel(logging.ERROR)
    blocks = [block_on(*block) for block in linkage.blocks]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="unique_id",
        blocking_rules_to_generate_predictions=[*blocks],
        comparisons=[_comparison(one) for one in linkage.compare],
    )
    records = DuckDBAPI(connection=connection).register("linked_records")
    linker = Linker(records, settings, log_level=logging.ERROR)
    training = linker.training
    if counts[0]:
        training.estimate_probability_two_random_records_match([blocks[0]], recall=_RECALL_OF_SUREST)
    training.estimate_u_using_random_sampling(max_pairs=_SAMPLED_PAIRS, seed=_SEED)
    learned = [block for block, count in zip(blocks, counts, strict=True) if count >= _LEAST_TRAINING_PAIRS]
    for block in learned[:_TRAINED_BLOCKS]:
        training.estimate_parameters_using_expectation_maximisation(block)
    return linker


def _comparison(one: Compared) -> Any:  # noqa: ANN401 — Splink has no types
    from splink import comparison_library as library

    match one.by:
        case "name":
            return library.JaroWinklerAtThresholds(one.field, [0.9, 0.7])
        case "code":
            return library.DamerauLevenshteinAtThresholds(one.field, [1, 2])
        case "exact":
            return library.ExactMatch(one.field)
