"""The desk: working pages of agency compilers, responsible persons and authority reviewers (Art. 14, 31).

Here: lists, editor, review, history. Not here: the form's inputs (entry_form), use cases (services.desk, life_cycle).
"""

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi import Path as PathPart
from starlette.datastructures import FormData

from catalog_service.catalog.comparison import words
from catalog_service.catalog.errors import ConflictError, InvalidError, WuxiError, problem
from catalog_service.catalog.history import DeskQuery, Target
from catalog_service.catalog.life_cycle import TRANSITIONS, Event
from catalog_service.catalog.principal import Action, Principal, is_permitted
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import browsing, desk, entry_completeness, life_cycle
from catalog_service.services.platform import Platform
from catalog_service.web import entry_form
from catalog_service.web.forms import MAX_FORM_FIELDS, CsrfDep, see
from catalog_service.web.identity import PrincipalDep, needs
from catalog_service.web.rendering import render

router = APIRouter(
    prefix="/desk", include_in_schema=False, default_response_class=Response, dependencies=[needs(Action.SEE_DRAFTS), CsrfDep]
)
Slug = Annotated[str, PathPart(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


async def _form(request: Request) -> FormData:
    return await request.form(max_fields=MAX_FORM_FIELDS)


FormDep = Annotated[FormData, Depends(_form)]
_TODO = {
    Action.REVIEW_ENTRY: (RecordState.SUBMITTED, RecordState.APPROVED),
    Action.SUBMIT_ENTRY: (RecordState.RETURNED, RecordState.DRAFT, RecordState.REVISING),
}
_BULK = (Event.SUBMIT, Event.APPROVE, Event.RETURN)


@router.get("")
def show_desk(
    request: Request,
    principal: PrincipalDep,
    state: Annotated[list[RecordState] | None, Query()] = None,
    agency: Annotated[str, Query(max_length=63)] = "",
    after: Annotated[str, Query(max_length=127)] = "",
) -> Response:
    """What there is to do, and all entries that one may see at work."""
    return _desk(request, principal, DeskQuery(agency=agency or None, states=tuple(state or ()), after=after))


@router.post("")
def act_on_many(request: Request, principal: PrincipalDep, form: FormDep) -> Response:
    """Submit or review what was ticked, and report."""
    report = life_cycle.perform(_platform(request), principal, _events(form), _ticked(form), _text(form, "reasons"))
    return _desk(request, principal, DeskQuery(), report)


@router.get("/new")
def show_new(request: Request, principal: PrincipalDep) -> Response:
    """The form of a new entry."""
    document = {"agency": principal.agency or "", "delivery": {"format": "csv"}}
    return _editor(request, principal, document, edition=0)


@router.post("/new")
def create(request: Request, principal: PrincipalDep, form: FormDep) -> Response:
    """Store a new draft and go on with it."""
    base = {"agency": _text(form, "agency"), "name": _text(form, "name"), "delivery": {"format": "csv"}}
    return _save(request, principal, entry_form.merged(base, _texts(form)), edition=0, form=form)


@router.get("/{agency}/{name}")
def show_entry(request: Request, principal: PrincipalDep, agency: Slug, name: Slug) -> Response:
    """An entry at work: what it says, what it lacks, what differs from what is published, what can be done."""
    return _entry(request, principal, f"{agency}/{name}")


@router.get("/{agency}/{name}/edit")
def show_editor(
    request: Request,
    principal: PrincipalDep,
    agency: Slug,
    name: Slug,
    more: Annotated[int, Query(ge=0, le=entry_form.MAX_ROWS)] = entry_form.BLANK_ROWS,
) -> Response:
    """The form of a draft."""
    view = desk.view(_platform(request), principal, f"{agency}/{name}")
    return _editor(request, principal, view.document, edition=view.entry.edition, blank=more, view=view)


@router.post("/{agency}/{name}/edit")
def save(request: Request, principal: PrincipalDep, agency: Slug, name: Slug, form: FormDep) -> Response:
    """Store the draft as the form has it."""
    view = desk.view(_platform(request), principal, f"{agency}/{name}")
    document = entry_form.merged(view.document, _texts(form)) | {"agency": agency, "name": name}
    return _save(request, principal, document, edition=_edition(form), form=form, view=view)


@router.post("/{agency}/{name}")
def act(request: Request, principal: PrincipalDep, agency: Slug, name: Slug, form: FormDep) -> Response:
    """Let an event happen to the entry."""
    return _act(request, principal, Target(dataset_id=f"{agency}/{name}", edition=_edition(form)), form)


@router.get("/{agency}/{name}/history")
def show_history(
    request: Request,
    principal: PrincipalDep,
    agency: Slug,
    name: Slug,
    before: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    day: dt.date | None = None,
) -> Response:
    """Who did what, two editions side by side, and the entry as of a day."""
    return _history(request, principal, f"{agency}/{name}", before, after, day)


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


def _desk(request: Request, principal: Principal, query: DeskQuery, report: life_cycle.BatchReport | None = None) -> Response:
    platform = _platform(request)
    todo = tuple(state for action, states in _TODO.items() if is_permitted(principal, action) for state in states)
    page = desk.find(platform, principal, query)
    context = {
        "page": page,
        "todo": {state: page.counts[state] for state in todo if state in page.counts},
        "query": query,
        "states": list(RecordState),
        "agencies": {one.slug: one for one in browsing.agencies(platform)},
        "bulk": [event for event in _BULK if is_permitted(principal, TRANSITIONS[event].action)],
        "can_edit": is_permitted(principal, Action.EDIT_ENTRY),
        "can_register": principal.agency is not None and is_permitted(principal, Action.MANAGE_AGENCY, agency=principal.agency),
        "report": report,
    }
    return render(request, "desk.html", context)


def _entry(
    request: Request, principal: Principal, dataset_id: str, error: WuxiError | None = None, reasons: str = ""
) -> Response:
    platform = _platform(request)
    view = desk.view(platform, principal, dataset_id)
    context = {
        "view": view,
        "entry": view.entry,
        "values": entry_form.values(view.document),
        "rows": entry_form.rows(view.document, blank=0),
        "words": words,
        "sections": entry_form.SECTIONS,
        "columns": entry_form.COLUMNS,
        "history": desk.history(platform, principal, dataset_id).changes[-5:],
        "needs_reasons": {event for event, one in TRANSITIONS.items() if one.needs_reasons},
        "error": error,
        "reasons": reasons,
    }
    return render(request, "desk_entry.html", context, status=200 if error is None else _status(error))


def _editor(
    request: Request,
    principal: Principal,
    document: dict[str, Any],
    *,
    edition: int,
    blank: int = entry_form.BLANK_ROWS,
    view: desk.DeskView | None = None,
    error: WuxiError | None = None,
) -> Response:
    platform = _platform(request)
    score = None
    if view is not None and view.entry.work is not None and error is None:
        score = entry_completeness.entry_completeness(platform, principal, view.entry.dataset_id, is_draft=True)
    context = {
        "view": view,
        "document": document,
        "edition": edition,
        "values": entry_form.values(document),
        "rows": entry_form.rows(document, blank=blank),
        "words": words,
        "sections": entry_form.SECTIONS,
        "columns": entry_form.COLUMNS,
        "is_derived": document.get("derivation") is not None,
        "places": desk.places(),
        "completeness": None if score is None else score.completeness,
        "error": error,
    }
    return render(request, "desk_edit.html", context, status=200 if error is None else _status(error))


def _save(
    request: Request,
    principal: Principal,
    document: dict[str, Any],
    *,
    edition: int,
    form: FormData,
    view: desk.DeskView | None = None,
) -> Response:
    """Store a draft; what cannot be stored is shown again as it was sent, with the reason."""
    try:
        entry = life_cycle.save_draft(_platform(request), principal, document, edition=edition)
        if "submit" in form:
            target = Target(dataset_id=entry.dataset_id, edition=entry.edition)
            return _act(request, principal, target, FormData({"event": Event.SUBMIT.value}))
    except (InvalidError, ConflictError) as error:
        return _editor(request, principal, document, edition=edition, view=view, error=error)
    path = f"/desk/{entry.dataset_id}"
    return see(
        f"{path}/edit?more={entry_form.MORE_ROWS}#fields" if "more" in form else f"{path}/edit" if "stay" in form else path
    )


def _act(request: Request, principal: Principal, target: Target, form: FormData) -> Response:
    """Let the event of a form happen; a refusal is shown on the entry's page."""
    reasons = _text(form, "reasons")
    try:
        life_cycle.perform(_platform(request), principal, _events(form), [target], reasons)
    except (InvalidError, ConflictError) as error:
        return _entry(request, principal, target.dataset_id, error, reasons)
    is_revision = _events(form) == (Event.REVISE,)
    return see(f"/desk/{target.dataset_id}{'/edit' if is_revision else ''}")


def _history(request: Request, principal: Principal, dataset_id: str, before: int, after: int, day: dt.date | None) -> Response:
    platform = _platform(request)
    history = desk.history(platform, principal, dataset_id)
    compared = desk.comparison(platform, principal, dataset_id, before=before, after=after) if before and after else None
    then, error = None, None
    if day is not None:
        try:
            then = desk.as_of(platform, dataset_id, day)
        except WuxiError as refusal:
            error = refusal
    context = {
        "entry": history.entry,
        "changes": history.changes,
        "compared": compared,
        "day": day,
        "then": then,
        "error": error,
    }
    return render(request, "desk_history.html", context)


def _status(error: WuxiError) -> int:
    return 409 if isinstance(error, ConflictError) else 422


def _events(form: FormData) -> tuple[Event, ...]:
    """Return the events that a button stands for."""
    name = _text(form, "event")
    if name == "approve_publish":
        return (Event.APPROVE, Event.PUBLISH)
    found = tuple(one for one in TRANSITIONS if one.value == name and one is not Event.SAVE)
    if not found:
        zh, en = "没有这种操作，请使用页面上的按钮", "there is no such action; use the buttons of the page"
        raise InvalidError(problem("unknown-event", zh, en, field="event"))
    return found


def _ticked(form: FormData) -> list[Target]:
    """Return the entries that were ticked, each with the edition that the page showed."""
    found = []
    for value in form.getlist("entry"):
        dataset_id, _, edition = str(value).rpartition("@")
        try:
            found.append(Target.model_validate({"dataset_id": dataset_id, "edition": edition}))
        except ValueError:
            continue
    return found


def _edition(form: FormData) -> int:
    """Return the edition that a form is based on; `rebase` is pressed by who has seen what differs and keeps the own text."""
    text = _text(form, "rebase") or _text(form, "edition")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}
