"""Articles 15, 18 一数一源: which of several agencies' values becomes the golden one, declared per field.

Here: the vocabulary of rules, the declaration, and its faults against the sources it speaks of. Not here: the SQL that
carries it out (pipelines.transforms.survivorship).
"""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from pydantic import Field as Attribute

from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.model import DatasetId, Model, Slug
from catalog_service.catalog.schema import Schema
from catalog_service.catalog.vocabularies import Term

MOST_COMPARED_SOURCES = 32
"""Sources that a majority can be counted among: every one is compared with every other."""


class Rule(Term):
    """How a value survives where the source of record has none; short words, for they stand beside every golden value."""

    RECORD = "record", "数源部门的值", "value of the source of record"
    ORDER = "order", "按来源顺序补缺", "first source in order that has one"
    RECENT = "recent", "最近更新者优先", "most recent"
    COMPLETE = "complete", "最完整者优先", "of the most complete row"
    UNANIMOUS = "unanimous", "各来源一致方可采用，否则为空", "unanimous, or none"
    MAJORITY = "majority", "独立来源多数一致", "majority of independent sources"


class Condition(Model):
    """A row of a source counts only where one of its fields has (or has not) one of these values."""

    field: Slug
    """Golden field; the source's own name for it is looked up."""
    test: Literal["in", "not_in", "known", "unknown"] = "in"
    values: tuple[str, ...] = ()


class Validity(Model):
    """What a value must be to survive; a value that is not takes no part, neither as candidate nor as a vote."""

    declared: bool = False
    """It keeps what the golden field declares: check digit, pattern, minimum, maximum, code list, length."""
    not_values: tuple[str, ...] = ()
    """Words that stand for "no value", such as 无 or 不详."""
    pattern: str | None = None
    """Regular expression (RE2) that the whole value must match."""


class Survivorship(Model):
    """How one field, or a group of fields that survive together, is decided."""

    fields: tuple[Slug, ...] = Attribute(min_length=1)
    """Several: all are taken from the source that wins by the first of them (a code and its name, an address and its date)."""
    order: tuple[DatasetId, ...] = ()
    """Source of record first; unnamed sources follow in the order of the golden record's sources."""
    rule: Rule = Rule.ORDER
    """How it is decided; by the order alone, the first source in it is the source of record."""
    recency: Slug | None = None
    """Golden field that tells how recent a row is (for `recent`); never the time of arrival, which must not decide."""
    when: tuple[Condition, ...] = ()
    valid: Validity = Validity()


def survivorship_problems(
    rules: tuple[Survivorship, ...], schema: Schema, sources: tuple[str, ...], copies: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield the faults of a golden entry's survivorship rules; `copies` maps a source to what it is a copy of."""
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        for one in _rule_problems(rule, schema, sources, seen):
            yield one.at(field=f"derivation.survivorship[{number}]")
        seen.update(rule.fields)
    yield from _circles(copies)


def _rule_problems(rule: Survivorship, schema: Schema, sources: tuple[str, ...], seen: set[str]) -> Iterator[Problem]:
    named = (*rule.fields, *(one.field for one in rule.when), *([rule.recency] if rule.recency else []))
    for name in dict.fromkeys(named):
        if name not in schema.names:
            yield problem(
                "unknown-survivorship-field",
                f"取值规则提到的信息项 {name} 不存在，请改正或补充该信息项",
                f"the rule names a field {name} that does not exist; correct it or add the field",
                article=15,
            )
    for name in rule.fields:
        if name in schema.key or name in seen or rule.fields.count(name) > 1:
            yield problem(
                "survivorship-twice",
                f"信息项 {name} 是主键或已有取值规则；每个非主键信息项只能有一条规则",
                f"field {name} is part of the key or has a rule already; each other field has one rule",
                article=15,
            )
    for source in rule.order:
        if source not in sources:
            yield problem(
                "unknown-survivorship-source",
                f"取值规则提到的来源 {source} 不是本数据集的来源；现有来源：{'、'.join(sources)}",
                f"the rule names {source}, which is not a source here; sources are {', '.join(sources)}",
                article=15,
            )
    yield from _form_problems(rule, len(sources))


def _form_problems(rule: Survivorship, source_count: int) -> Iterator[Problem]:
    if (rule.rule is Rule.RECENT) != (rule.recency is not None):
        yield problem(
            "survivorship-recency",
            "“最近更新者优先”须用 recency 指明表示更新时间的信息项（到达先后不得作为依据），其他规则不填 recency",
            "`recent` needs `recency`, a field that tells the time of the row (arrival must not decide); other rules have none",
        )
    if rule.rule is Rule.RECORD:
        yield problem(
            "survivorship-rule",
            "record 是结果标记，不是取值规则；请用 order，并把数源部门列在首位",
            "`record` marks an outcome; use `order` with the source of record first",
        )
    if rule.rule is Rule.MAJORITY and source_count > MOST_COMPARED_SOURCES:
        yield problem(
            "survivorship-too-many",
            f"多数一致规则最多比较 {MOST_COMPARED_SOURCES} 个来源，现有 {source_count} 个，请改用其他规则",
            f"a majority is counted among at most {MOST_COMPARED_SOURCES} sources, here are {source_count}; use another rule",
        )
    for condition in rule.when:
        if (condition.test in ("in", "not_in")) != bool(condition.values):
            yield problem(
                "survivorship-condition",
                "条件 in、not_in 须列出取值，known、unknown 不得列出",
                "conditions `in` and `not_in` list values, `known` and `unknown` do not",
            )


def _circles(copies: Mapping[str, str]) -> Iterator[Problem]:
    try:
        TopologicalSorter({copy: {original} for copy, original in copies.items()}).prepare()
    except CycleError as error:
        ids = " → ".join(error.args[1])
        yield problem(
            "copy-cycle",
            f"来源互为副本，形成循环：{ids}；请指明哪一个是原始来源",
            f"sources are declared copies of each other: {ids}; say which one is the original",
            field="derivation.sources",
            article=15,
        )
