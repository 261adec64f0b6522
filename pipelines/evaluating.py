"""Scores every morning and evaluations every month, as Dagster jobs with their schedules (Art. 4, 8, 32).

Here: when. Not here: what an evaluation is (catalog.evaluation), issuing it (services.evaluating), reading results (facts).
"""

import dagster as dg

from catalog_service.catalog.principal import operator
from catalog_service.services import clocks
from catalog_service.services.evaluating import evaluate_last_month, indicators_of
from catalog_service.services.platform import Platform
from catalog_service.services.score_lines import refresh
from pipelines.schedules import TIME_ZONE

EVALUATION_JOB, SCORES_JOB = "evaluate_month", "refresh_scores"
_CRON = {EVALUATION_JOB: "0 6 1 * *", SCORES_JOB: "0 7 * * *"}
"""The first of each month, for what comes later does not count anyway; every morning after the updates of the night."""
_DESCRIPTIONS = {
    EVALUATION_JOB: "按月评价各机构的公共数据管理工作（《办法》第三十二条）",
    SCORES_JOB: "读入夜间检查结果，更新各数据集的质量等次",
}


def build_evaluation() -> dg.Definitions:
    """Return both jobs with their schedules; run again they change nothing."""

    @dg.op(name="issue_evaluations")
    def _evaluate(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
        done = evaluate_last_month(platform, operator("pipelines"))
        context.log.info("%s: %d agencies evaluated, %d had been", done.month, len(done.issued), len(done.standing))

    @dg.op(name="read_results")
    def _refresh(platform: dg.ResourceParam[Platform]) -> None:
        refresh(platform, indicators_of(clocks.today(platform)))

    jobs = [_job(EVALUATION_JOB, _evaluate), _job(SCORES_JOB, _refresh)]
    schedules = [
        dg.ScheduleDefinition(
            name=f"{job.name}_schedule",
            job=job,
            cron_schedule=_CRON[job.name],
            execution_timezone=TIME_ZONE,
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
        for job in jobs
    ]
    return dg.Definitions(jobs=jobs, schedules=schedules)


def _job(name: str, op: dg.OpDefinition) -> dg.JobDefinition:
    return dg.GraphDefinition(name=name, node_defs=[op]).to_job(name=name, description=_DESCRIPTIONS[name])
