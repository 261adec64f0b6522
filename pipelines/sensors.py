"""The sensors: what waits is run without anybody starting it (Art. 17), and a changed catalog is loaded anew (Art. 14).

Here: when to ask. Not here: what a run does.
"""

import hashlib
import json

import dagster as dg

from catalog_service.catalog.catalog import Catalog
from catalog_service.services.delivering import pending
from catalog_service.services.notifying import send_waiting
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import catalog_revision
from catalog_service.settings import Settings
from pipelines.keys import produced_keys
from pipelines.resources import run_locks
from pipelines.unfinished import end_dead_runs
from pipelines.waiting import waiting_selection

INTERVAL_SECONDS = 30
ATTEMPTS = 3
"""How often the same work is asked for: a run that is killed is started again, one that fails by itself not for ever."""

_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def build_sensors(catalog: Catalog, settings: Settings) -> list[dg.SensorDefinition]:
    """Return the sensors over a catalog snapshot."""
    return [_waiting_work(catalog, settings), _catalog_changes(catalog, settings), _notices()]


def _waiting_work(catalog: Catalog, settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name="waiting_work",
        target=dg.AssetSelection.all(),
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="新报送的数据、被中断的归集和新开放的数据自动处理",
    )
    def _sensor(context: dg.SensorEvaluationContext, platform: dg.ResourceParam[Platform]) -> dg.RunRequest | dg.SkipReason:
        end_dead_runs(context.instance, run_locks(settings))
        if context.instance.get_runs_count(dg.RunsFilter(statuses=_UNFINISHED)):
            return dg.SkipReason("a run is under way; what waits is looked at after it")
        ids = waiting_selection(platform, catalog)
        if not ids:
            context.update_cursor("")
            return dg.SkipReason("nothing waits")
        work = hashlib.sha256("\n".join([*ids, *sorted(one.id for one in pending(platform))]).encode()).hexdigest()
        known, attempt = json.loads(context.cursor) if context.cursor else ("", 0)
        attempt = attempt + 1 if known == work else 1
        if attempt > ATTEMPTS:
            return dg.SkipReason(f"the same work was asked for {ATTEMPTS} times in vain; see the failed runs")
        context.update_cursor(json.dumps([work, attempt]))
        keys = [dg.AssetKey(key.split("/")) for id_ in ids for key in produced_keys(catalog.dataset[id_])]
        return dg.RunRequest(run_key=None, asset_selection=keys)

    return _sensor


def _catalog_changes(catalog: Catalog, settings: Settings) -> dg.SensorDefinition:
    loaded = catalog.revision

    @dg.sensor(
        name="catalog_changes",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="目录条目发布或变更后自动重新加载",
    )
    def _sensor(context: dg.SensorEvaluationContext, platform: dg.ResourceParam[Platform]) -> dg.SkipReason:
        if catalog_revision(platform) == loaded:
            return dg.SkipReason("the catalog is the one that is loaded")
        origin = context.code_location_origin
        if origin is None:
            return dg.SkipReason("the catalog has changed; reload the code location")
        from dagster_graphql import DagsterGraphQLClient  # slow to import, needed after a change only

        client = DagsterGraphQLClient(settings.host, port_number=settings.dagster_port)
        answer = client.reload_repository_location(origin.location_name)
        return dg.SkipReason(f"the catalog has changed; reload of the code location: {answer.status.value}")

    return _sensor


def _notices() -> dg.SensorDefinition:
    @dg.sensor(
        name="notices",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="发送办理通知邮件",
    )
    def _sensor(platform: dg.ResourceParam[Platform]) -> dg.SkipReason:
        sent, failed = send_waiting(platform)
        return dg.SkipReason(f"{sent} notices sent, {failed} failed")

    return _sensor
