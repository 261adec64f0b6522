"""What must be done every day, as a Dagster job with its schedule (Art. 15, 21, 25).

Here: when. Not here: what is done (services), which the command line does too: `grant expire`, `quality remind`,
`quality escalate`.
"""

import dagster as dg

from catalog_service.catalog.principal import operator
from catalog_service.services import expiring, freshness, rectification
from catalog_service.services.platform import Platform
from pipelines.schedules import TIME_ZONE

DAILY_JOB = "daily_duties"
CRON = "30 6 * * *"
"""After the updates of the night and before scores and office hours."""
_WHO = operator("pipelines")


def build_daily() -> dg.Definitions:
    """Return the daily job and its schedule. Its steps are independent of each other; run again, they change nothing."""

    @dg.op(description="到期的授权办结（《办法》第二十一条）")
    def expire_grants(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
        context.log.info("%d grants expired", len(expiring.expire(platform, _WHO)))

    @dg.op(description="更新提醒：到期前与逾期后（第十五、二十五条）")
    def remind_of_updates(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
        context.log.info("reminders: %s", freshness.remind(platform, _WHO).model_dump())

    @dg.op(description="逾期质量整改提请督办（第二十五、三十二条）")
    def escalate_rectification(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
        context.log.info("rectification: %s", rectification.escalate(platform, _WHO).model_dump())

    @dg.job(name=DAILY_JOB, description="每日事项：授权到期、更新提醒、逾期整改督办")
    def _job() -> None:
        expire_grants()
        remind_of_updates()
        escalate_rectification()

    schedule = dg.ScheduleDefinition(
        name=f"{DAILY_JOB}_schedule",
        job=_job,
        cron_schedule=CRON,
        execution_timezone=TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(jobs=[_job], schedules=[schedule])
