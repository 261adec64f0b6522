"""Indicator sets shipped with the program, read from YAML.

Here: text → indicator sets, every fault with file, line and field. Not here: what they mean (catalog.indicators).
"""

from functools import cache
from importlib.resources import files

from catalog_service.catalog.indicators import IndicatorSet, IndicatorSets
from catalog_service.formats.models import read_model

_SHIPPED = files("catalog_service") / "indicator_sets"


@cache
def shipped_indicator_sets() -> IndicatorSets:
    """Return the indicator sets that come with the program.

    Raises:
        InvalidError: one of their files is broken.
    """
    found = sorted((one for one in _SHIPPED.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    return IndicatorSets(sets=tuple(read_model(IndicatorSet, one.read_text(encoding="utf-8"), one.name) for one in found))
