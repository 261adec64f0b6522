"""The registers of exchange channels, plans and standards (Art. 9, 10, 12).

Here: storing and reading them, and that two editors never overwrite each other silently. Not here: who may (services).
"""

from typing import Generic, TypeVar

import sqlalchemy as sa

from catalog_service.catalog.errors import ConflictError, NotFoundError, Text, problem
from catalog_service.catalog.model import Model
from catalog_service.catalog.register import ExchangeChannel, Plan, Standard, StandardLink
from catalog_service.store import registers_tables as tables
from catalog_service.store.columns import storable

Entry = TypeVar("Entry", bound=Model)


class Register(Generic[Entry]):
    """One register: documents under an id, each with an edition (1, 2, …)."""

    def __init__(self, connection: sa.Connection, table: sa.Table, model: type[Entry], name: Text) -> None:
        self._connection = connection
        self._table = table
        self._model = model
        self._name = name

    def get(self, id_: str) -> tuple[Entry, int]:
        """Return an entry and its edition.

        Raises:
            NotFoundError: there is none of that id.
        """
        query = sa.select(self._table.c.document, self._table.c.edition).where(self._table.c.id == id_)
        row = self._connection.execute(query).one_or_none() if storable(id_) else None
        if row is None:
            raise NotFoundError(
                problem("not-registered", f"没有登记的{self._name.zh} {id_}", f"no {self._name.en} {id_} is registered")
            )
        return self._model.model_validate_json(row.document), int(row.edition)

    def all(self) -> dict[str, tuple[Entry, int]]:
        """Return all entries with their editions, by id."""
        query = sa.select(self._table).order_by(self._table.c.id)
        return {
            row.id: (self._model.model_validate_json(row.document), int(row.edition)) for row in self._connection.execute(query)
        }

    def add(self, id_: str, entry: Entry) -> None:
        """Register an entry.

        Raises:
            ConflictError: there is one of that id.
        """
        if self._connection.scalar(sa.select(self._table.c.id).where(self._table.c.id == id_)) is not None:
            raise ConflictError(
                problem(
                    "already-registered",
                    f"{self._name.zh} {id_} 已登记，请修改原登记或换一个标识",
                    f"{self._name.en} {id_} is registered; change it, or use another id",
                    field="id",
                )
            )
        self._connection.execute(self._table.insert(), {"id": id_, "edition": 1, "document": entry.model_dump_json()})

    def change(self, id_: str, entry: Entry, edition: int) -> int:
        """Store the new content of an entry of which `edition` was read; return its edition.

        Raises:
            ConflictError: somebody else changed it since.
        """
        changed = self._connection.execute(
            self._table.update()
            .where(self._table.c.id == id_, self._table.c.edition == edition)
            .values(edition=edition + 1, document=entry.model_dump_json())
        )
        if changed.rowcount != 1:
            raise ConflictError(
                problem(
                    "changed-meanwhile",
                    f"{self._name.zh} {id_} 已被他人修改，请重新打开后再改",
                    f"somebody else changed {self._name.en} {id_}; open it again",
                )
            )
        return edition + 1


class Registers:
    """The three registers, and what rests on standards."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.channels = Register(
            connection, tables.exchange_channel, ExchangeChannel, Text(zh="共享交换通道", en="exchange channel")
        )
        self.plans = Register(connection, tables.plan, Plan, Text(zh="规划", en="plan"))
        self.standards = Register(connection, tables.standard, Standard, Text(zh="标准", en="standard"))

    def link(self, link: StandardLink) -> bool:
        """Note that something rests on a standard; False where that was known."""
        values = link.model_dump()
        if link in self.links(link.standard):
            return False
        self._connection.execute(tables.standard_link.insert(), values)
        return True

    def unlink(self, link: StandardLink) -> bool:
        """Take a link back; False where there was none."""
        table = tables.standard_link
        gone = self._connection.execute(
            table.delete().where(*(table.c[name] == one for name, one in link.model_dump().items()))
        )
        return gone.rowcount == 1

    def links(self, standard: str | None = None) -> tuple[StandardLink, ...]:
        """Return what rests on a standard (None: on any)."""
        table = tables.standard_link
        query = sa.select(table).order_by(table.c.standard, table.c.kind, table.c.target)
        if standard is not None:
            query = query.where(table.c.standard == standard)
        return tuple(StandardLink.model_validate(dict(row._mapping)) for row in self._connection.execute(query))
