"""`wuxi-data quality issues | issue | act | escalate`: rectification of what fails quality rules (Art. 25, 32)."""

from typing import TYPE_CHECKING, Annotated

import typer

from catalog_service.catalog.rectification import RectificationState
from catalog_service.catalog.vocabularies import Term
from catalog_service.cli.catalog_commands import AsJson
from catalog_service.cli.console import Session

if TYPE_CHECKING:
    from catalog_service.services.rectification_views import RectificationView

IssueId = Annotated[str, typer.Argument(help="整改事项编号 · id of the issue")]


class Step(Term):
    """What people do to an issue."""

    ANSWER = "answer", "答复", "answer what was done"
    DISMISS = "dismiss", "销案", "dismiss with reasons"


def add_to(app: typer.Typer) -> None:
    """Add the commands to a group."""
    app.command("issues")(list_issues)
    app.command("issue")(show_issue)
    app.command("act")(act)
    app.command("escalate")(escalate)


def list_issues(
    context: typer.Context,
    agency: Annotated[str | None, typer.Option(help="机构 · agency")] = None,
    dataset: Annotated[str | None, typer.Option(help="数据集 · data set")] = None,
    state: Annotated[RectificationState | None, typer.Option(help="状态 · state")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列逾期的 · overdue ones only")] = False,
    everything: Annotated[bool, typer.Option("--all", help="含已办结的 · closed ones too")] = False,
    as_json: AsJson = False,
) -> None:
    """质量整改事项，期限近的在前 · issues of rectification, soonest due first."""
    from catalog_service.catalog.rectification import RectificationQuery
    from catalog_service.services import rectification_views
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    is_open = None if everything or state is not None else True
    asked = {"agency": agency, "dataset": dataset, "state": state, "is_overdue": overdue, "is_open": is_open, "limit": 200}
    with open_platform(session.settings) as platform:
        page = rectification_views.list_issues(platform, session.principal, RectificationQuery.model_validate(asked))
    if as_json:
        session.json([one.model_dump(mode="json") for one in page.items])
        return
    names = (("编号", "id"), ("数据集", "data set"), ("规则", "rule"), ("不符", "broken"), ("状态", "state"), ("期限", "due"))
    session.table(
        session.text(f"质量整改（共 {page.total} 项，逾期 {page.overdue} 项）", f"{page.total} issues, {page.overdue} overdue"),
        [session.text(*name) for name in names],
        [
            (one.id, one.dataset, one.rule, one.unexpected_count, session.label(one.state), _due(session, one))
            for one in page.items
        ],
    )


def show_issue(context: typer.Context, issue: IssueId, as_json: AsJson = False) -> None:
    """一个整改事项：要求、期限、不合格记录、办理记录 · one issue with failing rows and history."""
    from catalog_service.services import rectification_views
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        one = rectification_views.show_issue(platform, session.principal, issue)
    if as_json:
        session.json(one.model_dump(mode="json"))
        return
    session.say(f"{one.dataset} {one.rule}：{one.reason.zh}", f"{one.dataset} {one.rule}: {one.reason.en}", "bold")
    session.say(
        f"{one.agency_name}，{one.state.zh}，{one.unexpected_count}/{one.evaluated_count} 条不符，期限 {_due(session, one)}",
        f"{one.agency}, {one.state.en}, {one.unexpected_count} of {one.evaluated_count} rows, due {_due(session, one)}",
    )
    session.table(
        session.text("不合格记录", "failing rows"),
        [session.text(*name) for name in (("主键", "key"), ("值", "value"), ("行号", "row"), ("报送", "delivery"))],
        [(row.key or "", row.value or "", row.row_number or "", row.delivery or "") for row in one.samples],
    )
    session.table(
        session.text("办理记录", "history"),
        [session.text(*name) for name in (("时间", "when"), ("步骤", "step"), ("办理人", "by"), ("说明", "words"))],
        [
            (made.at.isoformat(timespec="minutes"), session.text(made.label_zh, made.label_en), made.by, made.reason)
            for made in one.history
        ],
    )


def act(
    context: typer.Context,
    issue: IssueId,
    step: Annotated[Step, typer.Argument(help="answer 答复 | dismiss 销案")],
    reason: Annotated[str, typer.Option(help="整改措施或销案理由 · what was done, or why")] = "",
) -> None:
    """答复整改情况或销案 · answer what was done, or dismiss with reasons."""
    from catalog_service.catalog.rectification import RectificationEvent, StepEvent
    from catalog_service.services import rectification
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    event: StepEvent = RectificationEvent.ANSWER if step is Step.ANSWER else RectificationEvent.DISMISS
    with open_platform(session.settings) as platform:
        one = rectification.act(platform, session.principal, issue, event, reason=reason)
    session.say(f"{issue}：{one.state.zh}", f"{issue}: {one.state.en}", "green")


def escalate(context: typer.Context, as_json: AsJson = False) -> None:
    """逾期整改提请主管部门督办（可重复执行） · bring overdue issues before the authority; again changes nothing."""
    from catalog_service.services import rectification
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        done = rectification.escalate(platform, session.principal)
    if as_json:
        session.json(done.model_dump())
        return
    zh = f"未办结 {done.open} 项，逾期 {done.overdue} 项；本次提请督办 {done.escalated} 项"
    session.say(zh, f"{done.open} open, {done.overdue} overdue; {done.escalated} brought before the authority")


def _due(session: Session, one: "RectificationView") -> str:
    late = session.text("（已逾期）", " (overdue)") if one.is_overdue else ""
    return f"{one.due}{late}"
