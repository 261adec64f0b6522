"""The web application: API and pages over one platform.

Here: putting the parts together. Not here: routes, pages, or a module-level app (there is none).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from catalog_service import web
from catalog_service.api import openapi, problems
from catalog_service.api.bodies import BodyLimit
from catalog_service.api.routes import (
    accounts,
    agencies,
    catalog_files,
    datasets,
    delta_sharing,
    downloads,
    duties,
    entities,
    findings,
    grants,
    health,
    interaction,
    ledger,
    open_lists,
    open_requests,
    quality,
    records,
    rectification,
    registers,
    rows,
    rule_sets,
    scores,
    share_requests,
    statistics,
)
from catalog_service.api.security import SecurityHeaders
from catalog_service.services.draft_import import MAX_CATALOG_BYTES
from catalog_service.services.ledger import settle
from catalog_service.services.platform import Platform

VERSION = "1"
MAX_BODY_BYTES = 64 * 1024
BODY_LIMITS = {
    "/api/v1/records": 4 * 1024 * 1024,
    "/api/v1/records/imports": MAX_CATALOG_BYTES + MAX_BODY_BYTES,
    "/desk": 4 * 1024 * 1024,
    "/desk/import": MAX_CATALOG_BYTES + MAX_BODY_BYTES,
}
"""Where larger bodies are expected: entries with thousands of fields, catalogs of thousands of entries."""
DESCRIPTION = """
无锡市公共数据统一开放平台接口（《无锡市公共数据管理办法》）。目录信息公开；数据仅限无条件开放类，可直接获取（第二十二条、第二十四条）。
错误均为 `application/problem+json`（RFC 9457），形式一致，说明原因、位置、条款和处理办法。

The unified platform for public data of Wuxi. The catalog is public; data are served without identity where they are opened
unconditionally (Measures, Art. 22, 24). Every error is `application/problem+json` (RFC 9457) of one shape.
"""
TAGS = [
    {"name": "catalog", "description": "目录 / the catalog (Art. 13, 14)"},
    {"name": "catalog work", "description": "目录编制与审核 / compiling and reviewing the catalog (Art. 14)"},
    {"name": "open data", "description": "开放数据 / open data (Art. 22, 24)"},
    {"name": "quality", "description": "质量与时效 / quality and freshness (Art. 15, 25, 32)"},
    {"name": "scores", "description": "指标、评分与月度评价 / indicators, scores, monthly evaluations (Art. 4, 8, 32)"},
    {"name": "one source", "description": "一数一源与一源多用 / one data, one source (Art. 15)"},
    {"name": "sharing", "description": "共享 / sharing between agencies (Art. 19, 20, 21)"},
    {"name": "opening", "description": "有条件开放与开放清单 / opening under conditions, open lists (Art. 22, 23, 24)"},
    {"name": "identity", "description": "账户与密钥 / accounts and API keys (Art. 31)"},
    {"name": "ledger", "description": "台账 / the ledger (Art. 21, 34)"},
    {"name": "duties", "description": "更新义务与完整度 / duties to update, completeness (Art. 13, 14)"},
    {"name": "rule sets", "description": "规则集与工作日 / rule sets and working days (Art. 13, 14, 24)"},
    {"name": "registers", "description": "通道、规划、标准 / channels, plans, standards (Art. 9, 10, 12)"},
    {"name": "statistics", "description": "目录统计 / catalog statistics (Art. 32)"},
    {"name": "delta sharing", "description": "Delta Sharing 协议 / the Delta Sharing protocol (Art. 20, 24)"},
    {"name": "interaction", "description": "异议、需求与成果 / objections, demands, showcases (Art. 26, 27)"},
    {"name": "entities", "description": "基础库对象与冲突 / entities and conflicts (Art. 15, 18, 26)"},
    {"name": "operations", "description": "运行 / operations"},
]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Bring what killed processes noted into the ledger, sign its heads while serving, and leave nothing behind."""
    platform: Platform = app.state.platform
    await run_in_threadpool(settle, platform)
    platform.auditor.start()
    yield
    await run_in_threadpool(platform.close_auditor)


def create_app(platform: Platform) -> FastAPI:
    """Return the application that serves this platform."""
    app = FastAPI(
        title="无锡市公共数据开放平台 / Wuxi public data",
        version=VERSION,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # the stock page loads its scripts from a foreign server
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.platform = platform
    for module in (
        catalog_files,
        datasets,
        downloads,
        rows,
        quality,
        rectification,
        scores,
        agencies,
        accounts,
        ledger,
        records,
        duties,
        rule_sets,
        registers,
        statistics,
        entities,
        interaction,
        health,
    ):
        app.include_router(module.router)
    app.include_router(accounts.own_router)
    for one in (delta_sharing.router, delta_sharing.own_router):
        app.include_router(one)
    for module in (share_requests, open_requests, grants, open_lists, findings):
        app.include_router(module.router)
    for router in (open_requests.agreements, grants.shared, rows.shared, rows.granted, open_lists.proposals):
        app.include_router(router)
    web.install(app)
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES, prefixes=BODY_LIMITS)
    app.add_middleware(SecurityHeaders)
    problems.install(app)
    openapi.install(app)
    return app
