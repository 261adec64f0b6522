"""Grants (Art. 21), reads under them, and direct reads of what is shared unconditionally (Art. 20)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from catalog_service.api.dependencies import LANGUAGE, DatasetId, PlatformDep
from catalog_service.api.exporting import export_content, export_response
from catalog_service.api.files import file_response
from catalog_service.api.identity import SIGNED_IN, PrincipalDep
from catalog_service.api.links import PARQUET
from catalog_service.api.openapi import Responses, errors
from catalog_service.api.routes.share_requests import Cursor, Id
from catalog_service.api.routes.share_requests import Limit as PageLimit
from catalog_service.catalog.decision import Zone
from catalog_service.catalog.model import DatasetId as DatasetName
from catalog_service.catalog.record import PrintableText
from catalog_service.services import downloading, granting, revoking
from catalog_service.services.access import Wish
from catalog_service.services.export_forms import ExportForm
from catalog_service.services.granting import GrantPage, GrantView

router = APIRouter(prefix="/api/v1/grants", tags=["sharing"], dependencies=[*LANGUAGE, SIGNED_IN])
shared = APIRouter(prefix="/api/v1/datasets/{agency}/{name}", tags=["sharing"], dependencies=[*LANGUAGE, SIGNED_IN])

Purpose = Annotated[PrintableText, Query(description="使用目的 / what the data are read for")]
Case = Annotated[PrintableText, Query(description="案件（事项）编号 / case number")]
Columns = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z0-9_,]{1,4000}$", description="信息项，以逗号分隔 / fields, separated by commas; default: all allowed"
    ),
]
Limit = Annotated[int | None, Query(ge=1, le=2**53, description="行数上限 / most rows; a cut answer says so in X-Truncated")]
File = Annotated[int | None, Query(ge=1, le=10_000, description="文件序号 / number of the file, where there are several")]
Version = Annotated[int | None, Query(ge=0, le=2**53, description="版本 / version; default: the current one")]
_DATA: Responses = {
    200: {"description": "数据 / the data", "content": export_content(*ExportForm)},
    **errors(401, 403, 404, 409, 413, 503),
}
_FILE: Responses = {
    200: {"description": "文件 / the file", "content": {PARQUET: {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "文件的一部分 / a part of it"},
    304: {"description": "未改变 / not changed"},
    **errors(400, 401, 403, 404, 409, 410, 412, 416),
}


class RevocationIn(BaseModel):
    """Why a grant is revoked."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(max_length=2_000)] = ""


@router.get("", operation_id="list_grants", summary="授权 / grants", responses=errors(401, 403))
def list_grants(
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset: Annotated[DatasetName | None, Query()] = None,
    cursor: Cursor = None,
    limit: PageLimit = 50,
) -> GrantPage:
    """Grants held or given by the asker or its agency, newest first, with what was made for them."""
    return granting.list_grants(platform, principal, dataset=dataset, cursor=cursor, limit=limit)


@router.get("/{id}", operation_id="get_grant", summary="授权 / a grant", responses=errors(401, 403, 404))
def get_grant(platform: PlatformDep, principal: PrincipalDep, id: Id) -> GrantView:  # noqa: A002
    """One grant: fields, rows, purpose, period, and whether it holds today."""
    return granting.show_grant(platform, principal, id)


@router.post("/{id}/revoke", operation_id="revoke_grant", summary="收回授权 / revoke", responses=errors(401, 403, 404, 409))
def revoke_grant(platform: PlatformDep, principal: PrincipalDep, id: Id, body: RevocationIn) -> GrantView:  # noqa: A002
    """Ends the grant at once: the next read under it is refused."""
    revoking.revoke(platform, principal, id, body.reason)
    return granting.show_grant(platform, principal, id)


@router.get(
    "/{id}/download.parquet",
    operation_id="download_granted",
    summary="凭授权下载 Parquet / download",
    responses=_FILE,
    response_class=Response,
)
def download_granted(
    request: Request,
    platform: PlatformDep,
    principal: PrincipalDep,
    id: Id,  # noqa: A002
    purpose: Purpose = "",
    case_number: Case = "",
    file: File = None,
    version: Version = None,
) -> Response:
    """The table made for the grant as it is stored: its rows and columns, treated, with ranges and conditional requests."""
    dataset = granting.show_grant(platform, principal, id).grant.dataset
    wish = Wish(dataset, Zone.SHARE, purpose=purpose, case_number=case_number, grant=id, version=version)
    return file_response(request, downloading.open_file(platform, principal, wish, number=file), is_open=False)


@router.get(
    "/{id}/data.{form}", operation_id="read_granted", summary="凭授权读取 / read", responses=_DATA, response_class=Response
)
def read_granted(
    request: Request,
    platform: PlatformDep,
    principal: PrincipalDep,
    id: Id,  # noqa: A002
    form: ExportForm,
    purpose: Purpose = "",
    case_number: Case = "",
    columns: Columns = None,
    limit: Limit = None,
) -> Response:
    """The rows and columns that the grant gives, to its holder, for its purpose and case only (Art. 21)."""
    dataset = granting.show_grant(platform, principal, id).grant.dataset
    wish = Wish(dataset, Zone.SHARE, purpose=purpose, case_number=case_number, columns=_names(columns), grant=id)
    return export_response(request, downloading.export(platform, principal, wish, form, limit=limit))


@shared.get(
    "/shared.{form}",
    operation_id="read_shared",
    summary="直接获取共享数据 / read shared data",
    responses=_DATA,
    response_class=Response,
)
def read_shared(
    request: Request,
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset_id: DatasetId,
    form: ExportForm,
    purpose: Purpose = "",
    case_number: Case = "",
    columns: Columns = None,
    limit: Limit = None,
) -> Response:
    """What is shared unconditionally, for any agency directly; the use is told to the providing agency (Art. 20, 21)."""
    wish = Wish(dataset_id, Zone.MAIN, purpose=purpose, case_number=case_number, columns=_names(columns))
    return export_response(request, downloading.export(platform, principal, wish, form, limit=limit))


def _names(columns: str | None) -> tuple[str, ...] | None:
    return None if columns is None else tuple(name for name in columns.split(",") if name)
