"""The pages: home, data set. Each asks the reading services and renders what comes back."""

from fastapi import APIRouter, Request, Response

from catalog_service.catalog.errors import (
    ConflictError,
    CorruptError,
    ForbiddenError,
    NotFoundError,
    Problem,
    UnauthenticatedError,
)
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.services import browsing, downloading, freshness, measuring, showcases, tracing
from catalog_service.services.access import Wish
from catalog_service.services.platform import Platform
from catalog_service.services.views import PreviewView
from catalog_service.web.identity import PUBLIC
from catalog_service.web.language import page_language
from catalog_service.web.rendering import render

router = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
_METHODS = ["GET", "HEAD"]
_REFUSALS = (UnauthenticatedError, ForbiddenError, NotFoundError, ConflictError, CorruptError)


@router.api_route("/", methods=_METHODS)
def show_home(request: Request) -> Response:
    """Search box, numbers, newest open data, themes and agencies."""
    return render(request, "home.html", {"home": browsing.home(_platform(request))})


@router.api_route("/datasets/{agency}/{name}", methods=_METHODS)
def show_dataset(request: Request, agency: str, name: str) -> Response:
    """All about one data set, and its download where it is open."""
    platform, dataset_id = _platform(request), f"{agency}/{name}"
    detail = browsing.detail(platform, dataset_id)
    preview, refusals = _preview(platform, dataset_id)
    schema = browsing.schema(platform, dataset_id)
    context = {
        "detail": detail,
        "schema": schema,
        "titles": {field.name: field for field in schema.fields},
        "preview": preview,
        "refusals": [one.to(page_language(request)) for one in refusals],
        "quality": measuring.quality(platform, dataset_id),
        "freshness": freshness.freshness(platform, dataset_id),
        "lineage": tracing.lineage(platform, dataset_id),
        "showcases": showcases.listed(platform, dataset=dataset_id),
        "versions": browsing.versions(platform, dataset_id),
        "export_limit": platform.settings.export_row_limit,
        "workbook_limit": platform.settings.xlsx_row_limit,
        "base_url": str(request.base_url).rstrip("/"),
    }
    return render(request, "dataset.html", context)


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


def _preview(platform: Platform, dataset_id: str) -> tuple[PreviewView | None, tuple[Problem, ...]]:
    """Return the first rows, or why there are none for everybody to see."""
    try:
        return downloading.preview(platform, ANONYMOUS, Wish(dataset_id)), ()
    except _REFUSALS as refusal:
        return None, tuple(refusal.problems)
