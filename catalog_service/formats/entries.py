"""What every reader of catalogs ends in: raw entries with their places, validated one by one into a catalog.

Here: the step from raw entries to models, all faults kept. Not here: any syntax (yaml_text, json_text, workbook, shanghai).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ValidationError

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Problem, Where, problem
from catalog_service.catalog.schema import CodeList
from catalog_service.formats.faults import Location, translate

Kind = Literal["agencies", "code_lists", "datasets"]
MODELS: dict[Kind, type[BaseModel]] = {"agencies": Agency, "code_lists": CodeList, "datasets": Dataset}

MAX_BYTES = 64 * 1024 * 1024
"""Largest catalog file; the whole catalog of a large city is a tenth of it."""


@dataclass(frozen=True)
class Entry:
    """One entry as read, not validated, and where its parts stand."""

    kind: Kind
    data: object
    locate: Callable[[Location], Where]
    """Place of a part of the entry; of the entry itself for `()`."""


@dataclass(frozen=True)
class CatalogDocument:
    """What a catalog file holds: the good entries, and what is wrong with the others."""

    catalog: Catalog
    problems: tuple[Problem, ...]
    """Faults; an entry with a fault is not in `catalog`."""
    notices: tuple[Problem, ...]
    """What was tidied up or left out while reading entries that are in `catalog`."""
    read: int
    """Data set entries met in the file, good and bad."""
    places: dict[str, Where]
    """Where each good entry stands: data set id, agency slug or code list name → place."""


def assemble(entries: Iterable[Entry], *, problems: Iterable[Problem] = (), notices: Iterable[Problem] = ()) -> CatalogDocument:
    """Validate entries one by one; the good ones make the catalog, each fault of the others becomes a problem."""
    faults = list(problems)
    good: dict[Kind, dict[str, BaseModel]] = {kind: {} for kind in MODELS}
    places: dict[str, Where] = {}
    read = 0
    for entry in entries:
        read += entry.kind == "datasets"
        try:
            model = MODELS[entry.kind].model_validate(entry.data)
        except ValidationError as error:
            faults += translate(error, entry.data, entry.locate)
            continue
        key = _key(model)
        if key in good[entry.kind]:
            faults.append(_duplicate(key, entry.locate(()), places[key]))
        else:
            good[entry.kind][key] = model
            places[key] = entry.locate(())
    catalog = Catalog.model_validate({kind: tuple(found.values()) for kind, found in good.items()})
    return CatalogDocument(catalog, tuple(faults), tuple(notices), read, places)


def _key(model: BaseModel) -> str:
    match model:
        case Dataset():
            return model.id
        case Agency():
            return model.slug
        case CodeList():
            return model.name
        case _:
            raise TypeError(type(model))


def _duplicate(key: str, where: Where, first: Where) -> Problem:
    return problem(
        "duplicate-entry",
        f"{key} 在本文件中重复，第一次出现在第 {first.row} 行；请删去其中之一",
        f"{key} occurs twice in this file, first in row {first.row}; remove one of them",
        **where.model_dump(),
    )
