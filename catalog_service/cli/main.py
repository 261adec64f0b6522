"""The command tree and the frame of every command: settings, language, errors to exit codes."""

import sys
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from catalog_service.catalog.errors import Language, WuxiError
from catalog_service.cli import catalog_commands, data_commands, open_commands, run_commands
from catalog_service.cli.console import Session, quiet_libraries
from catalog_service.settings import Settings

app = typer.Typer(
    name="wuxi-data",
    no_args_is_help=True,
    add_completion=False,
    help="""无锡市公共数据平台：目录、汇聚、归集、检查、开放。

    Public-data platform of a city: catalog, deliveries, golden records, checks, open data.""",
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
app.add_typer(catalog_commands.app, name="catalog")
app.command("deliver")(data_commands.deliver)
app.command("run")(data_commands.run)
app.command("check")(data_commands.check)
app.command("query")(data_commands.query)
app.add_typer(open_commands.app, name="open")
app.command("serve")(run_commands.serve)
app.command("dagster")(run_commands.dagster)


def main() -> None:
    """Run the CLI; refusals become one clear message and exit code 1."""
    try:
        app()
    except WuxiError as error:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        language = Language.EN if f"--lang={Language.EN}" in sys.argv or Language.EN in sys.argv else _default_language()
        for problem in error.problems:
            console.print("✗ " + problem.to(language), style="red", markup=False)
        sys.exit(1)
    except ValidationError as error:
        Console(stderr=True).print(f"设置有误 · wrong settings (WUXI_*):\n{error}", style="red", markup=False)
        sys.exit(2)


def _default_language() -> Language:
    return Settings().lang
