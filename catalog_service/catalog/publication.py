"""What is published: the pinned version of each table with the sha256 of every file (the truth of what readers see)."""

import datetime as dt

from catalog_service.catalog.model import Model


class PublishedFile(Model):
    """One immutable data file: path relative to the lake's root, size in bytes, rows, sha256 in hex.

    A file of keys of which other rows count (lake.replacing) takes rows away: their number is negative.
    """

    path: str
    size_bytes: int
    row_count: int
    sha256: str


class Publication(Model):
    """A table version made visible. Tables of one `release_id` became visible in one transaction."""

    table: str
    """`zone/agency/dataset`: asset key, Delta path and DuckDB name in one."""
    version: int
    """Delta version."""
    row_count: int
    files: tuple[PublishedFile, ...]
    release_id: str
    published_at: dt.datetime
    recipe: str = ""
    """What a product of sharing or opening was made by (services.products); empty: nothing of it was treated."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of all files, relative to the lake's root."""
        return tuple(file.path for file in self.files)
