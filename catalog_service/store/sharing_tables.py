"""Tables of requests, grants, agreements and open lists (Art. 19–24)."""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime
from catalog_service.store.tables import metadata

share_request = sa.Table(
    "share_request",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("source", sa.String(63), nullable=False),
    sa.Column("applicant", sa.String(63), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "source", "id"),
    sa.Index(None, "applicant", "id"),
    sa.Index(None, "state", "id"),
)

open_request = sa.Table(
    "open_request",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("source", sa.String(63), nullable=False),
    sa.Column("applicant", sa.String(63), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "source", "id"),
    sa.Index(None, "applicant", "id"),
    sa.Index(None, "state", "id"),
)

agreement = sa.Table(
    "agreement",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("request_id", sa.ForeignKey("open_request.id"), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "request_id"),
)

data_grant = sa.Table(
    "data_grant",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("source", sa.String(63), nullable=False),
    sa.Column("grantee_kind", sa.String(20), nullable=False),
    sa.Column("grantee_id", sa.String(63), nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("is_revoked", sa.Boolean, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "dataset_id", "grantee_id"),
    sa.Index(None, "grantee_id", "id"),
    sa.Index(None, "source", "id"),
)

grant_product = sa.Table(
    "grant_product",
    metadata,
    sa.Column("grant_id", sa.ForeignKey("data_grant.id"), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

open_list = sa.Table(
    "open_list",
    metadata,
    sa.Column("agency", sa.String(63), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("published_at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

open_proposal = sa.Table(
    "open_proposal",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("source", sa.String(63), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "source", "id"),
    sa.Index(None, "dataset_id"),
)
