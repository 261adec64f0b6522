"""Newest runs and scores of data sets, issued evaluations (Art. 32)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "measured_run",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("table_version", sa.BigInteger, nullable=False),
        sa.Column("measured_at", _instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_measured_run"),
    )
    op.create_index("ix_measured_run_agency", "measured_run", ["agency"])
    op.create_table(
        "score_line",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("stamp", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_score_line"),
    )
    op.create_table(
        "evaluation",
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("points", sa.Float),
        sa.Column("issued_at", _instant, nullable=False),
        sa.Column("published_at", _instant),
        sa.Column("published_by", sa.String(400), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("agency", "month", name="pk_evaluation"),
    )
    op.create_index("ix_evaluation_month", "evaluation", ["month"])
