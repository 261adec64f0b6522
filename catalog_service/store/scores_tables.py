"""Tables of scores (Art. 32): what was measured last of each data set, and issued evaluations.

Here: columns and keys. Not here: queries (scores), single outcomes of all runs (Delta tables of the `quality` zone).
"""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime
from catalog_service.store.tables import metadata

measured_run = sa.Table(
    "measured_run",
    metadata,
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Column("agency", sa.String(63), nullable=False),
    sa.Column("table_version", sa.BigInteger, nullable=False),
    sa.Column("measured_at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "agency"),
)
"""A copy of the newest run; `table_version`: version of the table in the `quality` zone that it was read from."""

score_line = sa.Table(
    "score_line",
    metadata,
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Column("stamp", sa.String(64), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)
"""The score of each data set as it was counted last; `stamp`: of everything that it rests on."""

evaluation = sa.Table(
    "evaluation",
    metadata,
    sa.Column("agency", sa.String(63), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("points", sa.Float),
    sa.Column("issued_at", UtcDateTime, nullable=False),
    sa.Column("published_at", UtcDateTime),
    sa.Column("published_by", sa.String(400), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Index(None, "month"),
)
