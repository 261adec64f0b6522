"""Grants whose period is over (Art. 21): their requests are closed as expired. Reading under them ended with the day itself.

Here: the sweep. Not here: the decision on a read (catalog.decision), which needs no sweep.
"""

from catalog_service.catalog.grant import Grant, GrantState
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.open_request import OPEN_MOVES, OpenEvent, OpenState
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.procedure import step
from catalog_service.catalog.share_request import SHARE_MOVES, ShareEvent, ShareState
from catalog_service.services import clocks
from catalog_service.services.casework import record
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction


def expire(platform: Platform, principal: Principal) -> tuple[Grant, ...]:
    """Close the requests of all grants whose period is over; return these grants.

    Raises:
        UnauthenticatedError, ForbiddenError: the asker does not decide about sharing.
    """
    authorize(principal, Action.DECIDE_SHARE)
    today = clocks.today(platform)
    with platform.database.transaction() as transaction:
        grants = transaction.sharing.grants.find(*transaction.sharing.grants.where(is_revoked=False))
        over = [one for one in grants if one.state(today) is GrantState.EXPIRED]
        return tuple(one for one in over if _close(transaction, principal, one))


def _close(transaction: Transaction, principal: Principal, grant: Grant) -> bool:
    """Close the request of a grant; False where it is closed already."""
    share = transaction.sharing.share_requests.find(*transaction.sharing.share_requests.where(id=grant.request))
    for request in share:
        if request.state is ShareState.GRANTED:
            state = step(SHARE_MOVES, request.state, ShareEvent.EXPIRE, article=21)
            history = (*request.history, record(principal, ShareEvent.EXPIRE, state))
            change = {"state": state, "revision": request.revision + 1, "history": history}
            transaction.sharing.share_requests.save(request.model_copy(update=change))
            _log(transaction, principal, grant)
            return True
    opened = transaction.sharing.open_requests.find(*transaction.sharing.open_requests.where(id=grant.request))
    for application in opened:
        if application.state is OpenState.GRANTED:
            closed = step(OPEN_MOVES, application.state, OpenEvent.EXPIRE, article=24)
            steps = (*application.history, record(principal, OpenEvent.EXPIRE, closed))
            changes = {"state": closed, "revision": application.revision + 1, "history": steps}
            transaction.sharing.open_requests.save(application.model_copy(update=changes))
            _log(transaction, principal, grant)
            return True
    return False


def _log(transaction: Transaction, principal: Principal, grant: Grant) -> None:
    transaction.ledger.append(entry_by(principal, "expire_grant", f"grant:{grant.id}", details={"dataset": grant.dataset}))
