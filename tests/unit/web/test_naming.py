"""Names in place of ids: every division and theme has one in both languages, faults of forms are said in words."""

import re
from pathlib import Path

import pytest

from catalog_service.catalog.errors import InvalidError, Language
from catalog_service.catalog.register import DIVISIONS
from catalog_service.catalog.share_request import Wish
from catalog_service.services.casework import valid
from catalog_service.services.exchanging import classification
from catalog_service.web.actions import said_action
from catalog_service.web.naming import regions, themes


def test_divisions_and_themes_have_names_in_both_languages() -> None:
    thematic = next(one for one in classification().classes if one.code == "2")
    assert set(themes()) == {one.name for one in thematic.sections}
    assert set(regions()) == set(DIVISIONS)
    assert all(one.en.isascii() and one.en for one in (*themes().values(), *regions().values()))


def test_a_fault_of_a_form_is_said_in_words_with_its_article() -> None:
    with pytest.raises(InvalidError) as refusal:
        valid(Wish, {"dataset": "a/b", "columns": [], "purpose": "核验"}, 20)
    said = [one.to(Language.ZH) for one in refusal.value.problems]
    assert any("columns" in one and "至少应有 1 项" in one for one in said)
    assert all("Tuple" not in one and "《办法》第20条" in one for one in said)


def test_whatever_the_ledger_notes_is_said_in_words() -> None:
    services = Path(__file__).resolve().parents[3] / "catalog_service" / "services"
    written = {
        action
        for file in services.glob("*.py")
        for action in re.findall(r'entry_by\([^"]*?"([a-z]+_?[a-z_]*)"', file.read_text(encoding="utf-8"))
    }
    assert {"sign_in", "evaluate", "issue_grant"} <= written
    for action in (*written, "read_open", "share_approve", "entry_import", "objection_file"):
        said = said_action(action)
        assert said.en, action
        assert not re.search("[a-z]", said.zh), action
