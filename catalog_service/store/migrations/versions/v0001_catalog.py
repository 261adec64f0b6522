"""Agencies, code lists, catalog records with all versions, deliveries, publications."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    _agencies_and_code_lists()
    _records()
    _deliveries()
    _publications()


def _agencies_and_code_lists() -> None:
    op.create_table(
        "agency",
        sa.Column("slug", sa.String(63), nullable=False),
        sa.Column("uscc", sa.String(18), nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_agency"),
        sa.UniqueConstraint("uscc", name="uq_agency_uscc"),
    )
    op.create_table(
        "code_list",
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_code_list"),
    )


def _records() -> None:
    op.create_table(
        "catalog_record",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("updated_at", _instant, nullable=False),
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("theme", sa.String(400), nullable=False),
        sa.Column("base_database", sa.String(20)),
        sa.Column("sharing", sa.String(20), nullable=False),
        sa.Column("opening", sa.String(20), nullable=False),
        sa.Column("frequency", sa.String(20), nullable=False),
        sa.Column("format", sa.String(20)),
        sa.Column("sort_key", sa.String(400), nullable=False),
        sa.Column("title_text", sa.Text, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_catalog_record"),
    )
    op.create_index("ix_catalog_record_state_sort_key", "catalog_record", ["state", "sort_key"])
    op.create_table(
        "catalog_record_version",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "version", name="pk_catalog_record_version"),
        sa.ForeignKeyConstraint(["dataset_id"], ["catalog_record.dataset_id"], name="fk_catalog_record_version_catalog_record"),
    )


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("received_at", _instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    op.create_index("ix_delivery_dataset_id_received_at_id", "delivery", ["dataset_id", "received_at", "id"])
    op.create_index("ix_delivery_state", "delivery", ["state"])
    op.create_index(
        "uq_delivery_content",
        "delivery",
        ["dataset_id", "sha256"],
        unique=True,
        sqlite_where=sa.text("state <> 'rejected'"),
        postgresql_where=sa.text("state <> 'rejected'"),
    )


def _publications() -> None:
    op.create_table(
        "publication",
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("release_id", sa.String(64), nullable=False),
        sa.Column("published_at", _instant, nullable=False),
        sa.Column("is_current", sa.Boolean, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("table_name", "version", name="pk_publication"),
    )
    op.create_index(
        "uq_publication_current",
        "publication",
        ["table_name"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
