"""Catalog statistics for the authority (Art. 5, 13, 14, 32)."""

from fastapi import APIRouter, Response

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.identity import PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.principal import Action
from catalog_service.services import statistics

router = APIRouter(prefix="/api/v1/statistics", tags=["statistics"], dependencies=[*LANGUAGE, needs(Action.SEE_STATISTICS)])
_CSV = "text/csv; charset=utf-8"


@router.get("", operation_id="get_statistics", summary="目录统计 / catalog statistics", responses=errors(401, 403))
def get_statistics(platform: PlatformDep, principal: PrincipalDep) -> statistics.CatalogStatistics:
    """Entries by state, class and base database, completeness, duties; in all and by agency."""
    return statistics.catalog_statistics(platform, principal)


@router.get(
    "/agencies.csv",
    operation_id="export_statistics",
    summary="分机构统计表 / statistics by agency",
    response_class=Response,
    responses={**errors(401, 403), 200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def export_statistics(platform: PlatformDep, principal: PrincipalDep) -> Response:
    """The numbers per agency as CSV for spreadsheets."""
    headers = {"Content-Disposition": 'attachment; filename="catalog-statistics.csv"'}
    return Response(statistics.statistics_csv(platform, principal), media_type=_CSV, headers=headers)
