"""Requests, grants and agreements (Art. 19-24)."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    _requests("share_request")
    _requests("open_request")
    _agreements()
    _grants()
    _open_lists()


def _requests(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("source", sa.String(63), nullable=False),
        sa.Column("applicant", sa.String(63), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    for column in ("source", "applicant", "state"):
        op.create_index(f"ix_{name}_{column}_id", name, [column, "id"])


def _agreements() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("request_id", sa.String(36), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agreement"),
        sa.ForeignKeyConstraint(["request_id"], ["open_request.id"], name="fk_agreement_open_request"),
    )
    op.create_index("ix_agreement_request_id", "agreement", ["request_id"])


def _grants() -> None:
    op.create_table(
        "data_grant",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("source", sa.String(63), nullable=False),
        sa.Column("grantee_kind", sa.String(20), nullable=False),
        sa.Column("grantee_id", sa.String(63), nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("is_revoked", sa.Boolean, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_data_grant"),
    )
    op.create_index("ix_data_grant_dataset_id_grantee_id", "data_grant", ["dataset_id", "grantee_id"])
    op.create_index("ix_data_grant_grantee_id_id", "data_grant", ["grantee_id", "id"])
    op.create_index("ix_data_grant_source_id", "data_grant", ["source", "id"])
    op.create_table(
        "grant_product",
        sa.Column("grant_id", sa.String(36), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("grant_id", name="pk_grant_product"),
        sa.ForeignKeyConstraint(["grant_id"], ["data_grant.id"], name="fk_grant_product_data_grant"),
    )


def _open_lists() -> None:
    op.create_table(
        "open_list",
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("published_at", _instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("agency", "version", name="pk_open_list"),
    )
    op.create_table(
        "open_proposal",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("source", sa.String(63), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_open_proposal"),
    )
    op.create_index("ix_open_proposal_source_id", "open_proposal", ["source", "id"])
    op.create_index("ix_open_proposal_dataset_id", "open_proposal", ["dataset_id"])
