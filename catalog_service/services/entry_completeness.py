"""How complete entries are (Art. 13): one entry against the requirements in force, and the stored scores of all.

Here: measuring. Not here: the requirements (catalog.requirements, rule sets), statistics over the scores (services.statistics).
"""

import hashlib

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.requirements import Completeness, Requirements, completeness
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import clocks
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction
from catalog_service.store.statistics import Score

_BATCH = 1_000


class EntryCompleteness(Model):
    """What an entry lacks by the requirements in force today."""

    dataset: str
    title: str
    is_draft: bool
    rule_set: str
    completeness: Completeness


def requirements_in_force(platform: Platform) -> Requirements:
    """Return the compilation requirements of today; they are public (Art. 13).

    Raises:
        NotFoundError: the rule set in force has none.
    """
    with platform.database.reading() as transaction:
        return _in_force(platform, transaction)[1]


def entry_completeness(
    platform: Platform, principal: Principal, dataset_id: str, *, is_draft: bool = False
) -> EntryCompleteness:
    """Return what an entry lacks: as published (for everybody), or the draft that is being worked on.

    Raises:
        NotFoundError: there is no such entry, or nobody works on it.
    """
    with platform.database.reading() as transaction:
        if is_draft:
            authorize(principal, Action.SEE_DRAFTS, agency=dataset_id.partition("/")[0])
            content = transaction.desk.draft(dataset_id)
        else:
            record = transaction.catalog.record(dataset_id)
            is_public = record.state is RecordState.PUBLISHED
            content = record.dataset.model_dump(mode="json", by_alias=True, exclude_none=True) if is_public else None
        if content is None:
            raise _nothing(dataset_id, is_draft)
        rule_set, requirements = _in_force(platform, transaction)
        agency = transaction.catalog.registry().agency.get(dataset_id.partition("/")[0])
        return EntryCompleteness(
            dataset=dataset_id,
            title=str(content.get("title", "")),
            is_draft=is_draft,
            rule_set=rule_set,
            completeness=completeness(content, agency, requirements),
        )


def measure_stale(platform: Platform, limit: int | None = None) -> int:
    """Measure entries whose content, agency or requirements changed since; return how many (at most `limit`)."""
    measured = 0
    while limit is None or measured < limit:
        with platform.database.transaction() as transaction:
            count = _measure(platform, transaction, _BATCH if limit is None else min(_BATCH, limit - measured))
        measured += count
        if count == 0:
            break
    return measured


def _measure(platform: Platform, transaction: Transaction, limit: int) -> int:
    requirements = _in_force(platform, transaction)[1]
    agencies = transaction.catalog.registry().agency
    stamps = {slug: _stamp(one, requirements) for slug, one in agencies.items()}
    transaction.statistics.forget_scores(stamps)
    stale = transaction.statistics.unmeasured(limit)
    scores = [
        Score(
            dataset_id=one.id,
            agency=one.agency,
            version=version,
            stamp=stamps.get(one.agency, ""),
            score=completeness(one, agencies.get(one.agency), requirements).score,
        )
        for one, version in stale
    ]
    transaction.statistics.put_scores(scores)
    return len(scores)


def _stamp(agency: Agency, requirements: Requirements) -> str:
    """Return what a score rests on beside the entry: the requirements and what the agency has registered."""
    text = requirements.model_dump_json() + agency.model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _in_force(platform: Platform, transaction: Transaction) -> tuple[str, Requirements]:
    one = clocks.rule_sets_in(transaction).in_force(clocks.today(platform))
    if one.requirements is None:
        zh, en = f"规则集 {one.id} 没有目录编制要求", f"rule set {one.id} has no compilation requirements"
        raise NotFoundError(problem("no-requirements", zh, en, article=13))
    return one.id, one.requirements


def _nothing(dataset_id: str, is_draft: bool) -> NotFoundError:
    if is_draft:
        zh, en = f"{dataset_id} 没有正在编制的内容", f"nobody works on {dataset_id}"
    else:
        zh, en = f"公共数据目录中没有 {dataset_id}", f"the catalog has no entry {dataset_id}"
    return NotFoundError(problem("unknown-dataset", zh, en, article=13))
