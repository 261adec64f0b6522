"""`wuxi-data ledger`: search, who used an agency's data, verification (Art. 21, 34, 36)."""

import datetime as dt
from typing import Annotated

import typer

from catalog_service.catalog.ledger import LedgerPage, LedgerQuery
from catalog_service.cli.catalog_commands import AsJson
from catalog_service.cli.console import Session

app = typer.Typer(no_args_is_help=True, help="台账 · the ledger (Art. 34)")
Limit = Annotated[int, typer.Option(min=1, max=200, help="每页条数 · entries a page")]
Cursor = Annotated[str | None, typer.Option(help="下一页标记 · where to go on")]


@app.command("search")
def search_(
    context: typer.Context,
    who: Annotated[str, typer.Option(help="操作者编号或名称 · id or name of who acted")] = "",
    agency: Annotated[str | None, typer.Option(help="代表机构 · the agency it acted for")] = None,
    action: Annotated[str | None, typer.Option(help="操作 · action")] = None,
    target: Annotated[str, typer.Option(help="对象或其开头 · target, or its beginning")] = "",
    outcome: Annotated[str | None, typer.Option(help="done, allowed, denied")] = None,
    since: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="起始日期 · from")] = None,
    until: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="截止日期（含）· to, inclusive")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """查询台账 · search the ledger."""
    from catalog_service.services.ledger import search
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    asked = {"who": who, "agency": agency, "action": action, "target": target, "outcome": outcome, "cursor": cursor}
    end = None if until is None else until + dt.timedelta(days=1)
    query = _query(limit=limit, since=_local(since), until=_local(end), **asked)
    with open_platform(session.settings) as platform:
        page = search(platform, session.principal, query)
    _print(session, page, as_json)


@app.command("uses")
def uses_(
    context: typer.Context,
    agency: Annotated[str, typer.Argument(help="数据来源机构 · the agency whose data were used")],
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """谁使用了本机构的数据 · who used an agency's data (Art. 21)."""
    from catalog_service.services.ledger import uses
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        page = uses(platform, session.principal, agency, _query(limit=limit, cursor=cursor))
    _print(session, page, as_json)


@app.command("verify")
def verify_(
    context: typer.Context,
    public_key: Annotated[str | None, typer.Option(help="此前公布的公钥 · the public key as published before")] = None,
    as_json: AsJson = False,
) -> None:
    """校验台账 · check every entry, the chain and the signed heads."""
    from catalog_service.services.ledger import verify
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = verify(platform, session.principal, public_key=public_key)
    if as_json:
        session.json({"is_sound": not found.problems, **found.model_dump(mode="json")})
    else:
        session.warn(found.problems)
        zh = f"台账共 {found.size} 条记录，签名检查点覆盖前 {found.signed} 条；发现 {len(found.problems)} 处问题"
        en = f"{found.size} entries, the first {found.signed} under signed heads; {len(found.problems)} faults found"
        session.say(zh, en, "red" if found.problems else "green")
    raise typer.Exit(1 if found.problems else 0)


def _query(**asked: object) -> LedgerQuery:
    """Return the question.

    Raises:
        typer.BadParameter: something that was asked for cannot be.
    """
    from pydantic import ValidationError

    try:
        return LedgerQuery.model_validate(asked)
    except ValidationError as error:
        names = ", ".join(str(one["loc"][0]) for one in error.errors())
        raise typer.BadParameter(f"取值不符合要求 · the value is not allowed: {names}") from None


def _local(day: dt.datetime | None) -> dt.datetime | None:
    return None if day is None else day.astimezone()


def _print(session: Session, page: LedgerPage, as_json: bool) -> None:
    if as_json:
        session.json(page.model_dump(mode="json"))
        return
    t = session.text
    columns = (
        t("序号", "no."),
        t("时间", "when"),
        t("操作者", "who"),
        t("机构", "agency"),
        t("操作", "action"),
        t("对象", "target"),
    )
    rows = [
        (
            one.sequence,
            f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}",
            one.entry.principal_name,
            one.entry.agency or "",
            one.entry.action,
            one.entry.target,
            one.entry.outcome,
        )
        for one in page.items
    ]
    session.table(t("台账", "the ledger"), (*columns, t("结果", "outcome")), rows)
    if page.next_cursor:
        session.say(f"下一页：--cursor {page.next_cursor}", f"next page: --cursor {page.next_cursor}")
