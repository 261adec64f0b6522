"""Table of the credentials of Delta Sharing recipients."""

import sqlalchemy as sa

from catalog_service.store.tables import metadata

share_profile = sa.Table(
    "share_profile",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("grant_id", sa.ForeignKey("data_grant.id"), nullable=False),
    sa.Column("account_id", sa.String(64), nullable=False),
    sa.Column("is_revoked", sa.Boolean, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "grant_id", "account_id"),
)
