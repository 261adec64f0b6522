"""Keys of pseudonyms: one per grantee, kept in `<home>/keys/pseudonyms`, never in the database, the lake or a log.

Two grants cannot be joined by their pseudonyms: each derives a key of its own. Losing a key file changes the pseudonyms of
that grantee's products from then on. Here: making and deriving keys. Not here: their use in SQL (treating).
"""

import hashlib
import hmac
from pathlib import Path

import duckdb

from catalog_service.catalog.grant import Grant, GranteeKind
from catalog_service.services.key_files import secret_key
from catalog_service.services.platform import Platform
from catalog_service.services.treating import PADS_TABLE

_BLOCK = 64


def register_pads(platform: Platform, connection: duckdb.DuckDBPyConnection, holder: str, context: str) -> None:
    """Make the key of one product usable on a connection: HMAC-SHA256's padded keys in a temporary table."""
    key = hmac.digest(_key_of(platform.settings.home_path / "keys" / "pseudonyms", holder), context.encode(), "sha256")
    padded = key.ljust(_BLOCK, b"\0")
    inner, outer = bytes(one ^ 0x36 for one in padded), bytes(one ^ 0x5C for one in padded)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {PADS_TABLE} AS SELECT ?::BLOB AS inner_pad, ?::BLOB AS outer_pad", [inner, outer]
    )


def holder_of(grant: Grant) -> str:
    """Return whose key a grant uses."""
    return f"{'agency' if grant.grantee.kind is GranteeKind.AGENCY else 'applicant'}:{grant.grantee.id}"


def _key_of(folder: Path, holder: str) -> bytes:
    return secret_key(folder / f"{hashlib.sha256(holder.encode()).hexdigest()[:32]}.key")
