"""`wuxi-data source`: one data, one source (Art. 15): findings, decisions, uses, impact, the origin of a golden value."""

from typing import Annotated

import typer

from catalog_service.catalog.finding import DuplicateOutcome
from catalog_service.cli.catalog_commands import AsJson, DatasetId
from catalog_service.cli.console import Session

app = typer.Typer(no_args_is_help=True, help="一数一源 · one data, one source (Art. 15)")
FindingId = Annotated[str, typer.Argument(metavar="ID", help="疑点编号 · id of the finding")]
FieldName = Annotated[str | None, typer.Option("--field", help="信息项 · field")]


@app.command("findings")
def findings(
    context: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="机构/数据集 · agency/dataset")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="只列待决定的 · only those that wait")] = False,
    page: Annotated[int, typer.Option(min=1, help="页 · page")] = 1,
    as_json: AsJson = False,
) -> None:
    """列出重复采集疑点 · list fields that seem to be collected twice."""
    from catalog_service.services import matching
    from catalog_service.services.platform import open_platform
    from catalog_service.store.matching import FindingQuery

    session: Session = context.obj
    question = FindingQuery(dataset=dataset, is_open=True if open_only else None, page=page)
    with open_platform(session.settings) as platform:
        found = matching.findings(platform, session.principal, question)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    columns = [session.text(*pair) for pair in (("编号", "id"), ("新信息项", "field"), ("已有信息项", "existing"))]
    columns += [session.text("评分", "score"), session.text("状态", "state")]
    rows = [
        (
            one.id,
            f"{one.field.dataset} {one.field.title}",
            f"{one.existing.dataset} {one.existing.title}",
            f"{one.score:.2f}",
            session.label(one.decision.outcome) if one.decision else session.text("待决定", "open"),
        )
        for one in found.items
    ]
    session.table(session.text(f"共 {found.total} 项", f"{found.total} findings"), columns, rows)


@app.command("show")
def show(context: typer.Context, finding_id: FindingId, as_json: AsJson = False) -> None:
    """显示一项疑点及其证据 · show a finding with its evidence."""
    from catalog_service.services import matching
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = matching.finding(platform, session.principal, finding_id)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    for zh, en, side in (("新信息项", "field", found.field), ("已有信息项", "existing", found.existing)):
        session.say(f"{zh}：{side.title}（{side.dataset}，{side.agency_name}）", f"{en}: {side.title} ({side.dataset})")
    for one in found.evidence:
        session.say(f"· {one.text.zh}（{one.weight:+.1f}）", f"· {one.text.en} ({one.weight:+.1f})")
    if found.samples:
        session.say(f"共有取值举例：{'、'.join(found.samples)}", f"values that both have: {', '.join(found.samples)}")


@app.command("decide")
def decide(
    context: typer.Context,
    finding_id: FindingId,
    outcome: Annotated[DuplicateOutcome, typer.Argument(help="share | source | law")],
    law: Annotated[str, typer.Option(help="法律法规 · law")] = "",
    article: Annotated[str, typer.Option(help="条款 · article")] = "",
    reason: Annotated[str, typer.Option(help="理由 · reason")] = "",
) -> None:
    """对疑点作出决定 · decide on a finding."""
    from catalog_service.services import matching
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        matching.decide(platform, session.principal, finding_id, outcome, law=law, article=article, reason=reason)
        prefill = matching.share_prefill(platform, session.principal, finding_id)
    session.say(f"已决定：{outcome.zh}", f"decided: {outcome.en}", "green")
    if outcome is DuplicateOutcome.SHARE:
        columns = ", ".join(prefill.columns)
        session.say(f"请申请共享 {prefill.dataset} 的 {columns}", f"file a share request for {columns} of {prefill.dataset}")


@app.command("impact")
def impact(context: typer.Context, dataset: DatasetId, field: FieldName = None, as_json: AsJson = False) -> None:
    """谁在使用、变更影响谁 · who uses it, and whom a change would touch."""
    from catalog_service.services import uses
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = uses.impact(platform, session.principal, dataset, field)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    columns = [session.text(*pair) for pair in (("信息项", "field"), ("方式", "how"), ("使用方", "used by"), ("用作", "as"))]
    rows = [(one.field, session.label(one.kind), one.consumer, one.consumer_field or "") for one in found.uses]
    session.table(session.text(found.summary.zh, found.summary.en), columns, rows)


@app.command("trace")
def trace(
    context: typer.Context,
    dataset: DatasetId,
    field: Annotated[str, typer.Argument(help="信息项 · field")],
    key: Annotated[list[str], typer.Argument(help="主键各项的值 · values of the key")],
    as_json: AsJson = False,
) -> None:
    """主数据取值溯源到报送文件和行 · trace a golden value to the delivered file and row."""
    from catalog_service.services.platform import open_platform
    from catalog_service.services.value_tracing import trace as trace_value

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = trace_value(platform, session.principal, dataset, key, field)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    t = session.text
    received = "—" if found.received_at is None else f"{found.received_at.astimezone():%Y-%m-%d %H:%M}"
    rows = [
        (t("取值", "value"), found.value if found.value is not None else "—"),
        (t("来源", "source"), found.source or "—"),
        (t("报送文件", "delivered file"), found.file_name or "—"),
        (t("收到时间", "received at"), received),
        (t("行号", "row"), "—" if found.row is None else str(found.row)),
    ]
    session.table(f"{found.dataset} · {found.field}", (t("项目", "what"), t("内容", "content")), rows)
