"""`wuxi-data rules`: rule sets, holiday notices, deadlines counted day by day; `wuxi-data statistics`."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from catalog_service.catalog.ruleset import DutyKind, RuleSet, RuleSets
from catalog_service.cli.catalog_commands import AsJson
from catalog_service.cli.console import Session

app = typer.Typer(no_args_is_help=True, help="规则集与工作日 · rule sets and working days (Art. 13, 14, 24)")
File = Annotated[Path, typer.Argument(help="YAML 文件 · YAML file")]


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """列出规则集、期限和采用情况 · list rule sets, their deadlines and adoptions."""
    from catalog_service.services import clocks
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found, today = clocks.rule_sets(platform), clocks.today(platform)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    in_force = found.in_force(today).id
    adopted = {one.id: [str(a.from_day) for a in found.adoptions if a.rule_set == one.id] for one in found.sets}
    rows = [
        (
            one.id + (" *" if one.id == in_force else ""),
            session.text(one.title.zh, one.title.en),
            str(one.in_force_from),
            "、".join(adopted[one.id]),
            "、".join(_own_deadlines(session, one, found)),
        )
        for one in found.sets
    ]
    names = (
        ("标识", "id"),
        ("名称", "title"),
        ("施行", "in force"),
        ("采用", "adopted from"),
        ("期限（工作日）", "working days"),
    )
    title = session.text(f"今日（{today}）适用 {in_force}", f"today ({today}) {in_force} applies")
    session.table(title, [session.text(*name) for name in names], rows)


def _own_deadlines(session: Session, one: RuleSet, known: RuleSets) -> list[str]:
    """Return the deadlines that a set states itself: by an article of its law, or other than the set it extends."""
    base = known.by_id[one.extends].deadlines if one.extends else {}
    unread = session.text("（未核对）", " (not verified)")
    return [
        f"{session.label(kind)} {term.days}{'' if term.verified else unread}"
        for kind, term in one.terms.items()
        if term.verified or (base and term.days != base.get(kind))
    ]


@app.command("register")
def register(context: typer.Context, file: File) -> None:
    """登记规则集文件 · register a rule set from a file."""
    from catalog_service.services.platform import open_platform
    from catalog_service.services.rule_sets import register_rule_set

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        one = register_rule_set(platform, session.principal, file.read_text(encoding="utf-8"), file.name)
    session.say(f"已登记规则集 {one.id}，采用后生效", f"registered {one.id}; it applies once adopted", "green")


@app.command("adopt")
def adopt(
    context: typer.Context,
    rule_set: Annotated[str, typer.Argument(help="规则集标识 · id of the rule set")],
    from_day: Annotated[dt.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="自何日起 · from which day on")],
    verification: Annotated[str, typer.Option(help="与何文本核对 · which text its numbers were compared with")] = "",
) -> None:
    """自某日起采用规则集 · adopt a rule set from a day on."""
    from catalog_service.services.platform import open_platform
    from catalog_service.services.rule_sets import adopt_rule_set

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        adopted = adopt_rule_set(platform, session.principal, rule_set, from_day.date(), verification=verification)
    session.say(
        f"自 {adopted.from_day} 起采用 {adopted.rule_set}", f"{adopted.rule_set} is adopted from {adopted.from_day} on", "green"
    )


@app.command("notice")
def notice(context: typer.Context, file: File) -> None:
    """登记国务院办公厅放假通知，重新计算期限 · take in a holiday notice; running deadlines are counted again."""
    from catalog_service.catalog.working_days import HolidayNotice
    from catalog_service.formats.models import read_model_file
    from catalog_service.services.holiday_notices import take_in
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    read = read_model_file(HolidayNotice, file)
    with open_platform(session.settings) as platform:
        moved = take_in(platform, session.principal, read)
    session.say(
        f"已登记 {read.id}，{moved} 项期限重新计算", f"took in {read.id}; {moved} deadlines were counted again", "green"
    )


@app.command("deadline")
def deadline(
    context: typer.Context,
    kind: Annotated[DutyKind, typer.Argument(help="事项 · what must be done")],
    on: Annotated[dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="发生日期 · the day on which it happened")],
    as_json: AsJson = False,
) -> None:
    """逐日计算期限 · count a deadline day by day."""
    from catalog_service.services import clocks
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = clocks.deadline(platform, kind, on.date())
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    rows = [(str(one.day), one.number or "", session.label(one.kind), one.holiday) for one in found.days]
    columns = (("日期", "day"), ("第几日", "number"), ("类别", "kind"), ("节日", "holiday"))
    provisional = session.text("（暂定）", " (provisional)") if found.is_provisional else ""
    title = session.text(f"{kind.zh}：{found.due} 到期{provisional}", f"{kind.en}: due {found.due}{provisional}")
    session.table(title, [session.text(*name) for name in columns], rows)


def statistics(
    context: typer.Context,
    csv: Annotated[Path | None, typer.Option(help="写入 CSV 文件 · write a CSV file")] = None,
    as_json: AsJson = False,
) -> None:
    """目录统计：条目、完整度、更新义务 · catalog statistics: entries, completeness, duties."""
    from catalog_service.services.platform import open_platform
    from catalog_service.services.statistics import catalog_statistics, statistics_csv

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        if csv is not None:
            csv.write_text(statistics_csv(platform, session.principal), encoding="utf-8", newline="")
        found = catalog_statistics(platform, session.principal)
    if as_json:
        session.json(found.model_dump(mode="json"))
        return
    states = "，".join(f"{session.label(state)} {count}" for state, count in found.by_state.items() if count)
    session.say(f"{found.day}：条目 {found.entries}（{states}）", f"{found.day}: {found.entries} entries ({states})", "bold")
    rows = [
        (one.agency, one.name, one.entries, one.published, one.mean_completeness or "", one.open_duties, one.overdue_duties)
        for one in found.agencies
    ]
    names = (
        ("机构", "agency"),
        ("名称", "name"),
        ("条目", "entries"),
        ("已发布", "published"),
        ("完整度", "completeness"),
        ("待更新", "open duties"),
        ("逾期", "overdue"),
    )
    session.table(session.text("分机构", "by agency"), [session.text(*name) for name in names], rows)
