"""What is published: one transaction makes table versions and the outcome of deliveries visible together.

Here: releasing. Not here: writing tables (pipelines), reading them (access).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.publication import Publication, PublishedFile
from catalog_service.catalog.quality import QualityRun
from catalog_service.services import rectification
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from catalog_service.store.database import Transaction
from lake.manifest import Snapshot


def published_catalog(platform: Platform) -> Catalog:
    """Return the published catalog as an immutable snapshot."""
    with platform.database.reading() as transaction:
        return transaction.catalog.snapshot()


def catalog_revision(platform: Platform) -> str:
    """Return the revision of the published catalog as it is now."""
    return published_catalog(platform).revision


def current(platform: Platform) -> dict[str, Publication]:
    """Return what is published of every table, by table key."""
    with platform.database.reading() as transaction:
        return transaction.publications.all_current()


def release(
    platform: Platform,
    snapshots: Sequence[Snapshot],
    deliveries: Sequence[Delivery] = (),
    *,
    recipes: Mapping[str, str] = MappingProxyType({}),
    checked: QualityRun | None = None,
) -> list[Publication]:
    """Make table versions current and save deliveries: all of it at once, or nothing.

    A version that is current already keeps the time of its publication. `recipes` tells, by table, what products were made by;
    `checked` is the check whose outcome becomes visible with them: issues of rectification follow from it.
    """
    with platform.database.transaction() as transaction:
        published = release_in(transaction, snapshots, deliveries, recipes=recipes)
        if checked is not None:
            rectification.take_in(transaction, checked, deliveries)
        return published


def release_in(
    transaction: Transaction,
    snapshots: Sequence[Snapshot],
    deliveries: Sequence[Delivery] = (),
    *,
    recipes: Mapping[str, str] = MappingProxyType({}),
) -> list[Publication]:
    """Release as part of a transaction that changes something else too."""
    release_id, now = new_id(), dt.datetime.now(dt.UTC)
    seen = {one.key: transaction.publications.current(one.key) for one in snapshots}
    fresh = [
        _publication(one, release_id, now, recipes.get(one.key, ""))
        for one in snapshots
        if (known := seen[one.key]) is None or known.version != one.version
    ]
    transaction.publications.release(fresh)
    for publication in fresh:
        transaction.catalog.note_published(publication)
    for delivery in deliveries:
        transaction.deliveries.save(delivery)
    return fresh


def _publication(snapshot: Snapshot, release_id: str, now: dt.datetime, recipe: str) -> Publication:
    files = tuple(
        PublishedFile(path=file.path, size_bytes=file.size_bytes, row_count=file.row_count, sha256=file.sha256)
        for file in snapshot.files
    )
    return Publication(
        table=snapshot.key,
        version=snapshot.version,
        row_count=snapshot.row_count,
        files=files,
        release_id=release_id,
        published_at=now,
        recipe=recipe,
    )
