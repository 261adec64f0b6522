"""Which data sets a run concerns: those named or waiting, and everything derived from them, in catalog order."""

from collections.abc import Iterable

from catalog_service.catalog.catalog import Catalog


def with_downstream(catalog: Catalog, ids: Iterable[str]) -> list[str]:
    """Return `ids` and all data sets derived from them, sources before what is derived from them."""
    selected = set(ids)
    for id_ in catalog.order:
        if selected.intersection(catalog.dataset[id_].upstream):
            selected.add(id_)
    return [id_ for id_ in catalog.order if id_ in selected]
