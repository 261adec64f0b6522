"""Keeping the sketches of delivered values, and comparing an entry again once its values are known (Art. 15).

Here: sketches in, findings out. Not here: reading values (pipelines), findings and decisions (services.matching).
"""

from collections.abc import Mapping

from catalog_service.catalog.dataset import Dataset
from catalog_service.matching.sketches import Sketch
from catalog_service.services.field_index import SKETCHES
from catalog_service.services.matching import examine
from catalog_service.services.platform import Platform


def is_sketched(platform: Platform, dataset_id: str, table_version: int) -> bool:
    """Tell whether the sketches kept are those of this version of the table."""
    with platform.database.reading() as transaction:
        return transaction.matching.sketched_version(dataset_id) == table_version


def keep(platform: Platform, dataset: Dataset, table_version: int, sketches: Mapping[str, Sketch]) -> None:
    """Keep the sketches of a table version and compare its fields with all others, now by their values too."""
    text = SKETCHES.dump_json(dict(sketches)).decode()
    with platform.database.transaction() as transaction:
        transaction.matching.put_sketches(dataset.id, table_version, text)
        examine(transaction, dataset, by_age=True)
