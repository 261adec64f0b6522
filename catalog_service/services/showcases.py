"""Showcases 利用成果 (Art. 6, 27): what people made of open data, listed by the authority."""

import datetime as dt

from catalog_service.catalog.demand import SHOWCASE_MOVES, Showcase, ShowcaseEvent, ShowcaseState, ShowcaseWish
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.services.casework import Parties, advance, turns
from catalog_service.services.identity import require_person
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.reading import published_record
from catalog_service.store.database import Transaction

_SHOWN = 200


class ShowcaseView(Model):
    """A showcase and what the reader can do with it."""

    showcase: Showcase
    possible: tuple[ShowcaseEvent, ...]


def submit(platform: Platform, principal: Principal, wish: ShowcaseWish) -> Showcase:
    """Submit a showcase; it is shown once the authority lists it.

    Raises:
        UnauthenticatedError, ForbiddenError: nobody with an account is signed in.
        NotFoundError: a data set does not exist.
    """
    require_person(principal)
    with platform.database.transaction() as transaction:
        for dataset in wish.datasets:
            published_record(transaction, dataset)
        made = Showcase(id=new_id(), wish=wish, submitter=principal.id, submitted_at=dt.datetime.now(dt.UTC))
        transaction.interaction.add_showcase(made)
        _log(transaction, principal, made, "submit")
    return made


def act(platform: Platform, principal: Principal, id_: str, event: ShowcaseEvent, *, reason: str = "") -> Showcase:
    """List a showcase, or not, with reasons.

    Raises:
        NotFoundError: there is none.
        UnauthenticatedError, ForbiddenError: the asker may not decide.
        ConflictError, InvalidError: it cannot happen now, or needs reasons.
    """
    with platform.database.transaction() as transaction:
        one = transaction.interaction.showcases.get(id_)
        state, made = advance(SHOWCASE_MOVES, one.state, event, principal, Parties(""), article=27, reason=reason)
        change = {"state": state, "reason": reason.strip(), "revision": one.revision + 1, "history": (*one.history, made)}
        one = one.model_copy(update=change)
        transaction.interaction.showcases.save(one)
        _log(transaction, principal, one, event.value)
    return one


def listed(platform: Platform, *, dataset: str | None = None) -> tuple[Showcase, ...]:
    """Return the showcases that everybody sees, newest first: all, or those that use a data set."""
    with platform.database.reading() as transaction:
        if dataset is not None:
            return tuple(transaction.interaction.showcases_of(dataset, ShowcaseState.LISTED.value))
        cases = transaction.interaction.showcases
        return tuple(cases.find(*cases.where(state=ShowcaseState.LISTED.value), limit=_SHOWN))


def waiting(platform: Platform, principal: Principal) -> tuple[ShowcaseView, ...]:
    """Return all showcases to those who list them.

    Raises:
        UnauthenticatedError, ForbiddenError: the asker may not decide.
    """
    authorize(principal, Action.ASSIGN_DEMAND)
    with platform.database.reading() as transaction:
        found = transaction.interaction.showcases.find(limit=_SHOWN)
    return tuple(ShowcaseView(showcase=one, possible=turns(SHOWCASE_MOVES, one.state, principal, Parties(""))) for one in found)


def _log(transaction: Transaction, principal: Principal, one: Showcase, event: str) -> None:
    details = {"state": one.state.value, "datasets": list(one.wish.datasets)}
    transaction.ledger.append(entry_by(principal, f"showcase_{event}", f"showcase:{one.id}", details=details))
