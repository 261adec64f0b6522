"""Resource codes, and the search index of the catalog; this is filled by `migrating`, from what is stored."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    _entries()
    _postings()
    _standing()
    _codes()
    op.drop_index("ix_catalog_record_state_sort_key", "catalog_record")
    for name in ("sort_key", "title_text", "search_text"):
        op.drop_column("catalog_record", name)


def _entries() -> None:
    op.create_table(
        "search_entry",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("sort_key", sa.String(400), nullable=False),
        sa.Column("recency", sa.BigInteger, nullable=False),
        sa.Column("volume", sa.BigInteger, nullable=False),
        sa.Column("title_text", sa.Text, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("spoken_text", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_search_entry"),
        sa.UniqueConstraint("dataset_id", name="uq_search_entry_dataset_id"),
    )
    for key in ("sort_key", "recency", "volume"):
        op.create_index(f"ix_search_entry_state_{key}_dataset_id", "search_entry", ["state", key, "dataset_id"])


def _postings() -> None:
    op.create_table(
        "search_posting",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("term", sa.String(400), nullable=False),
        sa.Column("block", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("members", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("kind", "term", "block", name="pk_search_posting"),
        sqlite_with_rowid=False,
    )


def _standing() -> None:
    op.create_table(
        "data_standing",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("freshness", sa.String(20), nullable=False),
        sa.Column("quality", sa.String(20), nullable=False),
        sa.Column("row_count", sa.BigInteger, nullable=False),
        sa.Column("published_at", _instant),
        sa.Column("open_row_count", sa.BigInteger),
        sa.Column("open_published_at", _instant),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_data_standing"),
    )
    op.create_index("ix_data_standing_open_published_at", "data_standing", ["open_published_at"])


def _codes() -> None:
    op.create_table(
        "resource_provider",
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("agency", name="pk_resource_provider"),
        sa.UniqueConstraint("number", name="uq_resource_provider_number"),
    )
    op.create_table(
        "resource_code",
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("classification", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_resource_code"),
        sa.UniqueConstraint("dataset_id", "classification", name="uq_resource_code_dataset_id_classification"),
    )
    op.create_index("ix_resource_code_classification", "resource_code", ["classification"])
