"""`wuxi-data register`: exchange channels, plans and standards (Art. 9, 10, 12)."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

import typer

from catalog_service.catalog.register import PlanState
from catalog_service.cli.catalog_commands import AsJson
from catalog_service.cli.console import Session

app = typer.Typer(no_args_is_help=True, help="通道、规划、标准登记 · channels, plans, standards (Art. 9, 10, 12)")
File = Annotated[Path, typer.Argument(help="YAML 文件 · YAML file")]
Id = Annotated[str, typer.Argument(help="标识 · id")]
Edition = Annotated[int, typer.Option(min=1, help="所依据的版次 · edition that the change is based on")]


@app.command("channels")
def channels(context: typer.Context, as_json: AsJson = False) -> None:
    """列出共享交换通道和整合进展 · list exchange channels and their integration."""
    from catalog_service.services.platform import open_platform
    from catalog_service.services.registers import list_channels

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = list_channels(platform, session.principal)
    if as_json:
        session.json([one.model_dump(mode="json") for one in found])
        return
    names = (
        ("标识", "id"),
        ("名称", "title"),
        ("提供", "from"),
        ("接收", "to"),
        ("状态", "state"),
        ("进展", "done"),
        ("版次", "edition"),
    )
    rows = [
        (
            one.channel.id,
            one.channel.title,
            one.channel.provider,
            one.channel.receiver,
            session.label(one.state),
            f"{one.progress:.0%}",
            one.edition,
        )
        for one in found
    ]
    session.table(session.text("共享交换通道", "exchange channels"), [session.text(*name) for name in names], rows)


@app.command("channel")
def channel(context: typer.Context, file: File) -> None:
    """登记已建通道；新建的不予登记 · register an existing channel; a new one is refused (Art. 12)."""
    from catalog_service.catalog.register import ExchangeChannel
    from catalog_service.formats.models import read_model_file
    from catalog_service.services.platform import open_platform
    from catalog_service.services.registers import register_channel

    session: Session = context.obj
    one = read_model_file(ExchangeChannel, file)
    with open_platform(session.settings) as platform:
        register_channel(platform, session.principal, one)
    session.say(f"已登记通道 {one.id}", f"registered channel {one.id}", "green")


@app.command("integrate")
def integrate(context: typer.Context, id_: Id, file: File, edition: Edition) -> None:
    """更新通道的整合方案和进展 · set the integration plan of a channel and its progress."""
    from catalog_service.formats.models import read_model_file
    from catalog_service.services.platform import open_platform
    from catalog_service.services.registers import Integration, integrate_channel

    session: Session = context.obj
    plan = read_model_file(Integration, file)
    with open_platform(session.settings) as platform:
        done = integrate_channel(platform, session.principal, id_, plan, edition)
    session.say(f"{id_}：{done.state.zh}，{done.progress:.0%}", f"{id_}: {done.state.en}, {done.progress:.0%}", "green")


@app.command("plans")
def plans(context: typer.Context, as_json: AsJson = False) -> None:
    """列出发展规划及备案情况 · list development plans and which districts have filed."""
    from catalog_service.services import planning
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = planning.plans(platform, session.principal)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    rows = [
        (one.plan.id, one.plan.title, one.division, one.plan.period, session.label(one.state), one.edition)
        for one in (*found.city, *found.districts)
    ]
    names = (
        ("标识", "id"),
        ("名称", "title"),
        ("地区", "division"),
        ("期间", "period"),
        ("状态", "state"),
        ("版次", "edition"),
    )
    session.table(session.text("发展规划", "plans"), [session.text(*name) for name in names], rows)
    if found.not_filed:
        session.say(f"尚未备案：{'、'.join(found.not_filed)}", f"not filed: {', '.join(found.not_filed)}", "yellow")


@app.command("plan")
def plan(context: typer.Context, file: File) -> None:
    """登记编制中的规划 · register a plan that is being drafted."""
    from catalog_service.catalog.register import Plan
    from catalog_service.formats.models import read_model_file
    from catalog_service.services.planning import register_plan
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    one = read_model_file(Plan, file)
    with open_platform(session.settings) as platform:
        register_plan(platform, session.principal, one)
    session.say(f"已登记规划 {one.id}", f"registered plan {one.id}", "green")


@app.command("advance")
def advance(
    context: typer.Context,
    id_: Id,
    state: Annotated[PlanState, typer.Argument(help="到达的阶段 · the station it reached")],
    on: Annotated[dt.datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="日期 · day")],
    document: Annotated[str, typer.Option(help="文件及文号 · document and its number")],
    edition: Edition,
) -> None:
    """记录规划的批准、公布、备案 · note that a plan was approved, published or filed."""
    from catalog_service.catalog.register import PlanStep
    from catalog_service.services.planning import advance_plan
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    step = PlanStep(state=state, on=on.date(), document=document)
    with open_platform(session.settings) as platform:
        advance_plan(platform, session.principal, id_, step, edition)
    session.say(f"规划 {id_}：{state.zh}", f"plan {id_}: {state.en}", "green")


@app.command("standards")
def standards(context: typer.Context, as_json: AsJson = False) -> None:
    """列出标准及以其为依据的规则 · list standards and what rests on them."""
    from catalog_service.services import planning
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = planning.standards(platform)
    if as_json:
        session.json([one.model_dump(mode="json") for one in found])
        return
    names = (
        ("编号", "number"),
        ("名称", "title"),
        ("状态", "status"),
        ("代替", "replaced by"),
        ("关联", "links"),
        ("版次", "edition"),
    )
    rows = [
        (
            one.standard.number,
            one.standard.title,
            session.label(one.standard.status),
            one.standard.replaced_by or "",
            len(one.links),
            one.edition,
        )
        for one in found
    ]
    session.table(session.text("标准", "standards"), [session.text(*name) for name in names], rows)


@app.command("standard")
def standard(
    context: typer.Context, file: File, edition: Annotated[int | None, typer.Option(min=1, help="版次 · edition")] = None
) -> None:
    """登记标准，或按版次修改 · register a standard, or change one by its edition."""
    from catalog_service.catalog.register import Standard
    from catalog_service.formats.models import read_model_file
    from catalog_service.services.planning import put_standard
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    one = read_model_file(Standard, file)
    with open_platform(session.settings) as platform:
        put_standard(platform, session.principal, one, edition)
    session.say(f"已登记标准 {one.number}", f"registered standard {one.number}", "green")


@app.command("link")
def link(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help="标准编号 · number of the standard")],
    kind: Annotated[Literal["rule", "rule_set", "data_element"], typer.Argument(help="种类 · kind")],
    target: Annotated[str, typer.Argument(help="规则、规则集或数据元 · rule, rule set or data element")],
    remove: Annotated[bool, typer.Option("--remove", help="取消关联 · take the link back")] = False,
) -> None:
    """关联规则、规则集、数据元与标准 · note what rests on a standard."""
    from catalog_service.catalog.register import StandardLink
    from catalog_service.services.planning import link_standard
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        changed = link_standard(
            platform, session.principal, StandardLink(standard=number, kind=kind, target=target), remove=remove
        )
    session.say("已更新关联" if changed else "没有变化", "links changed" if changed else "nothing changed", "green")
