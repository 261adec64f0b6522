"""`wuxi-data objection | demand | notices`: what the public says, and telling it (Art. 26, 27)."""

from typing import TYPE_CHECKING, Annotated

import typer

from catalog_service.catalog.demand import DemandEvent, DemandState
from catalog_service.catalog.objection import ObjectionEvent, ObjectionKind, ObjectionState
from catalog_service.cli.catalog_commands import AsJson
from catalog_service.cli.console import Session

if TYPE_CHECKING:
    from catalog_service.services.demands import DemandView
    from catalog_service.services.objections import ObjectionView

objections_app = typer.Typer(no_args_is_help=True, help="数据异议 · objections to data (Art. 26)")
demands_app = typer.Typer(no_args_is_help=True, help="开放需求 · demands of the public (Art. 27)")
Number = Annotated[str, typer.Argument(help="编号 · number of the case")]
Reason = Annotated[str, typer.Option(help="理由或答复 · reasons, or the answer")]


@objections_app.command("file")
def file_objection(
    context: typer.Context,
    dataset: Annotated[str, typer.Argument(help="机构/数据集 · agency/dataset")],
    description: Annotated[str, typer.Argument(help="情况说明 · what is wrong")],
    kind: Annotated[ObjectionKind, typer.Option(help="问题类型 · what is wrong")] = ObjectionKind.WRONG,
    field: Annotated[str, typer.Option(help="信息项 · field")] = "",
    row: Annotated[str, typer.Option(help="哪一条 · which row")] = "",
    contact: Annotated[str, typer.Option(help="邮箱 · e-mail")] = "",
    as_json: AsJson = False,
) -> None:
    """提出异议 · raise an objection."""
    from catalog_service.catalog.objection import ObjectionWish
    from catalog_service.services.objections import file
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    given = {"dataset": dataset, "description": description, "kind": kind, "field": field or None, "row": row}
    with open_platform(session.settings) as platform:
        made = file(platform, session.principal, ObjectionWish.model_validate({**given, "contact": contact}))
    session.made(made, f"已提出异议，编号 {made.number}", f"objection {made.number} was filed", as_json=as_json)


@objections_app.command("list")
def list_objections(
    context: typer.Context,
    state: Annotated[ObjectionState | None, typer.Option(help="办理状态 · state")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列超期的 · overdue ones only")] = False,
    as_json: AsJson = False,
) -> None:
    """列出异议 · list objections."""
    from catalog_service.services import objections
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        page = objections.list_objections(platform, session.principal, state=state, is_overdue=overdue, limit=200)
    if as_json:
        session.json([one.model_dump(mode="json") for one in page.items])
        return
    names = (("编号", "number"), ("数据集", "data set"), ("问题", "kind"), ("状态", "state"), ("应办结", "due"))
    rows = [
        (one.number, one.wish.dataset, session.label(one.wish.kind), session.label(one.state), _due(session, one))
        for one in page.items
    ]
    session.table(session.text("数据异议", "objections"), [session.text(*name) for name in names], rows)


@objections_app.command("act")
def act_on_objection(
    context: typer.Context,
    number: Number,
    event: Annotated[ObjectionEvent, typer.Argument(help="办理步骤 · step")],
    reason: Reason = "",
    delivery: Annotated[str, typer.Option(help="更正数据的报送批次 · delivery that corrected it")] = "",
) -> None:
    """办理异议 · accept, verify, correct, or reject with reasons."""
    from catalog_service.services import objections
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        one = objections.act(platform, session.principal, number, event, reason=reason, delivery=delivery)
    session.say(f"{number}：{one.state.zh}", f"{number}: {one.state.en}", "green")


@demands_app.command("list")
def list_demands(
    context: typer.Context,
    state: Annotated[DemandState | None, typer.Option(help="办理状态 · state")] = None,
    as_json: AsJson = False,
) -> None:
    """列出需求 · list demands."""
    from catalog_service.services import demands
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        page = demands.list_cases(platform, session.principal, state=state)
    if as_json:
        session.json([one.model_dump(mode="json") for one in page.items])
        return
    names = (
        ("编号", "number"),
        ("需求", "demand"),
        ("状态", "state"),
        ("承办", "agency"),
        ("附议", "votes"),
        ("应答复", "due"),
    )
    rows = [
        (one.number, one.wish.title, session.label(one.state), one.agency_name, one.votes, _due(session, one))
        for one in page.items
    ]
    session.table(session.text("开放需求", "demands"), [session.text(*name) for name in names], rows)


@demands_app.command("act")
def act_on_demand(
    context: typer.Context,
    number: Number,
    event: Annotated[DemandEvent, typer.Argument(help="办理步骤 · step")],
    reason: Reason = "",
    agency: Annotated[str, typer.Option(help="承办机构 · agency that answers")] = "",
    dataset: Annotated[str, typer.Option(help="为此开放的数据集 · data set opened for it")] = "",
) -> None:
    """办理需求 · assign, answer, open, or decline with reasons."""
    from catalog_service.services import demands
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        one = demands.act(platform, session.principal, number, event, reason=reason, agency=agency, dataset=dataset)
    session.say(f"{number}：{one.state.zh}", f"{number}: {one.state.en}", "green")


def notices(context: typer.Context) -> None:
    """发送待发的办理通知邮件 · send the mails that wait in the outbox."""
    from catalog_service.services.notifying import send_waiting
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    if not session.settings.smtp_host:
        session.say(
            "未设置邮件服务器（WUXI_SMTP_HOST），通知留在发件箱", "no mail server (WUXI_SMTP_HOST): notices stay in the outbox"
        )
        raise typer.Exit(1)
    with open_platform(session.settings) as platform:
        sent, failed = send_waiting(platform)
    session.say(f"已发送 {sent} 封，失败 {failed} 封", f"{sent} sent, {failed} failed", "red" if failed else "green")
    raise typer.Exit(1 if failed else 0)


def _due(session: Session, one: "ObjectionView | DemandView") -> str:
    if one.deadline is None:
        return ""
    late = session.text("（已超期）", " (overdue)") if one.is_overdue else ""
    return f"{one.deadline.due}{late}"
