"""Opening under conditions (Art. 24): applications, their answers, agreements, and the grants that come of them.

Here: what each step needs and brings about; every step and its ledger entry are one transaction. Not here: the table of
steps (catalog.open_request), what is open without conditions (access), open lists (open_lists).
"""

import datetime as dt

from catalog_service.catalog.agreement import Agreement, AgreementTerms, Signature
from catalog_service.catalog.errors import ConflictError, NotFoundError, problem
from catalog_service.catalog.grant import Grant
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.open_request import OPEN_MOVES, OpenEvent, OpenRequest, OpenState, OpenWish
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.catalog.working_days import Deadline
from catalog_service.services import clocks, granting, products
from catalog_service.services.casework import Parties, advance, deadline, require_party, turns
from catalog_service.services.identity import require_person, require_signed_in
from catalog_service.services.ids import new_id
from catalog_service.services.open_wishes import completed, grant_of
from catalog_service.services.platform import Platform
from catalog_service.services.reading import agency_of, published_record
from catalog_service.store.database import Transaction

_CLOCKS = {
    OpenState.SUBMITTED: DutyKind.OPEN_REPLY,
    OpenState.APPROVED: DutyKind.AGREEMENT_SIGNING,
    OpenState.SIGNED: DutyKind.AGREEMENT_SIGNING,
}
_ENDING = (OpenEvent.BREACH, OpenEvent.REVOKE, OpenEvent.EXPIRE)
_SIGNING = (OpenEvent.SIGN, OpenEvent.COUNTERSIGN)


class OpenAction(Model):
    """What goes with a step."""

    reason: str = ""
    text_sha256: str = ""
    """Signing: the hash of the text that was read, so that nobody signs another one."""


class OpenView(Model):
    """An application with its running clock, its agreement, and what the reader can do now."""

    request: OpenRequest
    dataset_title: str
    deadline: Deadline | None
    """Of the step that is due now."""
    is_overdue: bool
    agreement: Agreement | None
    possible: tuple[OpenEvent, ...]


class OpenPage(Model):
    """Applications, newest first, and where the next page begins."""

    items: tuple[OpenView, ...]
    next_cursor: str | None


def apply(platform: Platform, principal: Principal, wish: OpenWish) -> OpenRequest:
    """File an application for conditionally open data.

    Raises:
        UnauthenticatedError, ForbiddenError: the asker is no applicant; or the data are not open at all.
        NotFoundError: there is no such published data set.
        InvalidError: the wish has faults, all of which are named.
        ConflictError: no application is needed.
    """
    authorize(principal, Action.REQUEST_OPEN)
    require_person(principal)
    with platform.database.transaction() as transaction:
        dataset = published_record(transaction, wish.dataset).dataset
        wish = completed(wish, dataset, principal.id, clocks.today(platform))
        made = OpenRequest(
            id=new_id(),
            wish=wish,
            source=dataset.agency,
            applicant=principal.id,
            applicant_name=principal.name,
            state=OpenState.SUBMITTED,
            created_at=dt.datetime.now(dt.UTC),
        )
        transaction.sharing.open_requests.add(made)
        _log(transaction, principal, made, "submit")
    return made


def act(platform: Platform, principal: Principal, id_: str, event: OpenEvent, action: OpenAction) -> OpenRequest:
    """Take one step in an application.

    Raises:
        NotFoundError: there is no such application, or it is none of the asker's business.
        UnauthenticatedError, ForbiddenError: it is not the asker's move.
        ConflictError: it cannot happen now; somebody else was faster; the text to sign is another one.
        InvalidError: reasons are missing.
    """
    require_signed_in(principal)
    grant: Grant | None = None
    with platform.database.transaction() as transaction:
        request = _known(transaction, principal, id_)
        state, made = advance(
            OPEN_MOVES, request.state, event, principal, parties_of(request), article=24, reason=action.reason
        )
        change: dict[str, object] = {"state": state, "reason": action.reason.strip(), "revision": request.revision + 1}
        change["history"] = (*request.history, made)
        if event is OpenEvent.APPROVE:
            change["agreement"] = _draw_up(transaction, request)
        if event in _SIGNING:
            _sign(transaction, principal, request, event, action.text_sha256)
        if event is OpenEvent.COUNTERSIGN:
            grant = _grant(request, clocks.today(platform))
            granting.issue(transaction, principal, grant)
            change["grant"] = grant.id
        if event in _ENDING and request.grant is not None:
            granting.end(transaction, principal, request.grant, action.reason)
            _end_agreement(transaction, request, action.reason)
        request = request.model_copy(update=change)
        transaction.sharing.open_requests.save(request)
        _log(transaction, principal, request, event.value)
    if grant is not None:
        products.make_grant_product(platform, grant)
    return request


def show(platform: Platform, principal: Principal, id_: str) -> OpenView:
    """Return an application.

    Raises:
        UnauthenticatedError: nobody is signed in.
        NotFoundError: there is none, or it is none of the asker's business.
    """
    require_signed_in(principal)
    with platform.database.reading() as transaction:
        return _view(platform, transaction, principal, _known(transaction, principal, id_))


def show_agreement(platform: Platform, principal: Principal, id_: str) -> Agreement:
    """Return an agreement to those whom it concerns.

    Raises:
        UnauthenticatedError: nobody is signed in.
        NotFoundError: there is none, or it is none of the asker's business.
    """
    require_signed_in(principal)
    with platform.database.reading() as transaction:
        agreement = transaction.sharing.agreements.get(id_)
        _known(transaction, principal, agreement.terms.request)
    return agreement


def list_requests(
    platform: Platform,
    principal: Principal,
    *,
    state: OpenState | None = None,
    is_overdue: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> OpenPage:
    """Return the applications that concern the asker: its own, to its agency; for the authority and inspectors all.

    Raises:
        UnauthenticatedError: nobody is signed in.
    """
    require_signed_in(principal)
    with platform.database.reading() as transaction:
        cases = transaction.sharing.open_requests
        own = cases.either(source=principal.agency or "", applicant=principal.id)
        concerns = [] if is_permitted(principal, Action.SEE_ALL_REQUESTS) else [own]
        wanted = cases.where(state=None if state is None else state.value)
        found = cases.find(*concerns, *wanted, after=cursor, limit=limit + 1)
        items = [_view(platform, transaction, principal, one) for one in found[:limit]]
    shown = tuple(one for one in items if one.is_overdue or not is_overdue)
    return OpenPage(items=shown, next_cursor=items[-1].request.id if len(found) > limit else None)


def parties_of(request: OpenRequest) -> Parties:
    """Return the sides of an application."""
    return Parties(source=request.source, account=request.applicant)


def _known(transaction: Transaction, principal: Principal, id_: str) -> OpenRequest:
    request = transaction.sharing.open_requests.get(id_)
    require_party(principal, parties_of(request), f"开放申请 {id_}", f"application {id_}")
    return request


def _view(platform: Platform, transaction: Transaction, principal: Principal, request: OpenRequest) -> OpenView:
    kind = _CLOCKS.get(request.state)
    since = request.history[-1].at if request.history else request.created_at
    due = None if kind is None else deadline(platform, kind, since)
    return OpenView(
        request=request,
        dataset_title=transaction.catalog.record(request.wish.dataset).dataset.title,
        deadline=due,
        is_overdue=due is not None and clocks.today(platform) > due.due,
        agreement=None if request.agreement is None else transaction.sharing.agreements.get(request.agreement),
        possible=turns(OPEN_MOVES, request.state, principal, parties_of(request)),
    )


def _draw_up(transaction: Transaction, request: OpenRequest) -> str:
    """Write the agreement that both sides are to sign; return its id."""
    wish, dataset = request.wish, published_record(transaction, request.wish.dataset).dataset
    name, _ = agency_of(transaction.catalog.registry().agency, request.source)
    terms = AgreementTerms(
        request=request.id,
        dataset=wish.dataset,
        dataset_title=dataset.title,
        source=request.source,
        source_name=name,
        applicant=request.applicant,
        applicant_name=request.applicant_name,
        organisation=wish.organisation,
        purpose=wish.purpose,
        conditions=dataset.opening.conditions,
        columns=wish.columns,
        column_titles=tuple(dataset.schema_.field(one).title for one in wish.columns),
        valid_from=wish.valid_from,
        valid_until=wish.valid_until,
    )
    agreement = Agreement(id=new_id(), terms=terms, text=terms.text, made_at=dt.datetime.now(dt.UTC))
    transaction.sharing.agreements.add(agreement)
    return agreement.id


def _sign(transaction: Transaction, principal: Principal, request: OpenRequest, event: OpenEvent, text_sha256: str) -> None:
    agreement = _agreement(transaction, request)
    if text_sha256 != agreement.text_sha256:
        zh = "请先阅读协议全文，并提交所读文本的 text_sha256"
        en = "read the whole agreement first, and send the text_sha256 of the text that you read"
        raise ConflictError(problem("other-text", zh, en, field="text_sha256", article=24))
    signed = Signature(by=principal.id, name=principal.name, at=dt.datetime.now(dt.UTC), text_sha256=text_sha256)
    side = "applicant_signature" if event is OpenEvent.SIGN else "source_signature"
    transaction.sharing.agreements.save(agreement.model_copy(update={side: signed, "revision": agreement.revision + 1}))


def _end_agreement(transaction: Transaction, request: OpenRequest, reason: str) -> None:
    agreement = _agreement(transaction, request)
    change = {"ended_at": dt.datetime.now(dt.UTC), "ending_reason": reason.strip(), "revision": agreement.revision + 1}
    transaction.sharing.agreements.save(agreement.model_copy(update=change))


def _agreement(transaction: Transaction, request: OpenRequest) -> Agreement:
    if request.agreement is None:
        raise NotFoundError(problem("no-agreement", "尚未形成协议", "there is no agreement yet", article=24))
    return transaction.sharing.agreements.get(request.agreement)


def _grant(request: OpenRequest, today: dt.date) -> Grant:
    """Return the grant that a concluded agreement gives."""
    if request.wish.valid_until < today:
        zh, en = "协议期限已过，请重新申请", "the period of the agreement is over; apply anew"
        raise ConflictError(problem("period-over", zh, en, article=24))
    return grant_of(request.wish, request.id, request.applicant)


def _log(transaction: Transaction, principal: Principal, request: OpenRequest, event: str) -> None:
    transaction.ledger.append(
        entry_by(
            principal,
            f"open_{event}",
            f"open_request:{request.id}",
            purpose=request.wish.purpose,
            details={"dataset": request.wish.dataset, "state": request.state.value},
        )
    )
