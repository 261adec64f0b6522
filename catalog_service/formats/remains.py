"""What remains of a faulty entry: its sound parts, so that the rules of law are checked in the same go as its form.

Here: leaving out what is wrong. Not here: the rules (catalog), who asks for them (services.compiling, services.draft_import).
"""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Problem, Where
from catalog_service.formats.faults import Location, is_echo

_FIELDS = ("schema", "fields")
_NEUTRAL: dict[Location, Any] = {
    ("agency",): "unknown",
    ("name",): "unknown",
    ("title",): "—",
    ("description",): "—",
    ("frequency",): "irregular",
    ("sharing",): {"class": "unconditional"},
    ("sharing", "class"): "unconditional",
    ("opening",): {"class": "unconditional"},
    ("opening", "class"): "unconditional",
    ("basis",): {},
    ("schema",): {"fields": [{"name": "unknown", "title": "—"}]},
    _FIELDS: [{"name": "unknown", "title": "—"}],
    ("delivery",): {},
    ("derivation",): None,
}
"""What stands for a part that an entry cannot do without; no rule has anything against it."""
_BY_NAME = (("schema", "key"), ("rules",), ("derivation",), ("deidentification",))
"""Parts that name fields: with a field's name unknown, nobody can tell whether they are right."""


@dataclass(frozen=True)
class Remains:
    """An entry without its faulty parts."""

    dataset: Dataset
    locate: Callable[[Location], Where]
    faulty: tuple[Location, ...] = ()
    """What was left out, or stands there only for form; what rules say about it is not true of the entry."""

    @property
    def is_named(self) -> bool:
        """Whether the entry tells which one it is."""
        return not {("agency",), ("name",)} & set(self.faulty)

    def place(self, path: str | None) -> Where:
        """Return where the part at a dotted path (`sharing.basis`, `schema.<field>.<part>`) stands in the file."""
        return self.locate(() if path is None else location(path, self.dataset))

    def true(self, found: Iterable[Problem]) -> Iterator[Problem]:
        """Yield, each at its place, the problems that are about parts which the file does have."""
        yield from (_placed(one, self.place(one.where.field)) for one in found if not self._is_echo(one.where.field))

    def _is_echo(self, path: str | None) -> bool:
        if path is None:
            return False
        about = location(path, self.dataset)
        if about[:2] == _FIELDS:
            return any(about[: len(one)] == one for one in self.faulty)
        return any(about[: len(one)] == one[: len(about)] for one in self.faulty)


def remains(data: object, error: ValidationError, locate: Callable[[Location], Where]) -> Remains | None:
    """Return what remains of an entry that was refused; None where nothing can be said about the rest."""
    sound: Any = deepcopy(data)
    if not isinstance(sound, dict):
        return None
    found = [one["loc"] for one in error.errors(include_url=False) if one["loc"] and not is_echo(one)]
    faulty = [_leave_out(sound, one) for one in found]
    if any(_hides_names(one) for one in faulty):
        faulty += [_leave_out(sound, one) for one in _BY_NAME if _has(sound, one)]
    if ("derivation",) in faulty:
        sound["delivery"] = sound.get("delivery") or {}
    try:
        return Remains(Dataset.model_validate(sound), locate, tuple(faulty))
    except ValidationError:
        return None


def location(path: str, dataset: Dataset) -> Location:
    """Return the place in an entry's document that a dotted path means."""
    first, *rest = path.split(".")
    if first == "schema" and rest and rest[0] in dataset.schema_.names:
        return *_FIELDS, dataset.schema_.names.index(rest[0]), *rest[1:]
    return first, *rest


def _placed(one: Problem, where: Where) -> Problem:
    return one.at(**where.model_dump(exclude_none=True))


def _hides_names(part: Location) -> bool:
    return part == ("schema",) or (part[:2] == _FIELDS and (len(part) < 4 or part[3] == "name"))


def _has(sound: dict[Any, Any], path: Location) -> bool:
    return path[0] in sound and (len(path) == 1 or path[1] in sound[path[0]])


def _leave_out(sound: dict[Any, Any], loc: Location) -> Location:
    """Take the smallest part that holds a fault out of the document, or put something neutral there; return the part."""
    if loc[:2] == _FIELDS and len(loc) > 2:
        return _leave_out_of_field(sound["schema"]["fields"], loc)
    part = loc[:2] if loc[:2] in _NEUTRAL or loc[0] in {"sharing", "opening", "basis", "schema"} else loc[:1]
    holder = sound if len(part) == 1 else sound.get(part[0])
    if not isinstance(holder, dict):
        return _leave_out(sound, part[:1])
    if part in _NEUTRAL:
        holder[part[-1]] = deepcopy(_NEUTRAL[part])
    else:
        holder.pop(part[-1], None)
    return part


def _leave_out_of_field(fields: list[Any], loc: Location) -> Location:
    index, name = loc[2], loc[3] if len(loc) > 3 else None
    if not isinstance(index, int):
        return loc
    if name is None or not isinstance(fields[index], dict):
        fields[index] = {"name": f"unknown_{index}", "title": "—"}
        return loc[:3]
    if name in {"name", "title"}:
        fields[index][name] = f"unknown_{index}"
    else:
        fields[index].pop(name, None)
    return loc[:4]
