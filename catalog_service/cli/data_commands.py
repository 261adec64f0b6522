"""`wuxi-data deliver | run | check | query`: what data engineers, quality officers and analysts use."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.cli.catalog_commands import AsJson, DatasetId
from catalog_service.cli.console import Session


def deliver(
    context: typer.Context,
    dataset: DatasetId,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="要报送的文件 · files to deliver")],
    run_now: Annotated[bool, typer.Option("--run", help="接收后立即入库 · load them at once")] = False,
    as_json: AsJson = False,
) -> None:
    """报送数据文件 · deliver files of a data set (Art. 17)."""
    from catalog_service.services.delivering import receive
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        received = [receive(platform, dataset, file) for file in files]
    if as_json and not run_now:
        session.json([{**delivery.model_dump(mode="json"), "is_new": is_new} for delivery, is_new in received])
    for delivery, is_new in received if not as_json else ():
        if is_new:
            session.say(f"已接收 {delivery.file_name}，编号 {delivery.id}", f"received {delivery.file_name} as {delivery.id}")
        else:
            zh = f"{delivery.file_name} 与此前的报送 {delivery.id} 内容相同，未作改动"
            session.say(zh, f"{delivery.file_name} has the same bytes as delivery {delivery.id}; nothing changed")
    if run_now:
        run(context, [dataset], as_json=as_json)


def run(
    context: typer.Context,
    datasets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[AGENCY/DATASET]...", help="默认：所有有待入库数据的 · default: all that wait"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """运行主作业：入库、归集、检查、发布 · run the main job."""
    from catalog_service.cli.reports import Progress, print_outcomes
    from catalog_service.services.platform import open_platform
    from pipelines.running import run_main_job

    session: Session = context.obj
    with open_platform(session.settings) as platform, Progress(session) as progress:
        outcomes = run_main_job(platform, datasets or None, on_start=progress.start, on_outcome=progress.advance)
    deliveries = [delivery for one in outcomes for delivery in one.deliveries]
    if as_json:
        session.json(
            [
                {
                    "dataset": one.dataset,
                    "deliveries": [delivery.model_dump(mode="json") for delivery in one.deliveries],
                    "published": {p.table: p.version for p in one.published},
                    "withheld": [problem.to(session.language) for problem in one.withheld],
                    "seconds": one.seconds,
                }
                for one in outcomes
            ]
        )
    else:
        print_outcomes(session, outcomes)
    is_fine = all(delivery.state is DeliveryState.LOADED for delivery in deliveries) and not any(o.withheld for o in outcomes)
    raise typer.Exit(0 if is_fine else 1)


def check(
    context: typer.Context,
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="[AGENCY/DATASET]...", help="默认：全部已发布数据集 · default: all published")
    ] = None,
    data_docs: Annotated[
        Path | None,
        typer.Option("--data-docs", metavar="DIR", help="另存 Data Docs 静态页面 · write Data Docs, a page per data set"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """对已发布数据重新执行质量检查 · check published data again (Art. 25)."""
    from catalog_service.cli.reports import print_quality
    from catalog_service.services.platform import open_platform
    from pipelines.rechecking import recheck

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        runs = recheck(platform, datasets or None, docs=data_docs)
    if as_json:
        session.json([run.model_dump(mode="json") for run in runs])
    else:
        print_quality(session, runs)
    raise typer.Exit(1 if any(run.blocking for run in runs) else 0)


def query(
    context: typer.Context,
    sql: Annotated[
        str, typer.Argument(help='例如 "SELECT * FROM open.<agency>.<dataset> LIMIT 10"；SHOW ALL TABLES 列出全部表')
    ],
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV · print CSV")] = False,
    limit: Annotated[int, typer.Option(min=0, help="最多显示行数，0 为不限 · rows to print, 0: all")] = 100,
    purpose: Annotated[str, typer.Option(help="查询目的，记入日志 · what for; stands in the ledger")] = "",
) -> None:
    """用只读 DuckDB 会话查询 · query published tables with a read-only DuckDB session."""
    from catalog_service.cli.reports import print_query
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        form: Literal["json", "csv", "table"] = "json" if as_json else "csv" if as_csv else "table"
        done = print_query(session, platform, sql, purpose=purpose, limit=limit, form=form)
    raise typer.Exit(0 if done else 1)
