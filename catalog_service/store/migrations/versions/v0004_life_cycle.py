"""Life cycle of catalog records (Art. 14): where each entry stands, and the history of its changes.

Entries that exist begin their history here, as imported when they were changed last.
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_instant = sa.DateTime(timezone=True)
_BATCH = 500


def upgrade() -> None:
    standing, change = _standing(), _change()
    for rows in _batches():
        op.bulk_insert(standing, [_standing_row(row) for row in rows])
        op.bulk_insert(change, [_change_row(row) for row in rows])


def _standing() -> sa.Table:
    table = op.create_table(
        "catalog_standing",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("live", sa.String(20)),
        sa.Column("work", sa.String(20)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("live_version", sa.Integer),
        sa.Column("updated_at", _instant, nullable=False),
        sa.Column("updated_by", sa.String(400), nullable=False),
        sa.Column("document", sa.Text),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_catalog_standing"),
    )
    op.create_index("ix_catalog_standing_agency_state", "catalog_standing", ["agency", "state"])
    op.create_index("ix_catalog_standing_state", "catalog_standing", ["state"])
    return table


def _change() -> sa.Table:
    table = op.create_table(
        "catalog_change",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("at", _instant, nullable=False),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("state_before", sa.String(20)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("live", sa.String(20)),
        sa.Column("live_version", sa.Integer),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("principal_id", sa.String(200), nullable=False),
        sa.Column("principal_name", sa.String(400), nullable=False),
        sa.Column("agency", sa.String(63)),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("document", sa.Text),
        sa.PrimaryKeyConstraint("dataset_id", "edition", name="pk_catalog_change"),
    )
    op.create_index("ix_catalog_change_at", "catalog_change", ["at"])
    return table


def _batches() -> Iterator[list[Any]]:
    record = sa.table("catalog_record", *map(sa.column, ("dataset_id", "agency", "state", "version")), _updated())
    version = sa.table("catalog_record_version", *map(sa.column, ("dataset_id", "version", "document")))
    latest = sa.and_(version.c.dataset_id == record.c.dataset_id, version.c.version == record.c.version)
    columns = (record.c.dataset_id, record.c.agency, record.c.state, record.c.version, record.c.updated_at, version.c.document)
    rows = op.get_bind().execute(sa.select(*columns).join(version, latest).order_by(record.c.dataset_id)).all()
    for start in range(0, len(rows), _BATCH):
        yield list(rows[start : start + _BATCH])


def _updated() -> sa.ColumnClause[Any]:
    return sa.column("updated_at", _instant)


def _standing_row(row: Any) -> dict[str, Any]:  # noqa: ANN401
    is_draft = row.state == "draft"
    return {
        "dataset_id": row.dataset_id,
        "agency": row.agency,
        "title": json.loads(row.document)["title"],
        "live": None if is_draft else row.state,
        "work": "draft" if is_draft else None,
        "state": row.state,
        "edition": 1,
        "version": row.version,
        "live_version": None if is_draft else row.version,
        "updated_at": row.updated_at,
        "updated_by": "",
        "document": row.document if is_draft else None,
    }


def _change_row(row: Any) -> dict[str, Any]:  # noqa: ANN401
    is_draft = row.state == "draft"
    return {
        "dataset_id": row.dataset_id,
        "edition": 1,
        "at": row.updated_at,
        "event": "import",
        "state_before": None,
        "state": row.state,
        "live": None if is_draft else row.state,
        "live_version": None if is_draft else row.version,
        "version": row.version,
        "principal_id": "operator:migration",
        "principal_name": "",
        "agency": None,
        "reasons": "",
        "document": None,
    }
