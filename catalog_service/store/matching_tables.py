"""Tables of one data, one source: findings, and sketches of the values of fields. Not here: queries (store.matching)."""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime
from catalog_service.store.tables import metadata

finding = sa.Table(
    "finding",
    metadata,
    sa.Column("id", sa.String(24), primary_key=True),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("other_id", sa.String(127), nullable=False),
    sa.Column("agency", sa.String(63), nullable=False),
    sa.Column("other_agency", sa.String(63), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "dataset_id", "is_open"),
    sa.Index(None, "other_id"),
    sa.Index(None, "is_open", "score"),
)

field_sketch = sa.Table(
    "field_sketch",
    metadata,
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Column("table_version", sa.BigInteger, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)
