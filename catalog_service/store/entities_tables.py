"""Tables of entities: what golden versions were made from, decisions on identity, pairs to review.

Here: columns, keys and constraints. Not here: queries (entities).
"""

import sqlalchemy as sa

from catalog_service.store.tables import metadata

golden_build = sa.Table(
    "golden_build",
    metadata,
    sa.Column("table_name", sa.String(255), primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("document", sa.Text, nullable=False),
)

identity_decision = sa.Table(
    "identity_decision",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "dataset_id", "id"),
)

linked_pair = sa.Table(
    "linked_pair",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "dataset_id", "state", "probability"),
)
