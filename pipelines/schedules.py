"""Jobs and schedules by update cycle (Art. 13, 25), generated from the catalog."""

import dagster as dg

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.vocabularies import Frequency
from pipelines.keys import produced_keys

MAIN_JOB = "main_job"
TIME_ZONE = "Asia/Shanghai"
_CRON = {
    Frequency.REAL_TIME: "*/5 * * * *",
    Frequency.DAILY: "0 3 * * *",
    Frequency.WEEKLY: "30 3 * * 1",
    Frequency.MONTHLY: "0 4 1 * *",
    Frequency.QUARTERLY: "30 4 1 1,4,7,10 *",
    Frequency.YEARLY: "0 5 2 1 *",
}
"""When data sets of a cycle are brought up to date; irregular ones only when something arrives (the sensor)."""


def build_schedules(catalog: Catalog) -> dg.Definitions:
    """Return the main job over everything, and per update cycle that occurs a job with its schedule.

    A cycle's job covers its data sets and all that is derived from them.
    """
    jobs, schedules = [], []
    if catalog.datasets:
        everything = dg.AssetSelection.assets(*(key.split("/") for one in catalog.datasets for key in produced_keys(one)))
        jobs.append(dg.define_asset_job(MAIN_JOB, everything, description="主作业：汇聚、归集、检查、发布全部数据集"))
    for cycle, cron in _CRON.items():
        keys = [key.split("/") for one in catalog.datasets if one.frequency is cycle for key in produced_keys(one)]
        if not keys:
            continue
        affected = dg.AssetSelection.assets(*keys).downstream()
        job = dg.define_asset_job(f"update_{cycle.value}", affected, description=f"更新周期：{cycle.zh}")
        jobs.append(job)
        name = f"update_{cycle.value}_schedule"
        running = dg.DefaultScheduleStatus.RUNNING
        schedules.append(
            dg.ScheduleDefinition(name=name, job=job, cron_schedule=cron, execution_timezone=TIME_ZONE, default_status=running)
        )
    return dg.Definitions(jobs=jobs, schedules=schedules)
