"""Entities: what golden versions were made from, decisions on identity, pairs to review.

Here: storing and finding them. Not here: what they mean (catalog.entity), who may decide (services.entities).
"""

from collections.abc import Iterable

import sqlalchemy as sa

from catalog_service.catalog.entity import GoldenBuild, IdentityDecision, LinkedPair, PairState
from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.store.columns import insert, storable, upsert
from catalog_service.store.entities_tables import golden_build, identity_decision, linked_pair


class Entities:
    """Repository of entities."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def note_build(self, build: GoldenBuild) -> None:
        """Remember what a version was made from."""
        values = {"table_name": build.table, "version": build.version, "document": build.model_dump_json()}
        upsert(self._connection, golden_build, values)

    def build(self, table: str, version: int) -> GoldenBuild | None:
        """Return what a version was made from; None where that is not known."""
        query = sa.select(golden_build.c.document).where(golden_build.c.table_name == table, golden_build.c.version == version)
        row = self._connection.scalar(query)
        return None if row is None else GoldenBuild.model_validate_json(row)

    def save_decision(self, decision: IdentityDecision) -> None:
        """Store a decision, or its new state."""
        values = {"id": decision.id, "dataset_id": decision.dataset, "document": decision.model_dump_json()}
        upsert(self._connection, identity_decision, values)

    def decisions(self, dataset_id: str) -> list[IdentityDecision]:
        """Return all decisions about a golden data set, revoked ones too, oldest first."""
        if not storable(dataset_id):
            return []
        query = sa.select(identity_decision.c.document).where(identity_decision.c.dataset_id == dataset_id)
        rows = self._connection.scalars(query.order_by(identity_decision.c.id))
        return [IdentityDecision.model_validate_json(row) for row in rows]

    def propose(self, pairs: Iterable[LinkedPair]) -> int:
        """Store pairs to be reviewed; one that is known keeps what was decided. Returns how many are new."""
        added = 0
        for one in pairs:
            statement = insert(self._connection, linked_pair).values(**_pair(one))
            unless_known = statement.on_conflict_do_nothing(index_elements=[linked_pair.c.id]).returning(linked_pair.c.id)
            added += self._connection.scalar(unless_known) is not None
        return added

    def pair(self, pair_id: str) -> LinkedPair:
        """Return a proposed pair.

        Raises:
            NotFoundError: there is none of this id.
        """
        if storable(pair_id):
            row = self._connection.scalar(sa.select(linked_pair.c.document).where(linked_pair.c.id == pair_id))
            if row is not None:
                return LinkedPair.model_validate_json(row)
        raise NotFoundError(problem("unknown-pair", f"没有待复核的配对 {pair_id}", f"there is no proposed pair {pair_id}"))

    def save_pair(self, pair: LinkedPair) -> None:
        """Store the new state of a pair."""
        upsert(self._connection, linked_pair, _pair(pair))

    def reopen(self, pair_id: str) -> None:
        """Let a pair be reviewed again, where it was proposed."""
        row = self._connection.scalar(sa.select(linked_pair.c.document).where(linked_pair.c.id == pair_id))
        if row is not None:
            self.save_pair(LinkedPair.model_validate_json(row).model_copy(update={"state": PairState.OPEN}))

    def pairs(self, dataset_id: str, state: PairState | None = PairState.OPEN, limit: int = 100) -> list[LinkedPair]:
        """Return proposed pairs, the likeliest first."""
        if not storable(dataset_id):
            return []
        query = sa.select(linked_pair.c.document).where(linked_pair.c.dataset_id == dataset_id)
        if state is not None:
            query = query.where(linked_pair.c.state == state.value)
        rows = self._connection.scalars(query.order_by(linked_pair.c.probability.desc(), linked_pair.c.id).limit(limit))
        return [LinkedPair.model_validate_json(row) for row in rows]


def _pair(pair: LinkedPair) -> dict[str, object]:
    return {
        "id": pair.id,
        "dataset_id": pair.dataset,
        "state": pair.state.value,
        "probability": pair.probability,
        "document": pair.model_dump_json(),
    }
