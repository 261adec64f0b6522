"""Rules that an agency or a quality officer declares in an entry, beside those that follow from its fields (Art. 15, 25, 32).

Here: their form, and what is wrong with one as far as the catalog alone can tell. Not here: whether an SQL expression or a
pattern is allowed (lake.row_expressions), what a rule means in SQL (expectations).
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field as Attribute

from catalog_service.catalog.errors import Problem, problem
from catalog_service.catalog.model import Line, Model, Slug
from catalog_service.catalog.quality import Metric
from catalog_service.catalog.vocabularies import Dimension, FieldType, IdentifierScheme, Severity

if TYPE_CHECKING:
    from catalog_service.catalog.catalog import Catalog
    from catalog_service.catalog.dataset import Dataset

OPERATORS = (">", ">=", "<", "<=", "=")
READABLE_TYPES = (FieldType.INTEGER, FieldType.NUMBER, FieldType.DATE, FieldType.DATETIME)

_NEEDED: dict[Metric, tuple[str, ...]] = {
    Metric.NOT_NULL: (),
    Metric.UNIQUE: ("columns",),
    Metric.IN_SET: ("values",),
    Metric.MATCHES: ("pattern",),
    Metric.MAX_LENGTH: ("length",),
    Metric.BETWEEN: ("minimum", "maximum"),
    Metric.IDENTIFIER: ("scheme",),
    Metric.REFERENCE: ("dataset", "field"),
    Metric.ROW_COUNT: ("minimum",),
    Metric.OF_TYPE: ("type",),
    Metric.COMPARE: ("operator", "other"),
    Metric.SATISFIES: ("expression",),
    Metric.FRESH: ("days",),
    Metric.VOLUME: ("least", "most"),
    Metric.AGREES: ("dataset", "other", "key"),
}
_WITHOUT_FIELD = frozenset({Metric.UNIQUE, Metric.ROW_COUNT, Metric.SATISFIES, Metric.VOLUME})
_OPTIONAL = frozenset({"minimum", "maximum", "least", "most"})
_UNCONDITIONAL = frozenset({Metric.ROW_COUNT, Metric.VOLUME, Metric.FRESH})


class DeclaredRule(Model):
    """One rule of an entry; what it asks is said by `metric` and `parameters` (see `Metric`)."""

    name: Slug
    """Distinguishes the rules of a field; the check is called `{field}__{name}`, or `table__{name}`."""
    metric: Metric
    field: Slug | None = None
    parameters: dict[str, Any] = {}
    condition: str = Attribute(default="", max_length=2_000)
    """The rule applies to rows that satisfy this boolean SQL expression over fields of the entry; empty: to all."""
    description: Line
    """What it asks, for people."""
    description_en: str = ""
    severity: Severity = Severity.WARNING
    dimension: Dimension | None = None
    """Quality dimension of GB/T 36344; None: the usual one of the metric."""
    threshold: float = Attribute(default=1.0, gt=0, le=1)
    article: int = Attribute(default=25, ge=1, le=39)
    standard: str = Attribute(default="", max_length=200)

    @property
    def check_name(self) -> str:
        """Name of the check."""
        return f"{self.field or 'table'}__{self.name}"

    @property
    def expressions(self) -> tuple[tuple[str, str], ...]:
        """The SQL expressions of the rule, each with the place where it stands."""
        given = [("condition", self.condition)] if self.condition else []
        if self.metric is Metric.SATISFIES:
            given.append(("parameters.expression", str(self.parameters.get("expression", ""))))
        return tuple(given)


def referred_datasets(rules: tuple[DeclaredRule, ...]) -> frozenset[str]:
    """Return the ids of the data sets that rules compare with."""
    compared = (one for one in rules if one.metric in {Metric.REFERENCE, Metric.AGREES})
    return frozenset(str(one.parameters.get("dataset", "")) for one in compared) - {""}


def rule_problems(dataset: "Dataset", catalog: "Catalog") -> Iterator[Problem]:
    """Yield what is wrong with the declared rules of an entry, each at its place."""
    seen: set[str] = set()
    for number, rule in enumerate(dataset.rules, start=1):
        place = f"rules.{number}"
        if rule.check_name in seen:
            zh, en = f"规则 {rule.check_name} 重复，请改名", f"rule {rule.check_name} occurs twice; rename one"
            yield problem("duplicate-rule", zh, en, field=place)
        seen.add(rule.check_name)
        for one in _problems_of(rule, dataset, catalog):
            yield one.at(field=f"{place}.{one.where.field}" if one.where.field else place)


def _problems_of(rule: DeclaredRule, dataset: "Dataset", catalog: "Catalog") -> Iterator[Problem]:
    needed = _NEEDED[rule.metric]
    if (rule.field is None) != (rule.metric in _WITHOUT_FIELD):
        zh, en = ("不针对单个信息项，请删去 field", "takes no field") if rule.field else ("必须指明 field", "needs a field")
        yield problem("rule-field", f"规则类型 {rule.metric} {zh}", f"a rule of kind {rule.metric} {en}", field="field")
    for name in _own_fields(rule):
        if name not in dataset.schema_.names:
            zh, en = f"信息项 {name} 不存在，请改正", f"there is no field {name}"
            yield problem("rule-field", zh, en, field="field")
    if unknown := sorted(rule.parameters.keys() - set(needed)):
        zh = f"规则类型 {rule.metric} 没有参数 {'、'.join(unknown)}，可用：{'、'.join(needed) or '无'}"
        en = f"a rule of kind {rule.metric} has no parameter {', '.join(unknown)}; it takes {', '.join(needed) or 'none'}"
        yield problem("rule-parameter", zh, en, field="parameters")
    for name in needed:
        value = rule.parameters.get(name)
        if (value is None and name not in _OPTIONAL) or (value is not None and not _is_fit(name, value)):
            zh, en = f"参数 {name} 缺失或不合法：{value!r}", f"parameter {name} is missing or not valid: {value!r}"
            yield problem("rule-parameter", zh, en, field=f"parameters.{name}")
    if rule.condition and rule.metric in _UNCONDITIONAL:
        zh, en = f"规则类型 {rule.metric} 针对整张表，不能附加行条件", f"a rule of kind {rule.metric} takes no row condition"
        yield problem("rule-condition", zh, en, field="condition")
    yield from _target_problems(rule, catalog)


def _target_problems(rule: DeclaredRule, catalog: "Catalog") -> Iterator[Problem]:
    """Yield what is wrong with the data set that a rule compares with."""
    id_ = rule.parameters.get("dataset")
    if rule.metric not in {Metric.REFERENCE, Metric.AGREES} or not isinstance(id_, str):
        return
    target = catalog.dataset.get(id_)
    there = [rule.parameters.get("field") if rule.metric is Metric.REFERENCE else rule.parameters.get("other")]
    key = rule.parameters.get("key")
    there += list(key.values()) if isinstance(key, Mapping) else []
    for name in there if target is not None else [None]:
        if target is None or name not in target.schema_.names:
            place = id_ if target is None else f"{id_}.{name}"
            zh, en = f"比对的数据项 {place} 不存在，请改正", f"there is no {place} to compare with"
            yield problem("unknown-reference", zh, en, field="parameters")


def _own_fields(rule: DeclaredRule) -> list[str]:
    names = [rule.field] if rule.field is not None else []
    given = rule.parameters
    columns, key = given.get("columns"), given.get("key")
    names += [str(one) for one in columns] if isinstance(columns, list | tuple) else []
    names += [str(one) for one in key] if isinstance(key, Mapping) else []
    if rule.metric is Metric.COMPARE:
        names.append(str(given.get("other")))
    return names


def _is_fit(name: str, value: object) -> bool:
    """Tell whether a parameter has the right form."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match name:
        case "columns" | "values":
            return isinstance(value, list | tuple) and bool(value) and all(isinstance(one, str) for one in value)
        case "key":
            return isinstance(value, Mapping) and bool(value) and all(isinstance(one, str) for one in value.values())
        case "minimum" | "maximum":
            return number
        case "least" | "most":
            return number and float(str(value)) >= 0
        case "length" | "days":
            return isinstance(value, int) and number and value >= 1
        case "operator":
            return value in OPERATORS
        case "scheme":
            return value in [one.value for one in IdentifierScheme]
        case "type":
            return value in [one.value for one in READABLE_TYPES]
        case _:
            return isinstance(value, str) and bool(value)
