"""Questions about rows: of open data for everybody (Art. 24), of shared data (Art. 20), under a grant (Art. 21).

Conditions are declared, never a query language. Not here: whole files and exports (downloads, grants).
"""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, DatasetId, PlatformDep
from catalog_service.api.identity import PUBLIC, SIGNED_IN, PrincipalDep
from catalog_service.api.openapi import errors
from catalog_service.api.routes.share_requests import Id
from catalog_service.catalog.decision import Zone
from catalog_service.catalog.record import PrintableText
from catalog_service.catalog.row_query import RowQuery
from catalog_service.services import granting, querying
from catalog_service.services.access import Wish
from catalog_service.services.querying import Answer

_OF_DATASET = "/api/v1/datasets/{agency}/{name}"
router = APIRouter(prefix=_OF_DATASET, tags=["open data"], dependencies=[*LANGUAGE, PUBLIC])
shared = APIRouter(prefix=_OF_DATASET, tags=["sharing"], dependencies=[*LANGUAGE, SIGNED_IN])
granted = APIRouter(prefix="/api/v1/grants", tags=["sharing"], dependencies=[*LANGUAGE, SIGNED_IN])

_ERRORS = errors(401, 403, 404, 409, 410, 422, 503)


class PurposefulQuery(RowQuery):
    """A question with what the answer is for."""

    purpose: Annotated[PrintableText, Field(description="使用目的 / what the data are read for")] = ""
    case_number: Annotated[PrintableText, Field(description="案件（事项）编号 / case number")] = ""


class RowsOut(BaseModel):
    """A page of rows; `is_truncated`: there are more, and `next_cursor` is where they begin."""

    model_config = ConfigDict(extra="forbid")

    dataset: str
    version: int
    published_at: str
    total_count: int
    """Rows of the version."""
    matched_count: int
    """Rows that meet the conditions."""
    returned_count: int
    is_truncated: bool
    next_cursor: str | None
    rows: list[dict[str, Any]]


@router.post("/query", operation_id="query_rows", summary="查询 / query", response_model=RowsOut, responses=_ERRORS)
def query_rows(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, body: RowQuery) -> Response:
    """Rows of the open product that meet all conditions, in the order asked for, page by page, all of one version."""
    return _answer(querying.query(platform, principal, Wish(dataset_id), body))


@shared.post(
    "/shared/query", operation_id="query_shared", summary="查询共享数据 / query", response_model=RowsOut, responses=_ERRORS
)
def query_shared(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, body: PurposefulQuery) -> Response:
    """The same of what is shared unconditionally, for any agency, for the purpose that it states (Art. 20)."""
    wish = Wish(dataset_id, Zone.MAIN, purpose=body.purpose, case_number=body.case_number)
    return _answer(querying.query(platform, principal, wish, body))


@granted.post(
    "/{id}/query", operation_id="query_granted", summary="凭授权查询 / query", response_model=RowsOut, responses=_ERRORS
)
def query_granted(platform: PlatformDep, principal: PrincipalDep, id: Id, body: PurposefulQuery) -> Response:  # noqa: A002
    """The same of what a grant gives, to its holder, for its purpose and case only (Art. 21)."""
    dataset = granting.show_grant(platform, principal, id).grant.dataset
    wish = Wish(dataset, Zone.SHARE, purpose=body.purpose, case_number=body.case_number, grant=id)
    return _answer(querying.query(platform, principal, wish, body))


def _answer(found: Answer) -> Response:
    return Response(found.document(), media_type="application/json", headers={"Cache-Control": "no-store"})
