"""`wuxi-data open request | lists | proposals`: applications, agreements, open lists, dynamic adjustment (Art. 23, 24)."""

from typing import Annotated

import typer

from catalog_service.catalog.open_list import ProposalEvent
from catalog_service.catalog.open_request import OpenEvent, OpenState
from catalog_service.cli.catalog_commands import AsJson
from catalog_service.cli.console import Session
from catalog_service.cli.share_commands import Id, Reason

requests_app = typer.Typer(no_args_is_help=True, help="开放申请 · applications for open data (Art. 24)")
lists_app = typer.Typer(no_args_is_help=True, help="开放清单 · open lists (Art. 23)")
proposals_app = typer.Typer(no_args_is_help=True, help="动态调整 · proposals of what could be opened (Art. 23)")
Agency = Annotated[str, typer.Argument(help="机构 · agency")]


def add_to(app: typer.Typer) -> None:
    """Add these groups to `wuxi-data open`."""
    app.add_typer(requests_app, name="request")
    app.add_typer(lists_app, name="lists")
    app.add_typer(proposals_app, name="proposals")


@requests_app.command("list")
def list_requests(
    context: typer.Context,
    state: Annotated[OpenState | None, typer.Option(help="状态 · state")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列逾期 · overdue ones only")] = False,
    as_json: AsJson = False,
) -> None:
    """列出开放申请 · list applications."""
    from catalog_service.services import opening
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        page = opening.list_requests(platform, session.principal, state=state, is_overdue=overdue, limit=100)
    if as_json:
        session.json(page.model_dump(mode="json"))
        return
    t = session.text
    columns = (t("编号", "number"), t("数据集", "data set"), t("申请人", "applicant"), t("状态", "state"), t("期限", "due"))
    rows = [
        (
            one.request.id,
            one.request.wish.dataset,
            one.request.applicant_name,
            session.label(one.request.state),
            "" if one.deadline is None else f"{one.deadline.due}{' !' if one.is_overdue else ''}",
        )
        for one in page.items
    ]
    session.table(t("开放申请", "applications"), columns, rows)


@requests_app.command("show")
def show(context: typer.Context, id_: Id, as_json: AsJson = False) -> None:
    """显示开放申请和协议 · show an application and its agreement."""
    from catalog_service.services import opening
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        view = opening.show(platform, session.principal, id_)
    if as_json:
        session.json(view.model_dump(mode="json"))
        return
    request = view.request
    session.say(f"开放申请 {id_}：{view.dataset_title}，{request.state.zh}", f"application {id_}: {request.state.en}", "bold")
    session.say(f"目的：{request.wish.purpose}", f"purpose: {request.wish.purpose}")
    if view.agreement is not None:
        session.say(view.agreement.text.zh, view.agreement.text.en)


@requests_app.command("act")
def act(
    context: typer.Context,
    id_: Id,
    event: Annotated[OpenEvent, typer.Argument(help="办理事项 · the step to take")],
    reason: Reason = "",
    text_sha256: Annotated[
        str, typer.Option(help="签署：所读协议文本的 SHA-256 · signing: hash of the text that was read")
    ] = "",
) -> None:
    """办理开放申请 · take a step in an application."""
    from catalog_service.services import opening
    from catalog_service.services.opening import OpenAction
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        request = opening.act(platform, session.principal, id_, event, OpenAction(reason=reason, text_sha256=text_sha256))
    session.say(f"开放申请 {id_}：{request.state.zh}", f"application {id_}: {request.state.en}", "green")


@lists_app.command("publish")
def publish(context: typer.Context, agency: Agency) -> None:
    """发布机构的开放清单 · publish an agency's open list."""
    from catalog_service.services import open_lists
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        made = open_lists.publish_open_list(platform, session.principal, agency)
    count = len(made.items)
    session.say(
        f"已发布 {agency} 开放清单第 {made.version} 版，共 {count} 项",
        f"published version {made.version}: {count} items",
        "green",
    )


@lists_app.command("show")
def show_list(
    context: typer.Context,
    agency: Agency,
    version: Annotated[int | None, typer.Option(min=1, help="版本 · version")] = None,
    as_json: AsJson = False,
) -> None:
    """显示机构的开放清单 · show an agency's open list."""
    from catalog_service.services import open_lists
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = open_lists.open_list(platform, agency, version)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    t = session.text
    columns = (t("数据集", "data set"), t("名称", "title"), t("开放属性", "opening"), t("信息项", "fields"))
    rows = [(one.dataset, one.title, session.label(one.opening), "、".join(one.fields)) for one in found.items]
    session.table(t(f"开放清单第 {found.version} 版", f"open list, version {found.version}"), columns, rows)


@proposals_app.command("make")
def make(context: typer.Context, as_json: AsJson = False) -> None:
    """查找现在符合开放条件的数据并提出建议 · propose what now qualifies for opening."""
    from catalog_service.services import open_lists
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = open_lists.propose(platform, session.principal)
    if as_json:
        session.json([one.model_dump(mode="json") for one in found])
        return
    for one in found:
        session.say(f"{one.dataset}（{one.id}）", f"{one.dataset} ({one.id})", "bold")
        for reason in one.reasons:
            session.say(f"  · {reason.zh}", f"  · {reason.en}")
    session.say(f"新建议 {len(found)} 条", f"{len(found)} new proposals")


@proposals_app.command("answer")
def answer(
    context: typer.Context,
    id_: Id,
    event: Annotated[ProposalEvent, typer.Argument(help="答复 · accept or decline")],
    reason: Reason = "",
) -> None:
    """答复开放建议 · answer a proposal."""
    from catalog_service.services import open_lists
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = open_lists.answer(platform, session.principal, id_, event, reason)
    session.say(f"{found.dataset}：{found.state.zh}", f"{found.dataset}: {found.state.en}", "green")
