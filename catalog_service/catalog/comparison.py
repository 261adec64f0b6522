"""Comparing two versions of an entry, item by item, in words that people read (Art. 14).

Here: differences of documents, incomplete drafts too. Not here: where documents come from.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog_service.catalog import vocabularies
from catalog_service.catalog.errors import Problem, Text, problem
from catalog_service.catalog.model import Model
from catalog_service.catalog.vocabularies import Term


class Kind(Term):
    """What became of an item."""

    ADDED = "added", "新增", "added"
    REMOVED = "removed", "删除", "removed"
    CHANGED = "changed", "修改", "changed"


class Difference(Model):
    """One item that differs; texts are empty where there was, or is, nothing."""

    path: str
    """`title`, `sharing.class`, `schema.fields[phone].length`."""
    label: Text
    kind: Kind
    before: Text
    after: Text


LABELS: dict[str, tuple[str, str]] = {
    "agency": ("数据来源（提供机构）", "source (agency)"),
    "name": ("标识", "name"),
    "title": ("名称", "title"),
    "title_en": ("英文名称", "English title"),
    "description": ("内容摘要", "content"),
    "description_en": ("英文摘要", "content in English"),
    "keywords": ("关键词", "keywords"),
    "theme": ("主题", "theme"),
    "base_database": ("基础数据库", "base database"),
    "frequency": ("更新周期", "update cycle"),
    "sharing": ("共享属性", "sharing attribute"),
    "opening": ("开放属性", "opening attribute"),
    "class": ("类型", "class"),
    "conditions": ("条件", "conditions"),
    "basis": ("依据", "basis"),
    "statute": ("法律法规", "statute"),
    "law": ("法律法规名称", "law"),
    "article": ("条款", "article"),
    "consent": ("被采集人同意", "consent"),
    "purpose": ("目的", "purpose"),
    "manner": ("方式", "manner"),
    "scope": ("范围", "scope"),
    "channel": ("查询、更正渠道", "channel for queries and corrections"),
    "schema": ("结构", "schema"),
    "fields": ("信息项", "fields"),
    "key": ("主键", "key"),
    "delivery": ("汇聚方式", "delivery"),
    "derivation": ("派生方式", "derivation"),
    "sources": ("来源数据集", "sources"),
    "field_order": ("信息项来源顺序", "order of sources by field"),
    "issued": ("发布日期", "date of issue"),
    "classification": ("资源分类", "classification"),
    "code": ("信息资源代码", "resource code"),
    "resource_format": ("信息资源格式", "kind of resource"),
    "related": ("关联资源代码", "related resources"),
    "method": ("共享方式", "way of sharing"),
    "rules": ("质量规则", "quality rules"),
    "deidentification": ("去标识要求", "de-identification"),
    "sharing_treatment": ("共享前处理", "treatment before sharing"),
    "opening_treatment": ("开放前处理", "treatment before opening"),
    "survivorship": ("取值规则", "survivorship"),
    "level": ("归集层次", "level"),
    "linkage": ("无公共键关联", "linkage without a common key"),
    "type": ("数据类型", "type"),
    "length": ("长度", "length"),
    "required": ("必填", "required"),
    "identifier": ("标识符规则", "identifier"),
    "pattern": ("格式规则", "pattern"),
    "minimum": ("最小值", "minimum"),
    "maximum": ("最大值", "maximum"),
    "code_list": ("代码表", "code list"),
    "reference": ("引用", "reference"),
    "data_element": ("数据元", "data element"),
    "sensitivity": ("敏感级别", "sensitivity"),
    "date_order": ("日期写法", "date order"),
    "source_names": ("汇聚文件中的列名", "names in deliveries"),
    "format": ("格式", "format"),
    "encoding": ("字符编码", "encoding"),
    "delimiter": ("分隔符", "delimiter"),
    "mode": ("汇聚模式", "mode"),
    "sheet": ("工作表", "sheet"),
    "header_row": ("表头行", "header row"),
    "records_path": ("记录路径", "path of records"),
    "ignored_columns": ("忽略的列", "ignored columns"),
    "null_values": ("空值写法", "texts that mean no value"),
    "kind": ("类别", "kind"),
    "dataset": ("数据集", "data set"),
    "field": ("信息项", "field"),
    "blocking": ("是否阻断", "blocking"),
    "copy_of": ("副本来源", "copy of"),
}
"""Words for the attributes of an entry; an attribute without words is shown by its name."""

_VOCABULARIES: dict[str, type[Term]] = {
    "base_database": vocabularies.BaseDatabase,
    "frequency": vocabularies.Frequency,
    "resource_format": vocabularies.ResourceFormat,
    "sharing.class": vocabularies.SharingClass,
    "sharing.method": vocabularies.SharingMethod,
    "opening.class": vocabularies.OpeningClass,
    "fields.sharing": vocabularies.SharingClass,
    "fields.opening": vocabularies.OpeningClass,
    "fields.type": vocabularies.FieldType,
    "fields.sensitivity": vocabularies.Sensitivity,
    "fields.identifier": vocabularies.IdentifierScheme,
    "fields.date_order": vocabularies.DateOrder,
    "delivery.format": vocabularies.FileFormat,
    "delivery.mode": vocabularies.DeliveryMode,
}
_TERMS: dict[str, dict[str, Term]] = {
    path: {one.value: one for one in vocabulary} for path, vocabulary in _VOCABULARIES.items()
}
_EMPTY = Text(zh="", en="")


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return what differs between two documents of an entry, in the order of the entry; nothing where they say the same.

    Fields are matched by name: what is merely in another place is one difference, of the order. An attribute that is
    absent, empty or false says the same.
    """
    return tuple(_mappings(before, after, (), _EMPTY))


def as_problem(difference: Difference) -> Problem:
    """Return a difference as a sentence, for refusals that must show it."""
    one = difference
    zh = f"{one.label.zh}（{one.kind.zh}）：{one.before.zh or '空'} → {one.after.zh or '空'}"
    en = f"{one.label.en or one.path} ({one.kind.en}): {one.before.en or 'nothing'} → {one.after.en or 'nothing'}"
    return problem("difference", zh, en, field=one.path)


def _mappings(before: Mapping[str, Any], after: Mapping[str, Any], path: tuple[str, ...], above: Text) -> Iterator[Difference]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if _same(old, new):
            continue
        label = _join(above, words(key))
        if path == ("schema",) and key == "fields":
            yield from _fields(old, new)
        elif (isinstance(old, Mapping) or old is None) and (isinstance(new, Mapping) or new is None):
            yield from _mappings(old or {}, new or {}, (*path, key), label)
        else:
            yield _difference(".".join((*path, key)), ".".join((*path, key)), label, old, new)


def _fields(old: Any, new: Any) -> Iterator[Difference]:  # noqa: ANN401
    before, after = _by_name(old), _by_name(new)
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        title = str((other or one or {}).get("title") or name)
        label = Text(zh=f"信息项“{title}”", en=f"field {name}")
        path = f"schema.fields[{name}]"
        if one is None or other is None:
            kind = Kind.ADDED if one is None else Kind.REMOVED
            yield Difference(path=path, label=label, kind=kind, before=_summary(one), after=_summary(other))
            continue
        for key in dict.fromkeys((*one, *other)):
            if not _same(one.get(key), other.get(key)):
                yield _difference(f"{path}.{key}", f"fields.{key}", _join(label, words(key)), one.get(key), other.get(key))
    kept = [name for name in before if name in after]
    order = [name for name in after if name in before]
    if kept != order:
        label = Text(zh="信息项顺序", en="order of fields")
        before_text, after_text = _shown(kept, ""), _shown(order, "")
        yield Difference(path="schema.fields", label=label, kind=Kind.CHANGED, before=before_text, after=after_text)


def _by_name(fields: Any) -> dict[str, Mapping[str, Any]]:  # noqa: ANN401
    """Return fields by name; one without a name goes by its place."""
    found: dict[str, Mapping[str, Any]] = {}
    for number, one in enumerate(fields if isinstance(fields, list | tuple) else (), start=1):
        if isinstance(one, Mapping):
            found.setdefault(str(one.get("name") or f"#{number}"), one)
    return found


def _difference(path: str, term: str, label: Text, old: Any, new: Any) -> Difference:  # noqa: ANN401
    kind = Kind.ADDED if _is_nothing(old) else Kind.REMOVED if _is_nothing(new) else Kind.CHANGED
    return Difference(path=path, label=label, kind=kind, before=_shown(old, term), after=_shown(new, term))


def _is_nothing(value: object) -> bool:
    return value is None or value is False or (isinstance(value, str | list | tuple | Mapping) and not value)


def _same(old: object, new: object) -> bool:
    return old == new or (_is_nothing(old) and _is_nothing(new))


def _summary(field: Mapping[str, Any] | None) -> Text:
    return _EMPTY if field is None else _pairs(field, "fields.")


def _pairs(values: Mapping[str, Any], prefix: str) -> Text:
    said = [(words(str(key)), _shown(value, f"{prefix}{key}")) for key, value in values.items() if not _is_nothing(value)]
    return Text(zh="；".join(f"{key.zh}：{value.zh}" for key, value in said), en="; ".join(f"{k.en}: {v.en}" for k, v in said))


def _shown(value: object, path: str) -> Text:
    match value:
        case None:
            return _EMPTY
        case bool():
            return Text(zh="是", en="yes") if value else Text(zh="否", en="no")
        case list() | tuple():
            parts = [_shown(one, path) for one in value]
            return Text(zh="、".join(one.zh for one in parts), en=", ".join(one.en for one in parts))
        case Mapping():
            return _pairs(value, "")
        case str() if value in _TERMS.get(path, {}):
            term = _TERMS[path][value]
            return Text(zh=term.zh, en=term.en)
        case _:
            return Text(zh=str(value), en=str(value))


def words(key: str) -> Text:
    """Return how people call an attribute of an entry."""
    zh, en = LABELS.get(key, (key, key))
    return Text(zh=zh, en=en)


def path_words(path: str) -> Text:
    """Return how people call what a dotted path leads to: `sharing.class` is 共享属性 · 类型; `*` is for every field."""
    label = _EMPTY
    for step in path.removeprefix("schema.").split("."):
        if step != "*":
            label = _join(label, words(step))
    return label


def value_words(path: str, value: str) -> Text:
    """Return how people call a value of what a dotted path leads to."""
    return _shown(value, path.removeprefix("schema.").replace(".*.", "."))


def _join(above: Text, label: Text) -> Text:
    return Text(zh=f"{above.zh} · {label.zh}", en=f"{above.en} · {label.en}") if above.zh else label
