"""`wuxi-data catalog`: submit, return, approve, revise, suspend, resume, and the history of entries (Art. 14).

Who works at the terminal decides upon an entry as it stands there: the edition is looked up, not asked for.
"""

import datetime as dt
from typing import Annotated

import typer

from catalog_service.catalog.life_cycle import Event
from catalog_service.cli.catalog_commands import AsJson, DatasetId
from catalog_service.cli.console import Session

Ids = Annotated[list[str], typer.Argument(metavar="AGENCY/DATASET…", help="数据集标识，可多个 · ids of data sets")]
Reasons = Annotated[str, typer.Option("--reasons", help="理由 · reasons")]
_HELP = {
    Event.SUBMIT: "提交审核，逐条报告 · submit drafts for review, each reported",
    Event.RETURN: "退回，须说明理由 · return submitted entries with reasons",
    Event.REVISE: "开始修订，原版本继续有效 · begin a revision; the published version stays",
    Event.SUSPEND: "暂停，须说明理由 · suspend published entries",
    Event.RESUME: "恢复暂停的条目 · end a suspension",
}


def add_to(app: typer.Typer) -> None:
    """Add the commands to `wuxi-data catalog`."""
    for event, help_ in _HELP.items():
        app.command(event.value, help=help_)(_happening(event))
    app.command("approve")(approve)
    app.command("history")(history)
    app.command("diff")(diff)
    app.command("as-of")(as_of)


def _happening(event: Event):  # type: ignore[no-untyped-def]  # noqa: ANN202  # Typer reads the signature of the function
    def happen(context: typer.Context, datasets: Ids, reasons: Reasons = "", as_json: AsJson = False) -> None:
        _perform(context.obj, (event,), datasets, reasons, as_json=as_json)

    return happen


def approve(
    context: typer.Context,
    datasets: Ids,
    publish: Annotated[bool, typer.Option("--publish", help="同时发布 · publish in the same act")] = False,
    reasons: Reasons = "",
    as_json: AsJson = False,
) -> None:
    """审核通过 · approve submitted entries."""
    events = (Event.APPROVE, Event.PUBLISH) if publish else (Event.APPROVE,)
    _perform(context.obj, events, datasets, reasons, as_json=as_json)


def history(context: typer.Context, dataset: DatasetId, as_json: AsJson = False) -> None:
    """变更历史：谁在何时做了什么 · who did what, when and why."""
    from catalog_service.services import desk
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = desk.history(platform, session.principal, dataset)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    names = (("稿次", "edition"), ("时间", "when"), ("经办人", "who"), ("操作", "what"), ("状态", "state"), ("理由", "reasons"))
    rows = [
        (
            one.edition,
            f"{one.at:%Y-%m-%d %H:%M} UTC",
            one.principal_name,
            session.label(one.event),
            session.label(one.state),
            one.reasons,
        )
        for one in found.changes
    ]
    session.table(dataset, [session.text(zh, en) for zh, en in names], rows)


def diff(
    context: typer.Context,
    dataset: DatasetId,
    before: Annotated[int | None, typer.Option("--from", min=1, help="原稿次 · edition before")] = None,
    after: Annotated[int | None, typer.Option("--to", min=1, help="新稿次 · edition after")] = None,
    as_json: AsJson = False,
) -> None:
    """逐项比较两稿 · compare two editions item by item; default: the last one with the one before."""
    from catalog_service.services import desk
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        newest = after or desk.edition_of(platform, session.principal, dataset)
        oldest = before or max(1, newest - 1)
        found = desk.comparison(platform, session.principal, dataset, before=oldest, after=newest)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    names = (("项目", "item"), ("变化", "change"), ("原内容", "before"), ("新内容", "after"))
    rows = [
        (
            one.label.to(session.language),
            session.label(one.kind),
            one.before.to(session.language),
            one.after.to(session.language),
        )
        for one in found.differences
    ]
    title = session.text(f"{dataset}：第 {oldest} 稿 → 第 {newest} 稿", f"{dataset}: edition {oldest} → {newest}")
    session.table(title, [session.text(zh, en) for zh, en in names], rows)


def as_of(
    context: typer.Context,
    day: Annotated[dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="日期 · day")],
    dataset: Annotated[str | None, typer.Argument(metavar="AGENCY/DATASET", help="数据集标识 · id")] = None,
    as_json: AsJson = False,
) -> None:
    """某日有效的目录或条目 · the catalog, or an entry, as it was published on a day."""
    from catalog_service.services import desk
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        date = day.date()
        found = desk.catalog_as_of(platform, date) if dataset is None else (desk.as_of(platform, dataset, date),)
    if as_json:
        session.json([one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in found])
        return
    rows = [(one.id, one.title, session.label(one.sharing.class_), session.label(one.opening.class_)) for one in found]
    names = (("标识", "id"), ("名称", "title"), ("共享", "sharing"), ("开放", "opening"))
    title = session.text(f"{date} 有效：{len(rows)} 条", f"in force on {date}: {len(rows)} entries")
    session.table(title, [session.text(zh, en) for zh, en in names], rows)


def _perform(session: Session, events: tuple[Event, ...], datasets: list[str], reasons: str, *, as_json: bool) -> None:
    """Let events happen to entries as they stand; report each, and fail where one was refused."""
    from catalog_service.catalog.history import Target
    from catalog_service.services import desk, life_cycle
    from catalog_service.services.platform import open_platform

    with open_platform(session.settings) as platform:
        targets = [
            Target(dataset_id=one, edition=desk.edition_of(platform, session.principal, one)) for one in dict.fromkeys(datasets)
        ]
        report = life_cycle.perform(platform, session.principal, events, targets, reasons)
    if as_json:
        session.json(report.model_dump(mode="json"))
    else:
        for done in report.done:
            session.say(f"{done.dataset_id}：{done.state.zh}", f"{done.dataset_id}: {done.state.en}", "green")
        for refused in report.refused:
            session.warn(refused.problems, refused.dataset_id)
    raise typer.Exit(1 if report.refused else 0)
