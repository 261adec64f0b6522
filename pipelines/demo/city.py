"""The demo city: its catalog, its deliveries and its known truth, written to a directory.

`build_city` is a pure function of seed and scale: the same arguments give byte-identical files. At scale 1 it writes about
110,000 rows of 38 agencies in all declared formats, in a few seconds. Not here: what is in it (registers, places, …).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import Text
from catalog_service.catalog.vocabularies import DeliveryMode
from pipelines.demo.affairs import AFFAIRS
from pipelines.demo.declared import as_catalog, read_catalog, read_faulty_catalog, write_catalog
from pipelines.demo.files import file_name, write_delivery
from pipelines.demo.flows import FLOWS
from pipelines.demo.hostile import DemoDelivery, Hostile
from pipelines.demo.places import DISTRICT_PLACES, PLACES
from pipelines.demo.registers import build_registers
from pipelines.demo.truth import Truth, build_truth
from pipelines.demo.world import Row, World

SEED = 320200
_MARKS = ("202405", "202406")
_UPDATED = "culture_tourism/scenic_spots"


@dataclass(frozen=True)
class DemoCity:
    """What was written: import the catalog, then deliver the files in order."""

    catalog_file: Path
    faulty_catalog_file: Path
    deliveries: tuple[DemoDelivery, ...]
    truth: Truth


def build_city(directory: Path, *, seed: int = SEED, scale: float = 1.0) -> DemoCity:
    """Write catalog and deliveries of the demo city under `directory` and return what they are."""
    directory.mkdir(parents=True, exist_ok=True)
    document = read_catalog()
    write_catalog(document, directory / "catalog.yaml")
    write_catalog(read_faulty_catalog(), directory / "catalog_faulty.yaml")
    catalog = as_catalog(document)
    world = World(catalog, seed, scale)
    records, rows, planted = build_registers(world)
    rows |= _other_rows(world)
    folder = directory / "deliveries"
    sound = [one for dataset in catalog.datasets if dataset.id in rows for one in _deliver(catalog, dataset.id, rows, folder)]
    bad = Hostile(catalog, rows, folder).deliveries({one.dataset_id: one.path for one in sound})
    truth = build_truth(catalog, records, planted)
    return DemoCity(directory / "catalog.yaml", directory / "catalog_faulty.yaml", (*sound, *bad), truth)


def _other_rows(world: World) -> dict[str, list[Row]]:
    registries = (PLACES, AFFAIRS, FLOWS)
    rows = {dataset: function(world, dataset) for one in registries for dataset, function in one.items()}
    return rows | {dataset: function(world, district) for dataset, (function, district) in DISTRICT_PLACES.items()}


def _deliver(catalog: Catalog, dataset_id: str, rows: dict[str, list[Row]], folder: Path) -> list[DemoDelivery]:
    """Write the sound deliveries of one data set: two where it is incremental or was updated, else one."""
    dataset, all_rows = catalog.dataset[dataset_id], rows[dataset_id]
    if dataset.delivery is not None and dataset.delivery.mode is DeliveryMode.INCREMENTAL:
        middle = len(all_rows) // 2
        parts: list[tuple[str, Sequence[Row]]] = list(zip(_MARKS, (all_rows[:middle], all_rows[middle:]), strict=True))
        note = Text(zh="增量提供，与上一批合并", en="incremental: adds to the delivery before")
    elif dataset_id == _UPDATED:
        parts = list(zip(_MARKS, (all_rows[:-3], all_rows), strict=True))
        note = Text(zh="全量更新，替换上一批", en="full update: replaces the delivery before")
    else:
        parts, note = [(_MARKS[-1], all_rows)], Text(zh="全量提供", en="full delivery")
    found = []
    for mark, part in parts:
        path = folder / dataset_id / file_name(dataset, mark)
        write_delivery(dataset, part, path)
        found.append(DemoDelivery(dataset_id, path, "loaded", note))
    return found
