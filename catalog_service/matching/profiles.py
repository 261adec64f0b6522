"""Profiles: what is compared of an entry and its fields — words, types, formats, code lists, values.

Here: a catalog entry → profile. Not here: judging two profiles (scoring), finding candidates (index).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.model import Model
from catalog_service.catalog.schema import Field
from catalog_service.catalog.vocabularies import FieldType, IdentifierScheme
from catalog_service.matching.sketches import Sketch, digest
from catalog_service.matching.words import is_chinese, pinyin, title_words, vocabulary, words_of
from catalog_service.store.folding import fold

_NUMBERED = re.compile(r"^[a-z]{1,2}_?\d+$")
_LATIN = re.compile(r"[a-z]+")
TITLE_WEIGHT, _DESCRIPTION_WEIGHT = 1.0, 0.4
_OTHER_CLASS, _OTHER_THING = 0.3, 0.6


class Name(Model):
    """One of the names of a field."""

    text: str
    words: frozenset[str]
    sounds: str
    """Pinyin, or the Latin letters, in one string: 联系电话 and lian_xi_dian_hua sound alike."""
    initials: str

    @classmethod
    def of(cls, text: str) -> "Name":
        """Return the words and sounds of a name."""
        folded = fold(text)
        if is_chinese(folded):
            sounds, initials = pinyin("".join(char for char in folded if not char.isspace()))
        else:
            sounds = initials = "".join(_LATIN.findall(folded))
        return cls(text=text, words=frozenset(words_of(text)), sounds=sounds, initials=initials)


class FieldProfile(Model):
    """What is compared of a field."""

    name: str
    title: str
    names: tuple[Name, ...]
    type: FieldType
    identifier: IdentifierScheme | None
    data_element: str
    code_list: str | None
    is_public: bool
    sketch: Sketch | None = None
    is_empty: bool = False
    """Whether rows were delivered and none has a value: there is nothing to be the same."""

    @cached_property
    def key(self) -> str:
        """The meaning of its name in one text, equal for synonyms."""
        return " ".join(sorted(self.names[0].words)) or self.names[0].sounds


class EntryProfile(Model):
    """What is compared of an entry."""

    id: str
    agency: str
    title: str
    fields: tuple[FieldProfile, ...]
    scope: dict[str, float]
    """Words of title and description with their weights: what the entry is about."""

    @cached_property
    def field(self) -> dict[str, FieldProfile]:
        """Fields by name."""
        return {one.name: one for one in self.fields}

    is_body: bool = False
    """Whether it lists bodies by what they do to others (管理机构), not the things themselves."""
    classes: frozenset[str] = frozenset()
    """Words of the title that part things of one kind: 民办, 农村."""

    @cached_property
    def things(self) -> frozenset[str]:
        """What its rows are, as the field of their names says: 药房 in 药房名称."""
        named = (name.words for field in self.fields for name in field.names[:1] if "#name" in name.words)
        return frozenset(word for words in named for word in words if not word.startswith("#"))

    @cached_property
    def scope_keys(self) -> dict[int, float]:
        """Hashes of the words of the scope with their weights."""
        return {digest(word): weight for word, weight in self.scope.items()}

    @cached_property
    def field_keys(self) -> dict[int, float]:
        """Hashes of the meanings of its fields."""
        return {digest(one.key): 1.0 for one in self.fields}

    @cached_property
    def common_keys(self) -> frozenset[int]:
        """Those of its keys that are made of words of the vocabulary only: every second entry may have them."""
        texts = [*self.scope, *(one.key for one in self.fields)]
        return frozenset(digest(text) for text in texts if all(word.startswith("#") for word in text.split()))


def profile(dataset: Dataset, agency: str = "", sketches: Mapping[str, Sketch] | None = None) -> EntryProfile:
    """Return the profile of an entry.

    Args:
        dataset: the entry.
        agency: name of its agency; words of it stand in all its titles, and so they weigh less.
        sketches: those of its fields, by name.
    """
    known = sketches or {}
    own = frozenset(words_of(agency))
    scope = dict.fromkeys(_scope(dataset.description, dataset.id), _DESCRIPTION_WEIGHT)
    scope |= dict.fromkeys((*_scope(dataset.title, dataset.id), *_scope(dataset.title_en, dataset.id)), TITLE_WEIGHT)
    scope |= dict.fromkeys(scope.keys() & (own | vocabulary().classes), _DESCRIPTION_WEIGHT)
    fields = tuple(_field(one, known.get(one.name), has_values=bool(known)) for one in dataset.schema_.fields)
    title = fold(dataset.title)
    is_body = any(kind in title for kind in vocabulary().kinds)
    classes = frozenset(one for one in vocabulary().classes if one in title)
    return EntryProfile(
        id=dataset.id, agency=dataset.agency, title=dataset.title, fields=fields, scope=scope, is_body=is_body, classes=classes
    )


def likeness(one: EntryProfile, other: EntryProfile) -> float:
    """Return how far two entries may list the same things: less for a body and its charges, other names or classes."""
    if one.classes and other.classes and not one.classes & other.classes:
        return _OTHER_CLASS
    is_named_alike = not one.things or not other.things or one.things & other.things
    return 1.0 if one.is_body == other.is_body and is_named_alike else _OTHER_THING


def _scope(text: str, id_: str) -> Iterator[str]:
    """Words of a title; kinds of bodies are made different from all others, so that they part and never join."""
    kinds = vocabulary().kinds
    for word in title_words(text):
        yield f"{word} {id_}" if word in kinds else word


def _field(field: Field, sketch: Sketch | None, *, has_values: bool) -> FieldProfile:
    texts = [field.title, field.title_en, *field.source_names]
    if not _NUMBERED.match(field.name):
        texts.append(field.name)
    return FieldProfile(
        name=field.name,
        title=field.title,
        names=tuple(Name.of(text) for text in dict.fromkeys([*texts, *_joined(field.title)]) if text),
        type=field.type,
        identifier=field.identifier,
        data_element=field.data_element,
        code_list=field.code_list,
        is_public=field.sensitivity.value == "public",
        sketch=sketch,
        is_empty=has_values and sketch is None and field.type is not FieldType.BOOLEAN,
    )


def _joined(title: str) -> list[str]:
    """Return the names in a title that joins several: 负责人、联系电话."""
    parts = [part for part in re.split(r"[、/;；，]|以及", title) if part]
    return parts if len(parts) > 1 and all(len(part) > 1 for part in parts) else []


def language_twins(titles: Iterable[str]) -> dict[str, str]:
    """Return which of the names say the same in another language: name in a language → name without, or in the first one."""
    bases: dict[frozenset[str], list[tuple[str, str]]] = {}
    for title in titles:
        base, language = _language(title)
        bases.setdefault(base, []).append((title, language))
    found = {}
    for group in bases.values():
        main = next((title for title, language in group if not language), group[0][0])
        for title, language in group:
            if language and title != main and len({lang for _, lang in group}) == len(group):
                found[title] = main
    return found


def _language(title: str) -> tuple[frozenset[str], str]:
    """Return the name without its language, and the language."""
    parts = re.findall(r"[a-z]+|[0-9]+|[\u3400-\u9fff]+", fold(title))
    for language, words in vocabulary().languages.items():
        for number, part in enumerate(parts):
            word = next((one for one in words if part == one or (is_chinese(one) and part.startswith(one))), None)
            if word is not None:
                rest = [*parts[:number], part.removeprefix(word), *parts[number + 1 :]]
                return frozenset(one for one in rest if one), language
    return frozenset(parts), ""
