"""Demands and showcases (Art. 6, 27): the public says what it wants opened and shows what it made; agencies answer.

Here: posting, votes, steps, who sees what. Not here: the tables of moves (catalog.demand).
"""

import datetime as dt

from catalog_service.catalog.demand import (
    DEMAND_MOVES,
    Channel,
    Demand,
    DemandEvent,
    DemandState,
    DemandWish,
)
from catalog_service.catalog.errors import InvalidError, NotFoundError, problem
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.catalog.vocabularies import OpeningClass
from catalog_service.catalog.working_days import Deadline
from catalog_service.services import clocks
from catalog_service.services.casework import Parties, advance, turns
from catalog_service.services.filing import new_number, require_moderation
from catalog_service.services.identity import require_person
from catalog_service.services.ids import new_id
from catalog_service.services.notifying import tell
from catalog_service.services.objections import PublicStep, public_step
from catalog_service.services.platform import Platform
from catalog_service.services.reading import agency_of, published_record
from catalog_service.store.database import Transaction

_PUBLIC = (DemandState.ASSIGNED, DemandState.ANSWERED, DemandState.OPENED, DemandState.DECLINED)
_WAITING = (DemandState.POSTED, DemandState.ASSIGNED)
_SHOWN = 200


class DemandView(Model):
    """A demand as the reader may see it."""

    number: str
    wish: DemandWish
    """Without the poster's address."""
    state: DemandState
    agency: str | None
    agency_name: str
    votes: int
    posted_at: dt.datetime
    closed_at: dt.datetime | None
    answer: str
    opened_dataset: str | None
    deadline: Deadline | None
    is_overdue: bool
    steps: tuple[PublicStep, ...]
    possible: tuple[DemandEvent, ...]


class DemandPage(Model):
    """Demands, those with most votes first."""

    items: tuple[DemandView, ...]


def post(platform: Platform, principal: Principal, wish: DemandWish, *, origin: str = "") -> DemandView:
    """Post a demand; no account is needed. Other channels than the platform are entered by the authority's staff.

    Raises:
        NotFoundError: the data set it is about does not exist.
        ForbiddenError: another channel is named by somebody who may not.
        ThrottledError: a stranger posts too much.
    """
    if wish.channel is not Channel.PLATFORM:
        authorize(principal, Action.ASSIGN_DEMAND)
    with platform.database.transaction() as transaction:
        if wish.dataset is not None:
            published_record(transaction, wish.dataset)
        require_moderation(transaction, principal, origin, clocks.today(platform))
        made = Demand(id=new_id(), number=new_number("X"), wish=wish, poster=principal.id, posted_at=dt.datetime.now(dt.UTC))
        transaction.interaction.demands.add(made)
        _log(transaction, principal, made, "post")
        _tell(platform, transaction, made, "已收到，将分办有关机构答复", "received; an agency will answer")
        return _view(platform, transaction, principal, made)


def act(
    platform: Platform,
    principal: Principal,
    number: str,
    event: DemandEvent,
    *,
    reason: str = "",
    agency: str = "",
    dataset: str = "",
) -> DemandView:
    """Take one step: assign names the agency, open names the data set that was opened; answers need words.

    Raises:
        NotFoundError: there is no such demand, agency or data set.
        UnauthenticatedError, ForbiddenError: it is not the asker's move.
        ConflictError: it cannot happen now, or somebody else was faster.
        InvalidError: words are missing, or the data set is not open.
    """
    with platform.database.transaction() as transaction:
        one = transaction.interaction.demand(number)
        parties = Parties(one.agency or "")
        state, made = advance(DEMAND_MOVES, one.state, event, principal, parties, article=27, reason=reason)
        change: dict[str, object] = {"state": state, "revision": one.revision + 1, "history": (*one.history, made)}
        if event is DemandEvent.ASSIGN:
            change["agency"] = _known_agency(transaction, agency)
        if event is DemandEvent.OPEN:
            change["opened_dataset"] = _opened(transaction, dataset)
        if reason.strip() and event is not DemandEvent.ASSIGN:
            change["answer"] = reason.strip()
        if state not in _WAITING:
            change["closed_at"] = made.at
        one = one.model_copy(update=change)
        transaction.interaction.demands.save(one)
        _log(transaction, principal, one, event.value)
        _tell(platform, transaction, one, f"{state.zh}。{one.answer}", f"{state.en}. {one.answer}")
        return _view(platform, transaction, principal, one)


def vote(platform: Platform, principal: Principal, number: str) -> DemandView:
    """Vote for a demand, once per account.

    Raises:
        UnauthenticatedError, ForbiddenError: nobody with an account is signed in.
        NotFoundError: there is no such demand that the public sees.
    """
    require_person(principal)
    with platform.database.transaction() as transaction:
        one = transaction.interaction.demand(number)
        if one.state not in _PUBLIC:
            raise NotFoundError(problem("unknown-number", "没有这个编号，请核对", "there is no case of this number; check it"))
        if transaction.interaction.vote(one.id, principal.id):
            _log(transaction, principal, one, "vote")
        return _view(platform, transaction, principal, one)


def follow(platform: Platform, principal: Principal, number: str) -> DemandView:
    """Return a demand to whoever knows its number.

    Raises:
        NotFoundError: there is none.
    """
    with platform.database.reading() as transaction:
        return _view(platform, transaction, principal, transaction.interaction.demand(number))


def list_public(platform: Platform, principal: Principal) -> DemandPage:
    """Return the demands that the authority has assigned, those with most votes first: they are public."""
    with platform.database.reading() as transaction:
        found = transaction.interaction.most_voted([one.value for one in _PUBLIC], _SHOWN)
        return DemandPage(items=_views(platform, transaction, principal, found))


def list_cases(platform: Platform, principal: Principal, *, state: DemandState | None = None) -> DemandPage:
    """Return the demands that an agency is to answer; authority and inspectors see all.

    Raises:
        UnauthenticatedError, ForbiddenError: the role does not allow it.
    """
    authorize(principal, Action.SEE_CASES)
    own = None if is_permitted(principal, Action.SEE_CASES, agency="") else principal.agency or ""
    with platform.database.reading() as transaction:
        cases = transaction.interaction.demands
        found = cases.find(*cases.where(agency=own, state=state and state.value), limit=_SHOWN)
        return DemandPage(items=_views(platform, transaction, principal, found))


def _known_agency(transaction: Transaction, slug: str) -> str:
    if slug not in transaction.catalog.registry().agency:
        zh = f"没有机构 {slug or '（未填写）'}，请选择承办机构"
        raise InvalidError(problem("unknown-agency", zh, f"there is no agency {slug!r}; name one", field="agency", article=27))
    return slug


def _opened(transaction: Transaction, dataset_id: str) -> str:
    """Return the data set that was opened for a demand; a closed one is not an answer."""
    dataset = published_record(transaction, dataset_id).dataset
    if dataset.opening.class_ is OpeningClass.NONE:
        zh = f"{dataset.title}不予开放，不能作为需求的办理结果；请先调整开放属性，或说明理由不予采纳"
        en = f"{dataset.id} is not open; change its opening attribute first, or decline with reasons"
        raise InvalidError(problem("not-open", zh, en, field="dataset", article=27))
    return dataset.id


def _views(platform: Platform, transaction: Transaction, principal: Principal, found: list[Demand]) -> tuple[DemandView, ...]:
    votes = transaction.interaction.votes([one.id for one in found])
    return tuple(_shown(platform, transaction, principal, one, votes.get(one.id, 0)) for one in found)


def _view(platform: Platform, transaction: Transaction, principal: Principal, one: Demand) -> DemandView:
    return _views(platform, transaction, principal, [one])[0]


def _shown(platform: Platform, transaction: Transaction, principal: Principal, one: Demand, votes: int) -> DemandView:
    day = clocks.local_day(one.posted_at)
    due = clocks.deadline_in(transaction, DutyKind.DEMAND_ANSWER, day) if one.state in _WAITING else None
    name, _ = agency_of(transaction.catalog.registry().agency, one.agency) if one.agency else ("", "")
    return DemandView(
        number=one.number,
        wish=one.wish.model_copy(update={"contact": ""}),
        state=one.state,
        agency=one.agency,
        agency_name=name,
        votes=votes,
        posted_at=one.posted_at,
        closed_at=one.closed_at,
        answer=one.answer,
        opened_dataset=one.opened_dataset,
        deadline=due,
        is_overdue=due is not None and due.due < clocks.today(platform),
        steps=tuple(public_step(step) for step in one.history),
        possible=turns(DEMAND_MOVES, one.state, principal, Parties(one.agency or "")),
    )


def _tell(platform: Platform, transaction: Transaction, one: Demand, zh: str, en: str) -> None:
    where = f"{platform.settings.public_url}/demands/{one.number}"
    body = f"您的需求“{one.wish.title}”（{one.number}）：{zh}\n\nYour demand {one.number}: {en}\n\n{where}\n"
    tell(transaction, one.wish.contact, f"需求 {one.number} · demand", body)


def _log(transaction: Transaction, principal: Principal, one: Demand, event: str) -> None:
    details = {"state": one.state.value, "agency": one.agency, "opened": one.opened_dataset, "channel": one.wish.channel.value}
    transaction.ledger.append(entry_by(principal, f"demand_{event}", f"demand:{one.id}", details=details))
