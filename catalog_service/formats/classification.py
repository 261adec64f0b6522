"""The classification scheme shipped with the program, read from YAML.

Here: text → scheme. Not here: what it means (catalog.classification).
"""

from functools import cache
from importlib.resources import files

from catalog_service.catalog.classification import Classification
from catalog_service.formats import yaml_text

_SHIPPED = files("catalog_service") / "classifications" / "wuxi.yaml"


@cache
def shipped_classification() -> Classification:
    """Return the classification of resources."""
    return Classification.model_validate(yaml_text.parse(_SHIPPED.read_text(encoding="utf-8")).value)
