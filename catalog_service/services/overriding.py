"""Letting a withheld version pass the gate (Art. 25): by a named person, with a reason, for this version only.

Here: the decision, its place in the ledger, and making the version visible. Not here: the gate itself (pipelines.checking).
"""

import datetime as dt

from catalog_service.catalog.dataset import Dataset, Golden
from catalog_service.catalog.errors import ConflictError, InvalidError, problem
from catalog_service.catalog.gate import FailedRule, GateOverride
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.vocabularies import DeliveryState, Severity
from catalog_service.services import measuring, products
from catalog_service.services.delivering import withheld
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release_in
from catalog_service.services.reading import published_record
from catalog_service.store.database import Transaction
from lake.manifest import Snapshot

_GOLDEN_PARTS = ("_conflicts", "_changes", "_objections")
LEAST_REASON = 10
"""Characters that a reason must have at least."""


def override_gate(platform: Platform, principal: Principal, dataset_id: str, *, version: int, reason: str) -> GateOverride:
    """Publish a version that blocking rules withhold; later versions are judged anew.

    Raises:
        UnauthenticatedError, ForbiddenError: not a quality officer.
        NotFoundError: there is no published entry.
        InvalidError: the reason says nothing.
        ConflictError: this version is not the one that was withheld last, or was let pass already.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        authorize(principal, Action.OVERRIDE_GATE, agency=dataset.agency)
    if len(reason.strip()) < LEAST_REASON:
        zh = f"放行理由至少 {LEAST_REASON} 个字：请说明为何可以带着问题发布、由谁在何时改正"
        en = f"give a reason of at least {LEAST_REASON} characters: why it may be published, who corrects it and when"
        raise InvalidError(problem("override-reason", zh, en, field="reason", article=25))
    override = _decide(platform, principal, dataset, version, reason.strip())
    snapshots, recipes = _visible(platform, dataset, version)
    with platform.database.transaction() as transaction:
        transaction.quality.add_override(override)
        failed = {one.rule: one.unexpected_count for one in override.rules}
        details = {"version": version, "run": override.run_id, "reason": override.reason, "rules": failed}
        transaction.ledger.append(entry_by(principal, "override_gate", dataset_id, details=details))
        made_of = withheld(transaction, dataset_id)
        loaded = [] if made_of is None else [made_of.model_copy(update={"state": DeliveryState.LOADED})]
        release_in(transaction, snapshots, loaded, recipes=recipes)
    return override


def current_override(transaction: Transaction, dataset: Dataset) -> GateOverride | None:
    """Return the decision by which the version that readers see was let pass; None where it passed by itself."""
    table = f"{dataset.zone}/{dataset.id}"
    published = transaction.publications.current(table)
    return None if published is None else transaction.quality.override(table, published.version)


def overrides(platform: Platform, dataset_id: str) -> list[GateOverride]:
    """Return all decisions on versions of a data set, newest first: who let what pass is public.

    Raises:
        NotFoundError: there is no published entry.
    """
    with platform.database.reading() as transaction:
        dataset = published_record(transaction, dataset_id).dataset
        return transaction.quality.overrides(f"{dataset.zone}/{dataset_id}")


def _decide(platform: Platform, principal: Principal, dataset: Dataset, version: int, reason: str) -> GateOverride:
    view = measuring.quality(platform, dataset.id)
    failed = [one for one in view.rules if one.severity is Severity.BLOCKING and one.passed is not True]
    with platform.database.reading() as transaction:
        known = transaction.quality.override(f"{dataset.zone}/{dataset.id}", version)
    if known is not None or view.version != version or view.is_published or not failed or view.run_id is None:
        newest = "无" if view.version is None or view.is_published else str(view.version)
        zh = f"版本 {version} 不是待放行的版本（最近一次被阻断的版本：{newest}），请核对质量概要"
        en = f"version {version} is not waiting to be let pass (withheld last: {newest}); look at the quality summary"
        raise ConflictError(problem("nothing-withheld", zh, en, field="version", article=25))
    return GateOverride(
        id=new_id(),
        dataset=dataset.id,
        table=f"{dataset.zone}/{dataset.id}",
        version=version,
        run_id=view.run_id,
        rules=tuple(
            FailedRule(
                rule=one.rule,
                reason=one.reason.zh,
                unexpected_count=one.unexpected_count,
                evaluated_count=one.evaluated_count,
            )
            for one in failed
        ),
        reason=reason,
        principal_id=principal.id,
        principal_name=principal.name,
        decided_at=dt.datetime.now(dt.UTC),
    )


def _visible(platform: Platform, dataset: Dataset, version: int) -> tuple[list[Snapshot], dict[str, str]]:
    """Return what becomes visible: the version, the conflict report and logs made with it, and the product opened from it."""
    lake, table = platform.lake, f"{dataset.zone}/{dataset.id}"
    main = lake.snapshot(table, version)
    snapshots = [main]
    if isinstance(dataset.derivation, Golden):
        snapshots += [lake.snapshot(table + part) for part in _GOLDEN_PARTS if lake.exists(table + part)]
    with lake.connect() as connection:
        product, recipe, refusals = products.open_product(platform, connection, dataset, main)
    if refusals:
        raise InvalidError(refusals)
    if product is None:
        return snapshots, {}
    return [*snapshots, product], {product.key: recipe}
