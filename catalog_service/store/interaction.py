"""Objections, demands, showcases and notices in the database (Art. 26, 27).

Here: storing and finding them. Not here: who may do what to them (services).
"""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from catalog_service.catalog.demand import Demand, Showcase
from catalog_service.catalog.errors import NotFoundError, Text, problem
from catalog_service.catalog.notice import Notice
from catalog_service.catalog.objection import Objection
from catalog_service.store import interaction_tables as tables
from catalog_service.store.cases import C, Cases


class Interaction:
    """Repository of what the public says and is told."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.objections = Cases[Objection](
            connection,
            tables.objection,
            Objection.model_validate_json,
            lambda one: {
                "number": one.number,
                "dataset_id": one.wish.dataset,
                "source": one.source,
                "state": one.state.value,
            },
            Text(zh="异议", en="objection"),
        )
        self.demands = Cases[Demand](
            connection,
            tables.demand,
            Demand.model_validate_json,
            lambda one: {"number": one.number, "agency": one.agency, "state": one.state.value},
            Text(zh="需求", en="demand"),
        )
        self.showcases = Cases[Showcase](
            connection,
            tables.showcase,
            Showcase.model_validate_json,
            lambda one: {"state": one.state.value},
            Text(zh="成果", en="showcase"),
        )
        self.notices = Cases[Notice](
            connection,
            tables.notice,
            Notice.model_validate_json,
            lambda one: {"is_sent": one.sent_at is not None},
            Text(zh="通知", en="notice"),
        )

    def objection(self, number: str) -> Objection:
        """Return the objection of a number; NotFoundError where there is none."""
        return _only(self.objections.find(*self.objections.where(number=number)))

    def demand(self, number: str) -> Demand:
        """Return the demand of a number; NotFoundError where there is none."""
        return _only(self.demands.find(*self.demands.where(number=number)))

    def vote(self, demand_id: str, account_id: str) -> bool:
        """Store a vote; False where this account has voted for it already."""
        table = tables.demand_vote
        known = sa.select(sa.func.count()).where(table.c.demand_id == demand_id, table.c.account_id == account_id)
        if self._connection.scalar(known):
            return False
        self._connection.execute(table.insert(), {"demand_id": demand_id, "account_id": account_id})
        return True

    def votes(self, demand_ids: Iterable[str]) -> dict[str, int]:
        """Return how many votes each demand has; those without are absent."""
        table = tables.demand_vote
        query = sa.select(table.c.demand_id, sa.func.count()).where(table.c.demand_id.in_(list(demand_ids)))
        rows = self._connection.execute(query.group_by(table.c.demand_id))
        return {row[0]: row[1] for row in rows}

    def most_voted(self, states: Iterable[str], limit: int) -> list[Demand]:
        """Return the demands in these states with most votes first, newest first among equals."""
        count = sa.func.count(tables.demand_vote.c.account_id)
        query = (
            sa.select(tables.demand.c.document)
            .outerjoin(tables.demand_vote)
            .where(tables.demand.c.state.in_(list(states)))
            .group_by(tables.demand.c.id, tables.demand.c.document)
            .order_by(count.desc(), tables.demand.c.id.desc())
            .limit(limit)
        )
        return [Demand.model_validate_json(row) for row in self._connection.scalars(query)]

    def add_showcase(self, showcase: Showcase) -> None:
        """Store a new showcase, to be found by each data set that it uses."""
        self.showcases.add(showcase)
        rows = [{"showcase_id": showcase.id, "dataset_id": one} for one in dict.fromkeys(showcase.wish.datasets)]
        self._connection.execute(tables.showcase_dataset.insert(), rows)

    def showcases_of(self, dataset_id: str, state: str) -> list[Showcase]:
        """Return the showcases in a state that use a data set, newest first."""
        link = tables.showcase_dataset
        used = sa.select(link.c.showcase_id).where(link.c.dataset_id == dataset_id)
        return self.showcases.find(tables.showcase.c.id.in_(used), *self.showcases.where(state=state))

    def filings(self, origin: str, day: dt.date) -> int:
        """Return how much a stranger filed on a day."""
        table = tables.filing
        query = sa.select(sa.func.count()).where(table.c.origin == origin, table.c.day == day)
        return self._connection.scalar(query) or 0

    def count_filing(self, id_: str, origin: str, day: dt.date) -> None:
        """Remember that a stranger filed something today; what is older is forgotten."""
        self._connection.execute(tables.filing.delete().where(tables.filing.c.day < day))
        self._connection.execute(tables.filing.insert(), {"id": id_, "origin": origin, "day": day})


def _only(found: list[C]) -> C:
    if not found:
        raise NotFoundError(problem("unknown-number", "没有这个编号，请核对", "there is no case of this number; check it"))
    return found[0]
