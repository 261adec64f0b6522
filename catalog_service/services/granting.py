"""Grants (Art. 21): issued by decisions, revoked at once, seen by those they concern.

Here: issuing, revoking, showing. Not here: the decisions that lead there (sharing, opening), reading under a grant (access).
"""

import datetime as dt

from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.catalog.grant import Grant, GranteeKind, GrantProduct, GrantState
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, is_permitted
from catalog_service.services import clocks
from catalog_service.services.casework import Parties, is_party
from catalog_service.services.identity import require_signed_in
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction


class GrantView(Model):
    """A grant, what it is worth today, and what was made for it."""

    grant: Grant
    state: GrantState
    product: GrantProduct | None


class GrantPage(Model):
    """Grants, newest first, and where the next page begins."""

    items: tuple[GrantView, ...]
    next_cursor: str | None


def issue(transaction: Transaction, principal: Principal, grant: Grant) -> None:
    """Store a grant that a decision of this transaction gives."""
    transaction.sharing.grants.add(grant)
    details = {"columns": list(grant.columns), "until": grant.valid_until.isoformat(), "grantee": grant.grantee.id}
    transaction.ledger.append(
        entry_by(
            principal,
            "issue_grant",
            f"grant:{grant.id}",
            purpose=grant.purpose,
            case_number=grant.case_number,
            details=details | {"dataset": grant.dataset},
        )
    )


def end(transaction: Transaction, principal: Principal, grant_id: str, reason: str) -> None:
    """Revoke a grant; from the end of this transaction nothing can be read under it."""
    grant = transaction.sharing.grants.get(grant_id)
    if grant.revoked_at is None:
        change = {"revoked_at": dt.datetime.now(dt.UTC), "revocation_reason": reason, "revision": grant.revision + 1}
        transaction.sharing.grants.save(grant.model_copy(update=change))
        transaction.ledger.append(entry_by(principal, "revoke_grant", f"grant:{grant.id}", details={"dataset": grant.dataset}))


def show_grant(platform: Platform, principal: Principal, grant_id: str) -> GrantView:
    """Return a grant.

    Raises:
        UnauthenticatedError: nobody is signed in.
        NotFoundError: there is none, or it is none of the asker's business.
    """
    require_signed_in(principal)
    with platform.database.reading() as transaction:
        grant = transaction.sharing.grants.get(grant_id)
        product = transaction.sharing.product(grant_id)
    if not is_party(principal, parties_of(grant)):
        raise NotFoundError(
            problem("unknown-case", f"没有授权 {grant_id}，请核对编号", f"there is no grant {grant_id}; check the number")
        )
    return GrantView(grant=grant, state=grant.state(clocks.today(platform)), product=product)


def list_grants(
    platform: Platform, principal: Principal, *, dataset: str | None = None, cursor: str | None = None, limit: int = 50
) -> GrantPage:
    """Return the grants that concern the asker: given by its agency, held by it; for decision makers and inspectors all.

    Raises:
        UnauthenticatedError: nobody is signed in.
    """
    require_signed_in(principal)
    today = clocks.today(platform)
    with platform.database.reading() as transaction:
        grants = transaction.sharing.grants
        concerns = []
        if not is_permitted(principal, Action.SEE_ALL_REQUESTS):
            own = [principal.id, *([principal.agency] if principal.agency is not None else [])]
            concerns = [grants.either(grantee_id=own, source=principal.agency or "")]
        found = grants.find(*concerns, *grants.where(dataset_id=dataset), after=cursor, limit=limit + 1)
        items = [
            GrantView(grant=one, state=one.state(today), product=transaction.sharing.product(one.id)) for one in found[:limit]
        ]
    return GrantPage(items=tuple(items), next_cursor=items[-1].grant.id if len(found) > limit else None)


def parties_of(grant: Grant) -> Parties:
    """Return the sides of a grant."""
    source = grant.dataset.partition("/")[0]
    if grant.grantee.kind is GranteeKind.AGENCY:
        return Parties(source=source, agency=grant.grantee.id)
    return Parties(source=source, account=grant.grantee.id)
