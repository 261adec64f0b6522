"""Accounts, API keys, sessions, failed sign-ins, identities at a provider."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    _accounts()
    _keys_and_sessions()
    _failures()
    _provider()


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("name", sa.String(400), nullable=False),
        sa.Column("agency", sa.String(63)),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("created_by", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
    )
    op.create_index("ix_account_agency_login", "account", ["agency", "login"])


def _keys_and_sessions() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("created_at", _instant, nullable=False),
        sa.Column("expires_at", _instant, nullable=False),
        sa.Column("revoked_at", _instant),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("hash", name="uq_api_key_hash"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_api_key_account"),
    )
    op.create_index("ix_api_key_account_id", "api_key", ["account_id"])
    op.create_table(
        "account_session",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("seen_at", _instant, nullable=False),
        sa.Column("expires_at", _instant, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_account_session"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_session_account"),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id"])


def _failures() -> None:
    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", _instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failed_sign_in"),
    )
    op.create_index("ix_failed_sign_in_login_at", "failed_sign_in", ["login", "at"])
    op.create_index("ix_failed_sign_in_address_at", "failed_sign_in", ["address", "at"])
    op.create_index("ix_failed_sign_in_at", "failed_sign_in", ["at"])


def _provider() -> None:
    op.create_table(
        "external_identity",
        sa.Column("issuer", sa.String(400), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_external_identity"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_external_identity_account"),
    )
    op.create_index("ix_external_identity_account_id", "external_identity", ["account_id"])
    op.create_table(
        "oidc_flow",
        sa.Column("state_hash", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("verifier", sa.String(128), nullable=False),
        sa.Column("account_id", sa.String(36)),
        sa.Column("began_at", _instant, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_oidc_flow"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_oidc_flow_account"),
    )
