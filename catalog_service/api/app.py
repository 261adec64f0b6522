"""The web application: API and pages over one platform.

Here: putting the parts together. Not here: routes, pages, or a module-level app (there is none).
"""

from fastapi import FastAPI

from catalog_service import web
from catalog_service.api import openapi, problems
from catalog_service.api.bodies import BodyLimit
from catalog_service.api.routes import agencies, datasets, downloads, health
from catalog_service.api.security import SecurityHeaders
from catalog_service.services.platform import Platform

VERSION = "1"
MAX_BODY_BYTES = 64 * 1024
DESCRIPTION = """
无锡市公共数据统一开放平台接口（《无锡市公共数据管理办法》）。目录信息公开；数据仅限无条件开放类，可直接获取（第二十二条、第二十四条）。
错误均为 `application/problem+json`（RFC 9457），形式一致，说明原因、位置、条款和处理办法。

The unified platform for public data of Wuxi. The catalog is public; data are served without identity where they are opened
unconditionally (Measures, Art. 22, 24). Every error is `application/problem+json` (RFC 9457) of one shape.
"""
TAGS = [
    {"name": "catalog", "description": "目录 / the catalog (Art. 13, 14)"},
    {"name": "open data", "description": "开放数据 / open data (Art. 22, 24)"},
    {"name": "operations", "description": "运行 / operations"},
]


def create_app(platform: Platform) -> FastAPI:
    """Return the application that serves this platform."""
    app = FastAPI(
        title="无锡市公共数据开放平台 / Wuxi public data",
        version=VERSION,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # the stock page loads its scripts from a foreign server
        redoc_url=None,
    )
    app.state.platform = platform
    for module in (datasets, downloads, agencies, health):
        app.include_router(module.router)
    web.install(app)
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES)
    app.add_middleware(SecurityHeaders)
    problems.install(app)
    openapi.install(app)
    return app
