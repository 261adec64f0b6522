"""规则集: deadlines and requirements as dated data, one set per law, each adopted from a day on (Art. 13, 14, 20, 24).

Here: what a rule set is and which one is in force on a day. Not here: reading their files (formats.rule_sets), adopting
them (services.rule_sets), counting working days (catalog.working_days).
"""

import datetime as dt
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated

from pydantic import Field as Attribute
from pydantic import StringConstraints, model_validator

from catalog_service.catalog.errors import InvalidError, NotFoundError, Text, problem
from catalog_service.catalog.model import Line, Model
from catalog_service.catalog.requirements import Requirements
from catalog_service.catalog.vocabularies import Term
from catalog_service.catalog.working_days import LONGEST_DEADLINE

RuleSetId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,62}$")]
DEFAULT = "wuxi-measures-2020"
"""The rule set of the Measures themselves; it is in force without being adopted."""


class DutyKind(Term):
    """What must happen within a number of working days."""

    ENTRY_UPDATE = "entry_update", "更新目录", "update of a catalog entry (Art. 14)"
    ENTRY_REVIEW = "entry_review", "审核目录条目", "review of a submitted entry (Art. 14)"
    DUPLICATE_DECISION = "duplicate_decision", "裁定重复采集", "decision on a likely duplicate (Art. 15)"
    SHARE_OPINION = "share_opinion", "提出共享意见", "opinion of the source agency (Art. 20)"
    SHARE_REPLY = "share_reply", "答复共享申请", "reply to a request to share (Art. 20)"
    SHARE_DELIVERY = "share_delivery", "提供共享数据", "handing over of shared data (Art. 20)"
    DISPUTE_COORDINATION = "dispute_coordination", "协调共享争议", "coordination of a dispute (Art. 20)"
    OPEN_REPLY = "open_reply", "答复开放申请", "reply to a request for open data (Art. 24)"
    AGREEMENT_SIGNING = "agreement_signing", "签订开放应用协议", "signing of the agreement (Art. 24)"
    CONFLICT_ANSWER = "conflict_answer", "处理数据不一致", "answer to a report of disagreeing sources (Art. 25)"
    RECTIFICATION = "rectification", "整改质量问题", "rectification of quality faults (Art. 25, 32)"
    OBJECTION_ACCEPT = "objection_accept", "受理异议", "acceptance of an objection (Art. 26)"
    OBJECTION_VERIFY = "objection_verify", "核实异议", "verification of an objection (Art. 26)"
    DEMAND_ANSWER = "demand_answer", "答复开放需求", "answer to a demand (Art. 27)"
    INSPECTION_FOLLOW_UP = "inspection_follow_up", "落实检查意见", "follow-up of an inspection (Art. 34)"


class DutyTerm(Model):
    """How many working days a duty has, and on what that number rests."""

    days: int = Attribute(ge=1, le=LONGEST_DEADLINE)
    article: int | None = None
    """Article of this rule set's law; None: the law gives no number."""
    verified: bool = False
    """The number was compared with the text of the law."""
    note: Text | None = None


class RuleSet(Model):
    """The numbers of one law."""

    id: RuleSetId
    title: Text
    in_force_from: dt.date
    in_force_until: dt.date | None = None
    """Last day in force; None: no end is known."""
    verified: bool
    """The dates above were compared with the text of the law."""
    source: Line
    """Issuer, number and date of the law."""
    extends: RuleSetId | None = None
    """The set whose rules hold wherever this one says nothing."""
    terms: dict[DutyKind, DutyTerm] = {}
    requirements: Requirements | None = None
    """Article 13: what entries must have; None: what the set it extends asks for."""

    @model_validator(mode="after")
    def _consistent(self) -> "RuleSet":
        if self.in_force_until is not None and self.in_force_until < self.in_force_from:
            raise ValueError("失效日期早于施行日期 / in_force_until lies before in_force_from")
        if self.extends == self.id:
            raise ValueError("规则集不能以自身为基础 / a rule set cannot extend itself")
        return self

    @cached_property
    def deadlines(self) -> dict[DutyKind, int]:
        """Working days by duty."""
        return {kind: term.days for kind, term in self.terms.items()}

    @property
    def unverified(self) -> tuple[DutyKind, ...]:
        """Duties whose number was not compared with the text of the law."""
        return tuple(kind for kind, term in self.terms.items() if not term.verified)

    def is_in_force(self, day: dt.date) -> bool:
        """Tell whether the law itself is in force on a day."""
        return self.in_force_from <= day and (self.in_force_until is None or day <= self.in_force_until)

    def over(self, base: "RuleSet") -> "RuleSet":
        """Return this set completed by what `base` says and it does not."""
        changes = {"terms": {**base.terms, **self.terms}, "requirements": self.requirements or base.requirements}
        return self.model_copy(update=changes)


class Adoption(Model):
    """The authority's decision that from a day on events follow a rule set."""

    rule_set: RuleSetId
    from_day: dt.date
    decided_at: dt.datetime
    decided_by: Line
    verification: str = ""
    """Against which text the unverified numbers were compared before the adoption."""


class RuleSets(Model):
    """All rule sets that are known, completed by those they extend, and which of them are adopted from when."""

    sets: tuple[RuleSet, ...]
    adoptions: tuple[Adoption, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, RuleSet]:
        """Rule sets by id."""
        return {one.id: one for one in self.sets}

    def get(self, id_: str) -> RuleSet:
        """Return a rule set.

        Raises:
            NotFoundError: there is none of that id.
        """
        if id_ not in self.by_id:
            known = "、".join(self.by_id)
            raise NotFoundError(
                problem(
                    "unknown-rule-set",
                    f"没有规则集 {id_}，现有：{known}",
                    f"there is no rule set {id_}; known are {', '.join(self.by_id)}",
                )
            )
        return self.by_id[id_]

    def in_force(self, day: dt.date) -> RuleSet:
        """Return the rule set that events of a day follow: the one adopted last, of those adopted by then and in force.

        Raises:
            InvalidError: nothing was in force on that day.
        """
        adopted = sorted(self.adoptions, key=lambda one: (one.from_day, one.decided_at), reverse=True)
        candidates = [one.rule_set for one in adopted if one.from_day <= day] + [DEFAULT]
        for id_ in candidates:
            if self.get(id_).is_in_force(day):
                return self.by_id[id_]
        start = self.get(DEFAULT).in_force_from
        raise InvalidError(
            problem(
                "no-rule-set",
                f"{day} 没有生效的规则：《办法》自 {start} 起施行，此前发生的事项不计期限",
                f"no rules were in force on {day}: the Measures begin on {start}, earlier events have no deadline",
                article=39,
            )
        )


def completed(sets: Iterable[RuleSet]) -> tuple[RuleSet, ...]:
    """Return rule sets, each completed by the one it extends (and that one by its own).

    Raises:
        InvalidError: a set extends one that is unknown, or sets extend each other in a circle.
    """
    known = {one.id: one for one in sets}
    return tuple(_complete(one, known, (one.id,)) for one in known.values())


def _complete(one: RuleSet, known: dict[str, RuleSet], path: tuple[str, ...]) -> RuleSet:
    if one.extends is None:
        return one
    if one.extends not in known or one.extends in path:
        chain = " → ".join((*path, one.extends))
        raise InvalidError(
            problem(
                "bad-extends",
                f"规则集的基础不存在或互相循环：{chain}",
                f"a rule set extends an unknown one, or itself: {chain}",
                field="extends",
            )
        )
    return one.over(_complete(known[one.extends], known, (*path, one.extends)))
