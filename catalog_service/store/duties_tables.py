"""Tables of clocks and duties (Art. 13, 14): holiday notices, rule sets, update duties, measured completeness.

Here: columns and keys. Not here: queries (duties, duties_rules, statistics).
"""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime
from catalog_service.store.tables import metadata

holiday_notice = sa.Table(
    "holiday_notice",
    metadata,
    sa.Column("id", sa.String(400), primary_key=True),
    sa.Column("issued_on", sa.Date, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

rule_set = sa.Table(
    "rule_set",
    metadata,
    sa.Column("id", sa.String(63), primary_key=True),
    sa.Column("registered_at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

rule_set_adoption = sa.Table(
    "rule_set_adoption",
    metadata,
    sa.Column("decided_at", UtcDateTime, primary_key=True),
    sa.Column("rule_set", sa.String(63), primary_key=True),
    sa.Column("from_day", sa.Date, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

duty = sa.Table(
    "duty",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("dataset_id", sa.String(127), nullable=False),
    sa.Column("agency", sa.String(63), nullable=False),
    sa.Column("cause", sa.String(20), nullable=False),
    sa.Column("closed", sa.String(20)),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "due_on", "id"),
    sa.Index(None, "closed", "due_on", "id"),
    sa.Index(None, "agency", "closed", "due_on"),
    sa.Index(None, "dataset_id"),
)

duty_event = sa.Table(
    "duty_event",
    metadata,
    sa.Column("duty_id", sa.ForeignKey("duty.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

function_change = sa.Table(
    "function_change",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("agency", sa.String(63), nullable=False),
    sa.Column("registered_at", UtcDateTime, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index(None, "agency", "registered_at"),
)

entry_completeness = sa.Table(
    "entry_completeness",
    metadata,
    sa.Column("dataset_id", sa.String(127), primary_key=True),
    sa.Column("agency", sa.String(63), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("stamp", sa.String(16), nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Index(None, "agency", "stamp", "score"),
)
