"""Open lists and their dynamic adjustment (Art. 23): publishing versions, proposing what could be opened, agencies' answers.

Here: these steps. Not here: what a list is and who qualifies (catalog.open_list); revising the entry (the life cycle).
"""

import datetime as dt

from catalog_service.catalog.errors import ConflictError, NotFoundError, problem
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.open_list import (
    PROPOSAL_MOVES,
    OpenList,
    OpenProposal,
    ProposalEvent,
    ProposalState,
    list_items,
    reasons_to_open,
)
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.catalog.procedure import step
from catalog_service.catalog.vocabularies import OpeningClass, Severity
from catalog_service.services import measuring
from catalog_service.services.casework import Parties, advance, record, require_party
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.reading import published_record
from catalog_service.store.database import Transaction


def publish_open_list(platform: Platform, principal: Principal, agency: str) -> OpenList:
    """Publish an agency's open list as its published entries make it now.

    Raises:
        UnauthenticatedError, ForbiddenError: the asker does not answer for that agency.
        NotFoundError: there is no such agency.
        ConflictError: the newest version says exactly this already.
    """
    authorize(principal, Action.PUBLISH_OPEN_LIST, agency=agency)
    with platform.database.transaction() as transaction:
        catalog = transaction.catalog.snapshot()
        if agency not in catalog.agency:
            raise NotFoundError(problem("unknown-agency", f"没有机构 {agency}", f"there is no agency {agency}", article=23))
        items = list_items(one for one in catalog.datasets if one.agency == agency)
        before = transaction.sharing.open_lists(agency)
        if before and before[0].items == items:
            zh = f"开放清单第 {before[0].version} 版与现行目录一致，无需重新发布"
            en = f"version {before[0].version} of the open list says exactly this already"
            raise ConflictError(problem("list-unchanged", zh, en, article=23))
        made = OpenList(
            agency=agency,
            version=before[0].version + 1 if before else 1,
            published_at=dt.datetime.now(dt.UTC),
            published_by=principal.name,
            items=items,
        )
        transaction.sharing.put_open_list(made)
        details = {"version": made.version, "items": len(items)}
        transaction.ledger.append(entry_by(principal, "publish_open_list", f"open_list:{agency}", details=details))
    return made


def open_lists(platform: Platform) -> tuple[OpenList, ...]:
    """Return the newest open list of every agency that has published one; public."""
    with platform.database.reading() as transaction:
        return tuple(transaction.sharing.open_lists())


def open_list(platform: Platform, agency: str, version: int | None = None) -> OpenList:
    """Return an agency's open list, the newest or one version; public.

    Raises:
        NotFoundError: nothing was published.
    """
    with platform.database.reading() as transaction:
        found = transaction.sharing.open_lists(agency)
    for one in found:
        if version is None or one.version == version:
            return one
    zh, en = f"{agency} 没有发布过这一开放清单", f"{agency} has published no such open list"
    raise NotFoundError(problem("no-open-list", zh, en, article=23))


def versions_of(platform: Platform, agency: str) -> tuple[OpenList, ...]:
    """Return all versions of an agency's open list, newest first; public."""
    with platform.database.reading() as transaction:
        return tuple(transaction.sharing.open_lists(agency))


def propose(platform: Platform, principal: Principal) -> tuple[OpenProposal, ...]:
    """Propose every entry that now qualifies for opening without conditions, and close proposals that came true.

    An entry is proposed once for each version of it: what an agency declined comes back only when the entry has changed.

    Raises:
        UnauthenticatedError, ForbiddenError: the asker is not of the authority.
    """
    authorize(principal, Action.PROPOSE_OPENING)
    with platform.database.reading() as transaction:
        candidates = [one for one in transaction.catalog.snapshot().datasets if _may_qualify(one.opening.class_)]
    qualities = {one.id: _quality(platform, one.id) for one in candidates}
    made = []
    with platform.database.transaction() as transaction:
        _close_fulfilled(transaction, principal)
        known = {(one.dataset, one.entry_version) for one in transaction.sharing.proposals.find()}
        for dataset_id, (share, failed) in qualities.items():
            entry = published_record(transaction, dataset_id)
            reasons = reasons_to_open(entry.dataset, share, failed)
            if reasons and (dataset_id, entry.version) not in known:
                proposal = OpenProposal(
                    id=new_id(),
                    dataset=dataset_id,
                    source=entry.dataset.agency,
                    state=ProposalState.PROPOSED,
                    entry_version=entry.version,
                    reasons=reasons,
                    proposed_at=dt.datetime.now(dt.UTC),
                )
                transaction.sharing.proposals.add(proposal)
                _log(transaction, principal, proposal, "propose")
                made.append(proposal)
    return tuple(made)


def answer(platform: Platform, principal: Principal, id_: str, event: ProposalEvent, reason: str = "") -> OpenProposal:
    """Accept a proposal, or decline it with reasons. What is accepted is opened by a revision of the entry (Art. 14).

    Raises:
        NotFoundError: there is no such proposal, or it is none of the asker's business.
        UnauthenticatedError, ForbiddenError: it is not the asker's to answer.
        ConflictError, InvalidError: it was answered before; reasons are missing.
    """
    with platform.database.transaction() as transaction:
        proposal = transaction.sharing.proposals.get(id_)
        parties = Parties(source=proposal.source)
        require_party(principal, parties, f"开放建议 {id_}", f"proposal {id_}")
        state, made = advance(PROPOSAL_MOVES, proposal.state, event, principal, parties, article=23, reason=reason)
        proposal = proposal.model_copy(
            update={
                "state": state,
                "reason": reason.strip(),
                "revision": proposal.revision + 1,
                "history": (*proposal.history, made),
            }
        )
        transaction.sharing.proposals.save(proposal)
        _log(transaction, principal, proposal, event.value)
    return proposal


def proposals(platform: Platform, principal: Principal) -> tuple[OpenProposal, ...]:
    """Return the proposals to the asker's agency, newest first; for the authority and inspectors all.

    Raises:
        UnauthenticatedError, ForbiddenError: the asker has nothing to do with them.
    """
    authorize(principal, Action.SEE_REQUESTS)
    with platform.database.reading() as transaction:
        cases = transaction.sharing.proposals
        sees_all = is_permitted(principal, Action.SEE_ALL_REQUESTS)
        return tuple(cases.find(*cases.where(source=None if sees_all else principal.agency or "")))


def _may_qualify(opening: OpeningClass) -> bool:
    return opening is not OpeningClass.UNCONDITIONAL


def _quality(platform: Platform, dataset_id: str) -> tuple[float | None, int]:
    """Return the share of satisfied checks of the latest run, and how many blocking rules failed in it."""
    rules = measuring.quality(platform, dataset_id).rules
    evaluated = sum(one.evaluated_count for one in rules)
    unexpected = sum(one.unexpected_count for one in rules)
    failed = sum(one.passed is False and one.severity is Severity.BLOCKING for one in rules)
    return (1 - unexpected / evaluated if evaluated else None), failed


def _close_fulfilled(transaction: Transaction, principal: Principal) -> None:
    catalog = transaction.catalog.snapshot().dataset
    waiting = transaction.sharing.proposals.where(state=[ProposalState.PROPOSED.value, ProposalState.ACCEPTED.value])
    for one in transaction.sharing.proposals.find(*waiting):
        dataset = catalog.get(one.dataset)
        if dataset is not None and dataset.opening.class_ is OpeningClass.UNCONDITIONAL:
            state = step(PROPOSAL_MOVES, one.state, ProposalEvent.FULFIL, article=23)
            made = record(principal, ProposalEvent.FULFIL, state)
            change = {"state": state, "revision": one.revision + 1, "history": (*one.history, made)}
            transaction.sharing.proposals.save(one.model_copy(update=change))


def _log(transaction: Transaction, principal: Principal, proposal: OpenProposal, event: str) -> None:
    details = {"dataset": proposal.dataset, "state": proposal.state.value}
    transaction.ledger.append(entry_by(principal, f"opening_{event}", f"open_proposal:{proposal.id}", details=details))
