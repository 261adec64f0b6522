"""Pages of sharing and opening (Art. 19–24): requests sent and received, their review, agreements, open lists, proposals.

Here: pages over sharing, opening, granting and open_lists. Not here: what may be done by whom (the services say it).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response
from pydantic import StringConstraints
from starlette.datastructures import FormData
from starlette.responses import JSONResponse

from catalog_service.catalog.delta_sharing import share_of
from catalog_service.catalog.open_list import ProposalEvent
from catalog_service.catalog.open_request import OPEN_MOVES, OpenEvent, OpenFormat, OpenWish
from catalog_service.catalog.principal import Action, is_permitted
from catalog_service.catalog.row_filter import Operator
from catalog_service.catalog.share_request import SHARE_MOVES, Opinion, ShareEvent, Wish
from catalog_service.catalog.vocabularies import Frequency, OpeningClass, SharingClass
from catalog_service.services import browsing, clocks, granting, open_lists, opening, profiles, sharing
from catalog_service.services.casework import valid
from catalog_service.services.delta_sharing import PREFIX
from catalog_service.services.opening import OpenAction
from catalog_service.services.platform import Platform
from catalog_service.services.sharing import Narrowing, ShareAction
from catalog_service.services.views import AgencyView
from catalog_service.web.forms import CsrfDep, see
from catalog_service.web.identity import PUBLIC, SIGNED_IN, PrincipalDep
from catalog_service.web.rendering import render

working = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[SIGNED_IN, CsrfDep])
public = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
ROUTERS = (working, public)
_METHODS = ["GET", "HEAD"]
_CONDITIONS = 3
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
Slug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Reason = Annotated[str, Form(max_length=2_000)]


async def _form(request: Request) -> FormData:
    return await request.form()


FormDep = Annotated[FormData, Depends(_form)]


@working.api_route("/sharing", methods=_METHODS)
def show_work(request: Request, principal: PrincipalDep) -> Response:
    """What was asked of one's agency and by it, what one applied for, grants, proposals."""
    platform = _platform(request)
    sees = is_permitted(principal, Action.SEE_REQUESTS, agency=principal.agency)
    context = {
        "shares": sharing.list_requests(platform, principal, limit=100).items if sees else (),
        "applications": opening.list_requests(platform, principal, limit=100).items,
        "grants": granting.list_grants(platform, principal, limit=100).items,
        "agencies": _agencies(request),
        "proposals": open_lists.proposals(platform, principal) if sees else (),
        "sees": sees,
        "may_propose": is_permitted(principal, Action.PROPOSE_OPENING),
        "may_publish": is_permitted(principal, Action.PUBLISH_OPEN_LIST) and principal.agency is not None,
    }
    return render(request, "sharing.html", context)


@working.api_route("/sharing/requests/{id_}", methods=_METHODS)
def show_share_request(request: Request, principal: PrincipalDep, id_: Id) -> Response:
    """A share request, its history, and the steps that are one's own to take."""
    view = sharing.show(_platform(request), principal, id_)
    return render(request, "sharing_request.html", {"view": view, "moves": SHARE_MOVES, "agencies": _agencies(request)})


@working.post("/sharing/requests/{id_}/{event}")
def act_on_share_request(
    request: Request,
    principal: PrincipalDep,
    id_: Id,
    event: ShareEvent,
    reason: Reason = "",
    agrees: Annotated[bool, Form()] = True,
    columns: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Take a step in a share request."""
    opinion = Opinion(agrees=agrees, reason=reason) if event is ShareEvent.OPINE else None
    action = ShareAction(reason=reason, opinion=opinion, narrowing=Narrowing(columns=tuple(columns) if columns else None))
    sharing.act(_platform(request), principal, id_, event, action)
    return see(f"/sharing/requests/{id_}")


@working.api_route("/datasets/{agency}/{name}/request", methods=_METHODS)
def show_new_request(
    request: Request,
    principal: PrincipalDep,
    agency: Slug,
    name: Slug,
    columns: Annotated[list[FieldName], Query(max_length=500)] = [],  # noqa: B006 — FastAPI copies it
    purpose: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """The form by which an agency asks for a share, or an applicant for open data; what is known already is filled in."""
    platform, dataset_id = _platform(request), f"{agency}/{name}"
    schema = browsing.schema(platform, dataset_id)
    context = {
        "detail": browsing.detail(platform, dataset_id),
        "shareable": [one for one in schema.fields if one.sharing is not SharingClass.NONE],
        "openable": [one for one in schema.fields if one.opening is not OpeningClass.NONE],
        "fields": schema.fields,
        "may_share": is_permitted(principal, Action.REQUEST_SHARE) and principal.agency not in (None, agency),
        "may_apply": is_permitted(principal, Action.REQUEST_OPEN),
        "today": clocks.today(platform).isoformat(),
        "frequencies": list(Frequency),
        "formats": list(OpenFormat),
        "operators": list(Operator),
        "conditions": range(_CONDITIONS),
        "columns": columns,
        "purpose": purpose,
    }
    return render(request, "sharing_new.html", context)


@working.post("/datasets/{agency}/{name}/request/share")
def file_share_request(request: Request, principal: PrincipalDep, agency: Slug, name: Slug, form: FormDep) -> Response:
    """File the request and go on with it."""
    document = {
        "dataset": f"{agency}/{name}",
        "legal_duty": {"law": _text(form, "law"), "article": _text(form, "article")},
        "columns": _texts(form, "columns"),
        "row_filter": _row_filter(form),
        **{key: _text(form, key) for key in ("purpose", "valid_from", "valid_until", "frequency", "case_number")},
    }
    wish = valid(Wish, document, 20)
    made = sharing.request_share(_platform(request), principal, wish)
    return see(f"/sharing/requests/{made.id}")


@working.post("/datasets/{agency}/{name}/request/open")
def file_application(request: Request, principal: PrincipalDep, agency: Slug, name: Slug, form: FormDep) -> Response:
    """File the application and go on with it."""
    document = {
        "dataset": f"{agency}/{name}",
        "columns": _texts(form, "columns"),
        **{key: _text(form, key) for key in ("purpose", "valid_from", "valid_until", "format", "organisation")},
    }
    wish = valid(OpenWish, document, 24)
    made = opening.apply(_platform(request), principal, wish)
    return see(f"/opening/requests/{made.id}")


@working.api_route("/opening/requests/{id_}", methods=_METHODS)
def show_application(request: Request, principal: PrincipalDep, id_: Id) -> Response:
    """An application, its agreement to read and sign, its history."""
    view = opening.show(_platform(request), principal, id_)
    return render(request, "opening_request.html", {"view": view, "moves": OPEN_MOVES})


@working.post("/opening/requests/{id_}/{event}")
def act_on_application(
    request: Request,
    principal: PrincipalDep,
    id_: Id,
    event: OpenEvent,
    reason: Reason = "",
    text_sha256: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Take a step in an application."""
    opening.act(_platform(request), principal, id_, event, OpenAction(reason=reason, text_sha256=text_sha256))
    return see(f"/opening/requests/{id_}")


@working.post("/sharing/grants/{id_}/profile")
def make_profile(request: Request, principal: PrincipalDep, id_: Id) -> Response:
    """Hand out the profile file of a grant, once; one that was made before ends."""
    platform = _platform(request)
    base = platform.settings.public_url or str(request.base_url).rstrip("/")
    made = profiles.make_profile(platform, principal, id_, endpoint=base + PREFIX)
    disposition = f'attachment; filename="{share_of(id_)}.share"'
    return JSONResponse(made, headers={"Content-Disposition": disposition, "Cache-Control": "no-store"})


@working.post("/open-lists")
def publish_open_list(request: Request, principal: PrincipalDep) -> Response:
    """Publish the open list of one's own agency."""
    made = open_lists.publish_open_list(_platform(request), principal, principal.agency or "")
    return see(f"/open-lists/{made.agency}")


@working.post("/open-proposals")
def propose(request: Request, principal: PrincipalDep) -> Response:
    """Look for what now qualifies for opening."""
    open_lists.propose(_platform(request), principal)
    return see("/sharing#proposals")


@working.post("/open-proposals/{id_}/{event}")
def answer_proposal(request: Request, principal: PrincipalDep, id_: Id, event: ProposalEvent, reason: Reason = "") -> Response:
    """Accept a proposal, or decline it."""
    open_lists.answer(_platform(request), principal, id_, event, reason)
    return see("/sharing#proposals")


@public.api_route("/open-lists", methods=_METHODS)
def show_open_lists(request: Request) -> Response:
    """The open lists of all agencies."""
    platform = _platform(request)
    context = {"lists": open_lists.open_lists(platform), "agencies": _agencies(request)}
    return render(request, "open_lists.html", context)


@public.api_route("/open-lists/{agency}", methods=_METHODS)
def show_open_list(
    request: Request, agency: Slug, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> Response:
    """An agency's open list, the newest or one version."""
    platform = _platform(request)
    context = {
        "list": open_lists.open_list(platform, agency, version),
        "versions": open_lists.versions_of(platform, agency),
        "agencies": _agencies(request),
    }
    return render(request, "open_list.html", context)


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


def _agencies(request: Request) -> dict[str, AgencyView]:
    return {one.slug: one for one in browsing.agencies(_platform(request))}


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(form: FormData, name: str) -> tuple[str, ...]:
    return tuple(one for one in form.getlist(name) if isinstance(one, str))


def _row_filter(form: FormData) -> dict[str, object] | None:
    """Return the conditions whose field was chosen; values are separated by 、 or commas."""
    conditions = []
    for number in range(_CONDITIONS):
        field, operator = _text(form, f"field_{number}"), _text(form, f"operator_{number}")
        values = _text(form, f"values_{number}").replace("、", ",").replace("，", ",").split(",")
        if field:
            given = [one.strip() for one in values if one.strip()]
            conditions.append({"field": field, "operator": operator, "values": given})
    return {"all_of": conditions} if conditions else None
