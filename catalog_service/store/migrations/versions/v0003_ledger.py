"""The ledger and its signed heads (Art. 34)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("sequence", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("spool_id", sa.String(36)),
        sa.Column("at", _instant, nullable=False),
        sa.Column("principal_id", sa.String(400), nullable=False),
        sa.Column("principal_name", sa.String(400), nullable=False),
        sa.Column("agency", sa.String(63)),
        sa.Column("action", sa.String(63), nullable=False),
        sa.Column("target", sa.String(400), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("source_agency", sa.String(63)),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_ledger_entry"),
        sa.UniqueConstraint("spool_id", name="uq_ledger_entry_spool_id"),
    )
    for column in ("principal_id", "agency", "action", "target", "source_agency"):
        op.create_index(f"ix_ledger_entry_{column}_sequence", "ledger_entry", [column, "sequence"])
    op.create_index("ix_ledger_entry_at", "ledger_entry", ["at"])
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("at", _instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_ledger_checkpoint"),
    )
