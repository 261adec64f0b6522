"""Entities of the base databases (Art. 15, 18, 26): what is decided about their identity, what happened to them.

Here: decisions, events, pairs to be reviewed. Not here: rules of values (survivorship), the SQL (pipelines.transforms).
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field as Attribute

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.model import DatasetId, Line, Model
from catalog_service.catalog.vocabularies import Term

Key = Annotated[tuple[Annotated[str, Attribute(max_length=400)], ...], Attribute(min_length=1, max_length=8)]
"""The values of a declared key, as text, in declared order."""


class DecisionKind(Term):
    """What can be decided about identity."""

    MERGE = "merge", "合并", "two keys are one entity"
    REKEY = "rekey", "号码变更", "the entity got another key"
    SPLIT = "split", "拆分", "a source's rows under this key are another entity"
    DISTINCT = "distinct", "确认不同", "two keys are different entities"


class EventKind(Term):
    """What happens to an entity."""

    CREATED = "created", "新增", "created"
    CHANGED = "changed", "变更", "changed"
    ABSORBED = "absorbed", "被并入", "absorbed by another entity"
    MERGED = "merged", "并入其他记录", "took in another entity"
    SPLIT = "split", "拆分", "split"
    RETIRED = "retired", "消亡", "no source has it any more"
    MANUAL = "manual", "人工处理", "decided by hand"


class IdentityDecision(Model):
    """A decision about the identity of entities; it holds until it is revoked."""

    id: str
    dataset: DatasetId
    kind: DecisionKind
    key: Key
    target: Key
    """merge: the key that stays; rekey: the new key; split: the key of the entity split off; distinct: the other key."""
    source: DatasetId | None = None
    """split: the source whose rows are another entity's."""
    reason: Line
    decided_by: Line
    decided_at: dt.datetime
    revoked_at: dt.datetime | None = None


class PairState(Term):
    """States of a pair that linkage proposed."""

    OPEN = "open", "待复核", "to be reviewed"
    SAME = "same", "同一对象", "the same entity"
    DIFFERENT = "different", "不同对象", "different entities"


class LinkedPair(Model):
    """Two records without a common key that are likely to be one entity."""

    id: str
    dataset: DatasetId
    left: Key
    right: Key
    probability: float
    evidence: tuple[str, ...] = ()
    """Names of the fields that agree."""
    state: PairState = PairState.OPEN


class GoldenBuild(Model):
    """What a version of a golden table was made from; with it the next version can be made from what changed."""

    table: str
    version: int
    declared: str
    """Hash of the declaration, and of the decisions on identity, it was made by."""
    sources: dict[str, int]
    """Source id → published version."""
    copies: tuple[str, ...]
    """Sources found to be copies."""


def entity_id(dataset_id: str, key: Key) -> str:
    """Return the lasting id of the entity that was first known under `key`."""
    text = dataset_id + "".join(chr(31) + value for value in key)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def pair_id(dataset_id: str, left: Key, right: Key) -> str:
    """Return the stable id of a pair, whichever stands first: a decided pair is not asked again."""
    return hashlib.sha256("\x1f".join((dataset_id, *min(left, right), "\x1e", *max(left, right))).encode()).hexdigest()[:32]


def renamed_keys(decisions: Iterable[IdentityDecision]) -> tuple[dict[str, dict[Key, Key]], dict[Key, Key]]:
    """Return what the decisions in force mean: source (empty: all) → key → key of its entity; and key → first known key.

    Each is understood as of when it was taken: what it says of a key holds for the entity that the key stood for then, so
    that no decision undoes an earlier one. Whatever was taken or revoked, there is an outcome: no run stops at a circle.
    """
    renamed: dict[str, dict[Key, Key]] = {"": {}}
    everywhere, kept = renamed[""], dict[Key, Key]()
    for one in sorted((one for one in decisions if one.revoked_at is None), key=lambda one: (one.decided_at, one.id)):
        match one.kind:
            case DecisionKind.MERGE | DecisionKind.REKEY:
                old, new = entity_key(one.key, everywhere), entity_key(one.target, everywhere)
                if old != new:
                    everywhere[old] = new
                    if one.kind is DecisionKind.REKEY and new == one.target:
                        kept[new] = kept.pop(old, old)
            case DecisionKind.SPLIT:
                merged = [key for key in everywhere if entity_key(key, everywhere) == one.key]
                renamed.setdefault(one.source or "", {}).update(dict.fromkeys((one.key, *merged), one.target))
            case DecisionKind.DISTINCT:
                pass
    ends = {source: {key: entity_key(target, everywhere) for key, target in keys.items()} for source, keys in renamed.items()}
    return ends, kept


def entity_key(key: Key, renamed: Mapping[Key, Key]) -> Key:
    """Return the key of the entity that `key` stands for."""
    while key in renamed:
        key = renamed[key]
    return key


def require_no_circle(earlier: Iterable[IdentityDecision], key: Key, target: Key) -> None:
    """Make sure that `target` does not already stand for the entity of `key`, in whose place it is to stand.

    Raises:
        InvalidError: it does.
    """
    if entity_key(target, renamed_keys(earlier)[0][""]) == key:
        raise InvalidError(
            problem(
                "identity-cycle",
                f"关于主键 {' '.join(key)} 的决定互相指向，形成循环；请先撤销其中一项",
                f"decisions about the key {' '.join(key)} point at each other; revoke one of them first",
                article=18,
            )
        )


def apart_by(decisions: Iterable[IdentityDecision]) -> list[tuple[Key, Key]]:
    """Return the keys of the entities that are different by the decisions in force."""
    in_force = [one for one in decisions if one.revoked_at is None]
    everywhere = renamed_keys(in_force)[0][""]
    distinct = (one for one in in_force if one.kind is DecisionKind.DISTINCT)
    return [(entity_key(one.key, everywhere), entity_key(one.target, everywhere)) for one in distinct]


def require_no_contradiction(decisions: Iterable[IdentityDecision]) -> None:
    """Make sure that no two keys that are different entities by one decision are one entity by others.

    Raises:
        InvalidError: they are.
    """
    for one, other in apart_by(decisions):
        if one == other:
            zh = f"{' '.join(one)} 涉及已确认为不同对象的主键，不得并为同一对象；请先撤销相抵触的决定"
            en = f"{' '.join(one)} would be one entity with a key that was decided to be another's; revoke that decision first"
            raise InvalidError(problem("identity-contradiction", zh, en, article=18))
