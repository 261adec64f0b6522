"""People who work on the catalog, for tests: compilers and responsible persons of agencies, reviewers of the authority."""

from catalog_service.catalog.principal import Principal, Role


def actor(role: Role, agency: str | None = "civil") -> Principal:
    """Return somebody with one role who acts for an agency."""
    return Principal(id=f"{role.value}-{agency}", name=f"{role.zh}（{agency}）", roles=frozenset({role}), agency=agency)


COMPILER = actor(Role.COMPILER)
RESPONSIBLE = actor(Role.RESPONSIBLE)
REVIEWER = actor(Role.REVIEWER, "authority")
INSPECTOR = actor(Role.INSPECTOR, None)
STRANGER = actor(Role.COMPILER, "tax")
