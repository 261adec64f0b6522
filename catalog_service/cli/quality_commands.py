"""`wuxi-data quality …`: failing rows, overridden gates, declared rules, freshness and reminders (Art. 15, 25, 32)."""

from pathlib import Path
from typing import Annotated

import typer

from catalog_service.cli.catalog_commands import AsJson, DatasetId
from catalog_service.cli.console import Session

app = typer.Typer(
    no_args_is_help=True, help="质量：不合格记录、人工放行、规则、时效 · quality: failing rows, gates, rules, freshness"
)


@app.command("rows")
def rows(
    context: typer.Context,
    dataset: DatasetId,
    rule: Annotated[str | None, typer.Option(help="只看这条规则 · this rule only")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 100,
    as_json: AsJson = False,
) -> None:
    """最近一次检查的不合格记录 · rows that broke rules in the last check."""
    from catalog_service.services.measuring import failed_rows
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = failed_rows(platform, session.principal, dataset, rule=rule, limit=limit)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    session.table(
        session.text("不合格记录", "failing rows"),
        [
            session.text(zh, en)
            for zh, en in (("规则", "rule"), ("报送", "delivery"), ("行", "row"), ("主键", "key"), ("值", "value"))
        ],
        [[one.rule, one.delivery or "", one.row_number or 0, one.key or "", one.value or ""] for one in found.rows],
    )


@app.command("override")
def override(
    context: typer.Context,
    dataset: DatasetId,
    version: Annotated[int, typer.Option(help="被阻断的版本 · the withheld version")],
    reason: Annotated[str, typer.Option(help="放行理由 · why")],
    as_json: AsJson = False,
) -> None:
    """人工放行一个被阻断的版本 · publish a withheld version, with a reason."""
    from catalog_service.services.overriding import override_gate
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        done = override_gate(platform, session.principal, dataset, version=version, reason=reason)
    if as_json:
        session.json(done.model_dump(mode="json"))
        return
    zh = f"{dataset} 的版本 {version} 已由 {done.principal_name} 放行发布，{len(done.rules)} 条阻断规则未通过"
    session.say(
        zh, f"version {version} of {dataset} is published by {done.principal_name}; {len(done.rules)} blocking rules failed"
    )


@app.command("add-rule")
def add_rule(
    context: typer.Context,
    dataset: DatasetId,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="规则（JSON 或 YAML）· the rule as JSON or YAML")],
) -> None:
    """为已发布条目增加或替换一条质量规则 · add a rule to a published entry."""
    from catalog_service.catalog.declared_rules import DeclaredRule
    from catalog_service.formats.models import read_model_file
    from catalog_service.services.platform import open_platform
    from catalog_service.services.ruling import put_rule

    session: Session = context.obj
    rule = read_model_file(DeclaredRule, file)
    with open_platform(session.settings) as platform:
        put_rule(platform, session.principal, dataset, rule)
    session.say(f"已声明规则 {rule.check_name}", f"declared rule {rule.check_name}")


@app.command("drop-rule")
def drop_rule(
    context: typer.Context, dataset: DatasetId, rule: Annotated[str, typer.Argument(help="如 beds__plausible · such as")]
) -> None:
    """撤销已发布条目声明的一条质量规则 · drop a declared rule."""
    from catalog_service.services.platform import open_platform
    from catalog_service.services.ruling import drop_rule as drop

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        drop(platform, session.principal, dataset, rule)
    session.say(f"已撤销规则 {rule}", f"dropped rule {rule}")


@app.command("freshness")
def freshness(
    context: typer.Context, agency: Annotated[str | None, typer.Option(help="机构 · agency")] = None, as_json: AsJson = False
) -> None:
    """承诺与实际更新周期 · promised against actual update cycle."""
    from catalog_service.services.freshness import freshness_of_all
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = freshness_of_all(platform, agency=agency)
    if as_json:
        session.json([one.model_dump(mode="json") for one in found])
        return
    names = (("数据集", "data set"), ("更新周期", "cycle"), ("最近更新", "updated"), ("应更新", "due"), ("状态", "standing"))
    session.table(
        session.text("更新时效", "freshness"),
        [session.text(zh, en) for zh, en in names],
        [
            [one.dataset, session.label(one.frequency), one.updated_on or "", one.due_on or "", session.label(one.timeliness)]
            for one in found
        ],
    )


@app.command("remind")
def remind(context: typer.Context, as_json: AsJson = False) -> None:
    """生成今日更新提醒（可重复执行） · store today's reminders to update; running it again changes nothing."""
    from catalog_service.services.freshness import remind as run
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        done = run(platform, session.principal)
    if as_json:
        session.json(done.model_dump())
        return
    zh = f"已核对 {done.checked} 个数据集，逾期 {done.late} 个；新提醒 {done.created} 条，了结 {done.settled} 条"
    en = f"{done.checked} data sets looked at, {done.late} overdue; {done.created} new reminders, {done.settled} settled"
    session.say(zh, en)
