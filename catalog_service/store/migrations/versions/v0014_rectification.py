"""Issues of rectification, and what is remembered of check runs (Art. 25, 32)."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "rectification",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rectification"),
    )
    is_open = sa.text("is_open")
    op.create_index(
        "uq_rectification_open",
        "rectification",
        ["dataset_id", "rule"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_rectification_agency", "rectification", ["agency", "is_open", "due_on"])
    op.create_index("ix_rectification_due_on", "rectification", ["is_open", "due_on"])
    op.create_index("ix_rectification_dataset_id", "rectification", ["dataset_id"])
    op.create_table(
        "checks_seen",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_checks_seen"),
    )
