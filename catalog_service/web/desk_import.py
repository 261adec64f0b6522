"""The desk's page that takes a catalog file and makes drafts of it (Art. 14).

Here: the upload and its report. Not here: what becomes of entries (services.draft_import), other pages of the desk.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData, UploadFile

from catalog_service.catalog.errors import InvalidError, Language, Problem, problem
from catalog_service.catalog.principal import Action
from catalog_service.services.draft_import import DraftReport, import_drafts
from catalog_service.services.platform import Platform
from catalog_service.web.forms import CsrfDep
from catalog_service.web.identity import PrincipalDep, needs
from catalog_service.web.language import page_language
from catalog_service.web.receiving import received
from catalog_service.web.rendering import render

router = APIRouter(
    prefix="/desk/import",
    include_in_schema=False,
    default_response_class=Response,
    dependencies=[needs(Action.EDIT_ENTRY), CsrfDep],
)


async def _form(request: Request) -> FormData:
    return await request.form()


@router.get("")
def show_import(request: Request) -> Response:
    """The form that takes a catalog file."""
    return _page(request)


@router.post("")
def take_file(request: Request, principal: PrincipalDep, form: Annotated[FormData, Depends(_form)]) -> Response:
    """Save the entries of the file as drafts, and report every fault."""
    platform: Platform = request.app.state.platform
    with received(platform, _sent(form)) as path:
        return _page(request, import_drafts(platform, principal, path), path.name)


def _page(request: Request, report: DraftReport | None = None, file_name: str = "") -> Response:
    language = page_language(request)
    colon = "：" if language is Language.ZH else ": "

    def place(one: Problem) -> str:
        where = one.where.to(language)
        return where + colon if where else ""

    return render(request, "desk_import.html", {"report": report, "file_name": file_name, "place": place})


def _sent(form: FormData) -> UploadFile:
    sent = form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        zh, en = "请选择目录文件（XLSX、CSV 的 ZIP、YAML 或 JSON）", "choose a catalog file (XLSX, CSV in a ZIP, YAML or JSON)"
        raise InvalidError(problem("no-file", zh, en, field="file"))
    return sent
