"""`wuxi-data lake`: are the published files what they were, and which files may go (Art. 25, 34)."""

from collections.abc import Sequence
from typing import Annotated

import typer

from catalog_service.cli.catalog_commands import AsJson
from catalog_service.cli.console import Session
from catalog_service.services.housekeeping import LEAST_DAYS, Cleared

app = typer.Typer(no_args_is_help=True, help="数据湖文件的校验与清理 · verifying and clearing files of the lake")
Days = Annotated[int, typer.Option(help="保留天数，不少于 7 · days to keep, 7 at least")]
Trial = Annotated[bool, typer.Option("--dry-run", help="只列出，不删除 · list only, delete nothing")]


@app.command("verify")
def verify_(context: typer.Context, as_json: AsJson = False) -> None:
    """重新计算全部已发布文件的校验值 · read all published files again and compare them with what was published."""
    from catalog_service.services.housekeeping import verify
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform, session.progress("校验文件", "verifying files") as told:
        broken = verify(platform, told)
    if as_json:
        session.json([one.model_dump(mode="json") for one in broken])
    elif broken:
        t = session.text
        state = {True: t("缺失", "missing"), False: t("已改变", "changed")}
        rows = [(one.table, one.version, state[one.is_missing], one.path) for one in broken]
        columns = (t("表", "table"), t("版本", "version"), t("情况", "what"), t("文件", "file"))
        session.table(t("与发布记录不一致的文件", "files that are not what was published"), columns, rows)
    else:
        session.say("全部已发布文件与发布记录一致", "all published files are what was published", "green")
    if broken:
        raise typer.Exit(1)


@app.command("sweep")
def sweep_(context: typer.Context, days: Days = LEAST_DAYS, trial: Trial = False, as_json: AsJson = False) -> None:
    """清除中断的运行留下、无任何版本引用的文件 · delete files that killed runs left and no version names."""
    from catalog_service.services.housekeeping import sweep_left
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = sweep_left(platform, session.principal, days=days, is_trial=trial)
    _print(session, found, trial, as_json)


@app.command("retire")
def retire_(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="被替换多少天后不再保存 · days after which a replaced version goes")],
    trial: Trial = False,
    as_json: AsJson = False,
) -> None:
    """不再保存早已被替换的历史版本 · give up versions replaced long ago; base databases keep their past."""
    from catalog_service.services.housekeeping import retire
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        found = retire(platform, session.principal, days=days, is_trial=trial)
    _print(session, found, trial, as_json)


def _print(session: Session, found: Sequence[Cleared], is_trial: bool, as_json: bool) -> None:
    if as_json:
        session.json([one.model_dump(mode="json") for one in found])
        return
    t = session.text
    title = t("可清除的文件", "files that may go") if is_trial else t("已清除的文件", "files that went")
    rows = [(one.table, one.file_count, one.size_bytes) for one in found]
    session.table(title, (t("表", "table"), t("文件数", "files"), t("字节", "bytes")), rows)
