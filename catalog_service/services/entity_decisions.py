"""Decisions on the identity of entities (Art. 18): merge, split, another key, distinct; pairs that linkage leaves to people.

A decision is carried out by the next run and holds until it is revoked. Not here: what decisions mean together
(catalog.entity), reading entities (entities), finding pairs (pipelines.linking), showing them (pair_review).
"""

import datetime as dt
from collections.abc import Iterable

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.entity import (
    DecisionKind,
    IdentityDecision,
    Key,
    LinkedPair,
    PairState,
    entity_id,
    entity_key,
    pair_id,
    renamed_keys,
    require_no_circle,
    require_no_contradiction,
)
from catalog_service.catalog.errors import ConflictError, InvalidError, NotFoundError, problem
from catalog_service.catalog.identifiers import is_valid
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.schema import Field
from catalog_service.formats.arrow import sql_type
from catalog_service.services.entities import golden_entry, unknown_entity
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction
from lake.expressions import fold_text, ident, literal


def decide(
    platform: Platform,
    principal: Principal,
    dataset_id: str,
    kind: DecisionKind,
    key: Key,
    target: Key,
    *,
    reason: str,
    source: str | None = None,
) -> IdentityDecision:
    """Decide on the identity of entities; the next run carries it out. Keys are taken as a delivery's would be.

    Raises:
        ForbiddenError, UnauthenticatedError: the role is not enough.
        NotFoundError: nobody has a key that it speaks of.
        InvalidError: it names the same key twice, a value that no key has, or an unknown source; it closes a circle with
            other decisions, or contradicts one.
    """
    authorize(principal, Action.DECIDE_LINKAGE)
    dataset = golden_entry(platform, dataset_id, key)
    if len(target) != len(key):
        raise _wrong_target()
    key, target = _as_delivered(platform, dataset, key), _as_delivered(platform, dataset, target)
    _require_sound(dataset, kind, key, target, source)
    with platform.database.transaction() as transaction:
        earlier = transaction.entities.decisions(dataset_id)
        named = (key, target) if kind in (DecisionKind.MERGE, DecisionKind.DISTINCT) else (key,)
        _require_there(platform, transaction, dataset, named, earlier)
        decision = _decision(principal, dataset_id, kind, key, target, reason, source)
        _require_consistent(decision, earlier)
        _save(transaction, principal, decision)
    return decision


def decide_pair(
    platform: Platform, principal: Principal, pair: str, state: PairState, *, reason: str, dataset_id: str | None = None
) -> IdentityDecision:
    """Decide on a proposed pair (of `dataset_id`, where given); it is remembered and not asked again.

    Raises:
        NotFoundError: there is no such pair.
        ConflictError: somebody has decided on it.
        InvalidError: it contradicts another decision.
    """
    authorize(principal, Action.DECIDE_LINKAGE)
    with platform.database.transaction() as transaction:
        found = transaction.entities.pair(pair)
        if dataset_id not in (None, found.dataset):
            zh, en = f"{dataset_id} 没有待复核的配对 {pair}", f"{dataset_id} has no pair {pair}"
            raise NotFoundError(problem("unknown-pair", zh, en, article=18))
        if found.state is not PairState.OPEN:
            zh, en = f"该配对已作出决定：{found.state.zh}", f"this pair is decided already: {found.state.en}"
            raise ConflictError(problem("already-decided", zh, en, article=18))
        earlier = transaction.entities.decisions(found.dataset)
        key, target = max(found.left, found.right), min(found.left, found.right)
        if entity_key(target, renamed_keys(earlier)[0][""]) == key:
            key, target = target, key
        kind = DecisionKind.MERGE if state is PairState.SAME else DecisionKind.DISTINCT
        decision = _decision(principal, found.dataset, kind, key, target, reason)
        _require_consistent(decision, earlier)
        _save(transaction, principal, decision)
        transaction.entities.save_pair(found.model_copy(update={"state": state}))
    return decision


def take_in(
    platform: Platform,
    principal: Principal,
    dataset_id: str,
    merged: Iterable[tuple[Key, Key]],
    asked: Iterable[LinkedPair],
    reason: str,
) -> int:
    """Record what a linkage came to: keys that are others' entities, and pairs to review. Returns how many pairs are new."""
    authorize(principal, Action.DECIDE_LINKAGE)
    with platform.database.transaction() as transaction:
        for key, target in merged:
            _save(transaction, principal, _decision(principal, dataset_id, DecisionKind.MERGE, key, target, reason))
        return transaction.entities.propose(asked)


def revoke(platform: Platform, principal: Principal, dataset_id: str, decision_id: str) -> IdentityDecision:
    """Revoke a decision; the next run makes the records as if it had not been taken. A reviewed pair is to be reviewed again.

    Raises:
        NotFoundError: there is no such decision in force.
    """
    authorize(principal, Action.DECIDE_LINKAGE)
    with platform.database.transaction() as transaction:
        found = [one for one in transaction.entities.decisions(dataset_id) if one.id == decision_id and one.revoked_at is None]
        if not found:
            zh, en = f"没有有效的决定 {decision_id}", f"there is no decision {decision_id} in force"
            raise NotFoundError(problem("unknown-decision", zh, en, article=18))
        revoked = found[0].model_copy(update={"revoked_at": dt.datetime.now(dt.UTC)})
        transaction.entities.save_decision(revoked)
        transaction.entities.reopen(pair_id(dataset_id, revoked.key, revoked.target))
        transaction.ledger.append(entry_by(principal, "revoke_identity", dataset_id, details={"decision": decision_id}))
    return revoked


def decisions(platform: Platform, principal: Principal, dataset_id: str) -> tuple[IdentityDecision, ...]:
    """Return what was decided about the entities of a base database, revoked decisions too, the latest first."""
    authorize(principal, Action.DECIDE_LINKAGE)
    golden_entry(platform, dataset_id)
    with platform.database.reading() as transaction:
        return tuple(reversed(transaction.entities.decisions(dataset_id)))


def _decision(
    principal: Principal, dataset_id: str, kind: DecisionKind, key: Key, target: Key, reason: str, source: str | None = None
) -> IdentityDecision:
    return IdentityDecision(
        id=new_id(),
        dataset=dataset_id,
        kind=kind,
        key=key,
        target=target,
        source=source,
        reason=reason,
        decided_by=principal.name,
        decided_at=dt.datetime.now(dt.UTC),
    )


def _save(transaction: Transaction, principal: Principal, decision: IdentityDecision) -> None:
    transaction.entities.save_decision(decision)
    details = {
        "kind": decision.kind.value,
        "decision": decision.id,
        "entity": entity_id(decision.dataset, decision.key),
        "reason": decision.reason,
    }
    transaction.ledger.append(entry_by(principal, "decide_identity", decision.dataset, details=details))


def _require_consistent(decision: IdentityDecision, earlier: list[IdentityDecision]) -> None:
    if decision.kind in (DecisionKind.MERGE, DecisionKind.REKEY):
        require_no_circle(earlier, decision.key, decision.target)
    require_no_contradiction([*earlier, decision])


def _require_sound(dataset: Dataset, kind: DecisionKind, key: Key, target: Key, source: str | None) -> None:
    if key == target:
        raise _wrong_target()
    if (kind is DecisionKind.SPLIT) != (source is not None) or (source is not None and source not in dataset.upstream):
        zh = f"拆分须指明来源之一：{'、'.join(dataset.upstream)}；其他决定不填来源"
        en = f"a split names one of the sources {', '.join(dataset.upstream)}; other decisions name none"
        raise InvalidError(problem("wrong-source", zh, en, field="source", article=18))


def _as_delivered(platform: Platform, dataset: Dataset, key: Key) -> Key:
    """Return a key as loading and the records write it: folded, typed, its check digit verified."""
    fields = [dataset.schema_.field(name) for name in dataset.schema_.key]
    texts = (fold_text(literal(part)) for part in key)
    cleaned = (f"upper({text})" if one.identifier is not None else text for one, text in zip(fields, texts, strict=True))
    typed = (f"TRY_CAST({text} AS {sql_type(one)})::VARCHAR" for one, text in zip(fields, cleaned, strict=True))
    with platform.lake.connect() as connection:
        (row,) = connection.execute(f"SELECT {', '.join(typed)}").fetchall()
    for one, part, value in zip(fields, key, row, strict=True):
        if not value or (one.identifier is not None and not is_valid(one.identifier, value)):
            raise _no_key(one, part)
    return tuple(row)


def _require_there(
    platform: Platform, transaction: Transaction, dataset: Dataset, keys: tuple[Key, ...], earlier: list[IdentityDecision]
) -> None:
    """A key that nobody has is a slip of the pen; one of an entity that was absorbed or got another key is not."""
    published = transaction.publications.current(f"base/{dataset.id}")
    if published is None or not published.files:
        return
    names = ", ".join(f"{ident(name)}::VARCHAR" for name in dataset.schema_.key)
    rows = ", ".join(f"({', '.join(map(literal, key))})" for key in keys)
    relation = platform.lake.relation(published.paths)
    with platform.lake.connect() as connection:
        there = {
            tuple(row) for row in connection.execute(f"SELECT {names} FROM {relation} WHERE ({names}) IN ({rows})").fetchall()
        }
    spoken_of = {key for one in earlier for key in (one.key, one.target)}
    for key in keys:
        if key not in there and key not in spoken_of:
            raise unknown_entity(key)


def _wrong_target() -> InvalidError:
    zh, en = "两个主键应当不同，且各部分齐全", "the two keys must differ and have all their parts"
    return InvalidError(problem("wrong-key", zh, en, field="target", article=18))


def _no_key(field: Field, value: str) -> InvalidError:
    kind = field.type if field.identifier is None else field.identifier
    zh = f"“{value}”不是有效的{field.title}（{kind.zh}），请核对"
    en = f"“{value}” is not a valid {field.title_en or field.name} ({kind.en}); check it"
    return InvalidError(problem("wrong-key", zh, en, field="key", article=18))
