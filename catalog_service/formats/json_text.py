"""JSON with the line on which each entry of a section begins.

Here: JSON text → plain values and lines. Not here: what the values mean.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator
from typing import NoReturn

from catalog_service.catalog.errors import InvalidError, Problem, problem

_SPACE = " \t\n\r"


def parse(text: str) -> object:
    """Return the value of a JSON document.

    Raises:
        InvalidError: it is no JSON, or a key occurs twice in one object, or it is nested too deeply.
    """
    duplicates: list[Problem] = []

    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = [key for key, _ in pairs]
        duplicates.extend(_duplicate(key) for key in sorted({key for key in keys if keys.count(key) > 1}))
        return dict(pairs)

    try:
        value: object = json.loads(text, object_pairs_hook=collect, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _broken(
            f"第 {error.lineno} 行第 {error.colno} 列：{error.msg}",
            f"line {error.lineno} column {error.colno}: {error.msg}",
            row=error.lineno,
        ) from error
    except RecursionError as error:
        raise _broken("嵌套过深", "nested too deeply") from error
    except ValueError as error:
        raise _broken(str(error), str(error)) from error
    if duplicates:
        raise InvalidError(duplicates)
    return value


def entry_lines(text: str) -> dict[str, list[int]]:
    """Return, for each list directly under the top object of a valid document, the lines on which its items begin."""
    newlines = [index for index, char in enumerate(text) if char == "\n"]
    return {
        key: [bisect_right(newlines, start) + 1 for start in starts] for key, starts in _sections(text) if starts is not None
    }


def _sections(text: str) -> Iterator[tuple[str, list[int] | None]]:
    decode = json.JSONDecoder().raw_decode
    at = _skip(text, 0)
    if text[at] != "{":
        return
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        starts: list[int] | None = None
        if text[at] == "[":
            starts, at = _items(text, at)
        else:
            _, at = decode(text, at)
        yield key, starts
        at = _skip(text, at)
        at = _skip(text, at + 1) if text[at] == "," else at


def _items(text: str, at: int) -> tuple[list[int], int]:
    decode = json.JSONDecoder().raw_decode
    starts: list[int] = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        starts.append(at)
        _, at = decode(text, at)
        at = _skip(text, at)
        at = _skip(text, at + 1) if text[at] == "," else at
    return starts, at + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _duplicate(key: str) -> Problem:
    return problem(
        "duplicate-key", f"键 {key} 在同一对象中重复，请只保留一个", f"the key {key} occurs twice in one object; keep one"
    )


def _broken(zh: str, en: str, *, row: int | None = None) -> InvalidError:
    return InvalidError(problem("broken-json", f"不是有效的 JSON，{zh}", f"not valid JSON, {en}", row=row))
