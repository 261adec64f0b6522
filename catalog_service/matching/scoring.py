"""One score for a pair of fields, with its evidence in words and numbers; one threshold for all data sets.

The score adds evidence in log-odds: values weigh most, names and scope must agree where there are no values. Not here:
candidates (index), the words of a name (words), estimates of containment (sketches).
"""

import math

from catalog_service.catalog.errors import Text
from catalog_service.catalog.finding import Evidence
from catalog_service.catalog.model import Model
from catalog_service.catalog.vocabularies import FieldType
from catalog_service.matching.profiles import FieldProfile, Name
from catalog_service.matching.sketches import Overlap, Sketch, overlap

THRESHOLD = 0.5
"""A pair with at least this score is a finding."""

_FORMATS = {
    "data_element": Text(zh="数据元", en="data element"),
    "identifier": Text(zh="标识符类型", en="kind of identifier"),
    "code_list": Text(zh="代码表", en="code list"),
    "type": Text(zh="数据类型", en="data type"),
}
_THRESHOLD_ODDS = math.log(THRESHOLD / (1 - THRESHOLD))
_PRIOR = -3.0
_VALUES, _DISJOINT = 7.0, -2.0
_NAME, _OTHER_NAME = 1.5, -0.5
_SCOPED_NAME = 6.5
_SCOPED_VALUES = 1.0
_ELEMENT, _OTHER_ELEMENT = 1.0, -2.0
_OTHER_TYPE, _OTHER_IDENTIFIER = -1.5, -3.0
_SMALL_NUMBERS = 0.4
_ENOUGH_BITS = 20.0
_ENOUGH_VALUES = 10
_NOTHING = 0.05
_INITIALS, _INITIALS_LENGTH = 0.85, 2


class Judgement(Model):
    """The score of a pair of fields, and why."""

    score: float
    evidence: tuple[Evidence, ...]
    samples: tuple[str, ...] = ()
    """Values that both have; none where either field is not public."""
    is_copy: bool = False
    """Whether the values of both are the same, as far as was looked."""


def judge(one: FieldProfile, other: FieldProfile, scope: float, *, findings_only: bool = True) -> Judgement | None:
    """Return the score of two fields whose entries are alike in scope by `scope` (0 to 1).

    None where it is no finding; unless `findings_only`, every pair gets its score.
    """
    name = name_similarity(one, other)
    found = None if one.sketch is None or other.sketch is None else overlap(one.sketch, other.sketch)
    weights = {"name": _NAME * name or _OTHER_NAME, "scope": scope * name * (_SCOPED_NAME - _NAME)}
    if found is not None and one.sketch is not None and other.sketch is not None:
        weights["scope"] = scope * name * _SCOPED_VALUES
        weights["values"] = _values(one.sketch, other.sketch, found, scope)
    weights |= _formats(one, other, scope)
    total = _PRIOR + sum(weights.values())
    if findings_only and total < _THRESHOLD_ODDS:
        return None
    facts = {"name": name, "scope": scope, "values": found.containment if found is not None else 0.0}
    return Judgement(
        score=1 / (1 + math.exp(-total)),
        evidence=tuple(_explained(kind, weight, facts, one, other, found) for kind, weight in weights.items() if weight),
        samples=found.samples if found is not None and one.is_public and other.is_public else (),
        is_copy=one.sketch is not None and other.sketch is not None and one.sketch.is_copy_of(other.sketch),
    )


def name_similarity(one: FieldProfile, other: FieldProfile) -> float:
    """Return how alike the names of two fields are, 0 to 1: the best of all their names."""
    return max(_names(a, b) for a in one.names for b in other.names)


def _names(one: Name, other: Name) -> float:
    if one.sounds and one.sounds == other.sounds:
        return 1.0
    shared = len(one.words & other.words)
    alike = 2 * shared / (len(one.words) + len(other.words)) if shared else 0.0
    if alike < _INITIALS and _are_initials(one, other):
        return _INITIALS
    return alike


def _are_initials(one: Name, other: Name) -> bool:
    """Tell whether one name is written as the initials of the other, which must be Chinese."""
    pairs = ((one, other), (other, one))
    return any(a.sounds == b.initials != b.sounds and len(a.sounds) >= _INITIALS_LENGTH for a, b in pairs)


def value_strength(one: Sketch, other: Sketch, found: Overlap) -> float:
    """Return how much shared values say, 0 to 1: by their information, damped in small spaces of codes and measurements."""
    information = found.matched * min(one.bits, other.bits)
    strength = 1 - math.exp(-information / _ENOUGH_BITS)
    return strength * _SMALL_NUMBERS if one.is_small_numbers and other.is_small_numbers else strength


def _values(one: Sketch, other: Sketch, found: Overlap, scope: float) -> float:
    if found.compared >= _ENOUGH_VALUES and found.containment < _NOTHING:
        return _DISJOINT
    strength = value_strength(one, other, found)
    if any(each.is_category or each.is_dates for each in (one, other)):
        # Lists of different things have the same districts, grades and days.
        strength *= scope
    return _VALUES * found.containment * strength


def _formats(one: FieldProfile, other: FieldProfile, scope: float) -> dict[str, float]:
    found = {}
    for kind, differs in (("data_element", _OTHER_ELEMENT), ("identifier", _OTHER_IDENTIFIER), ("code_list", 0.0)):
        a, b = getattr(one, kind), getattr(other, kind)
        if a and b:
            found[kind] = _ELEMENT * scope if a == b else differs
    if one.type is not other.type and FieldType.TEXT not in (one.type, other.type):
        found["type"] = _OTHER_TYPE
    return found


def _explained(
    kind: str, weight: float, facts: dict[str, float], one: FieldProfile, other: FieldProfile, found: Overlap | None
) -> Evidence:
    """Return the evidence in words."""
    value = facts.get(kind, float(weight > 0))
    match kind:
        case "name":
            zh = f"名称“{one.title}”与“{other.title}”相似度 {value:.0%}（含同义词、繁简、拼音、英文）"
            en = f"names “{one.title}” and “{other.title}” are {value:.0%} alike (synonyms, scripts, Pinyin, English counted)"
        case "scope":
            zh = f"两个数据集所述事项相近程度 {value:.0%}（常见词不计）"
            en = f"the two data sets are about the same things by {value:.0%} (common words do not count)"
        case "values" if found is not None:
            zh = f"取值包含度 {value:.0%}：比对 {found.compared} 个规范化取值，{found.matched} 个相同"
            en = f"containment of values {value:.0%}: {found.matched} of {found.compared} normalised values are equal"
        case _:
            label = _FORMATS[kind]
            a, b = getattr(one, kind), getattr(other, kind)
            state = Text(zh="相同", en="the same") if a == b else Text(zh="不同", en="different")
            zh, en = f"{label.zh}{state.zh}：{a}、{b}", f"{label.en} {state.en}: {a}, {b}"
    return Evidence(kind=kind, value=value, weight=weight, text=Text(zh=zh, en=en))
