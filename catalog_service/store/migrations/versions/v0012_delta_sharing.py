"""Credentials of Delta Sharing recipients (Art. 20, 24)."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "share_profile",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("grant_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("is_revoked", sa.Boolean, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_share_profile"),
        sa.UniqueConstraint("token_hash", name="uq_share_profile_token_hash"),
        sa.ForeignKeyConstraint(["grant_id"], ["data_grant.id"], name="fk_share_profile_data_grant"),
    )
    op.create_index("ix_share_profile_grant_id_account_id", "share_profile", ["grant_id", "account_id"])
