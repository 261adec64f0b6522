"""Tables of the ledger: the chained entries and the signed heads."""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime
from catalog_service.store.tables import metadata

ledger_entry = sa.Table(
    "ledger_entry",
    metadata,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("spool_id", sa.String(36), unique=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("principal_id", sa.String(400), nullable=False),
    sa.Column("principal_name", sa.String(400), nullable=False),
    sa.Column("agency", sa.String(63)),
    sa.Column("action", sa.String(63), nullable=False),
    sa.Column("target", sa.String(400), nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("source_agency", sa.String(63)),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index(None, "principal_id", "sequence"),
    sa.Index(None, "agency", "sequence"),
    sa.Index(None, "action", "sequence"),
    sa.Index(None, "target", "sequence"),
    sa.Index(None, "source_agency", "sequence"),
    sa.Index(None, "at"),
)

ledger_checkpoint = sa.Table(
    "ledger_checkpoint",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("head", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)
