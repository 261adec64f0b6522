"""Sharing between agencies (Art. 19–21): requests, their joint review, disputes, and the grants that come of them.

Here: what each step needs and brings about; every step and its ledger entry are one transaction. Not here: the table of
steps (catalog.share_request), direct reads of what is shared unconditionally (access).
"""

import datetime as dt

from catalog_service.catalog.errors import ConflictError, InvalidError, problem
from catalog_service.catalog.grant import Grant
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model, Slug
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.catalog.row_filter import RowFilter
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.catalog.share_request import SHARE_MOVES, Opinion, ShareEvent, ShareRequest, ShareState, Wish
from catalog_service.catalog.working_days import Deadline
from catalog_service.services import clocks, granting, products
from catalog_service.services.casework import Parties, advance, deadline, record, require_party, turns
from catalog_service.services.identity import require_signed_in
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.services.reading import published_record
from catalog_service.services.share_wishes import probe, require_requestable, require_shared
from catalog_service.store.database import Transaction

_CLOCKS = {
    ShareState.SUBMITTED: DutyKind.SHARE_OPINION,
    ShareState.REVIEWING: DutyKind.SHARE_REPLY,
    ShareState.DISPUTED: DutyKind.DISPUTE_COORDINATION,
    ShareState.COORDINATING: DutyKind.DISPUTE_COORDINATION,
}
_GRANTING = (ShareEvent.APPROVE, ShareEvent.SETTLE_SHARING, ShareEvent.RULE_SHARING)
_ENDING = (ShareEvent.REVOKE, ShareEvent.EXPIRE)


class Narrowing(Model):
    """How a decision for sharing gives less than was asked for (仅能够部分提供): never more."""

    columns: tuple[Slug, ...] | None = None
    row_filter: RowFilter | None = None
    """Added to the conditions of the request."""
    valid_until: dt.date | None = None


class ShareAction(Model):
    """What goes with a step."""

    reason: str = ""
    opinion: Opinion | None = None
    narrowing: Narrowing = Narrowing()


class ShareView(Model):
    """A share request with its running clock and what the reader can do now."""

    request: ShareRequest
    dataset_title: str
    deadline: Deadline | None
    """Of the step that is due now."""
    is_overdue: bool
    possible: tuple[ShareEvent, ...]


class SharePage(Model):
    """Share requests, newest first, and where the next page begins."""

    items: tuple[ShareView, ...]
    next_cursor: str | None


def request_share(
    platform: Platform, principal: Principal, wish: Wish, *, agency: str | None = None, is_draft: bool = False
) -> ShareRequest:
    """File a share request for an agency (default: the asker's own), or keep it as a draft.

    Raises:
        UnauthenticatedError, ForbiddenError: the asker does not act for that agency; or the data are not shared at all.
        NotFoundError: there is no such published data set.
        InvalidError: the wish has faults, all of which are named.
        ConflictError: no request is needed.
    """
    applicant = agency or principal.agency or ""
    authorize(principal, Action.REQUEST_SHARE, agency=applicant)
    moment = dt.datetime.now(dt.UTC)
    with platform.database.transaction() as transaction:
        dataset = published_record(transaction, wish.dataset).dataset
        if applicant not in transaction.catalog.registry().agency:
            zh, en = "请指明提出申请的机构（须已登记）", "name the registered agency that asks"
            raise InvalidError(problem("unknown-agency", zh, en, field="agency", article=20))
        require_requestable(wish, dataset, applicant, clocks.today(platform))
        state = ShareState.DRAFT if is_draft else ShareState.SUBMITTED
        made = ShareRequest(
            id=new_id(),
            wish=wish,
            source=dataset.agency,
            applicant=applicant,
            state=state,
            created_at=moment,
            submitted_at=None if is_draft else moment,
            history=() if is_draft else (record(principal, ShareEvent.SUBMIT, state),),
        )
        transaction.sharing.share_requests.add(made)
        _log(transaction, principal, made, "draft" if is_draft else ShareEvent.SUBMIT.value)
    return made


def act(platform: Platform, principal: Principal, id_: str, event: ShareEvent, action: ShareAction) -> ShareRequest:
    """Take one step in a share request.

    Raises:
        NotFoundError: there is no such request, or it is none of the asker's business.
        UnauthenticatedError, ForbiddenError: it is not the asker's move; rows are chosen by a field that is not shared.
        ConflictError: it cannot happen now; somebody else was faster.
        InvalidError: reasons, or an opinion, are missing; a narrowing would widen.
    """
    require_signed_in(principal)
    with platform.database.transaction() as transaction:
        request = _known(transaction, principal, id_)
        state, made = advance(
            SHARE_MOVES, request.state, event, principal, parties_of(request), article=20, reason=action.reason
        )
        change: dict[str, object] = {"state": state, "reason": action.reason.strip(), "revision": request.revision + 1}
        change |= {"history": (*request.history, made)} | _details(platform, request, event, action)
        if event in _GRANTING:
            grant = _grant(transaction, request, action.narrowing, clocks.today(platform))
            granting.issue(transaction, principal, grant)
            change["grant"] = grant.id
        if event in _ENDING and request.grant is not None:
            granting.end(transaction, principal, request.grant, action.reason)
        request = request.model_copy(update=change)
        transaction.sharing.share_requests.save(request)
        _log(transaction, principal, request, event.value)
    if event in _GRANTING:
        products.make_grant_product(platform, grant)
    return request


def show(platform: Platform, principal: Principal, id_: str) -> ShareView:
    """Return a share request.

    Raises:
        UnauthenticatedError: nobody is signed in.
        NotFoundError: there is none, or it is none of the asker's business.
    """
    require_signed_in(principal)
    with platform.database.reading() as transaction:
        request = _known(transaction, principal, id_)
        title = transaction.catalog.record(request.wish.dataset).dataset.title
    return _view(platform, principal, request, title)


def list_requests(
    platform: Platform,
    principal: Principal,
    *,
    state: ShareState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> SharePage:
    """Return the share requests that concern the asker: of its agency, to its agency; for decision makers and inspectors all.

    Raises:
        UnauthenticatedError, ForbiddenError: the asker has nothing to do with sharing.
    """
    authorize(principal, Action.SEE_REQUESTS)
    with platform.database.reading() as transaction:
        cases = transaction.sharing.share_requests
        own = principal.agency or ""
        concerns = [] if is_permitted(principal, Action.SEE_ALL_REQUESTS) else [cases.either(source=own, applicant=own)]
        wanted = cases.where(state=None if state is None else state.value)
        found = cases.find(*concerns, *wanted, after=cursor, limit=limit + 1)
        known = {one.wish.dataset for one in found}
        titles = {id_: transaction.catalog.record(id_).dataset.title for id_ in known}
    items = tuple(_view(platform, principal, one, titles[one.wish.dataset]) for one in found[:limit])
    return SharePage(items=items, next_cursor=items[-1].request.id if len(found) > limit else None)


def parties_of(request: ShareRequest) -> Parties:
    """Return the sides of a request."""
    return Parties(source=request.source, agency=request.applicant)


def _known(transaction: Transaction, principal: Principal, id_: str) -> ShareRequest:
    request = transaction.sharing.share_requests.get(id_)
    require_party(principal, parties_of(request), f"共享申请 {id_}", f"share request {id_}")
    return request


def _view(platform: Platform, principal: Principal, request: ShareRequest, title: str) -> ShareView:
    kind = _CLOCKS.get(request.state)
    due = None if kind is None else deadline(platform, kind, _since(request))
    return ShareView(
        request=request,
        dataset_title=title,
        deadline=due,
        is_overdue=due is not None and clocks.today(platform) > due.due,
        possible=turns(SHARE_MOVES, request.state, principal, parties_of(request)),
    )


def _since(request: ShareRequest) -> dt.datetime:
    """Return when the running clock began: with the dispute, or with the request."""
    disputed = (one.at for one in request.history if one.event == ShareEvent.DISPUTE.value)
    return next(disputed, request.submitted_at or request.created_at)


def _details(platform: Platform, request: ShareRequest, event: ShareEvent, action: ShareAction) -> dict[str, object]:
    """Return what else a step changes, once what it needs is there."""
    match event:
        case ShareEvent.SUBMIT:
            return {"submitted_at": dt.datetime.now(dt.UTC)}
        case ShareEvent.OPINE:
            if action.opinion is None or not (action.opinion.agrees or action.opinion.reason.strip()):
                zh, en = "请填写意见；不同意的应当说明理由", "give an opinion, and reasons where you do not agree"
                raise InvalidError(problem("no-opinion", zh, en, field="opinion", article=20))
            return {"opinion": action.opinion}
        case ShareEvent.TAKE_UP:
            due = deadline(platform, DutyKind.SHARE_OPINION, request.submitted_at or request.created_at).due
            if clocks.today(platform) <= due:
                zh = f"提供机构提出意见的期限为 {due}，期限未满，请先会同提供机构审核"
                en = f"the providing agency has until {due} to give its opinion; the review is a joint one"
                raise ConflictError(problem("opinion-not-due", zh, en, article=20))
    return {}


def _grant(transaction: Transaction, request: ShareRequest, narrowing: Narrowing, today: dt.date) -> Grant:
    """Return the grant that a decision for sharing gives: what was asked for, or less."""
    wish = request.wish
    columns = narrowing.columns or wish.columns
    until = narrowing.valid_until or wish.valid_until
    beyond = [name for name in columns if name not in wish.columns]
    if beyond or until > wish.valid_until or until < max(wish.valid_from, today):
        zh = "授权不得超出申请的信息项和期限，期限不得已过；请改正"
        en = "a grant cannot go beyond the fields and the period that were asked for, nor be over already; correct it"
        raise InvalidError(problem("beyond-request", zh, en, field="narrowing", article=20))
    filters = [one for one in (wish.row_filter, narrowing.row_filter) if one is not None]
    rows = RowFilter(all_of=tuple(one for each in filters for one in each.all_of)) if filters else None
    if rows is not None:
        dataset = published_record(transaction, wish.dataset).dataset
        faults = list(rows.problems(dataset.schema_))
        if faults:
            raise InvalidError(faults)
        require_shared(dataset, (one.field for one in rows.all_of))
    change = {"request": request.id, "columns": columns, "row_filter": rows, "valid_until": until}
    return probe(wish, request.applicant).model_copy(update=change)


def _log(transaction: Transaction, principal: Principal, request: ShareRequest, event: str) -> None:
    wish = request.wish
    transaction.ledger.append(
        entry_by(
            principal,
            f"share_{event}",
            f"share_request:{request.id}",
            purpose=wish.purpose,
            case_number=wish.case_number,
            details={"dataset": wish.dataset, "applicant": request.applicant, "state": request.state.value},
        )
    )
