"""Objections (Art. 26): anybody raises one, the agency that collects the data verifies, the reporter is told.

Here: filing, steps, who sees what. Not here: the table of moves (catalog.objection), disagreeing sources (entities).
"""

import datetime as dt

from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.objection import OBJECTION_MOVES, Objection, ObjectionEvent, ObjectionState, ObjectionWish
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.catalog.procedure import Step
from catalog_service.catalog.ruleset import DutyKind
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.catalog.working_days import Deadline
from catalog_service.services import clocks
from catalog_service.services.casework import Parties, advance, turns
from catalog_service.services.filing import new_number, require_moderation
from catalog_service.services.ids import new_id
from catalog_service.services.notifying import tell
from catalog_service.services.platform import Platform
from catalog_service.services.reading import published_record
from catalog_service.store.database import Transaction

_OPEN = (ObjectionState.FILED, ObjectionState.ACCEPTED, ObjectionState.VERIFYING)
_CLOCKS = {
    ObjectionState.FILED: DutyKind.OBJECTION_ACCEPT,
    ObjectionState.ACCEPTED: DutyKind.OBJECTION_VERIFY,
    ObjectionState.VERIFYING: DutyKind.OBJECTION_VERIFY,
}


class PublicStep(Model):
    """A step as the reporter sees it: what and when and why, not who."""

    label_zh: str
    label_en: str
    at: dt.datetime
    reason: str


class ObjectionView(Model):
    """An objection as the reader may see it."""

    number: str
    wish: ObjectionWish
    """Without the reporter's address."""
    dataset_title: str
    state: ObjectionState
    filed_at: dt.datetime
    closed_at: dt.datetime | None
    reason: str
    correction: str | None
    deadline: Deadline | None
    is_overdue: bool
    steps: tuple[PublicStep, ...]
    possible: tuple[ObjectionEvent, ...]
    has_contact: bool


class ObjectionPage(Model):
    """Objections, newest first, and where the next page begins."""

    items: tuple[ObjectionView, ...]
    next_cursor: str | None


def file(platform: Platform, principal: Principal, wish: ObjectionWish, *, origin: str = "") -> ObjectionView:
    """File an objection; no account is needed, the number is enough to follow it.

    Raises:
        NotFoundError: there is no such published data set.
        InvalidError: it has no such field.
        ThrottledError: a stranger files too much.
    """
    with platform.database.transaction() as transaction:
        dataset = published_record(transaction, wish.dataset).dataset
        if wish.field is not None and wish.field not in dataset.schema_.names:
            zh = f"{dataset.title}没有信息项 {wish.field}，请选择已有的信息项，或留空"
            en = f"{dataset.id} has no field {wish.field}; name one that it has, or none"
            raise InvalidError(problem("unknown-field", zh, en, field="field", article=26))
        require_moderation(transaction, principal, origin, clocks.today(platform))
        made = Objection(
            id=new_id(),
            number=new_number("Y"),
            wish=wish,
            source=dataset.agency,
            reporter=principal.id,
            filed_at=dt.datetime.now(dt.UTC),
        )
        transaction.interaction.objections.add(made)
        _log(transaction, principal, made, "file")
        _tell(platform, transaction, made, dataset.title, "已收到，将转数据提供机构核实", "received; the agency will verify it")
        return _view(platform, transaction, principal, made)


def act(
    platform: Platform, principal: Principal, number: str, event: ObjectionEvent, *, reason: str = "", delivery: str = ""
) -> ObjectionView:
    """Take one step; to correct names the delivery that corrected the data, and the reporter is told of every step.

    Raises:
        NotFoundError: there is no such objection or delivery.
        UnauthenticatedError, ForbiddenError: it is not the asker's move.
        ConflictError: it cannot happen now, or somebody else was faster.
        InvalidError: reasons are missing; the delivery is not one that can have corrected it.
    """
    with platform.database.transaction() as transaction:
        one = transaction.interaction.objection(number)
        state, made = advance(OBJECTION_MOVES, one.state, event, principal, Parties(one.source), article=26, reason=reason)
        change: dict[str, object] = {"state": state, "revision": one.revision + 1, "reason": reason.strip()}
        change["history"] = (*one.history, made)
        if event is ObjectionEvent.ACCEPT:
            change["accepted_at"] = made.at
        if event is ObjectionEvent.CORRECT:
            change["correction"] = _correction(transaction, one, delivery).id
        if state not in _OPEN:
            change["closed_at"] = made.at
        one = one.model_copy(update=change)
        transaction.interaction.objections.save(one)
        _log(transaction, principal, one, event.value)
        title = transaction.catalog.record(one.wish.dataset).dataset.title
        _tell(platform, transaction, one, title, f"{state.zh}。{one.reason}", f"{state.en}. {one.reason}")
        return _view(platform, transaction, principal, one)


def follow(platform: Platform, principal: Principal, number: str) -> ObjectionView:
    """Return an objection to whoever knows its number.

    Raises:
        NotFoundError: there is none.
    """
    with platform.database.reading() as transaction:
        return _view(platform, transaction, principal, transaction.interaction.objection(number))


def list_objections(
    platform: Platform,
    principal: Principal,
    *,
    state: ObjectionState | None = None,
    dataset: str | None = None,
    is_overdue: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> ObjectionPage:
    """Return the objections against an agency's data; authority and inspectors see all.

    Raises:
        UnauthenticatedError, ForbiddenError: the role does not allow it.
    """
    authorize(principal, Action.SEE_CASES)
    with platform.database.reading() as transaction:
        cases = transaction.interaction.objections
        is_city_wide = is_permitted(principal, Action.SEE_CASES, agency="")
        own = None if is_city_wide else principal.agency or ""
        states = [one.value for one in _OPEN] if is_overdue else state and state.value
        conditions = cases.where(source=own, state=states, dataset_id=dataset)
        found = cases.find(*conditions, after=cursor, limit=limit + 1)
        views = [_view(platform, transaction, principal, one) for one in found[:limit]]
    items = tuple(one for one in views if one.is_overdue or not is_overdue)
    return ObjectionPage(items=items, next_cursor=found[limit - 1].id if len(found) > limit else None)


def corrections(platform: Platform, principal: Principal, number: str) -> tuple[Delivery, ...]:
    """Return the deliveries that can have corrected an objection: loaded after it was filed, newest first."""
    with platform.database.reading() as transaction:
        one = transaction.interaction.objection(number)
        authorize(principal, Action.HANDLE_OBJECTION, agency=one.source)
        return tuple(d for d in transaction.deliveries.list(one.wish.dataset) if _can_correct(one, d))


def _correction(transaction: Transaction, one: Objection, delivery_id: str) -> Delivery:
    if not delivery_id:
        zh = "请指明更正数据的报送批次编号；先报送更正后的数据，入库发布后再办结"
        en = "name the delivery that corrected the data: deliver the corrected data, and close this once they are published"
        raise InvalidError(problem("no-correction", zh, en, field="delivery", article=26))
    delivery = transaction.deliveries.get(delivery_id)
    if not _can_correct(one, delivery):
        zh = f"批次 {delivery_id} 不是该数据集在异议提出之后已入库发布的报送，不能作为更正依据"
        en = f"delivery {delivery_id} is not one of this data set that was loaded and published after the objection was filed"
        raise InvalidError(problem("not-a-correction", zh, en, field="delivery", article=26))
    return delivery


def _can_correct(one: Objection, delivery: Delivery) -> bool:
    is_loaded = delivery.state is DeliveryState.LOADED and delivery.dataset == one.wish.dataset
    return is_loaded and delivery.received_at > one.filed_at


def _view(platform: Platform, transaction: Transaction, principal: Principal, one: Objection) -> ObjectionView:
    kind = _CLOCKS.get(one.state)
    since = one.filed_at if one.accepted_at is None else one.accepted_at
    due = None if kind is None else clocks.deadline_in(transaction, kind, clocks.local_day(since))
    return ObjectionView(
        number=one.number,
        wish=one.wish.model_copy(update={"contact": ""}),
        dataset_title=transaction.catalog.record(one.wish.dataset).dataset.title,
        state=one.state,
        filed_at=one.filed_at,
        closed_at=one.closed_at,
        reason=one.reason,
        correction=one.correction,
        deadline=due,
        is_overdue=due is not None and due.due < clocks.today(platform),
        steps=tuple(public_step(step) for step in one.history),
        possible=turns(OBJECTION_MOVES, one.state, principal, Parties(one.source)),
        has_contact=bool(one.wish.contact),
    )


def public_step(made: Step) -> PublicStep:
    """Return a step as a reporter sees it."""
    return PublicStep(label_zh=made.label_zh, label_en=made.label_en, at=made.at, reason=made.reason)


def _tell(platform: Platform, transaction: Transaction, one: Objection, title: str, zh: str, en: str) -> None:
    where = f"{platform.settings.public_url}/objections/{one.number}"
    body = f"您对“{title}”的异议 {one.number}：{zh}\n\nYour objection {one.number}: {en}\n\n{where}\n"
    tell(transaction, one.wish.contact, f"异议 {one.number} · objection", body)


def _log(transaction: Transaction, principal: Principal, one: Objection, event: str) -> None:
    details = {"dataset": one.wish.dataset, "field": one.wish.field, "state": one.state.value, "correction": one.correction}
    transaction.ledger.append(entry_by(principal, f"objection_{event}", f"objection:{one.id}", details=details))
