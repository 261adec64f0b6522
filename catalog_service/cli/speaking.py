"""Help and usage faults in one language: help texts are written `中文 · English`, and what typer says itself is English.

Here: choosing the language, giving help in it, and telling in it what is wrong with a command line. Not here: the texts of
help (commands).
"""

import re
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
_PLACE = r"(?:File|Directory|Path|file|directory|path) ('.*')"
_SAID = {
    r"^Missing argument (.+?)\.": r"缺少参数 \1。",
    r"^Missing option (.+?)\.": r"缺少选项 \1。",
    r"^Missing command\.": "缺少命令。",
    r"^No such option: (\S+)": r"没有选项 \1。",
    r"^No such command ('.*?')\.": r"没有命令 \1。",
    r" ?\(Possible options: (.+)\)": r"可用的选项：\1。",
    r" ?Did you mean (.+)\?": r"是否为 \1？",
    r"^Got unexpected extra argument\(s\) \((.+)\)": r"多出的参数：\1。",
    r"^Option ('.+?') requires an argument\.?": r"选项 \1 后面缺少值。",
    r"^Option ('.+?') does not take a value\.?": r"选项 \1 后面不带值。",
    r"^Invalid value for (.+?): ": r"\1 的值无效：",
    r"(?:Value error, )?('[^']*') is not one of (.+)\.": r"\1 不在可选值之内（\2）。",
    _PLACE + r" does not exist\.": r"\1 不存在。",
    _PLACE + r" is a directory\.": r"\1 是目录，应为文件。",
    _PLACE + r" is a file\.": r"\1 是文件，应为目录。",
    _PLACE + r" is not readable\.": r"\1 无法读取。",
    _PLACE + r" is not writable\.": r"\1 无法写入。",
    r"Input should be a valid integer[^.]*\.?": "应为整数。",
    r"Input should be a valid number[^.]*\.?": "应为数字。",
    r"Input should be a valid (?:date|datetime)[^.]*\.?": "应为日期，写作 2026-01-31。",
    r"Input should be greater than or equal to (\S+)": r"应不小于 \1",
    r"Input should be less than or equal to (\S+)": r"应不大于 \1",
}
"""What typer says is wrong with a command line, and how it is said in Chinese."""
_TELL = rich_utils.rich_format_error
_HELP = {Language.ZH: "显示本说明", Language.EN: "Show this message and exit."}


def asked_language(arguments: Sequence[str]) -> Language:
    """Return the language that the arguments ask for, or the one that is set."""
    asked = {one.value for one in Language} & {*arguments, *(one.partition("=")[2] for one in arguments)}
    return Language(min(asked)) if asked and any(one.startswith("--lang") for one in arguments) else Settings().lang


def speak(command: Any, language: Language) -> None:  # noqa: ANN401  # typer's types of commands are private
    """Give help of a command, and of all below it, in one language."""
    for name, words in _OWN_WORDS[language].items():
        setattr(rich_utils, name, words)
    teller: Any = _tell_in_chinese if language is Language.ZH else _TELL
    rich_utils.rich_format_error = teller
    _translate(command, language)


def in_chinese(said: str) -> str:
    """Return what typer says of a faulty command line in Chinese; a sentence that is not known stays as it is."""
    for pattern, words in _SAID.items():
        said = re.sub(pattern, words, said)
    return said


def _tell_in_chinese(error: Any) -> None:  # noqa: ANN401
    said = in_chinese(error.format_message())
    error.format_message = lambda: said
    _TELL(error)


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
