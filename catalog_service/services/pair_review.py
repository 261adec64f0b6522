"""Pairs of records that linkage leaves to people (Art. 15, 18), side by side: what the two say of all that was compared.

A reviewer reads records of a base database for this only, and it is noted. Not here: deciding on a pair (entity_decisions).
"""

from collections.abc import Sequence

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.decision import Zone, reviewed_view
from catalog_service.catalog.entity import Key, LinkedPair, entity_key, renamed_keys
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.services.access import Readable, Wish, open_read
from catalog_service.services.entities import golden_entry
from catalog_service.services.entity_views import ComparedView, PairView, ReviewView
from catalog_service.services.platform import Platform
from lake.expressions import ident, literal

Record = dict[str, str | None]


def review(platform: Platform, principal: Principal, dataset_id: str, *, limit: int = 100) -> ReviewView:
    """Return the pairs that linkage leaves to people, the likeliest first; none that other decisions have answered.

    Raises:
        NotFoundError: there is no such base database.
        UnauthenticatedError, ForbiddenError: who asks does not review pairs.
    """
    authorize(principal, Action.DECIDE_LINKAGE)
    dataset = golden_entry(platform, dataset_id)
    with platform.database.reading() as transaction:
        everywhere = renamed_keys(transaction.entities.decisions(dataset_id))[0][""]
        found = transaction.entities.pairs(dataset_id, limit=limit)
    pairs = [one for one in found if entity_key(one.left, everywhere) != entity_key(one.right, everywhere)]
    if not pairs:
        return ReviewView(dataset=dataset_id, pairs=())
    readable = open_read(platform, principal, Wish(dataset_id, Zone.REVIEW, rows=2 * len(pairs)))
    wanted = {*reviewed_view(dataset).names} - {*dataset.schema_.key}
    names = [name for name in readable.columns if name in wanted]
    records = _records(readable, dataset, names, [key for one in pairs for key in (one.left, one.right)])
    return ReviewView(dataset=dataset_id, pairs=tuple(_side_by_side(dataset, one, names, records) for one in pairs))


def _side_by_side(dataset: Dataset, pair: LinkedPair, names: Sequence[str], records: dict[Key, Record]) -> PairView:
    left, right = (records.get(key, {}) for key in (pair.left, pair.right))
    fields = (dataset.schema_.field(name) for name in names)
    compared = tuple(
        ComparedView(field=one.name, title=one.title, title_en=one.title_en, left=left.get(one.name), right=right.get(one.name))
        for one in fields
    )
    return PairView(**pair.model_dump(), compared=compared)


def _records(readable: Readable, dataset: Dataset, names: Sequence[str], keys: Sequence[Key]) -> dict[Key, Record]:
    """Return what the records with these keys say, as texts."""
    if not readable.files:
        return {}
    key = ", ".join(f"{ident(name)}::VARCHAR" for name in dataset.schema_.key)
    values = "".join(f", {ident(name)}::VARCHAR" for name in names)
    wanted = ", ".join(f"({', '.join(map(literal, one))})" for one in keys)
    query = f"SELECT {key}{values} FROM {readable.lake.relation(readable.files)} WHERE ({key}) IN ({wanted})"
    with readable.lake.connect() as connection:
        rows = connection.execute(query).fetchall()
    size = len(dataset.schema_.key)
    return {tuple(row[:size]): dict(zip(names, row[size:], strict=True)) for row in rows}
