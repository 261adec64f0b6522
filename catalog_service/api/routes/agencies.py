"""公共管理服务机构 (Art. 2)."""

from fastapi import APIRouter

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.models import AgenciesOut
from catalog_service.api.openapi import errors
from catalog_service.services import browsing

router = APIRouter(prefix="/api/v1/agencies", tags=["catalog"], dependencies=LANGUAGE)


@router.get("", operation_id="list_agencies", summary="机构 / agencies", responses=errors())
def list_agencies(platform: PlatformDep) -> AgenciesOut:
    """All agencies with the number of their published entries, those with most first."""
    found = browsing.agencies(platform)
    return AgenciesOut(items=found, total=len(found))
