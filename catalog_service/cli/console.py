"""What commands share: settings, language, output for people and for scripts.

Here: printing. Not here: what is printed.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from catalog_service.catalog.errors import Language, Problem, Text
from catalog_service.catalog.principal import Principal, operator
from catalog_service.settings import Settings

_PIPE_WIDTH = 200
"""Characters a line where nobody's window ends: ids are not broken for the program that reads them."""


class Session:
    """One invocation of the CLI."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.out = Console(highlight=False, soft_wrap=True)
        self.err = Console(stderr=True, highlight=False, soft_wrap=True)
        if not self.out.is_terminal:
            self.out.width = max(self.out.width, _PIPE_WIDTH)

    @cached_property
    def language(self) -> Language:
        """The language of this invocation."""
        return self.settings.lang

    @cached_property
    def principal(self) -> Principal:
        """Who works on the server: all roles, in the ledger by login name."""
        return operator(self.settings.operator)

    def text(self, zh: str, en: str) -> str:
        """Return the sentence in the session's language."""
        return Text(zh=zh, en=en).to(self.language)

    def say(self, zh: str, en: str, style: str = "") -> None:
        """Print a line."""
        self.out.print(escape(self.text(zh, en)), style=style)

    def warn(self, problems: Sequence[Problem], about: str = "") -> None:
        """Print problems on standard error, a line each; `about`: what they are about, where that is one of several."""
        front = f"{about} " if about else ""
        for one in problems:
            self.err.print("✗ " + escape(front + one.to(self.language)), style="red")

    def note(self, problems: Sequence[Problem]) -> None:
        """Print remarks that stop nothing on standard error, a line each."""
        for one in problems:
            self.err.print("· " + escape(one.to(self.language)), style="yellow")

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table; numbers stand to the right."""
        if not rows:
            self.say(f"{title}：没有记录", f"{title}: nothing")
            return
        made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
        for number, column in enumerate(columns):
            is_number = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
            made.add_column(column, justify="right" if is_number else "left", overflow="fold")
        for row in rows:
            made.add_row(*(f"{value:,}" if isinstance(value, int) else escape(str(value)) for value in row))
        self.out.print(made)

    @contextmanager
    def progress(self, zh: str, en: str) -> Iterator[Callable[[int, int], None]]:
        """Show on standard error, while there is somebody to see it, how many of how many are done."""
        with Progress(console=self.err, transient=True, disable=not self.err.is_terminal) as bar:
            task = bar.add_task(self.text(zh, en), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    def made(self, thing: BaseModel, zh: str, en: str, *, as_json: bool) -> None:
        """Tell what a command made: in a sentence, or as JSON for scripts that go on with it."""
        if as_json:
            self.json(thing.model_dump(mode="json"))
        else:
            self.say(zh, en, "green")

    def json(self, value: Any) -> None:  # noqa: ANN401
        """Print a value as JSON for scripts."""
        print(json.dumps(value, ensure_ascii=False, indent=2, default=str))  # noqa: T201

    def label(self, term: Any) -> str:  # noqa: ANN401
        """Return the label of a vocabulary term."""
        return str(term.zh if self.language is Language.ZH else term.en)


def quiet_libraries(verbose: bool) -> None:
    """Send our logs to standard error and keep those of the engines to warnings."""
    handler = RichHandler(console=Console(stderr=True), show_path=False)
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler], format="%(message)s")
    for name in ("dagster", "great_expectations", "alembic"):
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.ERROR)
