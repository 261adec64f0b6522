"""Objections and demands (Art. 26, 27)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _objections()
    _demands()
    _showcases()
    _notices()


def _objections() -> None:
    op.create_table(
        "objection",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("source", sa.String(63), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_objection"),
        sa.UniqueConstraint("number", name="uq_objection_number"),
    )
    op.create_index("ix_objection_source_id", "objection", ["source", "id"])
    op.create_index("ix_objection_dataset_id_id", "objection", ["dataset_id", "id"])
    op.create_index("ix_objection_state_id", "objection", ["state", "id"])


def _demands() -> None:
    op.create_table(
        "demand",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("agency", sa.String(63)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_demand"),
        sa.UniqueConstraint("number", name="uq_demand_number"),
    )
    op.create_index("ix_demand_agency_id", "demand", ["agency", "id"])
    op.create_index("ix_demand_state_id", "demand", ["state", "id"])
    op.create_table(
        "demand_vote",
        sa.Column("demand_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("demand_id", "account_id", name="pk_demand_vote"),
        sa.ForeignKeyConstraint(["demand_id"], ["demand.id"], name="fk_demand_vote_demand"),
    )


def _showcases() -> None:
    op.create_table(
        "showcase",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_showcase"),
    )
    op.create_index("ix_showcase_state_id", "showcase", ["state", "id"])
    op.create_table(
        "showcase_dataset",
        sa.Column("showcase_id", sa.String(36), nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.PrimaryKeyConstraint("showcase_id", "dataset_id", name="pk_showcase_dataset"),
        sa.ForeignKeyConstraint(["showcase_id"], ["showcase.id"], name="fk_showcase_dataset_showcase"),
    )
    op.create_index("ix_showcase_dataset_dataset_id", "showcase_dataset", ["dataset_id"])


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("is_sent", sa.Boolean, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_is_sent_id", "notice", ["is_sent", "id"])
    op.create_table(
        "filing",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_filing"),
    )
    op.create_index("ix_filing_origin_day", "filing", ["origin", "day"])
