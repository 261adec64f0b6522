"""Rule sets, duties, channels, plans and standards (Art. 9-14)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    _clocks()
    _duties()
    _registers()


def _clocks() -> None:
    op.create_table(
        "holiday_notice",
        sa.Column("id", sa.String(400), nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holiday_notice"),
    )
    op.create_table(
        "rule_set",
        sa.Column("id", sa.String(63), nullable=False),
        sa.Column("registered_at", _instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule_set"),
    )
    op.create_table(
        "rule_set_adoption",
        sa.Column("decided_at", _instant, nullable=False),
        sa.Column("rule_set", sa.String(63), nullable=False),
        sa.Column("from_day", sa.Date, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("decided_at", "rule_set", name="pk_rule_set_adoption"),
    )


def _duties() -> None:
    op.create_table(
        "duty",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("closed", sa.String(20)),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("opened_at", _instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_duty"),
    )
    op.create_index("ix_duty_due_on_id", "duty", ["due_on", "id"])
    op.create_index("ix_duty_closed_due_on_id", "duty", ["closed", "due_on", "id"])
    op.create_index("ix_duty_agency_closed_due_on", "duty", ["agency", "closed", "due_on"])
    op.create_index("ix_duty_dataset_id", "duty", ["dataset_id"])
    op.create_table(
        "duty_event",
        sa.Column("duty_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", _instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("duty_id", "number", name="pk_duty_event"),
        sa.ForeignKeyConstraint(["duty_id"], ["duty.id"], name="fk_duty_event_duty"),
    )
    op.create_table(
        "function_change",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("registered_at", _instant, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_function_change"),
    )
    op.create_index("ix_function_change_agency_registered_at", "function_change", ["agency", "registered_at"])
    op.create_table(
        "entry_completeness",
        sa.Column("dataset_id", sa.String(127), nullable=False),
        sa.Column("agency", sa.String(63), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("stamp", sa.String(16), nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name="pk_entry_completeness"),
    )
    op.create_index("ix_entry_completeness_agency_stamp_score", "entry_completeness", ["agency", "stamp", "score"])


def _registers() -> None:
    for name in ("exchange_channel", "plan", "standard"):
        op.create_table(
            name,
            sa.Column("id", sa.String(63), nullable=False),
            sa.Column("edition", sa.Integer, nullable=False),
            sa.Column("document", sa.Text, nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )
    op.create_table(
        "standard_link",
        sa.Column("standard", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("target", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("standard", "kind", "target", name="pk_standard_link"),
        sa.ForeignKeyConstraint(["standard"], ["standard.id"], name="fk_standard_link_standard"),
    )
    op.create_index("ix_standard_link_kind_target", "standard_link", ["kind", "target"])
