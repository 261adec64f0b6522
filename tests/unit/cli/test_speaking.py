"""Help speaks one language, refusals of the machine are said in words, and only usage faults end with 2."""

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
    for name in speaking._OWN_WORDS[Language.ZH]:
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


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "missing" / "form.xlsx"
    monkeypatch.setattr(sys, "argv", ["wuxi-data", "catalog", "template", str(target)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert f"无法读写 {target}" in capsys.readouterr().err
