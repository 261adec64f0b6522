"""Server-rendered pages: readable without scripts, in Chinese by default and in English by switch.

Here: pages over the reading services. Not here: data, decisions, the API.
"""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from catalog_service.web import (
    account_pages,
    agency_pages,
    desk_import,
    desk_pages,
    duty_pages,
    entity_pages,
    finding_pages,
    interaction_pages,
    interface_pages,
    ledger_pages,
    provider_pages,
    quality_pages,
    register_pages,
    score_pages,
    search_pages,
    sharing_pages,
)
from catalog_service.web.pages import router

STATIC = Path(__file__).parent / "static"


def install(app: FastAPI) -> None:
    """Add the pages and their style sheet to an app whose state has the platform."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    supervision = (
        *duty_pages.ROUTERS,
        *register_pages.ROUTERS,
        *interaction_pages.ROUTERS,
        *entity_pages.ROUTERS,
        *score_pages.ROUTERS,
        *quality_pages.ROUTERS,
    )
    for one in (
        router,
        search_pages.router,
        interface_pages.router,
        *account_pages.ROUTERS,
        *provider_pages.ROUTERS,
        *finding_pages.ROUTERS,  # before the desk, whose entries are /desk/{agency}/{name}
        desk_import.router,
        agency_pages.router,
        desk_pages.router,
        ledger_pages.router,
        *supervision,
    ):
        app.include_router(one)
    for one in sharing_pages.ROUTERS:
        app.include_router(one)
