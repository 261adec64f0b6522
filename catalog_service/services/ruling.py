"""Rules added to an entry by its agency or by a quality officer (Art. 25, 32); each change is a new version of the entry.

Here: adding and dropping rules of published entries. Not here: rules within an entry that is compiled (life_cycle).
"""

from collections.abc import Callable

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.declared_rules import DeclaredRule
from catalog_service.catalog.errors import InvalidError, NotFoundError, problem
from catalog_service.catalog.history import Act
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.life_cycle import Event
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.record import CatalogRecord
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.compiling import put_directly
from catalog_service.services.platform import Platform
from catalog_service.services.reading import published_record
from catalog_service.services.standing import judge


def put_rule(platform: Platform, principal: Principal, dataset_id: str, rule: DeclaredRule) -> CatalogRecord:
    """Add a rule to a published entry, in place of the one with the same check name.

    Raises:
        UnauthenticatedError, ForbiddenError: neither its agency's responsible person nor a quality officer.
        NotFoundError: there is no published entry.
        InvalidError: the rule does not fit the entry, or its SQL is not allowed.
    """

    def with_rule(dataset: Dataset) -> tuple[DeclaredRule, ...]:
        others = [one for one in dataset.rules if one.check_name != rule.check_name]
        return (*others, rule)

    return _change(platform, principal, dataset_id, with_rule, {"put": rule.model_dump(mode="json", exclude_defaults=True)})


def drop_rule(platform: Platform, principal: Principal, dataset_id: str, check_name: str) -> CatalogRecord:
    """Take a declared rule out of a published entry.

    Raises:
        UnauthenticatedError, ForbiddenError: neither its agency's responsible person nor a quality officer.
        NotFoundError: there is no published entry, or no such rule in it.
    """

    def without_rule(dataset: Dataset) -> tuple[DeclaredRule, ...]:
        others = tuple(one for one in dataset.rules if one.check_name != check_name)
        if len(others) == len(dataset.rules):
            zh, en = f"{dataset_id} 没有声明规则 {check_name}", f"{dataset_id} declares no rule {check_name}"
            raise NotFoundError(problem("unknown-rule", zh, en))
        return others

    return _change(platform, principal, dataset_id, without_rule, {"drop": check_name})


def _change(
    platform: Platform,
    principal: Principal,
    dataset_id: str,
    change: Callable[[Dataset], tuple[DeclaredRule, ...]],
    details: dict[str, object],
) -> CatalogRecord:
    authorize(principal, Action.MANAGE_RULES, agency=dataset_id.partition("/")[0])
    with platform.database.transaction() as transaction:
        transaction.catalog.lock()
        dataset = published_record(transaction, dataset_id).dataset
        changed = dataset.model_copy(update={"rules": change(dataset)})
        _, faults = judge([changed], transaction.catalog.snapshot())
        if faults:
            raise InvalidError(faults[dataset_id])
        transaction.ledger.append(entry_by(principal, "manage_rules", dataset_id, details=details))
        return put_directly(transaction, changed, RecordState.PUBLISHED, Act(event=Event.PUBLISH, principal=principal))
