"""Faults of request parameters, said in words instead of a validator's jargon; never with the value that was sent."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError

from catalog_service.catalog.errors import Problem, Text, problem

_SENTENCES: dict[str, Text] = {
    "missing": Text(zh="缺少该参数，请补充", en="the parameter is missing; give it"),
    "extra_forbidden": Text(
        zh="没有这个参数，请删除或检查拼写", en="there is no such parameter; remove it or check the spelling"
    ),
    "int_parsing": Text(zh="应为整数", en="must be a whole number"),
    "int_from_float": Text(zh="应为整数", en="must be a whole number"),
    "int_parsing_size": Text(zh="数字过大", en="the number is too large"),
    "bool_parsing": Text(zh="应为 true 或 false", en="must be true or false"),
    "greater_than_equal": Text(zh="不得小于 {ge}", en="must be at least {ge}"),
    "less_than_equal": Text(zh="不得大于 {le}", en="must be at most {le}"),
    "string_too_long": Text(zh="不得超过 {max_length} 个字符", en="must have at most {max_length} characters"),
    "string_too_short": Text(zh="不得少于 {min_length} 个字符", en="must have at least {min_length} characters"),
    "string_pattern_mismatch": Text(zh="含有不允许的字符，或格式不符", en="has characters or a form that is not allowed"),
    "enum": Text(zh="只能取以下值之一：{expected}", en="must be one of: {expected}"),
    "literal_error": Text(zh="只能取以下值之一：{expected}", en="must be one of: {expected}"),
}
_OTHER = Text(zh="取值不符合要求，请参阅接口文档 /openapi.json", en="the value is not allowed; see /openapi.json")


def validation_problems(error: RequestValidationError) -> list[Problem]:
    """Return a problem for each fault, naming the parameter."""
    return [_problem(one) for one in error.errors()]


def _problem(fault: Mapping[str, Any]) -> Problem:
    kind = str(fault["type"])
    sentence = _SENTENCES.get(kind) or _own_words(fault) or _OTHER
    context = {name: str(value) for name, value in fault.get("ctx", {}).items()}
    context_zh = {name: value.replace(" or ", "、") if name == "expected" else value for name, value in context.items()}
    name = ".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0])
    return problem(
        f"parameter-{kind.replace('_', '-')}", sentence.zh.format(**context_zh), sentence.en.format(**context), field=name[:100]
    )


def _own_words(fault: Mapping[str, Any]) -> Text | None:
    """Return what a rule of our own models says, in both languages; None for a fault of another kind."""
    zh, slash, en = str(fault.get("ctx", {}).get("error", "")).partition(" / ")
    return Text(zh=zh.replace("{", "{{").replace("}", "}}"), en=en.replace("{", "{{").replace("}", "}}")) if slash else None
