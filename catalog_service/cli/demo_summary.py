"""The demo's summary for the terminal: what arrived, what was refused and why, golden records, checks, what is open."""

import sys
from collections import Counter
from pathlib import Path

from rich.markup import escape

from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.cli.console import Session
from catalog_service.cli.demo import DemoSummary

_MOST_REASONS = 8
_MOST_OPEN = 12


def print_summary(session: Session, summary: DemoSummary) -> None:
    """Print the summary, most important first, and where to look next."""
    _catalog(session, summary)
    _deliveries(session, summary)
    _refusals(session, summary)
    _golden(session, summary)
    _checks(session, summary)
    _open(session, summary)
    _where(session)


def _heading(session: Session, zh: str, en: str) -> None:
    session.out.print()
    session.out.rule(session.text(zh, en), align="left", style="bold")


def _catalog(session: Session, summary: DemoSummary) -> None:
    _heading(session, "目录", "Catalog")
    session.say(
        f"{summary.agencies} 个机构，{summary.entries} 个已发布的目录条目；一份有错的目录文件被退回，原因：",
        f"{summary.agencies} agencies, {summary.entries} published entries; a faulty catalog file was refused because:",
    )
    for one in summary.faults_of_sample:
        session.out.print("  ✗ " + escape(one.to(session.language)), style="red")


def _deliveries(session: Session, summary: DemoSummary) -> None:
    _heading(session, "汇聚", "Deliveries")
    states = Counter(one.state for one in summary.deliveries)
    loaded, withheld, rejected = (states[one] for one in (DeliveryState.LOADED, DeliveryState.WITHHELD, DeliveryState.REJECTED))
    session.say(
        f"报送 {summary.delivered} 个文件：入库 {loaded}，质量检查未通过而暂不发布 {withheld}，整批退回 {rejected}，"
        f"目录外拒收 {len(summary.refused)}，重复（未作改动）{summary.duplicates}",
        f"{summary.delivered} files delivered: {loaded} loaded, {withheld} withheld by a failing check, "
        f"{rejected} rejected whole, {len(summary.refused)} refused as not in the catalog, "
        f"{summary.duplicates} repeated (nothing changed)",
    )
    read = sum(one.rows_read for one in summary.deliveries)
    accepted = sum(one.rows_accepted for one in summary.deliveries)
    aside = sum(one.rows_quarantined for one in summary.deliveries)
    session.say(
        f"读取 {read:,} 行 = 接受 {accepted:,} + 隔离 {aside:,}",
        f"{read:,} rows read = {accepted:,} accepted + {aside:,} quarantined",
    )
    reasons: Counter[str] = Counter()
    for delivery in summary.deliveries:
        for reason in delivery.quarantine:
            reasons[reason.message.to(session.language)] += reason.row_count
    for text, count in reasons.most_common(_MOST_REASONS):
        session.out.print(f"  · {count:>5,}  {escape(text)}", style="yellow")


def _refusals(session: Session, summary: DemoSummary) -> None:
    _heading(session, "退回和暂缓的原因", "Why deliveries were refused or withheld")
    for refused in summary.refused:
        session.out.print(f"✗ {refused.dataset} · {escape(refused.file_name)}")
        for text in refused.reasons:
            session.out.print("    " + escape(text.to(session.language)), style="red")
    for delivery in summary.deliveries:
        if delivery.state in (DeliveryState.REJECTED, DeliveryState.WITHHELD):
            session.out.print(f"✗ {delivery.dataset} · {escape(delivery.file_name)} · {session.label(delivery.state)}")
            for one in delivery.problems[:3]:
                session.out.print("    " + escape(one.to(session.language)), style="red")


def _golden(session: Session, summary: DemoSummary) -> None:
    _heading(session, "一数一源：主数据", "One data, one source: golden records")
    t = session.text
    columns = (
        t("基础数据", "base data"),
        t("来源", "sources"),
        t("主记录", "records"),
        t("分歧", "conflict rows"),
        t("应有", "true"),
        t("找回", "found"),
        t("多余", "false"),
        t("字段值正确", "values right"),
    )
    rows = [
        (
            f"{one.title.to(session.language)}\n{one.dataset}",
            one.sources,
            one.records,
            one.conflicts,
            one.true_records,
            one.found_records,
            one.false_records,
            _percent(one.correct_values, one.field_values),
        )
        for one in summary.golden
    ]
    session.table(t("与已知真值比较", "against the known truth"), columns, rows)


def _checks(session: Session, summary: DemoSummary) -> None:
    _heading(session, "质量检查", "Quality checks")
    n = summary.rules
    session.say(
        f"{n.tables} 张表，已评 {n.evaluated} 条规则：通过 {n.passed}，警告 {n.warnings}，阻断 {n.blocking}；"
        f"未评 {n.not_evaluated}",
        f"{n.tables} tables, {n.evaluated} rules evaluated: {n.passed} passed, {n.warnings} warnings, {n.blocking} blocking; "
        f"{n.not_evaluated} not evaluated",
    )


def _open(session: Session, summary: DemoSummary) -> None:
    _heading(session, "已开放", "Open now")
    shown = list(summary.open_tables.items())[:_MOST_OPEN]
    rows = [(id_, summary.titles[id_].to(session.language), count) for id_, count in shown]
    title = session.text(
        f"无条件开放 {len(summary.open_tables)} 个数据集，例如",
        f"{len(summary.open_tables)} data sets open without conditions, such as",
    )
    session.table(title, (session.text("标识", "id"), session.text("名称", "title"), session.text("行数", "rows")), rows)


def _where(session: Session) -> None:
    settings = session.settings
    _heading(session, "去哪里看", "Where to look")
    session.say(
        f"网页和 API   http://{settings.host}:{settings.port}", f"pages and API   http://{settings.host}:{settings.port}"
    )
    session.say(
        f"Dagster     http://{settings.host}:{settings.dagster_port}",
        f"Dagster         http://{settings.host}:{settings.dagster_port}",
    )
    program = _program()
    session.say(f'查询        {program} query "SHOW ALL TABLES"', f'query           {program} query "SHOW ALL TABLES"')
    session.say(f"开放清单     {program} open list", f"open list       {program} open list")


def _program() -> str:
    """Return this program as it was called, so that the line can be typed again where nothing is on the path."""
    return sys.argv[0] if Path(sys.argv[0]).name == "wuxi-data" else "wuxi-data"


def _percent(part: int, whole: int) -> str:
    """A share that is never rounded up to 100."""
    return "-" if not whole else f"{int(part * 1000 / whole) / 10:.1f}%"
