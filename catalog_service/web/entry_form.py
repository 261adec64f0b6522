"""The form in which compilers write an entry (Art. 13): from document to inputs and back.

Here: which parts of an entry have an input, and the merge of a sent form into the document it was made from, which keeps
every part that has no input. Not here: routes (desk_pages), words (messages.entry_form), what is allowed (catalog).
"""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog_service.catalog.history import Document
from catalog_service.catalog.vocabularies import (
    BaseDatabase,
    DeliveryMode,
    FieldType,
    FileFormat,
    Frequency,
    IdentifierScheme,
    OpeningClass,
    ResourceFormat,
    Sensitivity,
    SharingClass,
    SharingMethod,
    Term,
)

MAX_ROWS = 2_000
"""Fields of one entry, at most."""
BLANK_ROWS = 5
MORE_ROWS = 20
_LIST = re.compile(r"[、,，;；\n]")
_ROW = re.compile(r"^f(\d{1,5})\.name$", re.ASCII)


@dataclass(frozen=True)
class Input:
    """One input: the part of the entry it holds, its kind, and its choices."""

    path: str
    kind: str = "text"
    """`text`, `long`, `list`, `date`, `number`, `choice`, `check`, `place` (in the classification)."""
    choices: tuple[Term, ...] = ()

    @property
    def steps(self) -> list[str]:
        """The path, step by step."""
        return self.path.split(".")


def _choice(path: str, vocabulary: type[Term]) -> Input:
    return Input(path, "choice", tuple(vocabulary))


SECTIONS: dict[str, tuple[Input, ...]] = {
    "elements": (
        Input("title"),
        Input("title_en"),
        Input("description", "long"),
        Input("description_en", "long"),
        Input("keywords", "list"),
        Input("theme"),
        Input("classification", "place"),
        _choice("resource_format", ResourceFormat),
        _choice("base_database", BaseDatabase),
        _choice("frequency", Frequency),
        Input("issued", "date"),
        Input("related", "list"),
    ),
    "sharing": (
        _choice("sharing.class", SharingClass),
        Input("sharing.conditions", "long"),
        _choice("sharing.method", SharingMethod),
        Input("sharing.basis.law"),
        Input("sharing.basis.article"),
    ),
    "opening": (
        _choice("opening.class", OpeningClass),
        Input("opening.conditions", "long"),
        Input("opening.basis.law"),
        Input("opening.basis.article"),
    ),
    "statute": (Input("basis.statute.law"), Input("basis.statute.article")),
    "consent": (
        Input("basis.consent.purpose"),
        Input("basis.consent.manner"),
        Input("basis.consent.scope"),
        Input("basis.consent.channel"),
    ),
    "delivery": (
        _choice("delivery.format", FileFormat),
        Input("delivery.encoding"),
        _choice("delivery.mode", DeliveryMode),
        Input("delivery.sheet"),
        Input("delivery.header_row", "number"),
    ),
}
"""Parts of the form in their order; a derived data set has no delivery."""

COLUMNS: tuple[Input, ...] = (
    Input("name"),
    Input("title"),
    _choice("type", FieldType),
    Input("length", "number"),
    Input("key", "check"),
    Input("required", "check"),
    Input("code_list"),
    _choice("identifier", IdentifierScheme),
    Input("data_element"),
    _choice("sensitivity", Sensitivity),
    _choice("sharing", SharingClass),
    _choice("opening", OpeningClass),
)
"""Columns of the table of fields (信息项)."""


@dataclass(frozen=True)
class Row:
    """One row of the table of fields as the form shows it."""

    number: int
    values: Mapping[str, str]


def values(document: Document) -> dict[str, str]:
    """Return the text of every input, by path."""
    return {one.path: _text(_get(document, one.steps)) for inputs in SECTIONS.values() for one in inputs}


def rows(document: Document, *, blank: int = BLANK_ROWS) -> list[Row]:
    """Return the rows of the fields, and blank ones after them."""
    schema = document.get("schema")
    key = schema.get("key", ()) if isinstance(schema, Mapping) else ()
    fields = _fields(document)
    shown = [
        Row(
            number,
            {**{one.path: _text(field.get(one.path)) for one in COLUMNS}, "key": "on" if field.get("name") in key else ""},
        )
        for number, field in enumerate(fields)
    ]
    count = min(len(fields) + blank, MAX_ROWS)
    return shown + [Row(number, dict.fromkeys((one.path for one in COLUMNS), "")) for number in range(len(fields), count)]


def merged(document: Document, form: Mapping[str, str]) -> Document:
    """Return the document with what the form says; parts that have no input stay as they were."""
    made = copy.deepcopy(document)
    for inputs in SECTIONS.values():
        for one in inputs:
            if one.path in form:
                _set(made, one.steps, _value(one, form[one.path]))
    numbers = sorted(int(found.group(1)) for name in form if (found := _ROW.match(name)))
    if numbers:
        _set_fields(made, [_row(document, form, number) for number in numbers[:MAX_ROWS]])
    return made


def _set_fields(made: Document, entries: Sequence[tuple[float, dict[str, Any], bool]]) -> None:
    kept = [entry for entry in entries if entry[1].get("name") or entry[1].get("title")]
    kept.sort(key=lambda entry: entry[0])
    schema = dict(made["schema"]) if isinstance(made.get("schema"), Mapping) else {}
    chosen = [str(field.get("name", "")) for _, field, is_key in kept if is_key]
    before = [name for name in schema.get("key") or () if name in chosen]
    schema["key"] = before + [name for name in chosen if name not in before]
    schema["fields"] = [field for _, field, _ in kept]
    made["schema"] = schema


def _row(document: Document, form: Mapping[str, str], number: int) -> tuple[float, dict[str, Any], bool]:
    """Return place, content and key mark of one row; what the table does not show is kept from the field it was made from."""
    was = form.get(f"f{number}.was", "")
    field = dict(next((one for one in _fields(document) if was and one.get("name") == was), {}))
    for column in COLUMNS:
        if column.path == "key":
            continue
        value = _value(column, form.get(f"f{number}.{column.path}", ""))
        if value is None:
            field.pop(column.path, None)
        else:
            field[column.path] = value
    place = form.get(f"f{number}.order", "").strip()
    is_gone = bool(form.get(f"f{number}.gone"))
    order = float(place) if place.isascii() and place.isdecimal() else number + 1.0
    return order, {} if is_gone else field, bool(form.get(f"f{number}.key"))


def _value(one: Input, text: str) -> object:
    """Return the value that an input's text means; None for nothing. What is no number is left for the check to refuse."""
    text = text.strip().replace("\r\n", "\n")
    if not text:
        return None
    match one.kind:
        case "list":
            return [part.strip() for part in _LIST.split(text) if part.strip()]
        case "number":
            return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text
        case "check":
            return True
        case _:
            return text


def _get(document: object, steps: Sequence[str]) -> object:
    for step in steps:
        document = document.get(step) if isinstance(document, Mapping) else None
    return document


def _set(document: dict[str, Any], steps: Sequence[str], value: object) -> None:
    """Set or remove a part; a group that has nothing left goes too."""
    first, *rest = steps
    if not rest:
        if value is None:
            document.pop(first, None)
        else:
            document[first] = value
        return
    inner = document.get(first)
    group = dict(inner) if isinstance(inner, Mapping) else {}
    _set(group, rest, value)
    if group:
        document[first] = group
    else:
        document.pop(first, None)


def _fields(document: Document) -> list[Mapping[str, Any]]:
    found = _get(document, ["schema", "fields"])
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _text(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "on"
        case list() | tuple():
            return "、".join(str(one) for one in value)
        case _:
            return str(value)
