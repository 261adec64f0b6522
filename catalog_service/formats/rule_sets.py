"""Rule sets as YAML: those shipped with the program, and those the authority hands in.

Here: text → rule set, every fault with file, line and field. Not here: which are adopted (services.rule_sets).
"""

from functools import cache
from importlib.resources import files

from catalog_service.catalog.ruleset import RuleSet
from catalog_service.formats.models import read_model

_SHIPPED = files("catalog_service") / "rule_sets"


def read_rule_set(text: str, file: str) -> RuleSet:
    """Return the rule set in a YAML text.

    Raises:
        InvalidError: it is no YAML, or no rule set; all its faults, each with file, line and field.
    """
    return read_model(RuleSet, text, file)


@cache
def shipped_rule_sets() -> tuple[RuleSet, ...]:
    """Return the rule sets that come with the program, in order of their ids.

    Raises:
        InvalidError: one of their files is broken.
    """
    found = sorted((one for one in _SHIPPED.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    return tuple(read_rule_set(one.read_text(encoding="utf-8"), one.name) for one in found)
