"""Help in one language: every help text is written `中文 · English`, and what typer says itself is English.

Here: choosing the language and giving help in it. Not here: the texts (commands).
"""

from collections.abc import Sequence
from typing import Any

import typer
from typer import rich_utils

from catalog_service.catalog.errors import Language
from catalog_service.settings import Settings

_OWN_WORDS: dict[Language, dict[str, str]] = {
    Language.ZH: {
        "ARGUMENTS_PANEL_TITLE": "参数",
        "OPTIONS_PANEL_TITLE": "选项",
        "COMMANDS_PANEL_TITLE": "命令",
        "ERRORS_PANEL_TITLE": "用法有误",
        "RICH_HELP": "运行 [blue]{command_path} {help_option}[/] 查看用法。",
        "REQUIRED_LONG_STRING": "[必填]",
        "DEFAULT_STRING": "[默认：{}]",
    },
    Language.EN: {},
}
_HELP = {Language.ZH: "显示本说明", Language.EN: "Show this message and exit."}


def asked_language(arguments: Sequence[str]) -> Language:
    """Return the language that the arguments ask for, or the one that is set."""
    asked = {one.value for one in Language} & {*arguments, *(one.partition("=")[2] for one in arguments)}
    return Language(min(asked)) if asked and any(one.startswith("--lang") for one in arguments) else Settings().lang


def speak(command: Any, language: Language) -> None:  # noqa: ANN401  # typer's types of commands are private
    """Give help of a command, and of all below it, in one language."""
    for name, words in _OWN_WORDS[language].items():
        setattr(rich_utils, name, words)
    _translate(command, language)


def _translate(command: Any, language: Language) -> None:  # noqa: ANN401
    command.help = _half(command.help, language)
    for parameter in command.params:
        parameter.help = _half(parameter.help, language)
    command.get_help_option(typer.Context(command)).help = _HELP[language]
    for below in getattr(command, "commands", {}).values():
        _translate(below, language)


def _half(text: str | None, language: Language) -> str | None:
    zh, dot, en = (text or "").partition("·")
    if not dot:
        return text
    return zh.strip() if language is Language.ZH else en.strip()
