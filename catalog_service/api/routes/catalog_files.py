"""The catalog as files (Art. 13): the national form for agencies to fill in, and the whole published catalog."""

from pathlib import Path

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.identity import PUBLIC
from catalog_service.api.openapi import errors
from catalog_service.services import exchanging
from catalog_service.services.exchanging import CatalogForm

router = APIRouter(prefix="/api/v1/catalog", tags=["catalog"], dependencies=[*LANGUAGE, PUBLIC])
_TYPES = {
    CatalogForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CatalogForm.ZIP: "application/zip",
    CatalogForm.JSON: "application/json",
}


@router.get(
    "/template.xlsx",
    operation_id="get_catalog_template",
    summary="目录填报表 / form for agencies",
    response_class=FileResponse,
    responses=errors(),
)
def get_catalog_template(platform: PlatformDep) -> FileResponse:
    """The empty workbook of the national form, with instructions, lists to choose from and an example."""
    return _file(exchanging.template(platform), CatalogForm.XLSX, "catalog_template")


@router.get(
    "/export.{form}",
    operation_id="export_catalog",
    summary="目录导出 / the whole published catalog",
    response_class=FileResponse,
    responses=errors(422),
)
def export_catalog(platform: PlatformDep, form: CatalogForm) -> FileResponse:
    """All published entries with their fields: workbook, CSV files in a ZIP, or JSON; each can be imported again."""
    return _file(exchanging.export_published(platform, form), form, "catalog")


def _file(path: Path, form: CatalogForm, name: str) -> FileResponse:
    return _PassingFile(path, media_type=_TYPES[form], filename=f"{name}.{form.value}")


class _PassingFile(FileResponse):
    """Sends a file that was written for this answer, and deletes it, also where the client went away."""

    chunk_size = 1024 * 1024

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the bytes from here: a server that is told the path alone would open it when it is gone."""
        extensions = {name: one for name, one in scope.get("extensions", {}).items() if name != "http.response.pathsend"}
        try:
            await super().__call__({**scope, "extensions": extensions}, receive, send)
        finally:
            await run_in_threadpool(Path(self.path).unlink, missing_ok=True)
