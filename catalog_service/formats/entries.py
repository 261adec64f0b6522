"""What every reader of catalogs ends in: raw entries with their places, validated one by one into a catalog.

Here: the step from raw entries to models, all faults kept. Not here: any syntax (yaml_text, json_text, workbook, shanghai).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import BaseModel, ValidationError

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Problem, Where, problem
from catalog_service.catalog.schema import CodeList
from catalog_service.formats.faults import Location, translate
from catalog_service.formats.remains import Remains, location, remains

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
    faults: tuple[Problem, ...] = ()
    """What the reader found wrong with it already."""


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
    locators: dict[str, Callable[[Location], Where]] = field(default_factory=dict)
    """How to find the parts of each good data set."""
    refused: tuple[Remains, ...] = ()
    """What remains of the data sets that are not in `catalog`: further rules are checked of them too."""
    file: str | None = None

    def place(self, key: str, path: str | None = None) -> Where:
        """Return where a good entry stands, or the part of it at a dotted path (`sharing.basis`, `schema.<field>.<part>`)."""
        if path is None or key not in self.locators:
            return self.places[key]
        return self.locators[key](location(path, self.catalog.dataset[key])).model_copy(update={"file": self.file})

    def rest(self, problems_of: Callable[[Dataset], Iterable[Problem]]) -> Iterator[Problem]:
        """Yield what else is wrong with the entries that are not in `catalog`, as far as it can be told, each in its place."""
        for one in self.refused:
            yield from (found.at(file=self.file) for found in one.true(problems_of(one.dataset)))

    def without(self, faults: Mapping[str, Iterable[Problem]]) -> "CatalogDocument":
        """Return the document with these entries refused for these faults."""
        placed = [
            fault.at(**self.place(key, fault.where.field).model_dump(exclude_none=True))
            for key, found in faults.items()
            for fault in found
        ]
        kept = tuple(one for one in self.catalog.datasets if one.id not in faults)
        refused = tuple(Remains(self.catalog.dataset[key], self.locators[key]) for key in faults)
        return replace(
            self,
            catalog=with_datasets(self.catalog, kept),
            problems=(*self.problems, *placed),
            refused=(*self.refused, *refused),
        )


def with_datasets(catalog: Catalog, datasets: tuple[Dataset, ...]) -> Catalog:
    """Return a catalog with other data sets."""
    return Catalog(agencies=catalog.agencies, code_lists=catalog.code_lists, datasets=datasets)


def assemble(entries: Iterable[Entry], *, problems: Iterable[Problem] = (), notices: Iterable[Problem] = ()) -> CatalogDocument:
    """Validate entries one by one; the good ones make the catalog, each fault of the others becomes a problem."""
    faults = list(problems)
    good: dict[Kind, dict[str, BaseModel]] = {kind: {} for kind in MODELS}
    met: dict[tuple[Kind, str], Where] = {}
    places: dict[str, Where] = {}
    locators: dict[str, Callable[[Location], Where]] = {}
    refused: list[Remains] = []
    read = 0
    for entry in entries:
        read += entry.kind == "datasets"
        model, found, rest = _validated(entry)
        key = _key(model, rest)
        if key and (first := met.setdefault((entry.kind, key), where := entry.locate(()))) is not where:
            found.append(_duplicate(key, where, first))
        if model is not None and not found:
            good[entry.kind][key] = model
            places[key] = entry.locate(())
            if entry.kind == "datasets":
                locators[key] = entry.locate
        elif rest is not None:
            refused.append(rest)
        faults += found
    catalog = Catalog.model_validate({kind: tuple(found.values()) for kind, found in good.items()})
    return CatalogDocument(
        catalog, tuple(dict.fromkeys(faults)), tuple(notices), read, places, locators, refused=tuple(refused)
    )


def _validated(entry: Entry) -> tuple[BaseModel | None, list[Problem], Remains | None]:
    """Return the model of an entry, None where there is none; what is wrong with it; what remains of it where it is refused."""
    invalid: ValidationError | None = None
    model: BaseModel | None = None
    faults = list(entry.faults)
    try:
        model = MODELS[entry.kind].model_validate(entry.data)
    except ValidationError as error:
        invalid = error
        faults += translate(error, entry.data, entry.locate)
    if isinstance(model, Dataset):
        return model, faults, Remains(model, entry.locate)
    return model, faults, remains(entry.data, invalid, entry.locate) if entry.kind == "datasets" and invalid else None


def _key(model: BaseModel | None, rest: Remains | None) -> str:
    """Return by what name an entry is known; empty where it has none."""
    match model:
        case Dataset():
            return model.id
        case Agency():
            return model.slug
        case CodeList():
            return model.name
        case _:
            return rest.dataset.id if rest is not None and rest.is_named else ""


def _duplicate(key: str, where: Where, first: Where) -> Problem:
    return problem(
        "duplicate-entry",
        f"{key} 在本文件中重复，第一次出现在第 {first.row} 行；请删去其中之一",
        f"{key} occurs twice in this file, first in row {first.row}; remove one of them",
        **where.model_dump(),
    )
