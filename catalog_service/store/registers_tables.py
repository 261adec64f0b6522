"""Tables of the registers (Art. 9, 10, 12): exchange channels, plans, standards, and what rests on a standard.

Here: columns and keys. Not here: queries (registers).
"""

import sqlalchemy as sa

from catalog_service.store.tables import metadata


def _register(name: str) -> sa.Table:
    """Return a register: documents under an id, each with an edition that tells who changed it first."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.String(63), primary_key=True),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )


exchange_channel = _register("exchange_channel")
plan = _register("plan")
standard = _register("standard")

standard_link = sa.Table(
    "standard_link",
    metadata,
    sa.Column("standard", sa.ForeignKey("standard.id"), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("target", sa.String(400), primary_key=True),
    sa.Index(None, "kind", "target"),
)
