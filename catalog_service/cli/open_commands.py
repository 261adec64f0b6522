"""`wuxi-data open`: the open list, and getting an open data set (Art. 23, 24)."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from catalog_service.cli.catalog_commands import AsJson, DatasetId
from catalog_service.cli.console import Session

app = typer.Typer(no_args_is_help=True, help="开放数据 · open data (Art. 22–24)")


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """列出可直接获取的开放数据 · list what is open without conditions."""
    from catalog_service.services.platform import open_platform
    from catalog_service.services.publishing import current, published_catalog

    session: Session = context.obj
    with open_platform(session.settings) as platform:
        published, catalog = current(platform), published_catalog(platform)
    found = [
        (catalog.dataset[id_], one)
        for table, one in published.items()
        if table.startswith("open/")
        and (id_ := table.removeprefix("open/")) in catalog.dataset
        # An entry may have been closed since; what was published before is no longer served.
        and catalog.dataset[id_].open_fields
    ]
    if as_json:
        session.json(
            [
                {
                    "id": entry.id,
                    "title": entry.title,
                    "rows": one.row_count,
                    "version": one.version,
                    "published_at": one.published_at,
                }
                for entry, one in found
            ]
        )
        return
    t = session.text
    columns = (t("标识", "id"), t("名称", "title"), t("行数", "rows"), t("版本", "version"), t("发布时间", "published"))
    rows = [
        (entry.id, entry.title, one.row_count, str(one.version), f"{one.published_at:%Y-%m-%d %H:%M}") for entry, one in found
    ]
    session.table(t("无条件开放的数据", "open without conditions"), columns, rows)


@app.command("get")
def get(
    context: typer.Context,
    dataset: DatasetId,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="保存为 · file to write; default <dataset>.parquet")
    ] = None,
    version: Annotated[int | None, typer.Option(min=0, help="历史版本 · an earlier version")] = None,
    part: Annotated[int | None, typer.Option(min=1, help="多文件时的序号 · which file, where there are several")] = None,
) -> None:
    """获取开放数据的 Parquet 文件 · get the Parquet file of an open data set."""
    from catalog_service.services.access import Wish
    from catalog_service.services.downloading import open_file
    from catalog_service.services.platform import open_platform

    session: Session = context.obj
    target = output or Path(dataset.rpartition("/")[2] + ".parquet")
    with open_platform(session.settings) as platform:
        found = open_file(platform, session.principal, Wish(dataset, version=version), number=part)
        shutil.copyfile(found.path, target)
    size, sha256 = found.file.size_bytes, found.file.sha256
    session.say(
        f"已保存 {target}（{size:,} 字节，sha256 {sha256}）", f"saved {target} ({size:,} bytes, sha256 {sha256})", "green"
    )
