"""Survivorship rules compiled to SQL, in this one place: which of the joined sources wins for a rule.

The sources are joined by key as `t0`, `t1`, …; a value that may not survive is NULL there (sources). The winner depends on
nothing but the rows themselves and the declared order, so it is the same in whatever order they arrived.
Not here: the columns written (resolve).
"""

from collections.abc import Mapping, Sequence

from catalog_service.catalog.survivorship import Rule, Survivorship
from lake.expressions import ident, literal


def winner(rule: Survivorship, order: Sequence[int], voters: Sequence[int]) -> str:
    """SQL for the number of the source that wins; NULL where none has a value that may survive.

    Args:
        rule: the rule.
        order: numbers of the sources that supply its first field, in the order that decides.
        voters: numbers of the independent ones among them; copies have no vote.
    """
    value = ident(rule.fields[0])
    match rule.rule:
        case Rule.ORDER | Rule.RECORD:
            return _first(value, order, {})
        case Rule.RECENT | Rule.COMPLETE:
            mark = ident("_recency_" + rule.fields[0])
            known = ", ".join(f"CASE WHEN t{one}.{value} IS NOT NULL THEN t{one}.{mark} END" for one in order)
            best = f"greatest({known})" if len(order) > 1 else known
            return _first(value, order, {one: f"t{one}.{mark} IS NOT DISTINCT FROM {best}" for one in order})
        case Rule.UNANIMOUS:
            differs = disputed(rule.fields[0], voters)
            return f"CASE WHEN NOT {differs} THEN {_first(value, order, {})} END"
        case Rule.MAJORITY:
            votes = {one: _votes(value, one, voters) for one in order}
            most = f"greatest({', '.join(votes.values())})" if len(order) > 1 else next(iter(votes.values()), "0")
            return _first(value, order, {one: f"{count} = {most}" for one, count in votes.items()})


def disputed(name: str, voters: Sequence[int]) -> str:
    """SQL that tells whether the voting sources differ about a field."""
    value, pairs = ident(name), []
    for number, one in enumerate(voters[:-1]):
        rest = [f"t{other}.{value}" for other in voters[number + 1 :]]
        # Each value is compared with the next known one: where all of these are equal, all are.
        pairs.append(f"t{one}.{value} <> coalesce({', '.join(rest)}, NULL)")
    return f"coalesce({' OR '.join(pairs)}, FALSE)" if pairs else "FALSE"


def applied_rule(rule: Survivorship, record: int | None, index: str) -> str:
    """SQL for the rule that a golden value survived by.

    `record` is the number of the source of record, where the order decides and it is published.
    """
    kind = Rule.ORDER if rule.rule is Rule.RECORD else rule.rule
    of_record = (
        "" if record is None or kind is not Rule.ORDER else f"WHEN {index} = {record} THEN {literal(Rule.RECORD.value)} "
    )
    return f"CASE {of_record}WHEN {index} IS NOT NULL THEN {literal(kind.value)} END"


def _first(value: str, order: Sequence[int], conditions: Mapping[int, str]) -> str:
    """The first source in order that has a value and meets its condition."""
    cases = (
        f"WHEN t{one}.{value} IS NOT NULL{f' AND {conditions[one]}' if one in conditions else ''} THEN {one}::SMALLINT"
        for one in order
    )
    return f"CASE {' '.join(cases)} END" if order else "NULL::SMALLINT"


def _votes(value: str, one: int, voters: Sequence[int]) -> str:
    equal = " + ".join(f"coalesce(t{one}.{value} = t{other}.{value}, FALSE)::INTEGER" for other in voters)
    return f"CASE WHEN t{one}.{value} IS NOT NULL THEN {equal or '0'} ELSE -1 END"
