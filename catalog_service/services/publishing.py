"""What is published: one transaction makes table versions and the outcome of deliveries visible together.

Here: releasing, and sessions over what is released. Not here: writing tables (pipelines).
"""

import datetime as dt
from collections.abc import Sequence

import duckdb

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.publication import Publication, PublishedFile
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from lake.manifest import Snapshot
from lake.sessions import open_session


def published_catalog(platform: Platform) -> Catalog:
    """Return the published catalog as an immutable snapshot."""
    with platform.database.reading() as transaction:
        return transaction.catalog.snapshot()


def current(platform: Platform) -> dict[str, Publication]:
    """Return what is published of every table, by table key."""
    with platform.database.reading() as transaction:
        return transaction.publications.all_current()


def release(platform: Platform, snapshots: Sequence[Snapshot], deliveries: Sequence[Delivery] = ()) -> list[Publication]:
    """Make table versions current and save deliveries: all of it at once, or nothing.

    A version that is current already keeps the time of its publication.
    """
    release_id, now = new_id(), dt.datetime.now(dt.UTC)
    with platform.database.transaction() as transaction:
        seen = {one.key: transaction.publications.current(one.key) for one in snapshots}
        fresh = [
            _publication(one, release_id, now)
            for one in snapshots
            if (known := seen[one.key]) is None or known.version != one.version
        ]
        transaction.publications.release(fresh)
        for delivery in deliveries:
            transaction.deliveries.save(delivery)
    return fresh


def analyst_session(platform: Platform) -> duckdb.DuckDBPyConnection:
    """Return a read-only DuckDB session with every published table under `zone.agency.dataset`."""
    tables = {key: [file.path for file in one.files] for key, one in current(platform).items()}
    return open_session(platform.lake.root, tables, memory_limit=platform.settings.memory_limit)


def _publication(snapshot: Snapshot, release_id: str, now: dt.datetime) -> Publication:
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
    )
