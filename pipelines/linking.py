"""Linkage of a base database's records (Art. 15, 18): sure pairs are merged, likely ones are put before a person.

A pair that somebody decided on is not asked again. Decisions take effect with the next run. Not here: probabilities
(transforms.linkage), the review itself (services.entity_decisions).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from catalog_service.catalog.dataset import Golden
from catalog_service.catalog.entity import Key, LinkedPair, apart_by, entity_key, pair_id, renamed_keys
from catalog_service.catalog.errors import InvalidError, NotFoundError, problem
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.services import entities, entity_decisions
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from lake.expressions import ident
from pipelines.keys import main_key
from pipelines.transforms.linkage import Likely, clusters, link


@dataclass(frozen=True, slots=True)
class Linked:
    """What a linkage came to."""

    merged: int
    to_review: int
    known: int
    """Pairs that were decided on, or asked, before."""


def link_records(platform: Platform, principal: Principal, dataset_id: str) -> Linked:
    """Compare the published records of a base database as its entry declares.

    Raises:
        NotFoundError: it has no golden records, or none are published.
        InvalidError: no linkage is declared, or a block is too large.
    """
    authorize(principal, Action.DECIDE_LINKAGE)
    dataset = entities.golden_entry(platform, dataset_id)
    published = current(platform).get(main_key(dataset))
    linkage = dataset.derivation.linkage if isinstance(dataset.derivation, Golden) else None
    if linkage is None:
        zh, en = f"{dataset_id} 未声明比对规则（derivation.linkage）", f"{dataset_id} declares no linkage (derivation.linkage)"
        raise InvalidError(problem("no-linkage-declared", zh, en, field="derivation.linkage"))
    if published is None or not published.files:
        raise NotFoundError(problem("not-published-yet", f"{dataset_id} 尚未发布数据", f"nothing of {dataset_id} is published"))
    relation = platform.lake.relation(published.paths)
    parts = ", ".join(f"{ident(name)}::VARCHAR" for name in dataset.schema_.key)
    with platform.lake.connect() as connection:
        likely = link(connection, f"(SELECT *, _entity_id AS unique_id FROM {relation})", linkage)
        ids = sorted({one for pair in likely for one in (pair.left, pair.right)})
        query = f"SELECT _entity_id, [{parts}] FROM {relation} WHERE _entity_id IN (SELECT unnest(?))"
        keys = {id_: tuple(key) for id_, key in connection.execute(query, [ids]).fetchall()}
    return carry_out(platform, principal, dataset_id, likely, keys, linkage.merge_from)


def carry_out(
    platform: Platform, principal: Principal, dataset_id: str, likely: list[Likely], keys: Mapping[str, Key], merge_from: float
) -> Linked:
    """Merge what is sure and put the rest before a person, on top of what was decided before.

    Args:
        platform: where decisions and pairs are kept.
        principal: who had the records compared.
        dataset_id: the base database.
        likely: pairs of records, the likeliest first.
        keys: record id → key.
        merge_from: probability from which nobody is asked.
    """
    with platform.database.reading() as transaction:
        decisions = transaction.entities.decisions(dataset_id)
    everywhere = renamed_keys(decisions)[0][""]
    pairs = [(entity_key(keys[one.left], everywhere), entity_key(keys[one.right], everywhere), one) for one in likely]
    decided = {pair_id(dataset_id, one.key, one.target): one.revoked_at is None for one in decisions}
    fresh = [pair for pair in pairs if pair[0] != pair[1] and not decided.get(pair_id(dataset_id, *pair[:2]))]
    # What somebody has revoked is not done again without asking.
    sure = [pair[:2] for pair in fresh if pair[2].probability >= merge_from and pair_id(dataset_id, *pair[:2]) not in decided]
    groups = clusters(sure, apart_by(decisions))
    group_of = {key: number for number, group in enumerate(groups) for key in group}
    merged = [(key, first) for first, *others in groups for key in others]
    asked = [
        LinkedPair(
            id=pair_id(dataset_id, left, right),
            dataset=dataset_id,
            left=left,
            right=right,
            probability=one.probability,
            evidence=one.evidence,
        )
        for left, right, one in fresh
        if left not in group_of or group_of[left] != group_of.get(right)
    ]
    added = entity_decisions.take_in(platform, principal, dataset_id, merged, asked, f"Splink ≥ {merge_from}")
    return Linked(merged=len(merged), to_review=added, known=len(likely) - len(fresh) + len(asked) - added)
