"""Applications for conditionally open data (Art. 24) and the agreements that gate them."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.identity import SIGNED_IN, PrincipalDep
from catalog_service.api.openapi import Responses, errors
from catalog_service.api.routes.share_requests import Cursor, Id, Limit
from catalog_service.catalog.agreement import Agreement
from catalog_service.catalog.open_request import OpenEvent, OpenState, OpenWish
from catalog_service.formats import odrl
from catalog_service.services import opening
from catalog_service.services.opening import OpenAction, OpenPage, OpenView

router = APIRouter(prefix="/api/v1/open-requests", tags=["opening"], dependencies=[*LANGUAGE, SIGNED_IN])
agreements = APIRouter(prefix="/api/v1/agreements", tags=["opening"], dependencies=[*LANGUAGE, SIGNED_IN])
_ODRL: Responses = {200: {"description": "ODRL 2.2", "content": {odrl.MEDIA_TYPE: {"schema": {"type": "object"}}}}}


@router.post(
    "",
    operation_id="apply_for_open_data",
    summary="提出开放申请 / apply",
    status_code=201,
    responses=errors(401, 403, 404, 409),
)
def apply_for_open_data(platform: PlatformDep, principal: PrincipalDep, body: OpenWish) -> OpenView:
    """An application with purpose and format; the answer is due within 10 working days."""
    made = opening.apply(platform, principal, body)
    return opening.show(platform, principal, made.id)


@router.get("", operation_id="list_open_requests", summary="开放申请 / applications", responses=errors(401, 403))
def list_open_requests(
    platform: PlatformDep,
    principal: PrincipalDep,
    state: OpenState | None = None,
    overdue: Annotated[bool, Query(description="只列逾期 / overdue ones of this page only")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> OpenPage:
    """Applications that concern the asker, newest first, each with its clock counted day by day."""
    return opening.list_requests(platform, principal, state=state, is_overdue=overdue, cursor=cursor, limit=limit)


@router.get("/{id}", operation_id="get_open_request", summary="开放申请 / an application", responses=errors(401, 403, 404))
def get_open_request(platform: PlatformDep, principal: PrincipalDep, id: Id) -> OpenView:  # noqa: A002
    """One application with its whole history and its agreement."""
    return opening.show(platform, principal, id)


@router.post(
    "/{id}/{event}",
    operation_id="act_on_open_request",
    summary="办理开放申请 / take a step",
    responses=errors(401, 403, 404, 409),
)
def act_on_open_request(
    platform: PlatformDep,
    principal: PrincipalDep,
    id: Id,  # noqa: A002
    event: OpenEvent,
    body: OpenAction,
) -> OpenView:
    """Approve, refuse, sign, countersign, find a breach, revoke: each is one side's move."""
    opening.act(platform, principal, id, event, body)
    return opening.show(platform, principal, id)


@agreements.get("/{id}", operation_id="get_agreement", summary="开放应用协议 / an agreement", responses=errors(401, 403, 404))
def get_agreement(platform: PlatformDep, principal: PrincipalDep, id: Id) -> Agreement:  # noqa: A002
    """The text, its hash, and who accepted it when."""
    return opening.show_agreement(platform, principal, id)


@agreements.get(
    "/{id}/odrl",
    operation_id="get_agreement_odrl",
    summary="协议的 ODRL / as ODRL",
    responses={**_ODRL, **errors(401, 403, 404)},
    response_class=JSONResponse,
)
def get_agreement_odrl(platform: PlatformDep, principal: PrincipalDep, id: Id) -> JSONResponse:  # noqa: A002
    """The agreement as odrl:Agreement in JSON-LD."""
    return JSONResponse(odrl.to_odrl(opening.show_agreement(platform, principal, id)), media_type=odrl.MEDIA_TYPE)
