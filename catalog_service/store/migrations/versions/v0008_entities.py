"""Entities: what golden versions were made from, decisions on identity, pairs to review (Art. 15, 18)."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "golden_build",
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("table_name", "version", name="pk_golden_build"),
    )
    op.create_table(
        "identity_decision",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity_decision"),
    )
    op.create_index("ix_identity_decision_dataset_id_id", "identity_decision", ["dataset_id", "id"])
    op.create_table(
        "linked_pair",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_linked_pair"),
    )
    op.create_index("ix_linked_pair_dataset_id_state_probability", "linked_pair", ["dataset_id", "state", "probability"])
