"""Rule sets in use (Art. 13, 14, 20, 24): showing, registering, adopting from a day on.

Here: the authority's decisions about rule sets. Not here: which one an event follows (catalog.ruleset), their text (formats).
"""

import datetime as dt

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.ruleset import DEFAULT, Adoption, RuleSet, RuleSets, completed
from catalog_service.formats.rule_sets import read_rule_set, shipped_rule_sets
from catalog_service.services import clocks
from catalog_service.services.platform import Platform
from catalog_service.store.duties_rules import rule_set_exists


def register_rule_set(platform: Platform, principal: Principal, text: str, file: str) -> RuleSet:
    """Register a rule set from its YAML text; it is in force only once it is adopted.

    A new version of the compilation requirements (Art. 13) is a rule set that extends the one in force.

    Raises:
        InvalidError: its faults, with file, line and field; or it extends an unknown set.
        ConflictError: there is one of that id.
    """
    authorize(principal, Action.MANAGE_RULE_SETS)
    one = read_rule_set(text, file)
    with platform.database.transaction() as transaction:
        known = (*shipped_rule_sets(), *transaction.clocks.rule_sets())
        if one.id in {other.id for other in known}:
            raise rule_set_exists(one.id)
        completed((*known, one))
        transaction.clocks.add_rule_set(one, dt.datetime.now(dt.UTC))
        details = {"file": file[:200], "source": one.source}
        transaction.ledger.append(entry_by(principal, "register_rule_set", f"rule_set:{one.id}", details=details))
    return one


def adopt_rule_set(
    platform: Platform, principal: Principal, id_: str, from_day: dt.date, *, verification: str = ""
) -> Adoption:
    """Decide that events from a day on follow a rule set; what happened before keeps its deadline.

    Args:
        platform: The platform.
        principal: A reviewer of the authority.
        id_: The rule set.
        from_day: First day on which events follow it; today or later.
        verification: Against which text the numbers that rest on memory were compared; needed where there are such.

    Raises:
        NotFoundError: there is no such rule set.
        InvalidError: the day has passed, the law is not in force then, or its numbers were not compared with its text.
    """
    authorize(principal, Action.MANAGE_RULE_SETS)
    with platform.database.transaction() as transaction:
        one = clocks.rule_sets_in(transaction).get(id_)
        _require_possible(one, from_day, clocks.today(platform))
        own = next(raw for raw in (*shipped_rule_sets(), *transaction.clocks.rule_sets()) if raw.id == id_)
        if id_ != DEFAULT and (own.unverified or not own.verified) and not verification.strip():
            raise _unverified(own)
        adoption = Adoption(
            rule_set=id_,
            from_day=from_day,
            decided_at=dt.datetime.now(dt.UTC),
            decided_by=principal.name,
            verification=verification.strip(),
        )
        transaction.clocks.add_adoption(adoption)
        details = {"from_day": str(from_day), "verification": adoption.verification}
        transaction.ledger.append(entry_by(principal, "adopt_rule_set", f"rule_set:{id_}", details=details))
    return adoption


def show_rule_sets(platform: Platform) -> RuleSets:
    """Return all rule sets, completed by those they extend, and their adoptions; they are public."""
    return clocks.rule_sets(platform)


def _require_possible(one: RuleSet, from_day: dt.date, today: dt.date) -> None:
    if from_day < today:
        zh = f"规则集只能自今日（{today}）或以后起采用，已发生事项的期限不变"
        en = f"a rule set can be adopted from today ({today}) on; what has happened keeps its deadline"
        raise InvalidError(problem("adoption-in-the-past", zh, en, field="from_day"))
    if not one.is_in_force(from_day):
        until = one.in_force_until or "…"
        zh = f"{one.title.zh} 在 {from_day} 未生效（{one.in_force_from} 至 {until}）"
        en = f"{one.id} is not in force on {from_day} ({one.in_force_from} to {until})"
        raise InvalidError(problem("not-in-force", zh, en, field="from_day"))


def _unverified(one: RuleSet) -> InvalidError:
    kinds = "、".join(kind.zh for kind in one.unverified) or "施行日期"
    names = ", ".join(kind.value for kind in one.unverified) or "the dates"
    zh = f"规则集 {one.id} 的部分内容未与原文核对（{kinds}）。请与原文核对后，在 verification 中写明核对的文本"
    en = f"parts of {one.id} were not compared with the law ({names}); compare them, and say in verification with which text"
    return InvalidError(problem("not-verified", zh, en, field="verification"))
