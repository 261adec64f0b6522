"""What clocks rest on: holiday notices, registered rule sets and their adoptions.

Here: storing and reading them. Not here: who may change them (services.rule_sets, services.holiday_notices).
"""

import datetime as dt

import sqlalchemy as sa

from catalog_service.catalog.errors import ConflictError, problem
from catalog_service.catalog.ruleset import Adoption, RuleSet
from catalog_service.catalog.working_days import HolidayNotice
from catalog_service.store.columns import upsert
from catalog_service.store.duties_tables import holiday_notice, rule_set, rule_set_adoption


class ClockRules:
    """Repository of holiday notices, rule sets and adoptions."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put_notice(self, notice: HolidayNotice) -> None:
        """Store a holiday notice, or its corrected content."""
        values = {"id": notice.id, "issued_on": notice.issued_on, "document": notice.model_dump_json()}
        upsert(self._connection, holiday_notice, values)

    def notices(self) -> tuple[HolidayNotice, ...]:
        """Return all holiday notices, oldest first."""
        query = sa.select(holiday_notice.c.document).order_by(holiday_notice.c.issued_on, holiday_notice.c.id)
        return tuple(HolidayNotice.model_validate_json(row) for row in self._connection.scalars(query))

    def add_rule_set(self, one: RuleSet, at: dt.datetime) -> None:
        """Store a rule set.

        Raises:
            ConflictError: there is one of that id; a rule set never changes, a new version has a new id.
        """
        stored = self._connection.scalar(sa.select(rule_set.c.id).where(rule_set.c.id == one.id))
        if stored is not None:
            raise rule_set_exists(one.id)
        values = {"id": one.id, "registered_at": at, "document": one.model_dump_json()}
        self._connection.execute(rule_set.insert(), values)

    def rule_sets(self) -> tuple[RuleSet, ...]:
        """Return the registered rule sets, oldest first."""
        query = sa.select(rule_set.c.document).order_by(rule_set.c.registered_at, rule_set.c.id)
        return tuple(RuleSet.model_validate_json(row) for row in self._connection.scalars(query))

    def add_adoption(self, adoption: Adoption) -> None:
        """Store the decision to follow a rule set from a day on."""
        values = {
            "decided_at": adoption.decided_at,
            "rule_set": adoption.rule_set,
            "from_day": adoption.from_day,
            "document": adoption.model_dump_json(),
        }
        self._connection.execute(rule_set_adoption.insert(), values)

    def adoptions(self) -> tuple[Adoption, ...]:
        """Return all adoptions in the order in which they were decided."""
        query = sa.select(rule_set_adoption.c.document).order_by(rule_set_adoption.c.decided_at)
        return tuple(Adoption.model_validate_json(row) for row in self._connection.scalars(query))


def rule_set_exists(id_: str) -> ConflictError:
    """Return the refusal of a second rule set of one id."""
    return ConflictError(
        problem(
            "rule-set-exists",
            f"规则集 {id_} 已存在；规则集登记后不得修改，新版本请使用新的标识并以 extends 指明原规则集",
            f"there is a rule set {id_}; a registered set never changes: give a new version a new id and name the old one in "
            "extends",
            field="id",
        )
    )
