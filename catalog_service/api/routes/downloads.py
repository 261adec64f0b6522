"""Open data (Art. 22, 24): Parquet files and text exports. Every read is decided by `services.downloading`."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from catalog_service.api.dependencies import LANGUAGE, DatasetId, PlatformDep
from catalog_service.api.exporting import export_content, export_response
from catalog_service.api.files import file_response
from catalog_service.api.identity import PUBLIC, PrincipalDep
from catalog_service.api.links import PARQUET
from catalog_service.api.openapi import Responses, errors
from catalog_service.services import downloading
from catalog_service.services.access import Wish
from catalog_service.services.export_forms import ExportForm

router = APIRouter(prefix="/api/v1/datasets/{agency}/{name}", tags=["open data"], dependencies=[*LANGUAGE, PUBLIC])

File = Annotated[int | None, Query(ge=1, le=10_000, description="文件序号 / number of the file, where there are several")]
Version = Annotated[int, Path(ge=0, le=2**53)]
Limit = Annotated[int | None, Query(ge=1, le=2**53, description="行数上限 / most rows; a cut answer says so in X-Truncated")]

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: Responses = {
    200: {"description": "文件 / the file", "content": {PARQUET: _BINARY}},
    206: {"description": "文件的一部分 / a part of it", "content": {PARQUET: _BINARY, "multipart/byteranges": _BINARY}},
    304: {"description": "未改变 / not changed"},
    **errors(400, 401, 403, 404, 409, 410, 412, 416),
}
_COUNTS = {
    name: {"description": text, "schema": {"type": kind}}
    for name, text, kind in (
        ("X-Total-Count", "总行数 / rows there are", "integer"),
        ("X-Returned-Count", "返回行数 / rows given", "integer"),
        ("X-Truncated", "是否截断 / whether rows were left out", "boolean"),
    )
}


def _export_answers(form: ExportForm) -> Responses:
    too_large = (413,) if form is ExportForm.XLSX else ()
    given = {"description": "数据 / the data", "content": export_content(form), "headers": _COUNTS}
    return {200: given, **errors(401, 403, 404, 409, *too_large, 503)}


@router.get(
    "/download.parquet",
    operation_id="download_parquet",
    summary="下载最新版本 / the current version",
    response_class=Response,
    responses=_FILE,
)
def download_parquet(
    request: Request, platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, file: File = None
) -> Response:
    """The current version as Parquet. ETag is the sha256; ranges and conditional requests are served."""
    found = downloading.open_file(platform, principal, Wish(dataset_id), number=file)
    return file_response(request, found, is_pinned=False)


@router.get(
    "/versions/{version}/download.parquet",
    operation_id="download_parquet_version",
    summary="下载指定版本 / one version",
    response_class=Response,
    responses=_FILE,
)
def download_parquet_version(
    request: Request, platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, version: Version, file: File = None
) -> Response:
    """One version as Parquet: this URL answers with the same bytes for ever, or with 410 once they are no longer kept."""
    found = downloading.open_file(platform, principal, Wish(dataset_id, version=version), number=file)
    return file_response(request, found, is_pinned=True)


@router.get(
    "/download.csv",
    operation_id="export_csv",
    summary="导出 CSV / export CSV",
    response_class=Response,
    responses=_export_answers(ExportForm.CSV),
)
def export_csv(
    request: Request,
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset_id: DatasetId,
    limit: Limit = None,
    bom: Annotated[bool, Query(description="文件头加 BOM，便于 Excel 识别中文 / byte order mark for Excel")] = False,
    excel: Annotated[bool, Query(description="转义公式开头的单元格 / escape cells that start like a formula")] = False,
) -> Response:
    """The current version as CSV (UTF-8, RFC 4180)."""
    wish = Wish(dataset_id)
    found = downloading.export(platform, principal, wish, ExportForm.CSV, limit=limit, bom=bom, for_spreadsheet=excel)
    return export_response(request, found)


@router.get(
    "/download.json",
    operation_id="export_json",
    summary="导出 JSON / export JSON",
    response_class=Response,
    responses=_export_answers(ExportForm.JSON),
)
def export_json(
    request: Request, platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, limit: Limit = None
) -> Response:
    """The current version as one JSON document that says how many rows there are and how many it has."""
    return export_response(request, downloading.export(platform, principal, Wish(dataset_id), ExportForm.JSON, limit=limit))


@router.get(
    "/download.jsonl",
    operation_id="export_jsonl",
    summary="导出 JSON 行 / export JSON lines",
    response_class=Response,
    responses=_export_answers(ExportForm.JSONL),
)
def export_jsonl(
    request: Request, platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, limit: Limit = None
) -> Response:
    """The current version as JSON lines, one object a row."""
    return export_response(request, downloading.export(platform, principal, Wish(dataset_id), ExportForm.JSONL, limit=limit))


@router.get(
    "/download.xlsx",
    operation_id="export_xlsx",
    summary="导出 Excel 工作簿 / export a workbook",
    response_class=Response,
    responses=_export_answers(ExportForm.XLSX),
)
def export_xlsx(
    request: Request, platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, limit: Limit = None
) -> Response:
    """The current version as an Excel workbook, where it is small enough for one; never cut, but by `limit`."""
    return export_response(request, downloading.export(platform, principal, Wish(dataset_id), ExportForm.XLSX, limit=limit))


# HEAD is served by the same functions; the document describes GET only.
for _path, _route in (
    ("/download.parquet", download_parquet),
    ("/versions/{version}/download.parquet", download_parquet_version),
    ("/download.csv", export_csv),
    ("/download.json", export_json),
    ("/download.jsonl", export_jsonl),
    ("/download.xlsx", export_xlsx),
):
    router.add_api_route(_path, _route, methods=["HEAD"], include_in_schema=False, response_class=Response)
