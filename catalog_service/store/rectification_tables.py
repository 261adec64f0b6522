"""Tables of rectification: issues, and what is remembered of check runs (Art. 25, 32)."""

import sqlalchemy as sa

from catalog_service.store.tables import metadata

rectification = sa.Table(
    "rectification",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("rule", sa.String(200), nullable=False),
    sa.Column("agency", sa.String(63), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(
        "uq_rectification_open",
        "dataset_id",
        "rule",
        unique=True,
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    ),
    sa.Index("ix_rectification_agency", "agency", "is_open", "due_on"),
    sa.Index("ix_rectification_due_on", "is_open", "due_on"),
    sa.Index("ix_rectification_dataset_id", "dataset_id"),
)
"""The database itself refuses a second open issue of the same rule of the same data set."""

checks_seen = sa.Table(
    "checks_seen",
    metadata,
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)
