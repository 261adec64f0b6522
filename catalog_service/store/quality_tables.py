"""Tables of quality: what checks remember, overridden gates, reminders.

Here: columns, keys and constraints. Not here: outcomes of checks (Delta tables of the `quality` zone), queries (store.quality).
"""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime
from catalog_service.store.tables import metadata

check_memory = sa.Table(
    "check_memory",
    metadata,
    sa.Column("table_name", sa.String(255), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

gate_override = sa.Table(
    "gate_override",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("table_name", sa.String(255), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.UniqueConstraint("table_name", "version", name="uq_gate_override_table_name"),
)

freshness_reminder = sa.Table(
    "freshness_reminder",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("agency", sa.String(63), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("settled_at", UtcDateTime),
    sa.UniqueConstraint("dataset_id", "kind", "due_on", name="uq_freshness_reminder_dataset_id"),
    sa.Index("ix_freshness_reminder_agency", "agency", "settled_at"),
)
