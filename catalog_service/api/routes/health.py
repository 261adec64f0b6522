"""Health for operators: `/healthz` says that the process answers, `/readyz` that database and lake do."""

import logging

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from catalog_service.api.dependencies import PlatformDep
from catalog_service.api.identity import PUBLIC
from catalog_service.api.models import HealthOut
from catalog_service.api.openapi import errors
from catalog_service.api.problems import answer
from catalog_service.catalog.errors import problem
from catalog_service.services import browsing

_log = logging.getLogger(__name__)
router = APIRouter(tags=["operations"], dependencies=[PUBLIC])


@router.get("/healthz", operation_id="get_health", summary="存活 / alive", responses=errors())
def get_health() -> HealthOut:
    """The process answers."""
    return HealthOut(status="ok")


@router.get("/readyz", operation_id="get_readiness", summary="就绪 / ready", response_model=HealthOut, responses=errors(503))
def get_readiness(request: Request, platform: PlatformDep) -> Response:
    """Database and lake answer too; 503 where they do not."""
    try:
        browsing.require_ready(platform)
    except Exception:  # whatever it is, the answer is the same: not ready
        _log.exception("not ready")
        zh, en = "目录数据库或数据湖暂不可用，请稍后再试", "the catalog database or the lake is unavailable; try again later"
        return answer(request, 503, [problem("not-ready", zh, en)], headers={"Retry-After": "10"})
    return JSONResponse({"status": "ready"})
