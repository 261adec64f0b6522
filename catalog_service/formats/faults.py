"""Validation errors in the words of a reader: what is wrong with which part, and what is allowed.

Here: the translation of pydantic's errors. Not here: the rules that raise them (catalog).
"""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from catalog_service.catalog import vocabularies
from catalog_service.catalog.errors import Problem, Where, problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Location = tuple[str | int, ...]
_UNION_TAGS = frozenset({"golden", "union"})
_SHOWN_CHARACTERS = 60
_TERMS = [term for _, term in inspect.getmembers(vocabularies, inspect.isclass) if issubclass(term, vocabularies.Term)]

_SENTENCES: dict[str, tuple[str, str]] = {
    "missing": ("缺少必填项，请补充", "this is required; add it"),
    "extra_forbidden": ("没有这一项，请检查拼写或删去", "there is no such item; check the spelling or remove it"),
    "string_type": ("应为文本{given}", "must be a text{given_en}"),
    "string_too_short": ("不能为空，至少 {min_length} 个字符", "must not be empty: at least {min_length} characters"),
    "string_too_long": ("过长，最多 {max_length} 个字符", "is too long: at most {max_length} characters"),
    "string_pattern_mismatch": ("不符合规定的写法 {pattern}{given}", "does not match {pattern}{given_en}"),
    "string_unicode": ("含有无效的 Unicode 字符", "has invalid Unicode characters"),
    "enum": ("只能填写：{allowed}{given}", "must be one of {allowed_en}{given_en}"),
    "literal_error": ("只能填写：{expected}{given}", "must be one of {expected}{given_en}"),
    "greater_than_equal": ("不得小于 {ge}{given}", "must be at least {ge}{given_en}"),
    "less_than_equal": ("不得大于 {le}{given}", "must be at most {le}{given_en}"),
    "too_short": ("至少应有 {min_length} 项", "needs at least {min_length} items"),
    "too_long": ("最多 {max_length} 项，现有 {actual_length} 项", "may have at most {max_length} items, has {actual_length}"),
    "union_tag_not_found": ("应写明 kind：golden（主数据）或 union（合并）", "needs a kind: golden or union"),
    "union_tag_invalid": ("kind 只能是 golden（主数据）或 union（合并）", "its kind must be golden or union"),
    "tuple_type": ("应为列表{given}", "must be a list{given_en}"),
    "dict_type": ("应为键值对{given}", "must be a mapping{given_en}"),
}
_FAMILIES: tuple[tuple[str, tuple[str, str]], ...] = (
    ("int_", ("应为整数{given}", "must be a whole number{given_en}")),
    ("float_", ("应为数字{given}", "must be a number{given_en}")),
    ("bool_", ("应为 true 或 false{given}", "must be true or false{given_en}")),
    ("date_", ("应为日期，写作 2020-05-01{given}", "must be a date such as 2020-05-01{given_en}")),
    ("model_", ("应为一组键值（映射）{given}", "must be a mapping of keys to values{given_en}")),
)
_OTHER = ("不符合规定（{msg}）", "is not allowed ({msg})")


def translate(error: ValidationError, data: object, locate: Callable[[Location], Where]) -> list[Problem]:
    """Return every fault of an entry as a problem with its place in the file and in the entry."""
    return [_translate(one, data, locate) for one in error.errors(include_url=False) if not is_echo(one)]


def is_echo(error: "ErrorDetails") -> bool:
    """Tell whether a list is called too short only because items of it are invalid; those have faults of their own."""
    value = error["input"]
    return error["type"] == "too_short" and isinstance(value, list) and len(value) >= error["ctx"]["min_length"]


def _translate(error: "ErrorDetails", data: object, locate: Callable[[Location], Where]) -> Problem:
    loc = tuple(part for part in error["loc"] if part not in _UNION_TAGS)
    where = locate(loc)
    if where.field is None:
        where = where.model_copy(update={"field": path_text(loc, data) or None})
    zh, en = _sentence(error, loc)
    return problem("invalid-entry", zh, en, **where.model_dump())


def path_text(loc: Location, data: object) -> str:
    """Return a path as people write it: list items by their `name` where they have one, else counted from 1."""
    text = ""
    for part in loc:
        data = _step(data, part)
        if isinstance(part, int):
            name = data.get("name") if isinstance(data, Mapping) else None
            text += f"[{name if isinstance(name, str) and name else part + 1}]"
        else:
            text += f".{part}" if text else str(part)
    return text


def _step(data: object, part: str | int) -> object:
    if isinstance(part, int):
        return data[part] if isinstance(data, list | tuple) and part < len(data) else None
    return data.get(part) if isinstance(data, Mapping) else None


def _sentence(error: "ErrorDetails", loc: Location) -> tuple[str, str]:
    kind = error["type"]
    context: dict[str, Any] = dict(error.get("ctx", {}))
    if kind == "value_error":
        zh, _, en = str(context["error"]).partition(" / ")
        return zh, en or zh
    form = _SENTENCES.get(kind)
    if form is None:
        form = next((sentence for prefix, sentence in _FAMILIES if kind.startswith(prefix)), _OTHER)
    shown = _shown(error["input"])
    context |= {
        "msg": error["msg"],
        "given": f"，现为 {shown}" if shown else "",
        "given_en": f"; it is {shown}" if shown else "",
    }
    if kind == "enum":
        context |= _allowed(context["expected"], loc)
    zh, en = form
    return zh.format_map(context), en.format_map(context)


def _shown(value: object) -> str:
    match value:
        case str():
            text = f"“{value}”"
        case bool() | int() | float():
            text = str(value)
        case _:
            return ""
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def _allowed(expected: str, loc: Location) -> dict[str, str]:
    """Return the allowed values with their labels; of two vocabularies with the same values, the one the path names."""
    named = [
        term for term in _TERMS if expected.count("'") == 2 * len(term) and all(f"'{one.value}'" in expected for one in term)
    ]
    named.sort(key=lambda term: not any(term.__name__.lower().startswith(str(part)) for part in loc))
    if not named:
        return {"allowed": expected, "allowed_en": expected}
    terms = list(named[0])
    return {
        "allowed": "、".join(f"{one.value}（{one.zh}）" for one in terms),
        "allowed_en": ", ".join(one.value for one in terms),
    }
