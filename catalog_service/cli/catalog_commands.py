"""`wuxi-data catalog`: import, list, show, publish, withdraw (Art. 13, 14)."""

from pathlib import Path
from typing import Annotated

import typer

from catalog_service.cli.console import Session

app = typer.Typer(no_args_is_help=True, help="公共数据目录 · the public data catalog (Art. 13–14)")
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")]
DatasetId = Annotated[str, typer.Argument(metavar="AGENCY/DATASET", help="数据集标识 · id of the data set")]


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="目录文件：YAML、JSON、XLSX、ZIP、CSV · catalog file")],
    publish: Annotated[bool, typer.Option("--publish", help="校验通过后直接发布 · publish entries that pass")] = False,
    as_json: AsJson = False,
) -> None:
    """导入目录条目，逐项报告错误 · import catalog entries and report every fault."""
    from catalog_service.services.compiling import import_catalog
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform, session.progress("导入目录", "importing the catalog") as progress:
        report = import_catalog(platform, file, publish=publish, principal=session.principal, progress=progress)
    if as_json:
        session.json(report.model_dump(mode="json"))
    else:
        session.warn(report.problems)
        session.note(report.notices)
        n = report.counts
        session.say(
            f"读取 {n.read} 条：新增 {n.added}，更新 {n.updated}，未变 {n.unchanged}，退回 {n.refused}；"
            f"其中已发布 {n.published}，草稿 {n.draft}",
            f"read {n.read} entries: {n.added} added, {n.updated} updated, {n.unchanged} unchanged, {n.refused} refused; "
            f"{n.published} of them published, {n.draft} drafts",
        )
    raise typer.Exit(1 if report.problems else 0)


@app.command("template")
def template_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="写到哪里（.xlsx）· where to write it")],
) -> None:
    """写出空白目录填报表 · write the empty form that agencies fill in."""
    from catalog_service.formats.exporting import write_template

    session: Session = context.obj
    write_template(file)
    session.say(f"已写出填报表 {file}", f"wrote the form {file}", "green")


@app.command("export")
def export_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="目录文件：.xlsx、.zip（CSV）或 .json · catalog file")],
    everything: Annotated[bool, typer.Option("--all", help="包括未发布的条目 · entries in any state")] = False,
) -> None:
    """导出目录，可以再导入 · export the catalog in a form that can be imported again."""
    from catalog_service.catalog.vocabularies import RecordState
    from catalog_service.services.exchanging import export_whole
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    state = None if everything else RecordState.PUBLISHED
    with open_platform(session.settings) as platform:
        catalog = export_whole(platform, file, principal=session.principal, state=state)
    n = len(catalog.datasets)
    session.say(f"已导出 {n} 条目录到 {file}", f"exported {n} entries to {file}", "green")


@app.command("list")
def list_(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="检索词 · search text")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="每页条数 · entries a page")] = 50,
    cursor: Annotated[str | None, typer.Option(help="下一页标记 · where to go on")] = None,
    as_json: AsJson = False,
) -> None:
    """列出和检索已发布的目录条目 · list and search published entries."""
    from catalog_service.catalog.record import SearchQuery
    from catalog_service.services.compiling import list_entries
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        page = list_entries(platform, SearchQuery(text=text, limit=limit, cursor=cursor))
    if as_json:
        items = [
            {"id": one.dataset.id, "title": one.dataset.title, "state": one.state, "version": one.version} for one in page.items
        ]
        session.json({"total": page.total, "next_cursor": page.next_cursor, "items": items})
        return
    columns = (
        session.text("标识", "id"),
        session.text("名称", "title"),
        session.text("共享", "sharing"),
        session.text("开放", "opening"),
        session.text("更新周期", "cycle"),
    )
    rows = [
        (
            one.dataset.id,
            one.dataset.title,
            session.label(one.dataset.sharing.class_),
            session.label(one.dataset.opening.class_),
            session.label(one.dataset.frequency),
        )
        for one in page.items
    ]
    session.table(
        session.text(f"共 {page.total} 条，显示 {len(rows)} 条", f"{page.total} entries, {len(rows)} shown"), columns, rows
    )
    if page.next_cursor:
        session.say(f"下一页：--cursor {page.next_cursor}", f"next page: --cursor {page.next_cursor}")


@app.command("show")
def show(context: typer.Context, dataset: DatasetId, as_json: AsJson = False) -> None:
    """显示一个目录条目 · show one entry with its fields."""
    from catalog_service.services.compiling import show as find
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        record = find(platform, dataset, state=None)
    if as_json:
        session.json(record.model_dump(mode="json", by_alias=True))
        return
    entry = record.dataset
    session.say(
        f"{entry.title}（{entry.id}，{record.state.zh}，第 {record.version} 版）",
        f"{entry.title_en or entry.title} ({entry.id}, {record.state.en}, version {record.version})",
        "bold",
    )
    session.say(entry.description, entry.description_en or entry.description)
    session.say(
        f"共享：{entry.sharing.class_.zh}　开放：{entry.opening.class_.zh}　更新周期：{entry.frequency.zh}",
        f"sharing: {entry.sharing.class_.en}; opening: {entry.opening.class_.en}; cycle: {entry.frequency.en}",
    )
    key = set(entry.schema_.key)
    rows = [
        (
            field.name,
            field.title,
            session.label(field.type),
            "●" if field.name in key else "",
            session.label(entry.opening_of(field)),
        )
        for field in entry.schema_.fields
    ]
    columns = (
        session.text("信息项", "field"),
        session.text("名称", "title"),
        session.text("类型", "type"),
        session.text("主键", "key"),
        session.text("开放", "opening"),
    )
    session.table(session.text("信息项", "fields"), columns, rows)


@app.command("publish")
def publish_(context: typer.Context, dataset: DatasetId) -> None:
    """发布目录条目 · publish an entry."""
    from catalog_service.services.compiling import publish_entry
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        publish_entry(platform, dataset, principal=session.principal)
    session.say(f"已发布 {dataset}", f"published {dataset}", "green")


@app.command("withdraw")
def withdraw_(
    context: typer.Context,
    dataset: DatasetId,
    reasons: Annotated[str, typer.Option("--reasons", help="理由 · reasons")] = "",
) -> None:
    """撤回目录条目 · withdraw an entry."""
    from catalog_service.services.compiling import withdraw_entry
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        withdraw_entry(platform, dataset, principal=session.principal, reasons=reasons)
    session.say(f"已撤回 {dataset}", f"withdrew {dataset}", "green")
