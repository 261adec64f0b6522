"""YAML with the line of every part, from hostile hands.

Here: YAML text → plain values and lines. Not here: what the values mean.

Built from parser events with a stack of our own: the composers of PyYAML recurse (one in C without a limit), resolve
`no` to false and 021 to 17, and expand aliases without a bound. Here every plain scalar is a text, save null; the models
convert it to the type they declare.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.formats.faults import Location

MAX_DEPTH = 40
MAX_NODES = 3_000_000
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_CORE_TAG = "tag:yaml.org,2002:"
_TAGS = frozenset(_CORE_TAG + name for name in ("str", "null", "bool", "int", "float", "timestamp", "seq", "map"))


@dataclass(slots=True)
class Node:
    """A value, the line it begins on, its parts, and how many values it holds in all."""

    line: int
    value: object
    parts: "dict[str, Node] | list[Node] | None" = None
    size: int = 1
    key: "Node | None" = None
    """While a mapping is being read: the key whose value comes next."""
    is_open: bool = False

    def find(self, loc: Location) -> "Node":
        """Return the part at `loc`, or the innermost one on the way that exists."""
        node = self
        for part in loc:
            match node.parts:
                case dict() as named if isinstance(part, str) and part in named:
                    node = named[part]
                case list() as listed if isinstance(part, int) and part < len(listed):
                    node = listed[part]
                case _:
                    return node
        return node


def parse(text: str) -> Node:
    """Return the one document in `text`.

    Raises:
        InvalidError: it is no YAML, or more than one document, or nested, expanded or typed beyond what a catalog needs.
    """
    builder = _Builder()
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "syntax error"
        raise _syntax(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, reason) from error
    except yaml.reader.ReaderError as error:
        line, column = _line_and_column(text, error.position)
        raise _syntax(line, column, f"character {error.character!r} is not allowed") from error
    return builder.root


def _events(text: str) -> Iterator[yaml.Event]:
    return yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class _Builder:
    """Takes events, keeps the open collections on a stack."""

    def __init__(self) -> None:
        self.root = Node(1, None)
        self._stack: list[Node] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0
        self._nodes = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._add(self._node(event, _scalar(event)))
            case yaml.MappingStartEvent():
                self._open(self._node(event, {}, parts={}))
            case yaml.SequenceStartEvent():
                self._open(self._node(event, [], parts=[]))
            case yaml.CollectionEndEvent():
                self._close()
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise _refused(event, "一个文件只能有一个 YAML 文档", "a file may hold one YAML document only")

    def _node(
        self,
        event: yaml.ScalarEvent | yaml.CollectionStartEvent,
        value: object,
        parts: dict[str, Node] | list[Node] | None = None,
    ) -> Node:
        if event.tag is not None and event.tag not in _TAGS and event.tag != "!":
            raise _refused(event, f"不允许使用标签 {event.tag}", f"the tag {event.tag} is not allowed")
        node = Node(_line(event), value, parts)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _open(self, node: Node) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise _too_large(node.line, f"嵌套超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} levels deep")
        node.is_open = True
        self._stack.append(node)

    def _close(self) -> None:
        node = self._stack.pop()
        node.is_open = False
        self._add(node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        target = self._anchors.get(str(event.anchor))
        if target is None or target.is_open:
            raise _refused(event, f"引用 *{event.anchor} 没有可用的定义", f"the alias *{event.anchor} has no usable anchor")
        self._add(target)

    def _add(self, node: Node) -> None:
        self._nodes += 1
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        parent.size += node.size
        if max(parent.size, self._nodes) > MAX_NODES:
            raise _too_large(node.line, f"内容超过 {MAX_NODES} 项", f"holds more than {MAX_NODES} values")
        match parent.parts, parent.value:
            case list() as parts, list() as values:
                parts.append(node)
                values.append(node.value)
            case dict() as named, dict() as mapping:
                _pair(parent, named, mapping, node)


def _pair(parent: Node, named: dict[str, Node], mapping: dict[str, object], node: Node) -> None:
    if parent.key is None:
        if node.parts is not None:
            raise _syntax(node.line, 1, "a key must be a text")
        parent.key = node
        return
    key = "" if parent.key.value is None else str(parent.key.value)
    if key in named:
        raise InvalidError(
            problem(
                "duplicate-key", f"键 {key} 重复，请只保留一个", f"the key {key} occurs twice; keep one", row=parent.key.line
            )
        )
    named[key] = node
    mapping[key] = node.value
    parent.key = None


def _scalar(event: yaml.ScalarEvent) -> str | None:
    is_plain = event.style in (None, "") and event.tag is None
    is_null = event.tag == _CORE_TAG + "null" or (is_plain and event.value in _NULLS)
    return None if is_null else str(event.value)


def _line(event: yaml.Event) -> int:
    return 1 if event.start_mark is None else event.start_mark.line + 1


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _syntax(line: int, column: int, reason: str) -> InvalidError:
    return InvalidError(
        problem(
            "broken-yaml",
            f"不是有效的 YAML，第 {line} 行第 {column} 列：{reason}",
            f"not valid YAML, line {line} column {column}: {reason}",
            row=line,
        )
    )


def _refused(event: yaml.Event, zh: str, en: str) -> InvalidError:
    return InvalidError(problem("broken-yaml", zh, en, row=_line(event)))


def _too_large(line: int, zh: str, en: str) -> InvalidError:
    return InvalidError(problem("catalog-too-large", f"{zh}，请拆分文件", f"{en}; split the file", row=line))
