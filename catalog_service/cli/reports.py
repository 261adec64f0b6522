"""Reports of runs, checks and queries for the terminal.

Here: wording and layout. Not here: what happened (services, pipelines).
"""

import csv
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self

import duckdb
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.quality import QualityRun
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.cli.console import Session
from catalog_service.services.access import analyst_session
from catalog_service.services.platform import Platform
from pipelines.workbench import Outcome

_MOST_PROBLEMS = 5


class Progress:
    """A progress bar over the data sets of a run, on standard error."""

    def __init__(self, session: Session) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._session = session
        self._bar = Bar(*columns, console=session.err, transient=True)
        self._task = self._bar.add_task(session.text("准备", "preparing"), total=None)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Hide the bar."""
        self._bar.stop()

    def start(self, ids: Sequence[str]) -> None:
        """Say how many data sets are to be run."""
        self._bar.update(self._task, total=len(ids), description=self._session.text("主作业", "main job"))

    def advance(self, outcome: Outcome) -> None:
        """Count one data set as done."""
        self._bar.update(self._task, advance=1, description=escape(outcome.dataset))


def print_outcomes(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Print what a run did: deliveries with their balance, then what was withheld, then what is new."""
    if not outcomes:
        session.say("没有待入库的数据", "nothing is waiting to be loaded")
        return
    print_deliveries(session, [delivery for one in outcomes for delivery in one.deliveries])
    for one in outcomes:
        if one.withheld and not one.deliveries:
            session.err.print(
                escape(session.text(f"{one.dataset} 未发布新版本：", f"{one.dataset}: the new version is withheld:"))
            )
            session.warn(one.withheld)
    published = sum(1 for one in outcomes if one.published)
    session.say(
        f"完成：{len(outcomes)} 个数据集，{published} 个有新版本",
        f"done: {len(outcomes)} data sets, {published} with a new version",
    )


def print_deliveries(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Print deliveries: state, rows read = accepted + quarantined, and the reasons."""
    if deliveries:
        t = session.text
        columns = (
            t("数据集", "data set"),
            t("文件", "file"),
            t("结果", "outcome"),
            t("读取", "read"),
            t("接受", "accepted"),
            t("隔离", "quarantined"),
        )
        rows = [
            (one.dataset, one.file_name, session.label(one.state), one.rows_read, one.rows_accepted, one.rows_quarantined)
            for one in deliveries
        ]
        session.table(t("汇聚", "deliveries"), columns, rows)
    for delivery in deliveries:
        if delivery.problems or delivery.quarantine:
            session.err.print(f"{delivery.dataset} · {escape(delivery.file_name)}")
        report = session.note if delivery.state is DeliveryState.LOADED else session.warn
        report(delivery.problems[:_MOST_PROBLEMS])
        for reason in delivery.quarantine[:_MOST_PROBLEMS]:
            zh = f"· 隔离 {reason.row_count} 行（首见第 {reason.first_row} 行）：{reason.message.zh}"
            en = f"· {reason.row_count} rows quarantined (first: row {reason.first_row}): {reason.message.en}"
            session.err.print(escape(session.text(zh, en)), style="yellow")


def print_quality(session: Session, runs: Sequence[QualityRun]) -> None:
    """Print the failing rules of quality runs, and a line per data set."""
    t = session.text
    rows = [
        (
            run.table,
            run.row_count,
            len(run.measurements),
            sum(one.passed is True for one in run.measurements),
            sum(one.passed is False for one in run.measurements),
            sum(one.passed is None for one in run.measurements),
        )
        for run in runs
    ]
    columns = (
        t("数据表", "table"),
        t("行数", "rows"),
        t("规则", "rules"),
        t("通过", "passed"),
        t("未通过", "failed"),
        t("未评", "not evaluated"),
    )
    session.table(t("质量检查", "quality checks"), columns, rows)
    for run in runs:
        for one in run.measurements:
            if one.passed is not True:
                share = f"{one.unexpected_count}/{one.evaluated_count}" if one.passed is False else t("未评", "not evaluated")
                style = "red" if one in run.blocking else "yellow"
                parts = (
                    run.table,
                    one.rule.name,
                    session.label(one.rule.severity),
                    share,
                    one.rule.reason.to(session.language),
                )
                session.out.print(escape(" · ".join(parts)), style=style)


def print_query(
    session: Session, platform: Platform, sql: str, *, purpose: str, limit: int, form: Literal["table", "json", "csv"]
) -> bool:
    """Run a query in a read-only session and print its result; return False where the query is at fault."""
    with analyst_session(platform, session.principal, purpose) as connection:
        try:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchmany(limit + 1) if limit else cursor.fetchall()
        except duckdb.Error as error:
            session.err.print("✗ " + session.text("查询有误：", "the query is at fault: "), style="red", end="")
            session.err.print(str(error), style="red", markup=False)
            return False
    is_cut = bool(limit) and len(rows) > limit
    rows = rows[:limit] if is_cut else rows
    if form == "json":
        session.json([dict(zip(names, row, strict=True)) for row in rows])
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    else:
        session.table("", names, [["" if value is None else value for value in row] for row in rows])
    if is_cut:
        session.err.print(
            session.text(f"只显示前 {limit} 行；--limit 0 显示全部", f"only the first {limit} rows; --limit 0 prints all"),
            style="yellow",
        )
    return True
