"""`wuxi-data share` and `wuxi-data grant`: share requests between agencies and the grants they lead to (Art. 19–21)."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.share_request import ShareEvent, ShareState
from catalog_service.cli.catalog_commands import AsJson, DatasetId
from catalog_service.cli.console import Session

if TYPE_CHECKING:
    from catalog_service.services.sharing import ShareView

share_app = typer.Typer(no_args_is_help=True, help="数据共享 · sharing between agencies (Art. 19–21)")
grant_app = typer.Typer(no_args_is_help=True, help="授权 · grants (Art. 21)")
Id = Annotated[str, typer.Argument(metavar="ID", help="编号 · number")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="理由 · reasons")]


@share_app.command("request")
def request_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(exists=True, help="申请内容（JSON）· the request as JSON: dataset, purpose, legal_duty, …")
    ],
    agency: Annotated[str, typer.Option(help="申请机构 · the agency that asks")],
    draft: Annotated[bool, typer.Option("--draft", help="只存草稿 · keep it as a draft")] = False,
    as_json: AsJson = False,
) -> None:
    """提出共享申请 · file a share request."""
    from catalog_service.catalog.share_request import Wish
    from catalog_service.services import sharing
    from catalog_service.services.casework import valid
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidError(
            problem("bad-json", "文件不是 JSON，请改正", "the file is no JSON; correct it", file=file.name)
        ) from error
    wish = valid(Wish, document, 20)
    with open_platform(session.settings) as platform:
        made = sharing.request_share(platform, session.principal, wish, agency=agency, is_draft=draft)
        _print(session, sharing.show(platform, session.principal, made.id), as_json=as_json)


@share_app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[ShareState | None, typer.Option(help="状态 · state")] = None,
    as_json: AsJson = False,
) -> None:
    """列出共享申请 · list share requests."""
    from catalog_service.services import sharing
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        page = sharing.list_requests(platform, session.principal, state=state, limit=100)
    if as_json:
        session.json(page.model_dump(mode="json"))
        return
    t = session.text
    columns = (t("编号", "number"), t("数据集", "data set"), t("申请机构", "asks"), t("状态", "state"), t("期限", "due"))
    rows = [
        (
            one.request.id,
            one.request.wish.dataset,
            one.request.applicant,
            session.label(one.request.state),
            "" if one.deadline is None else f"{one.deadline.due}{' !' if one.is_overdue else ''}",
        )
        for one in page.items
    ]
    session.table(t("共享申请", "share requests"), columns, rows)


@share_app.command("show")
def show(context: typer.Context, id_: Id, as_json: AsJson = False) -> None:
    """显示一件共享申请及其办理记录 · show a share request with its history."""
    from catalog_service.services import sharing
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        _print(session, sharing.show(platform, session.principal, id_), as_json=as_json)


@share_app.command("act")
def act(
    context: typer.Context,
    id_: Id,
    event: Annotated[ShareEvent, typer.Argument(help="办理事项 · the step to take")],
    reason: Reason = "",
    disagree: Annotated[
        bool, typer.Option("--disagree", help="提出意见时：不同意 · with opine: the agency does not agree")
    ] = False,
    column: Annotated[
        list[str] | None, typer.Option("--column", help="同意时只给这些信息项 · with a decision for sharing: these fields only")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """办理共享申请 · take a step in a share request."""
    from catalog_service.catalog.share_request import Opinion
    from catalog_service.services import sharing
    from catalog_service.services.platform import open_platform
    from catalog_service.services.sharing import Narrowing, ShareAction

    session: Session = context.obj
    opinion = Opinion(agrees=not disagree, reason=reason) if event is ShareEvent.OPINE else None
    narrowing = Narrowing(columns=tuple(column) if column else None)
    with open_platform(session.settings) as platform:
        sharing.act(platform, session.principal, id_, event, ShareAction(reason=reason, opinion=opinion, narrowing=narrowing))
        _print(session, sharing.show(platform, session.principal, id_), as_json=as_json)


@grant_app.command("list")
def list_grants(
    context: typer.Context,
    dataset: Annotated[str | None, typer.Option(help="数据集 · data set")] = None,
    as_json: AsJson = False,
) -> None:
    """列出授权 · list grants."""
    from catalog_service.services import granting
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        page = granting.list_grants(platform, session.principal, dataset=dataset, limit=100)
    if as_json:
        session.json(page.model_dump(mode="json"))
        return
    t = session.text
    columns = (
        t("编号", "number"),
        t("数据集", "data set"),
        t("被授权方", "holder"),
        t("状态", "state"),
        t("至", "until"),
        t("行数", "rows"),
    )
    rows = [
        (
            one.grant.id,
            one.grant.dataset,
            one.grant.grantee.id,
            session.label(one.state),
            str(one.grant.valid_until),
            t("未发布", "withheld") if one.product is None or one.product.version is None else f"{one.product.row_count:,}",
        )
        for one in page.items
    ]
    session.table(t("授权", "grants"), columns, rows)


@grant_app.command("revoke")
def revoke(context: typer.Context, id_: Id, reason: Reason) -> None:
    """收回授权，立即生效 · revoke a grant, at once."""
    from catalog_service.services import revoking
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        revoking.revoke(platform, session.principal, id_, reason)
    session.say(f"已收回授权 {id_}", f"revoked the grant {id_}", "green")


@grant_app.command("refresh")
def refresh(context: typer.Context, dataset: DatasetId) -> None:
    """按现行目录和数据重新生成授权产品 · make the products of a data set's grants anew."""
    from catalog_service.services import products
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        made = products.refresh_grants(platform, dataset)
    for one in made:
        session.warn(one.withheld)
    session.say(f"已核对 {len(made)} 个授权产品", f"{len(made)} products of grants are up to date")
    raise typer.Exit(1 if any(one.withheld for one in made) else 0)


@grant_app.command("expire")
def expire(context: typer.Context) -> None:
    """办结已到期的授权 · close the requests of grants whose period is over."""
    from catalog_service.services import expiring
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = expiring.expire(platform, session.principal)
    session.say(f"已办结 {len(found)} 个到期授权", f"closed {len(found)} expired grants")


@share_app.command("read")
def read(
    context: typer.Context,
    dataset: DatasetId,
    purpose: Annotated[str, typer.Option(help="使用目的 · purpose")],
    output: Annotated[Path, typer.Option("--output", "-o", help="保存为 · file (.csv, .json, .jsonl, .xlsx, .parquet)")],
) -> None:
    """直接获取无条件共享的数据 · take what is shared unconditionally."""
    from catalog_service.catalog.decision import Zone
    from catalog_service.services.access import Wish
    from catalog_service.services.downloading import export
    from catalog_service.services.export_forms import form_of
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    form = form_of(output)
    with open_platform(session.settings) as platform:
        found = export(platform, session.principal, Wish(dataset, Zone.MAIN, purpose=purpose), form)
        with output.open("wb") as file:
            file.writelines(found.chunks)
    session.say(f"已保存 {output}（{found.returned_count:,} 行）", f"saved {output} ({found.returned_count:,} rows)", "green")


def _print(session: Session, view: "ShareView", *, as_json: bool) -> None:
    if as_json:
        session.json(view.model_dump(mode="json"))
        return
    request, t = view.request, session.text
    session.say(
        f"共享申请 {request.id}：{view.dataset_title}（{request.wish.dataset}），{request.applicant} 提出，{request.state.zh}",
        f"share request {request.id}: {request.wish.dataset}, asked for by {request.applicant}; {request.state.en}",
        "bold",
    )
    if view.deadline is not None:
        session.say(f"期限：{view.deadline.due}{'（逾期）' if view.is_overdue else ''}", f"due: {view.deadline.due}")
    rows = [(f"{one.at:%Y-%m-%d %H:%M}", t(one.label_zh, one.label_en), one.by, one.reason) for one in request.history]
    session.table(
        t("办理记录", "history"), (t("时间", "time"), t("事项", "step"), t("办理人", "by"), t("理由", "reasons")), rows
    )
    steps = "、".join(f"{one.value}（{one.zh}）" for one in view.possible) or t("无", "none")
    session.say(f"可办理：{steps}", f"possible now: {', '.join(one.value for one in view.possible) or 'none'}")
