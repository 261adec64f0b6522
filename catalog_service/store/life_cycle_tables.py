"""Tables of the life cycle of catalog entries (Art. 14): where each stands, and every change that ever happened.

Here: columns and keys. Not here: the entries themselves and their versions (tables).
"""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime
from catalog_service.store.tables import metadata

catalog_standing = sa.Table(
    "catalog_standing",
    metadata,
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Column("agency", sa.String(63), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("live", sa.String(20)),
    sa.Column("work", sa.String(20)),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("edition", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("live_version", sa.Integer),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("updated_by", sa.String(400), nullable=False),
    sa.Column("document", sa.Text),
    sa.Index(None, "agency", "state"),
    sa.Index(None, "state"),
)

catalog_change = sa.Table(
    "catalog_change",
    metadata,
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Column("edition", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("event", sa.String(20), nullable=False),
    sa.Column("state_before", sa.String(20)),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("live", sa.String(20)),
    sa.Column("live_version", sa.Integer),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("principal_id", sa.String(200), nullable=False),
    sa.Column("principal_name", sa.String(400), nullable=False),
    sa.Column("agency", sa.String(63)),
    sa.Column("reasons", sa.Text, nullable=False),
    sa.Column("document", sa.Text),
    sa.Index(None, "at"),
)
