"""Requests, agreements, grants and open lists in the database (Art. 19–24).

Here: storing and finding them. Not here: who may do what to them (services).
"""

import sqlalchemy as sa

from catalog_service.catalog.agreement import Agreement
from catalog_service.catalog.errors import Text
from catalog_service.catalog.grant import Grant, GrantProduct
from catalog_service.catalog.open_list import OpenList, OpenProposal
from catalog_service.catalog.open_request import OpenRequest
from catalog_service.catalog.share_request import ShareRequest
from catalog_service.store import sharing_tables as tables
from catalog_service.store.cases import Cases
from catalog_service.store.columns import storable, upsert


class Sharing:
    """Repository of everything that sharing and opening decide."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.share_requests = Cases[ShareRequest](
            connection,
            tables.share_request,
            ShareRequest.model_validate_json,
            lambda one: {
                "dataset_id": one.wish.dataset,
                "source": one.source,
                "applicant": one.applicant,
                "state": one.state.value,
            },
            Text(zh="共享申请", en="share request"),
        )
        self.open_requests = Cases[OpenRequest](
            connection,
            tables.open_request,
            OpenRequest.model_validate_json,
            lambda one: {
                "dataset_id": one.wish.dataset,
                "source": one.source,
                "applicant": one.applicant,
                "state": one.state.value,
            },
            Text(zh="开放申请", en="application"),
        )
        self.agreements = Cases[Agreement](
            connection,
            tables.agreement,
            Agreement.model_validate_json,
            lambda one: {"request_id": one.terms.request},
            Text(zh="开放应用协议", en="agreement"),
        )
        self.grants = Cases[Grant](
            connection,
            tables.data_grant,
            Grant.model_validate_json,
            lambda one: {
                "dataset_id": one.dataset,
                "source": one.dataset.partition("/")[0],
                "grantee_kind": one.grantee.kind.value,
                "grantee_id": one.grantee.id,
                "valid_until": one.valid_until,
                "is_revoked": one.revoked_at is not None,
            },
            Text(zh="授权", en="grant"),
        )
        self.proposals = Cases[OpenProposal](
            connection,
            tables.open_proposal,
            OpenProposal.model_validate_json,
            lambda one: {"dataset_id": one.dataset, "source": one.source, "state": one.state.value},
            Text(zh="开放建议", en="proposal"),
        )

    def grants_of(self, dataset_id: str, holders: tuple[str, ...], named: str | None = None) -> list[Grant]:
        """Return the grants of a data set whose grantee has one of these ids: all that a decision needs.

        Where the reader has named a grant, that one alone: the decision looks at no other.
        """
        if named is not None and not storable(named):
            return []
        ids = [one for one in holders if storable(one)]
        return self.grants.find(*self.grants.where(dataset_id=dataset_id, grantee_id=ids, id=named))

    def product(self, grant_id: str) -> GrantProduct | None:
        """Return what was made for a grant; None: nothing yet."""
        query = sa.select(tables.grant_product.c.document).where(tables.grant_product.c.grant_id == grant_id)
        row = self._connection.scalar(query) if storable(grant_id) else None
        return None if row is None else GrantProduct.model_validate_json(row)

    def put_product(self, product: GrantProduct) -> None:
        """Store what was made for a grant, in place of what was made before."""
        upsert(self._connection, tables.grant_product, {"grant_id": product.grant, "document": product.model_dump_json()})

    def open_lists(self, agency: str | None = None) -> list[OpenList]:
        """Return all versions of an agency's open list, newest first; without an agency the newest of each."""
        table = tables.open_list
        query = sa.select(table.c.document).order_by(table.c.agency, table.c.version.desc())
        if agency is not None:
            query = query.where(table.c.agency == agency) if storable(agency) else query.where(sa.false())
        found = [OpenList.model_validate_json(row) for row in self._connection.scalars(query)]
        return found if agency is not None else list({one.agency: one for one in reversed(found)}.values())

    def put_open_list(self, published: OpenList) -> None:
        """Store a new version of an agency's open list."""
        values = {
            "agency": published.agency,
            "version": published.version,
            "published_at": published.published_at,
            "document": published.model_dump_json(),
        }
        self._connection.execute(tables.open_list.insert(), values)
