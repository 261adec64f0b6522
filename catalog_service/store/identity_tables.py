"""Tables of accounts, API keys, sessions, failed sign-ins and identities at a provider. Secrets are kept as hashes only."""

import sqlalchemy as sa

from catalog_service.store.columns import UtcDateTime
from catalog_service.store.tables import metadata

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("login", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(400), nullable=False),
    sa.Column("agency", sa.String(63)),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("password_hash", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(400), nullable=False),
    sa.Index(None, "agency", "login"),
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("account.id"), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("prefix", sa.String(16), nullable=False),
    sa.Column("title", sa.String(400), nullable=False),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
    sa.Index(None, "account_id"),
)

account_session = sa.Table(
    "account_session",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("account.id"), nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Index(None, "account_id"),
)

failed_sign_in = sa.Table(
    "failed_sign_in",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("login", sa.String(64), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index(None, "login", "at"),
    sa.Index(None, "address", "at"),
    sa.Index(None, "at"),
)

external_identity = sa.Table(
    "external_identity",
    metadata,
    sa.Column("issuer", sa.String(400), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("account.id"), nullable=False),
    sa.Index(None, "account_id"),
)

oidc_flow = sa.Table(
    "oidc_flow",
    metadata,
    sa.Column("state_hash", sa.String(64), primary_key=True),
    sa.Column("nonce", sa.String(64), nullable=False),
    sa.Column("verifier", sa.String(128), nullable=False),
    sa.Column("account_id", sa.ForeignKey("account.id")),
    sa.Column("began_at", UtcDateTime, nullable=False),
)
