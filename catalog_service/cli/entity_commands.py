"""`wuxi-data entity`: golden records and why they say so, their history, conflicts, decisions on identity (Art. 15, 18, 26)."""

import datetime as dt
from typing import Annotated

import typer

from catalog_service.catalog.entity import DecisionKind, PairState
from catalog_service.cli.catalog_commands import AsJson, DatasetId
from catalog_service.cli.console import Session
from catalog_service.services.entity_views import EventView, ValueView

app = typer.Typer(no_args_is_help=True, help="基础库对象、历史与冲突 · entities, history, conflicts (Art. 15, 18, 26)")
KeyParts = Annotated[list[str], typer.Argument(metavar="KEY...", help="主键，依次填写 · the key, part by part")]
Reason = Annotated[str, typer.Option(help="理由 · why")]


@app.command("show")
def show(
    context: typer.Context,
    dataset: DatasetId,
    key: KeyParts,
    on: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="当日终了时的记录 · at the end of this day")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """显示一条主数据及每个值的来源、批次、行号和取值规则 · show a golden record and why it says so."""
    from catalog_service.services import entities
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        day = None if on is None else on.date()
        found = entities.show(platform, session.principal, dataset, tuple(key), on=day)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    names = (
        ("信息项", "field"),
        ("值", "value"),
        ("来源", "source"),
        ("规则", "rule"),
        ("批次", "delivery"),
        ("行", "row"),
        ("争议", "disputed"),
    )
    title = session.text(f"对象 {found.entity_id}，版本 {found.version}", f"entity {found.entity_id}, version {found.version}")
    session.table(title, [session.text(*name) for name in names], [_line(session, one) for one in found.values])


@app.command("history")
def history(context: typer.Context, dataset: DatasetId, key: KeyParts, as_json: AsJson = False) -> None:
    """显示对象的变更历史 · show what happened to an entity."""
    from catalog_service.services import entities
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = entities.history(platform, session.principal, dataset, tuple(key))
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    rows = [(one.at.isoformat(timespec="seconds"), _event(session, one), _content(one), one.decided_by) for one in found.events]
    names = (("时间", "at"), ("事件", "event"), ("内容", "content"), ("决定人", "decided by"))
    title = session.text(f"对象 {found.entity_id}", f"entity {found.entity_id}")
    session.table(title, [session.text(*name) for name in names], rows)


@app.command("conflicts")
def conflicts(
    context: typer.Context,
    dataset: DatasetId,
    agency: Annotated[str | None, typer.Option(help="机构 · agency")] = None,
    limit: Annotated[int, typer.Option(min=0, max=1_000, help="最多行数 · rows to list")] = 20,
    as_json: AsJson = False,
) -> None:
    """按来源列出冲突，回到数源部门核实 · list conflicts per source, to be verified where they come from (Art. 26)."""
    from catalog_service.services import conflicts as service
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        report = service.report(platform, session.principal, dataset, agency=agency, limit=limit)
        held = service.objections(platform, session.principal, dataset, limit=limit)
    if as_json:
        session.json({**report.model_dump(mode="json"), "objections": [one.model_dump(mode="json") for one in held]})
        return
    names = (
        ("机构", "agency"),
        ("来源", "source"),
        ("有争议的值", "disputed values"),
        ("未采用", "overruled"),
        ("记录", "records"),
    )
    counts = [(c.agency_name, c.source, c.statement_count, c.overruled_count, c.record_count) for c in report.counts]
    session.table(session.text("各来源冲突", "conflicts per source"), [session.text(*name) for name in names], counts)
    columns = (("主键", "key"), ("信息项", "field"), ("来源", "source"), ("值", "value"), ("同意", "votes"), ("采用", "chosen"))
    rows = [
        (" ".join(r.key), r.field, r.source, _shown(r.value, r.is_masked), r.votes, "✓" if r.is_chosen else "")
        for r in report.rows
    ]
    title = session.text(f"共 {report.row_total} 行，列出 {len(rows)} 行", f"{report.row_total} rows, {len(rows)} listed")
    session.table(title, [session.text(*column) for column in columns], rows)


@app.command("review")
def review(
    context: typer.Context,
    dataset: DatasetId,
    pair: Annotated[str | None, typer.Argument(help="配对编号；不填则列出 · id of a pair; none: list them")] = None,
    same: Annotated[bool | None, typer.Option("--same/--different", help="是否同一对象 · the same entity or not")] = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """复核疑似同一对象的配对 · review pairs that may be one entity."""
    from catalog_service.services import entity_decisions, pair_review
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        if pair is not None:
            if same is None or not reason:
                raise typer.BadParameter(
                    session.text("请给出 --same 或 --different 以及 --reason", "give --same or --different, and --reason")
                )
            state = PairState.SAME if same else PairState.DIFFERENT
            decided = entity_decisions.decide_pair(platform, session.principal, pair, state, reason=reason)
            session.say(
                f"已记录决定 {decided.id}，下次运行时生效", f"decision {decided.id} recorded; the next run carries it out"
            )
            return
        found = pair_review.review(platform, session.principal, dataset)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    rows = [
        (
            p.id,
            " ".join(p.left),
            " ".join(p.right),
            f"{p.probability:.4f}",
            "\n".join(
                f"{'=' if c.field in p.evidence else '≠'} {session.text(c.title, c.title_en or c.title)} "
                f"{c.left or '—'} / {c.right or '—'}"
                for c in p.compared
            ),
        )
        for p in found.pairs
    ]
    names = (
        ("配对", "pair"),
        ("一", "one"),
        ("另一", "other"),
        ("概率", "probability"),
        ("比对（= 一致或相近）", "compared (= alike)"),
    )
    session.table(session.text("待复核", "to be reviewed"), [session.text(*name) for name in names], rows)


@app.command("link")
def link(context: typer.Context, dataset: DatasetId, as_json: AsJson = False) -> None:
    """比对没有共同主键的记录：确定的合并，疑似的交人复核 · link records without a common key (extra `linkage`)."""
    from catalog_service.services.platform import open_platform
    from pipelines.linking import link_records

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        done = link_records(platform, session.principal, dataset)
    if as_json:
        session.json({"merged": done.merged, "to_review": done.to_review, "known": done.known})
        return
    zh = f"合并 {done.merged} 对，新增待复核 {done.to_review} 对，已决定或已提出 {done.known} 对；下次运行时生效"
    session.say(zh, f"{done.merged} merged, {done.to_review} new to review, {done.known} known; the next run carries it out")


@app.command("decide")
def decide(
    context: typer.Context,
    dataset: DatasetId,
    kind: Annotated[DecisionKind, typer.Argument(help="merge 合并 | rekey 号码变更 | split 拆分 | distinct 确认不同")],
    key: Annotated[str, typer.Argument(help="主键，多部分以 | 分隔 · key, parts separated by |")],
    target: Annotated[str, typer.Argument(help="另一主键 · the other key")],
    reason: Reason,
    source: Annotated[str | None, typer.Option(help="拆分：其数据属于另一对象的来源 · split: the source")] = None,
    as_json: AsJson = False,
) -> None:
    """对对象身份作出决定，下次运行时生效 · decide on identity; the next run carries it out."""
    from catalog_service.services import entity_decisions
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        parts, others = tuple(key.split("|")), tuple(target.split("|"))
        made = entity_decisions.decide(platform, session.principal, dataset, kind, parts, others, reason=reason, source=source)
    zh, en = f"已记录决定 {made.id}，下次运行时生效", f"decision {made.id} recorded; the next run carries it out"
    session.made(made, zh, en, as_json=as_json)


@app.command("decisions")
def decisions(context: typer.Context, dataset: DatasetId, as_json: AsJson = False) -> None:
    """列出对象身份的决定，最近的在前 · list what was decided about entities, the latest first."""
    from catalog_service.services import entity_decisions
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = entity_decisions.decisions(platform, session.principal, dataset)
    if as_json:
        session.json([one.model_dump(mode="json") for one in found])
        return
    names = (
        ("编号", "id"),
        ("决定", "decision"),
        ("主键", "key"),
        ("另一主键", "target"),
        ("理由", "reason"),
        ("撤销", "revoked"),
    )
    rows = [
        (one.id, session.label(one.kind), " ".join(one.key), " ".join(one.target), one.reason, "✓" if one.revoked_at else "")
        for one in found
    ]
    session.table(session.text("身份决定", "decisions on identity"), [session.text(*name) for name in names], rows)


@app.command("revoke")
def revoke(
    context: typer.Context, dataset: DatasetId, decision: Annotated[str, typer.Argument(help="决定编号 · id of the decision")]
) -> None:
    """撤销一项身份决定，下次运行时生效 · revoke a decision on identity; the next run carries it out."""
    from catalog_service.services import entity_decisions
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        entity_decisions.revoke(platform, session.principal, dataset, decision)
    session.say("已撤销，下次运行时生效", "revoked; the next run carries it out")


def _line(session: Session, one: ValueView) -> tuple[object, ...]:
    from catalog_service.catalog.survivorship import Rule

    rule = next((session.label(rule) for rule in Rule if rule.value == one.rule), "")
    name = session.text(one.title, one.title_en or one.field)
    return (
        name,
        _shown(one.value, one.is_masked),
        one.source or "",
        rule,
        one.delivery or "",
        one.row or "",
        "!" if one.is_disputed else "",
    )


def _event(session: Session, one: EventView) -> str:
    revoked = session.text("（已撤销）", " (revoked)") if one.is_revoked else ""
    return session.label(one.kind) + (f" · {session.label(one.decision)}{revoked}" if one.decision else "")


def _content(one: EventView) -> str:
    return _said(one.values) or one.reason


def _said(values: tuple[ValueView, ...]) -> str:
    return "；".join(
        f"{one.field}={_shown(one.value, one.is_masked)}" for one in values if one.value is not None or one.is_masked
    )


def _shown(value: str | None, is_masked: bool) -> str:
    return "●●●" if is_masked else value or ""
