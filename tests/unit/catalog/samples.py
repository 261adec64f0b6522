"""Catalog entries for tests."""

from typing import Any

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.dataset import Dataset

USCCS = ("11320200MB0000000P", "11320200MB0000001T", "11320200MB0000002X")


def agency(slug: str = "civil", index: int = 0, **changes: Any) -> Agency:
    """Return an agency that may publish."""
    data = {"slug": slug, "uscc": USCCS[index], "name": f"{slug}局", "responsible_unit": "信息处", "responsible_person": "某某"}
    return Agency.model_validate(data | changes)


def dataset_data(name: str = "people", **changes: Any) -> dict[str, Any]:
    """Return the document of an entry without faults."""
    data: dict[str, Any] = {
        "agency": "civil",
        "name": name,
        "title": f"名称 {name}",
        "description": "说明",
        "frequency": "daily",
        "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"},
        "basis": {"statute": {"law": "某法", "article": "第一条"}},
        "schema": {"fields": [{"name": "code", "title": "编号"}, {"name": "label", "title": "名称"}], "key": ["code"]},
        "delivery": {},
    }
    return data | changes


def dataset(name: str = "people", **changes: Any) -> Dataset:
    """Return an entry without faults."""
    return Dataset.model_validate(dataset_data(name, **changes))
