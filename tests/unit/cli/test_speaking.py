"""Help speaks one language, refusals of the machine are said in words, and only usage faults end with 2."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer import rich_utils

from catalog_service.catalog.errors import Language
from catalog_service.cli import app, speaking
from catalog_service.cli.main import main


@pytest.fixture(autouse=True)
def _words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*speaking._OWN_WORDS[Language.ZH], "rich_format_error"):
        monkeypatch.setattr(rich_utils, name, getattr(rich_utils, name))


def _helps(command: Any) -> Iterator[str]:
    yield command.help or ""
    yield from (one.help or "" for one in command.params)
    for below in getattr(command, "commands", {}).values():
        yield from _helps(below)


@pytest.mark.parametrize("language", Language)
def test_help_is_in_the_language_that_is_asked_for(language: Language) -> None:
    command = typer.main.get_command(app)
    speaking.speak(command, language)
    helps = [text for text in _helps(command) if "agency>" not in text and " | " not in text]
    assert all("·" not in text for text in helps)
    assert sum(any("一" <= letter <= "鿿" for letter in text) for text in helps) > 200 or language is Language.EN
    assert not any("一" <= letter <= "鿿" for text in helps for letter in text) or language is Language.ZH


@pytest.mark.parametrize(
    ("arguments", "language"), [(["--lang", "en"], "en"), (["--lang=en"], "en"), (["en"], "zh-CN"), ([], "zh-CN")]
)
def test_the_language_is_known_before_the_arguments_are_parsed(arguments: list[str], language: str) -> None:
    assert speaking.asked_language(arguments) == language


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["catalog", "show"], "缺少参数 'AGENCY/DATASET'"),
        (["catalog", "shw"], "没有命令 'shw'。是否为 'show'？"),
        (["run", "--nope"], "没有选项 --nope"),
        (["duty", "list", "--agency"], "选项 '--agency' 后面缺少值"),
        (["ledger", "search", "--limit", "x"], "'--limit' 的值无效：应为整数"),
        (["--lang=fr", "statistics"], "'fr' 不在可选值之内"),
        (["statistics", "extra"], "多出的参数：extra"),
    ],
)
def test_what_is_wrong_with_a_command_line_is_said_in_chinese(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["wuxi-data", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert told in said
    panel = said.partition("用法有误")[2]
    assert not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]", panel), "an English sentence"


def test_in_english_typer_speaks_for_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["wuxi-data", "--lang=en", "run", "--nope"])
    with pytest.raises(SystemExit):
        main()
    assert "No such option: --nope" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "missing" / "form.xlsx"
    monkeypatch.setattr(sys, "argv", ["wuxi-data", "catalog", "template", str(target)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert f"无法读写 {target}" in capsys.readouterr().err
