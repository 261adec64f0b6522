"""Credentials of Delta Sharing recipients in the database. Not here: what they open (services.delta_sharing)."""

import datetime as dt

import sqlalchemy as sa

from catalog_service.catalog.delta_sharing import ShareProfile
from catalog_service.store.delta_sharing_tables import share_profile


class Profiles:
    """Repository of profiles; the token itself is never stored."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, profile: ShareProfile, token_hash: str) -> None:
        """Store a new profile."""
        self._connection.execute(share_profile.insert(), {**_columns(profile), "token_hash": token_hash})

    def by_token(self, token_hash: str) -> ShareProfile | None:
        """Return the profile of a token; None where there is none."""
        row = self._connection.scalar(sa.select(share_profile.c.document).where(share_profile.c.token_hash == token_hash))
        return None if row is None else ShareProfile.model_validate_json(row)

    def get(self, id_: str) -> ShareProfile | None:
        """Return a profile by its id; None where there is none."""
        row = self._connection.scalar(sa.select(share_profile.c.document).where(share_profile.c.id == id_))
        return None if row is None else ShareProfile.model_validate_json(row)

    def live_of(self, grant_id: str, account_id: str) -> list[ShareProfile]:
        """Return the profiles of an account for a grant that were not revoked."""
        query = sa.select(share_profile.c.document).where(
            share_profile.c.grant_id == grant_id,
            share_profile.c.account_id == account_id,
            share_profile.c.is_revoked.is_(False),
        )
        return [ShareProfile.model_validate_json(row) for row in self._connection.scalars(query)]

    def revoke(self, profile: ShareProfile, at: dt.datetime) -> None:
        """End a profile."""
        ended = profile.model_copy(update={"revoked_at": at, "revision": profile.revision + 1})
        self._connection.execute(share_profile.update().where(share_profile.c.id == profile.id).values(_columns(ended)))


def _columns(profile: ShareProfile) -> dict[str, object]:
    return {
        "id": profile.id,
        "revision": profile.revision,
        "grant_id": profile.grant,
        "account_id": profile.account,
        "is_revoked": profile.revoked_at is not None,
        "document": profile.model_dump_json(),
    }
