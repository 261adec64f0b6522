"""README, ARCHITECTURE and the command line agree with the code."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from catalog_service.catalog.catalog import Catalog
from catalog_service.cli import app
from catalog_service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(group: Any, prefix: str) -> dict[str, str]:
    """Return every command's path and help text."""
    found: dict[str, str] = {}
    for name, command in group.commands.items():
        path = f"{prefix} {name}"
        found |= commands(command, path) if hasattr(command, "commands") else {path: command.help or ""}
    return found


COMMANDS = commands(typer.main.get_command(app), "wuxi-data")


def test_readme_names_every_command_and_no_other() -> None:
    paths = {" ".join(command.split()[1:end]) for command in COMMANDS for end in range(2, len(command.split()))}
    groups = "|".join(sorted(paths, key=len, reverse=True))  # the longest first: a group may have groups
    named = set(re.findall(rf"`(wuxi-data (?:(?:{groups}) )?[a-z][a-z_-]*)", README))
    assert named == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_in_both_languages(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split()[1:], "--help"], env={"COLUMNS": "120"})
    assert result.exit_code == 0
    assert re.search("[一-鿿].* · .*[a-z]", COMMANDS[command]), "help is 中文 · English"


def test_readme_names_every_setting() -> None:
    assert set(re.findall(r"`(WUXI_[A-Z_]+)`", README)) >= {f"WUXI_{name.upper()}" for name in Settings.model_fields}


def test_the_entry_of_the_readme_is_a_valid_catalog() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    assert Catalog.model_validate(document).problems() == []


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_every_dependency_has_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    assert listed is not None
    reasons = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for name in re.findall(r'"([a-z0-9-]+)', listed.group(1)):
        assert re.search(rf"^\|[^|]*\b{name}\b[^|]*\|", reasons, re.MULTILINE), f"ARCHITECTURE.md does not say why {name}"
