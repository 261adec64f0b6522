"""Server-rendered pages: readable without scripts, in Chinese by default and in English by switch.

Here: pages over the reading services. Not here: data, decisions, the API.
"""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from catalog_service.web.pages import router

STATIC = Path(__file__).parent / "static"


def install(app: FastAPI) -> None:
    """Add the pages and their style sheet to an app whose state has the platform."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(router)
