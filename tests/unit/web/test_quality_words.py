"""Every kind of rule says in plain words what was found; keys of failing rows are read by people."""

import pytest

from catalog_service.catalog.errors import Language
from catalog_service.catalog.quality import OF_TABLES, Metric
from catalog_service.web.formatting import pairs
from catalog_service.web.messages import message


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("metric", list(Metric))
def test_every_kind_of_rule_has_its_sentence(metric: Metric, language: Language) -> None:
    said = message(language, f"quality_found_{metric}", evaluated="61", unexpected="7")
    assert "61" in said
    assert ("7" in said) is (metric not in OF_TABLES)


def test_keys_are_names_and_values() -> None:
    assert pairs('{"code": "1", "day": null}') == "code 1，day —"
    assert pairs(None) == ""
