"""Rules from the catalog: what a data set's entry promises, as obligations on its table (Art. 15, 25; GB/T 36344).

Here: which rule follows from which property of an entry, how severe it is and how it is said. Not here: evaluation. What
loading already guarantees has its rule all the same: checks are the independent second look.
"""

from collections.abc import Iterator
from typing import Any

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.declared_rules import DeclaredRule
from catalog_service.catalog.errors import Text
from catalog_service.catalog.quality import Metric, Rule
from catalog_service.catalog.schema import CodeList, Field, Reference
from catalog_service.catalog.vocabularies import Dimension, IdentifierScheme, Severity

_DIMENSIONS = {
    Metric.NOT_NULL: Dimension.COMPLETENESS,
    Metric.ROW_COUNT: Dimension.COMPLETENESS,
    Metric.UNIQUE: Dimension.ACCURACY,
    Metric.BETWEEN: Dimension.ACCURACY,
    Metric.IDENTIFIER: Dimension.ACCURACY,
    Metric.IN_SET: Dimension.CONFORMITY,
    Metric.MATCHES: Dimension.CONFORMITY,
    Metric.REFERENCE: Dimension.CONSISTENCY,
    Metric.MAX_LENGTH: Dimension.CONFORMITY,
    Metric.OF_TYPE: Dimension.CONFORMITY,
    Metric.COMPARE: Dimension.CONSISTENCY,
    Metric.SATISFIES: Dimension.CONSISTENCY,
    Metric.AGREES: Dimension.CONSISTENCY,
    Metric.FRESH: Dimension.TIMELINESS,
    Metric.VOLUME: Dimension.COMPLETENESS,
}
"""GB/T 36344-2018: missing values and records, uniqueness and correctness, reference data and formats, related data."""

_STANDARDS = {IdentifierScheme.USCC: "GB 32100", IdentifierScheme.RESIDENT_ID: "GB 11643", IdentifierScheme.ADCODE: "GB/T 2260"}


def derive_rules(dataset: Dataset, catalog: Catalog) -> tuple[Rule, ...]:
    """Articles 15, 25: return the rules of a data set's main table, delivered or derived, in the order of its fields."""
    return tuple(_derive(dataset, catalog))


def _derive(dataset: Dataset, catalog: Catalog) -> Iterator[Rule]:
    yield _rule(
        Metric.ROW_COUNT,
        None,
        "数据集至少应有 1 条记录：空表不予发布（《办法》第25条）",
        "the data set must hold at least one record: an empty table is not published (Measures, Art. 25)",
        severity=Severity.BLOCKING,
        parameters={"minimum": 1},
    )
    if dataset.schema_.key:
        yield _unique(tuple(dataset.schema_.field(name) for name in dataset.schema_.key))
    for field in dataset.schema_.fields:
        yield from _field_rules(field, is_key=field.name in dataset.schema_.key, catalog=catalog)
    for declared in dataset.rules:
        yield _declared(declared)


def _declared(given: DeclaredRule) -> Rule:
    """Return a rule that the entry declares; its name never hides one that follows from a field."""
    basis = [given.standard] if given.standard else []
    zh = "；".join([*basis, f"《办法》第{given.article}条"])
    en = "; ".join([*basis, f"Measures, Art. {given.article}"])
    return Rule(
        name=f"{given.check_name}__declared",
        metric=given.metric,
        field=given.field,
        parameters=given.parameters,
        condition=given.condition,
        severity=given.severity,
        dimension=given.dimension or _DIMENSIONS[given.metric],
        threshold=given.threshold,
        reason=Text(zh=f"{given.description}（{zh}）", en=f"{given.description_en or given.description} ({en})"),
        article=given.article,
        standard=given.standard,
    )


def _field_rules(field: Field, *, is_key: bool, catalog: Catalog) -> Iterator[Rule]:
    """What the entry declares, but for what loading enforces on every row: types, lengths, check digits of keys."""
    if is_key or field.required:
        yield _not_null(field, is_key=is_key)
    if field.code_list is not None:
        yield _in_set(field, catalog.code_list[field.code_list])
    if field.pattern is not None:
        yield _matches(field, field.pattern)
    if field.minimum is not None or field.maximum is not None:
        yield _between(field)
    if field.identifier is not None and not is_key:
        yield _identifier(field, field.identifier)
    if field.reference is not None:
        yield _reference(field, field.reference, catalog)


def _unique(key: tuple[Field, ...]) -> Rule:
    zh = "、".join(field.title for field in key)
    en = ", ".join(_en(field) for field in key)
    together = ("的组合", "the combination of ") if len(key) > 1 else ("", "")
    return _rule(
        Metric.UNIQUE,
        key[0] if len(key) == 1 else None,
        f"{zh}{together[0]}不得重复：它是主键，一个值只对应一条记录（《办法》第15条“一数一源”、第25条）",
        f"{together[1]}{en} must not repeat: it is the key, one value stands for one record (Measures, Art. 15, 25)",
        severity=Severity.BLOCKING,
        parameters={"columns": [field.name for field in key]},
        article=15,
    )


def _not_null(field: Field, *, is_key: bool) -> Rule:
    why = ("它是主键，缺少时无法辨认记录", "it is the key") if is_key else ("目录将其列为必填项", "the catalog requires it")
    return _rule(
        Metric.NOT_NULL,
        field,
        f"{field.title}必须填写：{why[0]}（《办法》第15、25条）",
        f"{_en(field)} must be filled in: {why[1]} (Measures, Art. 15, 25)",
        severity=Severity.BLOCKING,
    )


def _in_set(field: Field, code_list: CodeList) -> Rule:
    return _rule(
        Metric.IN_SET,
        field,
        f"{field.title}只能填写代码表“{code_list.title}”中的代码，共 {len(code_list.codes)} 个（《办法》第25条）",
        f"{_en(field)} must be one of the {len(code_list.codes)} codes of {code_list.name} (Measures, Art. 25)",
        parameters={"values": list(code_list.codes)},
    )


def _matches(field: Field, pattern: str) -> Rule:
    return _rule(
        Metric.MATCHES,
        field,
        f"{field.title}的全部字符应符合目录规定的格式 {pattern}（《办法》第25条）",
        f"the whole of {_en(field)} must match the declared form {pattern} (Measures, Art. 25)",
        parameters={"pattern": pattern},
    )


def _between(field: Field) -> Rule:
    low, high = field.minimum, field.maximum
    bounds = [("不得小于", "at least", low), ("不得大于", "at most", high)]
    zh = "，且".join(f"{word} {_plain(bound)}" for word, _, bound in bounds if bound is not None)
    en = " and ".join(f"{word} {_plain(bound)}" for _, word, bound in bounds if bound is not None)
    return _rule(
        Metric.BETWEEN,
        field,
        f"{field.title}{zh}（《办法》第25条）",
        f"{_en(field)} must be {en} (Measures, Art. 25)",
        parameters={"minimum": low, "maximum": high},
    )


def _identifier(field: Field, scheme: IdentifierScheme) -> Rule:
    checked = (
        ("格式正确", "well formed")
        if scheme is IdentifierScheme.ADCODE
        else ("格式正确且校验码无误", "valid, check digit included")
    )
    return _rule(
        Metric.IDENTIFIER,
        field,
        f"{field.title}应是{checked[0]}的{scheme.zh}（{_STANDARDS[scheme]}；《办法》第25条）",
        f"{_en(field)} must be a {scheme.en}, {checked[1]} (Measures, Art. 25)",
        parameters={"scheme": scheme.value},
        standard=_STANDARDS[scheme],
    )


def _reference(field: Field, reference: Reference, catalog: Catalog) -> Rule:
    target = catalog.dataset.get(reference.dataset)
    title = reference.dataset if target is None else f"“{target.title}”（{reference.dataset}）"
    return _rule(
        Metric.REFERENCE,
        field,
        f"{field.title}应能在数据集{title}的 {reference.field} 中找到（《办法》第25条）",
        f"{_en(field)} must occur in {reference.dataset}.{reference.field} (Measures, Art. 25)",
        severity=Severity.BLOCKING if reference.blocking else Severity.WARNING,
        parameters={"dataset": reference.dataset, "field": reference.field},
    )


def _rule(
    metric: Metric,
    field: Field | None,
    zh: str,
    en: str,
    *,
    severity: Severity = Severity.WARNING,
    parameters: dict[str, Any] | None = None,
    article: int = 25,
    standard: str = "",
) -> Rule:
    return Rule(
        name=f"{'table' if field is None else field.name}__{metric}",
        metric=metric,
        field=None if field is None else field.name,
        parameters=parameters or {},
        severity=severity,
        dimension=_DIMENSIONS[metric],
        reason=Text(zh=zh, en=en),
        article=article,
        standard=standard,
    )


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() else str(number)


def _en(field: Field) -> str:
    return field.title_en or field.name
