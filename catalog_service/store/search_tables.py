"""Tables of the search index: searchable entries, postings, and how the data of each entry stand.

Here: columns and keys. Not here: what is written into them (search_index) and how they answer questions (searching).
"""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime
from catalog_service.store.tables import metadata

search_entry = sa.Table(
    "search_entry",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("dataset_id", sa.String(127), nullable=False, unique=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("sort_key", sa.String(400), nullable=False),
    sa.Column("recency", sa.BigInteger, nullable=False),
    sa.Column("volume", sa.BigInteger, nullable=False),
    sa.Column("title_text", sa.Text, nullable=False),
    sa.Column("search_text", sa.Text, nullable=False),
    sa.Column("spoken_text", sa.Text, nullable=False),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Index(None, "state", "sort_key", "dataset_id"),
    sa.Index(None, "state", "recency", "dataset_id"),
    sa.Index(None, "state", "volume", "dataset_id"),
)
"""`number`: place of the entry in postings. `recency`, `volume`: minus the microseconds since 1970, minus the rows, so that
every order ascends. `spoken_text`: the part of `search_text` that is found by pinyin. `labels`: facet → values, as JSON."""

search_posting = sa.Table(
    "search_posting",
    metadata,
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("term", sa.String(400), primary_key=True),
    sa.Column("block", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("members", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The entries in which a term occurs, a set of numbers per block of 65,536 (see `members`)."""

data_standing = sa.Table(
    "data_standing",
    metadata,
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Column("freshness", sa.String(20), nullable=False),
    sa.Column("quality", sa.String(20), nullable=False),
    sa.Column("row_count", sa.BigInteger, nullable=False),
    sa.Column("published_at", UtcDateTime),
    sa.Column("open_row_count", sa.BigInteger),
    sa.Column("open_published_at", UtcDateTime),
    sa.Index(None, "open_published_at"),
)
