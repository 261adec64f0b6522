"""The code location that Dagster loads: definitions of the catalog as it is published now."""

import dagster as dg

from catalog_service.services.platform import open_platform
from catalog_service.services.publishing import published_catalog
from catalog_service.settings import Settings
from pipelines.build import build_defs


@dg.definitions
def defs() -> dg.Definitions:
    """Read the settings and the published catalog, and build everything from them."""
    settings = Settings()
    with open_platform(settings) as platform:
        catalog = published_catalog(platform)
    return build_defs(catalog, settings)
