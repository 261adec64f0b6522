"""Start the main job in this process (CLI, tests): the same Dagster job that the UI, schedules and the sensor start.

Not here: what the job does.
"""

import os
import uuid
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

import dagster as dg

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import published_catalog
from catalog_service.settings import Settings
from pipelines.build import build_defs
from pipelines.keys import produced_keys
from pipelines.rejudging import outdated
from pipelines.resources import run_locks
from pipelines.schedules import MAIN_JOB
from pipelines.selection import with_downstream
from pipelines.unfinished import end_dead_runs, held
from pipelines.waiting import waiting_selection
from pipelines.workbench import Outcome

# Everything is in Dagster's event log; the terminal shows a progress bar and the report.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def prepare_dagster_home(settings: Settings) -> None:
    """Create DAGSTER_HOME, make it known to Dagster (by the environment only), and end the runs whose process has died."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    instance = settings.dagster_home / "dagster.yaml"
    if not instance.exists():
        instance.write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    if any(run_locks(settings).glob("*")):
        with dg.DagsterInstance.get() as dagster_instance:
            end_dead_runs(dagster_instance, run_locks(settings))


def run_main_job(
    platform: Platform,
    ids: Sequence[str] | None = None,
    *,
    on_start: Callable[[Sequence[str]], None] | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
) -> list[Outcome]:
    """Run the main job for the data sets `ids` and all derived from them; None: for all that waits (`waiting_selection`).

    Checks that do not hold any more for what it published are made again, once each.

    Returns:
        The outcome of every data set, in the order in which they were run; empty where nothing waits.

    Raises:
        NotFoundError: one of `ids` is not a published data set.
    """
    catalog = published_catalog(platform)
    selected = waiting_selection(platform, catalog) if ids is None else with_downstream(catalog, _known(catalog, ids))
    if on_start is not None:
        on_start(selected)
    if not selected:
        return []
    outcomes: list[Outcome] = []

    def _collect(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if on_outcome is not None:
            on_outcome(outcome)

    prepare_dagster_home(platform.settings)
    definitions = build_defs(
        catalog,
        platform.settings,
        on_outcome=_collect,
        resource_overrides={"platform": dg.ResourceDefinition.hardcoded_resource(platform)},
    )
    job = definitions.resolve_job_def(MAIN_JOB)
    _execute(platform, job, [catalog.dataset[id_] for id_ in selected])
    done, again = set(selected), set[str]()
    while more := _unsettled(platform, catalog, done) - again:
        again |= more
        chosen = with_downstream(catalog, more)
        done |= set(chosen)
        if on_start is not None:
            on_start([*(one.dataset for one in outcomes), *chosen])
        _execute(platform, job, [catalog.dataset[id_] for id_ in chosen])
    return outcomes


def _execute(platform: Platform, job: dg.JobDefinition, datasets: Iterable[Dataset]) -> None:
    keys = [dg.AssetKey(key.split("/")) for one in datasets for key in produced_keys(one)]
    run_id = str(uuid.uuid4())
    with dg.DagsterInstance.get() as instance, held(run_locks(platform.settings), run_id):
        job.execute_in_process(instance=instance, asset_selection=keys, run_config=_QUIET, run_id=run_id)


def _unsettled(platform: Platform, catalog: Catalog, done: AbstractSet[str]) -> set[str]:
    """Return the data sets that refer to one of those, and whose check does not hold any more."""
    return {id_ for id_ in outdated(platform, catalog) if catalog.dataset[id_].referred & done}


def _known(catalog: Catalog, ids: Iterable[str]) -> list[str]:
    wanted = list(ids)
    unknown = [id_ for id_ in wanted if id_ not in catalog.dataset]
    if unknown:
        raise NotFoundError(
            problem(
                "unknown-dataset",
                f"目录中没有已发布的数据集：{'、'.join(unknown)}",
                f"the catalog has no published data set {', '.join(unknown)}",
            )
        )
    return wanted
