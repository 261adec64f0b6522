"""What routes ask for: the platform, path parts and common query parameters."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from catalog_service.catalog.errors import Language
from catalog_service.services.platform import Platform

SLUG = r"^[a-z][a-z0-9_]{0,62}$"


def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


def _dataset_id(
    agency: Annotated[str, Path(pattern=SLUG, description="机构简称 / slug of the agency")],
    name: Annotated[str, Path(pattern=SLUG, description="数据集简称 / slug of the data set")],
) -> str:
    return f"{agency}/{name}"


def _declared_language(
    lang: Annotated[Language | None, Query(description="语言 / language of messages; default: Accept-Language")] = None,
) -> Language | None:
    return lang


PlatformDep = Annotated[Platform, Depends(_platform)]
"""The running platform."""
DatasetId = Annotated[str, Depends(_dataset_id)]
"""`agency/name` out of the path; names are data and match a strict pattern."""
LANGUAGE = [Depends(_declared_language)]
"""For routers: every route takes `lang`, which `web.language` reads; declared so that it is documented and validated."""
