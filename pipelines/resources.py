"""Dagster resources: the platform, opened for a run and closed after it."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import dagster as dg

from catalog_service.services.platform import Platform, open_platform
from catalog_service.settings import Settings
from pipelines.unfinished import held


def run_locks(settings: Settings) -> Path:
    """Return the folder of the locks that runs hold while their process is alive."""
    return settings.dagster_home / ".running"


def platform_resource(settings: Settings) -> dg.ResourceDefinition:
    """Return a resource that opens the platform of these settings."""

    @dg.resource
    def _platform(context: dg.InitResourceContext) -> Iterator[Platform]:
        alive = nullcontext() if context.run is None else held(run_locks(settings), context.run.run_id)
        with alive, open_platform(settings) as platform:
            yield platform

    return _platform
