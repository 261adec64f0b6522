"""目录编制要求 (Art. 13): which elements an entry must have under which condition, and how far it is from having them.

Here: requirements as data, and the measurement of one entry against them, a pure function. Not here: the faults that keep an
entry unpublished (catalog.catalog), who sets the requirements (services.rule_sets).
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, get_args

from pydantic import BaseModel, StringConstraints, field_validator
from pydantic import Field as Attribute

from catalog_service.catalog import comparison
from catalog_service.catalog.agency import Agency
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Text
from catalog_service.catalog.model import Line, Model

EACH = "*"
PRESENT, ABSENT = "present", "absent"
"""Conditions on whether a value is there at all."""
_WHETHER = {PRESENT: Text(zh="已填写", en="given"), ABSENT: Text(zh="未填写", en="not given")}
_AGENCY = "agency_record"
"""First step of the paths that lead into the agency's registration."""


def _known_path(path: str) -> str:
    """Return the path if it leads somewhere in an entry or an agency."""
    _walk(path)
    return path


Path = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.([a-z_]+|\*))*$", max_length=200)]
"""Dotted names as entries write them, such as `sharing.basis`; `*` stands for every item of a list."""


class Requirement(Model):
    """One element that entries must have."""

    element: Path
    title: Text
    weight: int = Attribute(ge=1, le=100)
    """Share of the score, relative to the other requirements that apply."""
    article: int | None = None
    when: dict[Path, tuple[str, ...]] = {}
    """Required only where each of these parts has one of the values; `present` and `absent` ask whether it has any."""
    remedy: Text

    @property
    def conditions(self) -> tuple[Text, ...]:
        """`when` in words that people read."""
        return tuple(_condition(path, values) for path, values in self.when.items())

    @field_validator("element")
    @classmethod
    def _element(cls, value: str) -> str:
        return _known_path(value)

    @field_validator("when")
    @classmethod
    def _conditions(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for path in value:
            _known_path(path)
        return value


def _condition(path: str, values: tuple[str, ...]) -> Text:
    label = comparison.path_words(path)
    said = [_WHETHER.get(one) or comparison.value_words(path, one) for one in values]
    zh, en = "或".join(one.zh for one in said), " or ".join(one.en for one in said)
    return Text(zh=f"{label.zh}：{zh}", en=f"{label.en}: {en}")


class Requirements(Model):
    """The compilation requirements of an authority, in one version."""

    version: Line
    items: tuple[Requirement, ...] = Attribute(min_length=1)


class MissingElement(Model):
    """An element that an entry lacks, wholly or in some of its fields, and what to do."""

    element: str
    title: Text
    article: int | None
    remedy: Text
    places: tuple[str, ...] = ()
    """Names of the fields that lack it, where it is an element of fields."""
    gain: float
    """Points that the score gains when it is supplied."""


class Completeness(Model):
    """How far an entry is from meeting all requirements that apply to it."""

    score: int
    """0 to 100, rounded down: only an entry that lacks nothing has 100."""
    missing: tuple[MissingElement, ...]
    """What brings most, first."""
    requirements: str
    """Version of the requirements."""


def completeness(dataset: Dataset | Mapping[str, Any], agency: Agency | None, requirements: Requirements) -> Completeness:
    """Measure an entry, or the document of a draft, and what its agency has registered against compilation requirements."""
    document = dataset.model_dump(mode="json", by_alias=True, exclude_none=True) if isinstance(dataset, Dataset) else dataset
    content = {**document, _AGENCY: {} if agency is None else agency.model_dump(mode="json", exclude_none=True)}
    measured = [(one, *found) for one in requirements.items if (found := _measure(one, content)) is not None]
    total = sum(one.weight for one, _, _ in measured)
    lacking = [(one, share, places) for one, share, places in measured if share > 0]
    lost = sum(one.weight * share for one, share, _ in lacking)
    score = 100 if not lacking else min(99, int(100 * (total - lost) / total))
    missing = sorted((_missing(one, share, places, total) for one, share, places in lacking), key=lambda m: -m.gain)
    return Completeness(score=score, missing=tuple(missing), requirements=requirements.version)


def _missing(one: Requirement, share: float, places: tuple[str, ...], total: int) -> MissingElement:
    gain = round(100 * one.weight * share / total, 1)
    return MissingElement(
        element=one.element, title=one.title, article=one.article, remedy=one.remedy, places=places, gain=gain
    )


def _measure(one: Requirement, content: Mapping[str, Any]) -> tuple[float, tuple[str, ...]] | None:
    """Return which share of the element is missing, and in which fields; None where the requirement does not apply."""
    prefix, star, rest = one.element.partition(f".{EACH}.")
    own = {path: wanted for path, wanted in one.when.items() if not (star and path.startswith(prefix + star))}
    if not all(_meets(_value(content, path), wanted) for path, wanted in own.items()):
        return None
    if not star:
        return (0.0 if _filled(_value(content, one.element)) else 1.0), ()
    inner = {path.removeprefix(prefix + star): wanted for path, wanted in one.when.items() if path not in own}
    items = [item for item in _items(content, prefix) if all(_meets(_value(item, p), w) for p, w in inner.items())]
    lacking = tuple(str(item.get("name", "")) for item in items if not _filled(_value(item, rest)))
    return (len(lacking) / len(items), lacking) if items else None


def _items(content: Mapping[str, Any], path: str) -> Iterator[Mapping[str, Any]]:
    found = _value(content, path)
    yield from (one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else ()


def _value(content: object, path: str) -> object:
    for part in path.split("."):
        content = content.get(part) if isinstance(content, Mapping) else None
    return content


def _filled(value: object) -> bool:
    return value is not None and value not in ("", [], {})


def _meets(value: object, wanted: tuple[str, ...]) -> bool:
    is_filled = _filled(value)
    return (PRESENT in wanted and is_filled) or (ABSENT in wanted and not is_filled) or str(value) in wanted


@lru_cache(maxsize=500)
def _walk(path: str) -> None:
    """Follow a path through the models; a step that does not exist is an error that names what does."""
    first, *steps = path.split(".")
    known: dict[str, Any] = _attributes(Dataset) | {_AGENCY: Agency}
    for step in (first, *steps):
        if step not in known:
            names = "、".join(sorted(known)) or "（无）"
            raise ValueError(
                f"{path} 中没有 {step}，可用：{names} / {path}: there is no {step}, only {', '.join(sorted(known))}"
            )
        known = _below(known[step])


def _below(annotation: object) -> dict[str, Any]:
    """Return what may follow a step: attributes of a model, `*` for a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _attributes(annotation)
    if getattr(annotation, "__origin__", None) is tuple:
        return {EACH: get_args(annotation)[0]}
    found: dict[str, Any] = {}
    for part in get_args(annotation):
        found |= _below(part)
    return found


def _attributes(model: type[BaseModel]) -> dict[str, Any]:
    return {one.alias or name: one.annotation for name, one in model.model_fields.items()}
