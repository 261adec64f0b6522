"""Tables of resource codes: the number of each provider, and every code that was given out.

Here: columns and keys. Not here: giving out codes (resource_codes).
"""

import sqlalchemy as sa

from catalog_service.store.tables import metadata

resource_provider = sa.Table(
    "resource_provider",
    metadata,
    sa.Column("agency", sa.String(63), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
)

resource_code = sa.Table(
    "resource_code",
    metadata,
    sa.Column("code", sa.String(20), primary_key=True),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("classification", sa.String(8), nullable=False),
    sa.UniqueConstraint("dataset_id", "classification"),
    sa.Index(None, "classification"),
)
