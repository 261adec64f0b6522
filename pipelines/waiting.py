"""What a run has to do: derived from what is stored, never remembered in a process.

Here: the question. Not here: starting a run (running, sensors).
"""

from catalog_service.catalog.catalog import Catalog
from catalog_service.services.delivering import pending
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from pipelines.deriving import is_settled
from pipelines.keys import main_key, open_key
from pipelines.rejudging import outdated
from pipelines.selection import with_downstream


def waiting_selection(platform: Platform, catalog: Catalog) -> list[str]:
    """Return what a run has to do, and all that is derived from it.

    That is: data sets with waiting deliveries, those that a killed run left behind their sources, published ones whose entry
    now opens them (Art. 23), and those whose check does not hold any more (Art. 25).
    """
    published = current(platform)
    waiting = [one.dataset for one in pending(platform) if one.dataset in catalog.dataset]
    behind = [one.id for one in catalog.datasets if one.derivation is not None and not is_settled(platform, catalog, one)]
    unopened = [
        one.id for one in catalog.datasets if one.open_fields and main_key(one) in published and open_key(one) not in published
    ]
    return with_downstream(catalog, (*waiting, *behind, *unopened, *outdated(platform, catalog)))
