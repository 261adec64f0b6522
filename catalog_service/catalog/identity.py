"""Accounts, API keys and who may appoint whom.

Not here: what roles may do (principal), proofs of identity (services.identity).
"""

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from catalog_service.catalog.model import Model, Slug
from catalog_service.catalog.principal import Principal, Role

Login = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._@-]{2,63}$")]
"""The name one signs in with: lower case, 3 to 64 characters."""

DisplayName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""How somebody is called, or what a key is for."""

KEY_MARK = "wxk_"
"""How every API key begins, so that leaked ones can be searched for."""

MAX_KEY_DAYS = 366

WITHOUT_AGENCY = frozenset({Role.APPLICANT, Role.ADMINISTRATOR, Role.GOVERNMENT, Role.INSPECTOR})
"""Roles that an account may have without belonging to an agency."""


class Account(Model):
    """Somebody who can act: an employee of an agency, or a citizen or organisation that applies for open data (Art. 24)."""

    id: str
    login: Login
    name: DisplayName
    agency: Slug | None = None
    roles: frozenset[Role] = frozenset()
    is_active: bool = True
    created_at: dt.datetime
    created_by: str
    has_password: bool = False

    def principal(self, scope: frozenset[Role] | None = None) -> Principal:
        """Return who acts with this account; a key's scope never widens the roles that the account has now."""
        roles = self.roles if scope is None else self.roles & scope
        return Principal(id=self.id, name=self.name, roles=roles, agency=self.agency)


class ApiKey(Model):
    """An API key as it is kept: never the key itself."""

    id: str
    account_id: str
    prefix: str
    """The first characters, to tell keys apart."""
    title: DisplayName
    roles: frozenset[Role]
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None = None

    def is_live(self, now: dt.datetime) -> bool:
        """Tell whether it still opens anything."""
        return self.revoked_at is None and now < self.expires_at


class SessionToken(Model):
    """A session as the browser holds it."""

    token: str = Field(repr=False)
    expires_at: dt.datetime


def appointable(principal: Principal, agency: str | None) -> frozenset[Role]:
    """Return the roles that `principal` may give to, and take from, accounts of `agency`.

    Administrators appoint for every agency, responsible persons appoint the compilers of their own agency, nobody else
    anybody. (Nobody changes the roles of the own account: services.accounts.)
    """
    if Role.ADMINISTRATOR in principal.roles:
        return frozenset(Role)
    if Role.RESPONSIBLE in principal.roles and agency is not None and agency == principal.agency:
        return frozenset({Role.COMPILER})
    return frozenset()
