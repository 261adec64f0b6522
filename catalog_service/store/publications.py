"""Publications: which version of each table readers see, and all that were visible before.

Here: making versions visible, finding them. Not here: their bytes (lake).
"""

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from catalog_service.catalog.errors import ConflictError, NotFoundError, problem
from catalog_service.catalog.publication import Publication
from catalog_service.store.columns import LOCK_RELEASE, serialise, storable, upsert
from catalog_service.store.tables import publication as table

_AT_ONCE = 500
"""Names in one statement."""


class Publications:
    """Repository of publications."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def release(self, publications: Sequence[Publication]) -> None:
        """Make all given versions current at once, in place of those that are; a version seen before becomes current again.

        Raises:
            ConflictError: a version is already published with other files; published bytes never change.
        """
        serialise(self._connection, LOCK_RELEASE)
        names = [one.table for one in publications]
        if len(set(names)) != len(names):
            raise ValueError("a table occurs twice in one release")
        for one in publications:
            self._refuse_other_bytes(one)
        self._connection.execute(
            table.update().where(table.c.table_name.in_(names), table.c.is_current).values(is_current=False)
        )
        for one in publications:
            self._upsert(one)

    def current(self, name: str) -> Publication | None:
        """Return what is visible of a table; None where nothing is."""
        if not storable(name):
            return None
        row = self._connection.scalar(sa.select(table.c.document).where(table.c.table_name == name, table.c.is_current))
        return None if row is None else Publication.model_validate_json(row)

    def all_current(self) -> dict[str, Publication]:
        """Return what is visible of every table, by table name."""
        query = sa.select(table.c.document).where(table.c.is_current).order_by(table.c.table_name)
        found = (Publication.model_validate_json(row) for row in self._connection.scalars(query))
        return {one.table: one for one in found}

    def times(self, names: Iterable[str]) -> dict[str, dt.datetime]:
        """Return since when what is visible of these tables is, by table name; without those of which nothing is."""
        wanted, found = list(names), dict[str, dt.datetime]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = table.c.table_name.in_(wanted[start : start + _AT_ONCE])
            rows = self._connection.execute(sa.select(table.c.table_name, table.c.published_at).where(some, table.c.is_current))
            found.update((name, at) for name, at in rows)
        return found

    def history(self, name: str) -> list[Publication]:
        """Return all versions of a table that are or were visible, newest first."""
        if not storable(name):
            return []
        query = (
            sa.select(table.c.document)
            .where(table.c.table_name == name)
            .order_by(table.c.published_at.desc(), table.c.version.desc())
        )
        return [Publication.model_validate_json(row) for row in self._connection.scalars(query)]

    def version(self, name: str, version: int) -> Publication:
        """Return one version that is or was visible.

        Raises:
            NotFoundError: it never was.
        """
        found = self._find(name, version) if storable(name) and abs(version) < 2**63 else None
        if found is None:
            raise NotFoundError(
                problem(
                    "unknown-publication",
                    f"{name} 没有已发布的版本 {version}",
                    f"{name} has no published version {version}",
                )
            )
        return found

    def _find(self, name: str, version: int) -> Publication | None:
        row = self._connection.scalar(sa.select(table.c.document).where(table.c.table_name == name, table.c.version == version))
        return None if row is None else Publication.model_validate_json(row)

    def _refuse_other_bytes(self, one: Publication) -> None:
        stored = self._find(one.table, one.version)
        if stored is not None and set(stored.files) != set(one.files):
            raise ConflictError(
                problem(
                    "published-bytes-changed",
                    f"{one.table} 的版本 {one.version} 已经发布且文件不同；已发布的版本不得更改，请另行写入新版本",
                    f"{one.table} version {one.version} is already published with other files; write a new version instead",
                )
            )

    def _upsert(self, one: Publication) -> None:
        values = {
            "table_name": one.table,
            "version": one.version,
            "release_id": one.release_id,
            "published_at": one.published_at,
            "is_current": True,
            "document": one.model_dump_json(),
        }
        upsert(self._connection, table, values)
