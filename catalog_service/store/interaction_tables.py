"""Tables of objections, demands, votes, showcases and notices (Art. 26, 27)."""

import sqlalchemy as sa

from catalog_service.store.tables import metadata

objection = sa.Table(
    "objection",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("number", sa.String(20), nullable=False, unique=True),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("source", sa.String(63), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "source", "id"),
    sa.Index(None, "dataset_id", "id"),
    sa.Index(None, "state", "id"),
)

demand = sa.Table(
    "demand",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("number", sa.String(20), nullable=False, unique=True),
    sa.Column("agency", sa.String(63)),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "agency", "id"),
    sa.Index(None, "state", "id"),
)

demand_vote = sa.Table(
    "demand_vote",
    metadata,
    sa.Column("demand_id", sa.ForeignKey("demand.id"), primary_key=True),
    sa.Column("account_id", sa.String(64), primary_key=True),
)

showcase = sa.Table(
    "showcase",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "state", "id"),
)

showcase_dataset = sa.Table(
    "showcase_dataset",
    metadata,
    sa.Column("showcase_id", sa.ForeignKey("showcase.id"), primary_key=True),
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Index(None, "dataset_id"),
)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("is_sent", sa.Boolean, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "is_sent", "id"),
)

filing = sa.Table(
    "filing",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("origin", sa.String(64), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Index(None, "origin", "day"),
)
"""How often strangers filed something today: origin is the network address, kept for that alone and forgotten next day."""
