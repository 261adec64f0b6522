"""Share requests between agencies (Art. 20) and direct reads of what is shared unconditionally (Art. 20, 21)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.identity import PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.model import Slug
from catalog_service.catalog.principal import Action
from catalog_service.catalog.share_request import ShareEvent, ShareState, Wish
from catalog_service.services import sharing
from catalog_service.services.sharing import ShareAction, SharePage, ShareView

SEES = needs(Action.SEE_REQUESTS)
router = APIRouter(prefix="/api/v1/share-requests", tags=["sharing"], dependencies=[*LANGUAGE, SEES])

Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$", description="编号 / id")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9a-f-]{36}$", description="上一页的 next_cursor / of the page before")]
Limit = Annotated[int, Query(ge=1, le=100)]


class ShareRequestIn(BaseModel):
    """A new share request."""

    model_config = ConfigDict(extra="forbid")

    wish: Wish
    agency: Slug | None = None
    """The agency that asks; default: the asker's own."""
    is_draft: bool = False


@router.post(
    "",
    operation_id="request_share",
    summary="提出共享申请 / file a request",
    status_code=201,
    responses=errors(401, 403, 404, 409),
)
def request_share(platform: PlatformDep, principal: PrincipalDep, body: ShareRequestIn) -> ShareView:
    """A request with purpose, legal duty, fields, rows, period and case number; submitted at once unless it is a draft."""
    made = sharing.request_share(platform, principal, body.wish, agency=body.agency, is_draft=body.is_draft)
    return sharing.show(platform, principal, made.id)


@router.get("", operation_id="list_share_requests", summary="共享申请 / share requests", responses=errors(401, 403))
def list_share_requests(
    platform: PlatformDep,
    principal: PrincipalDep,
    state: ShareState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> SharePage:
    """Requests that concern the asker, newest first, each with its clock and with what the asker can do."""
    return sharing.list_requests(platform, principal, state=state, cursor=cursor, limit=limit)


@router.get("/{id}", operation_id="get_share_request", summary="共享申请 / a share request", responses=errors(401, 403, 404))
def get_share_request(platform: PlatformDep, principal: PrincipalDep, id: Id) -> ShareView:  # noqa: A002
    """One request with its whole history."""
    return sharing.show(platform, principal, id)


@router.post(
    "/{id}/{event}",
    operation_id="act_on_share_request",
    summary="办理共享申请 / take a step",
    responses=errors(401, 403, 404, 409),
)
def act_on_share_request(
    platform: PlatformDep,
    principal: PrincipalDep,
    id: Id,  # noqa: A002
    event: ShareEvent,
    body: ShareAction,
) -> ShareView:
    """Submit, give an opinion, approve, refuse, dispute, settle, escalate, rule, revoke: each is one side's move."""
    sharing.act(platform, principal, id, event, body)
    return sharing.show(platform, principal, id)
