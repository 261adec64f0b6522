"""The command tree and the frame of every command: settings, language, errors to exit codes."""

import sys
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from catalog_service.catalog.errors import Language, Text, WuxiError
from catalog_service.cli import (
    account_commands,
    catalog_commands,
    data_commands,
    duty_commands,
    entity_commands,
    interaction_commands,
    lake_commands,
    ledger_commands,
    life_cycle_commands,
    open_commands,
    opening_commands,
    quality_commands,
    rectification_commands,
    register_commands,
    rules_commands,
    run_commands,
    score_commands,
    share_commands,
    source_commands,
)
from catalog_service.cli.console import Session, quiet_libraries
from catalog_service.cli.speaking import asked_language, speak
from catalog_service.settings import Settings

app = typer.Typer(
    name="wuxi-data",
    no_args_is_help=True,
    add_completion=False,
    help="无锡市公共数据平台：目录、汇聚、归集、检查、开放 · public-data platform of a city: "
    "catalog, deliveries, golden records, checks, open data.",
    rich_markup_mode="rich",
)


@app.callback()
def _frame(
    context: typer.Context,
    lang: Annotated[Language | None, typer.Option(help="输出语言 · language of the output")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="显示运行日志 · show logs")] = False,
) -> None:
    settings = Settings()
    quiet_libraries(verbose)
    context.obj = Session(settings if lang is None else settings.model_copy(update={"lang": lang}))


app.command("init")(run_commands.init)
app.command("demo")(run_commands.demo)
life_cycle_commands.add_to(catalog_commands.app)
app.add_typer(catalog_commands.app, name="catalog")
app.command("deliver")(data_commands.deliver)
app.command("run")(data_commands.run)
app.command("check")(data_commands.check)
app.command("query")(data_commands.query)
opening_commands.add_to(open_commands.app)
app.add_typer(open_commands.app, name="open")
app.add_typer(entity_commands.app, name="entity")
app.add_typer(share_commands.share_app, name="share")
app.add_typer(share_commands.grant_app, name="grant")
score_commands.add_to(quality_commands.app)
rectification_commands.add_to(quality_commands.app)
app.add_typer(quality_commands.app, name="quality")
app.add_typer(account_commands.accounts_app, name="account")
app.add_typer(account_commands.keys_app, name="key")
app.add_typer(ledger_commands.app, name="ledger")
app.add_typer(lake_commands.app, name="lake")
app.add_typer(duty_commands.app, name="duty")
app.add_typer(rules_commands.app, name="rules")
app.add_typer(register_commands.app, name="register")
app.add_typer(interaction_commands.objections_app, name="objection")
app.add_typer(interaction_commands.demands_app, name="demand")
app.add_typer(source_commands.app, name="source")
app.command("notices")(interaction_commands.notices)
app.command("statistics")(rules_commands.statistics)
app.command("serve")(run_commands.serve)
app.command("dagster")(run_commands.dagster)


def main() -> None:
    """Run the CLI; refusals become one clear message and exit code 1."""
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        language = asked_language(sys.argv[1:])
        command = typer.main.get_command(app)
        speak(command, language)
        command()
    except WuxiError as error:
        for problem in error.problems:
            err.print("✗ " + problem.to(language), style="red", markup=False)
        sys.exit(1)
    except ValidationError as error:
        err.print(f"设置有误 · wrong settings (WUXI_*):\n{error}", style="red", markup=False)
        sys.exit(2)
    except OSError as error:
        if error.filename is None:
            raise
        zh = f"无法读写 {error.filename}（{error.strerror}），请检查路径和权限"
        en = f"cannot read or write {error.filename} ({error.strerror}); check path and permissions"
        err.print("✗ " + Text(zh=zh, en=en).to(language), style="red", markup=False)
        sys.exit(1)
