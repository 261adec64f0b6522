"""`wuxi-data duty`: duties to update entries, and what entries lack (Art. 13, 14)."""

import datetime as dt
from typing import Annotated

import typer

from catalog_service.catalog.duty import DutyState, Element
from catalog_service.cli.catalog_commands import AsJson, DatasetId
from catalog_service.cli.console import Session

app = typer.Typer(no_args_is_help=True, help="更新义务与完整度 · duties to update, completeness (Art. 13, 14)")
Day = Annotated[dt.datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="发生日期 · the day on which it happened")]
Reason = Annotated[str, typer.Option(help="情况说明 · what changed and why")]


@app.command("list")
def list_(
    context: typer.Context,
    agency: Annotated[str | None, typer.Option(help="机构 · agency")] = None,
    state: Annotated[DutyState | None, typer.Option(help="状态 · state")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="每页条数 · duties a page")] = 50,
    cursor: Annotated[str | None, typer.Option(help="下一页标记 · where to go on")] = None,
    as_json: AsJson = False,
) -> None:
    """列出更新义务，先到期的在前 · list duties, soonest due first."""
    from catalog_service.catalog.duty import DutyQuery
    from catalog_service.services.duty_views import list_duties
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    query = DutyQuery(agency=agency, state=state, limit=limit, cursor=cursor)
    with open_platform(session.settings) as platform:
        page = list_duties(platform, session.principal, query)
    if as_json:
        session.json(page.model_dump(mode="json"))
        return
    names = (("编号", "id"), ("条目", "entry"), ("原因", "cause"), ("状态", "state"), ("到期日", "due"), ("剩余工作日", "left"))
    rows = [
        (
            one.id,
            one.dataset,
            session.label(one.cause),
            session.label(one.state),
            _due(session, one.due, one.is_provisional),
            "" if one.days_left is None else one.days_left,
        )
        for one in page.items
    ]
    title = session.text(f"共 {page.total} 项，逾期 {page.overdue} 项", f"{page.total} duties, {page.overdue} overdue")
    session.table(title, [session.text(*name) for name in names], rows)
    if page.next_cursor:
        session.say(f"下一页：--cursor {page.next_cursor}", f"next page: --cursor {page.next_cursor}")


@app.command("show")
def show(context: typer.Context, duty: Annotated[str, typer.Argument(help="编号 · id")], as_json: AsJson = False) -> None:
    """显示更新义务及期限的逐日计算 · show a duty with its deadline counted day by day."""
    from catalog_service.services.duty_views import show_duty
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = show_duty(platform, session.principal, duty)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    due = _due(session, found.due, found.is_provisional)
    session.say(
        f"{found.dataset}：{found.state.zh}，{found.happened_on} 发生，{found.days} 个工作日，{due} 到期（{found.rule_set}）",
        f"{found.dataset}: {found.state.en}, happened {found.happened_on}, {found.days} working days, due {due} "
        f"({found.rule_set})",
        "bold",
    )
    session.say(found.reason, found.reason)
    days = [(str(one.day), one.number or "", session.label(one.kind), one.holiday) for one in found.duty.deadline.days]
    columns = (("日期", "day"), ("第几日", "number"), ("类别", "kind"), ("节日", "holiday"))
    session.table(session.text("逐日计算", "day by day"), [session.text(*name) for name in columns], days)
    for event in found.history:
        moved = f" {event.before.due} → {event.after.due}" if event.before and event.after else ""
        line = f"{event.at:%Y-%m-%d %H:%M}Z {session.label(event.kind)}{moved} · {event.by} · {event.note}"
        session.say(line, line)


@app.command("report")
def report(
    context: typer.Context,
    dataset: DatasetId,
    element: Annotated[list[Element], typer.Option(help="调整的要素 · changed element")],
    reason: Reason,
    on: Day,
    as_json: AsJson = False,
) -> None:
    """报告目录要素调整，开始计算更新期限 · report a changed element; the clock starts."""
    from catalog_service.catalog.duty import ElementChange
    from catalog_service.services.duties import report_change
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    change = ElementChange(dataset=dataset, elements=tuple(element), reason=reason, happened_on=on.date())
    with open_platform(session.settings) as platform:
        duty = report_change(platform, session.principal, change)
    due = _due(session, duty.deadline.due, duty.deadline.is_provisional)
    session.made(duty, f"更新义务 {duty.id}，{due} 到期", f"duty {duty.id}, due {due}", as_json=as_json)


@app.command("functions")
def functions(
    context: typer.Context,
    agency: Annotated[str, typer.Argument(help="机构 · agency")],
    description: Annotated[str, typer.Option(help="职能变化 · what changed")],
    document: Annotated[str, typer.Option(help="依据文件及文号 · the decision and its number")],
    on: Day,
    dataset: Annotated[list[str] | None, typer.Option(help="受影响条目，不填为全部 · affected entries, default all")] = None,
) -> None:
    """登记行政管理职能变化 · register that an agency's functions changed."""
    from catalog_service.services.duties import register_function_change
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        _, opened = register_function_change(
            platform,
            session.principal,
            agency,
            description=description,
            document=document,
            happened_on=on.date(),
            datasets=dataset or (),
        )
    session.say(f"产生 {len(opened)} 项更新义务", f"{len(opened)} duties opened", "green")


@app.command("law")
def law(
    context: typer.Context, name: Annotated[str, typer.Argument(help="法律法规名称 · name of the law")], reason: Reason, on: Day
) -> None:
    """登记法律依据修订，以其为依据的条目应当更新 · a law was revised; entries that rest on it must be updated."""
    from catalog_service.services.duties import report_law_revised
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        opened = report_law_revised(platform, session.principal, name, reason=reason, happened_on=on.date())
    session.say(f"产生 {len(opened)} 项更新义务", f"{len(opened)} duties opened", "green")


@app.command("dismiss")
def dismiss_(context: typer.Context, duty: Annotated[str, typer.Argument(help="编号 · id")], reason: Reason) -> None:
    """核销无需更新的义务 · close a duty for which no update is needed."""
    from catalog_service.services.duties import dismiss
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        dismiss(platform, session.principal, duty, reason)
    session.say(f"已核销 {duty}", f"dismissed {duty}", "green")


@app.command("completeness")
def completeness(
    context: typer.Context,
    dataset: DatasetId,
    draft: Annotated[bool, typer.Option(help="编制中的内容 · the draft")] = False,
    as_json: AsJson = False,
) -> None:
    """显示条目缺少的要素和补齐后的得分 · show what an entry lacks and what supplying it brings."""
    from catalog_service.services.entry_completeness import entry_completeness
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = entry_completeness(platform, session.principal, dataset, is_draft=draft)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    measured = found.completeness
    session.say(f"{found.title}：完整度 {measured.score}", f"{found.title}: completeness {measured.score}", "bold")
    rows = [
        (session.text(one.title.zh, one.title.en), one.gain, session.text(one.remedy.zh, one.remedy.en), "、".join(one.places))
        for one in measured.missing
    ]
    columns = (("要素", "element"), ("可得分", "gain"), ("怎样补齐", "what to do"), ("信息项", "fields"))
    title = session.text(f"编制要求 {measured.requirements}", f"requirements {measured.requirements}")
    session.table(title, [session.text(*name) for name in columns], rows)


@app.command("measure")
def measure(context: typer.Context) -> None:
    """计算全部条目的完整度 · measure the completeness of all entries that changed since."""
    from catalog_service.services.entry_completeness import measure_stale
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        count = measure_stale(platform)
    session.say(f"已计算 {count} 个条目的完整度", f"measured {count} entries", "green")


def _due(session: Session, day: dt.date, is_provisional: bool) -> str:
    return f"{day}{session.text('（暂定）', ' (provisional)')}" if is_provisional else str(day)
