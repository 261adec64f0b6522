"""Dagster resources: the platform, opened for a run and closed after it."""

from collections.abc import Iterator

import dagster as dg

from catalog_service.services.platform import Platform, open_platform
from catalog_service.settings import Settings


def platform_resource(settings: Settings) -> dg.ResourceDefinition:
    """Return a resource that opens the platform of these settings."""

    @dg.resource
    def _platform(_context: dg.InitResourceContext) -> Iterator[Platform]:
        with open_platform(settings) as platform:
            yield platform

    return _platform
