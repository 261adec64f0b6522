"""What checks remember, overridden gates, reminders; rectification and evaluations (Art. 25, 32)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "check_memory",
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("table_name", name="pk_check_memory"),
    )
    op.create_table(
        "gate_override",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gate_override"),
        sa.UniqueConstraint("table_name", "version", name="uq_gate_override_table_name"),
    )
    op.create_table(
        "freshness_reminder",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("settled_at", _instant),
        sa.PrimaryKeyConstraint("id", name="pk_freshness_reminder"),
        sa.UniqueConstraint("dataset_id", "kind", "due_on", name="uq_freshness_reminder_dataset_id"),
    )
    op.create_index("ix_freshness_reminder_agency", "freshness_reminder", ["agency", "settled_at"])
