"""Findings of one data, one source, and their decisions (Art. 15)."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("other_id", sa.String(127), nullable=False),
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("other_agency", sa.String(63), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
    )
    op.create_index("ix_finding_dataset_id_is_open", "finding", ["dataset_id", "is_open"])
    op.create_index("ix_finding_other_id", "finding", ["other_id"])
    op.create_index("ix_finding_is_open_score", "finding", ["is_open", "score"])
    op.create_table(
        "field_sketch",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("table_version", sa.BigInteger, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_field_sketch"),
    )
