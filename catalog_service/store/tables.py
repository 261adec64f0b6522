"""Tables of the catalog database.

Here: columns, keys and constraints. Not here: queries (the repositories) and changes over time (migrations).
Documents are the JSON text of the catalog models; the columns beside them are what is searched, joined or constrained.
"""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

agency = sa.Table(
    "agency",
    metadata,
    sa.Column("slug", sa.String(63), primary_key=True),
    sa.Column("uscc", sa.String(18), nullable=False, unique=True),
    sa.Column("search_text", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

code_list = sa.Table(
    "code_list",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("changed_at", UtcDateTime),
)

catalog_record = sa.Table(
    "catalog_record",
    metadata,
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.Column("agency", sa.String(63), nullable=False),
    sa.Column("theme", sa.String(400), nullable=False),
    sa.Column("base_database", sa.String(20)),
    sa.Column("sharing", sa.String(20), nullable=False),
    sa.Column("opening", sa.String(20), nullable=False),
    sa.Column("frequency", sa.String(20), nullable=False),
    sa.Column("format", sa.String(20)),
)

catalog_record_version = sa.Table(
    "catalog_record_version",
    metadata,
    sa.Column("dataset_id", sa.ForeignKey("catalog_record.dataset_id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

_not_rejected = sa.text("state <> 'rejected'")

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "dataset_id", "received_at", "id"),
    sa.Index(None, "state"),
    sa.Index(
        "uq_delivery_content",
        "dataset_id",
        "sha256",
        unique=True,
        sqlite_where=_not_rejected,
        postgresql_where=_not_rejected,
    ),
)

publication = sa.Table(
    "publication",
    metadata,
    sa.Column("table_name", sa.String(255), primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("release_id", sa.String(64), nullable=False),
    sa.Column("published_at", UtcDateTime, nullable=False),
    sa.Column("is_current", sa.Boolean, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(
        "uq_publication_current",
        "table_name",
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    ),
)
