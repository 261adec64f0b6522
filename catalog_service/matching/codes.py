"""Other notations of the values of a field: labels of codes, and names beside those in another language.

Here: which columns of one table say the same, and the translation that follows. Not here: the sketches made of it.
"""

from collections.abc import Iterable, Mapping, Sequence

from catalog_service.catalog.schema import CodeItem, CodeList
from catalog_service.matching.profiles import language_twins

MOST_CODES = 64
_KNOWN_SHARE = 0.6
Columns = Mapping[str, Sequence[str | None]]


def paired_columns(columns: Columns) -> list[CodeList]:
    """Return the code lists that a table carries itself: two columns with few values that determine each other."""
    few = {}
    for name, values in columns.items():
        distinct = {one for one in values if one}
        if 2 <= len(distinct) <= MOST_CODES:
            few[name] = len(distinct)
    names = sorted(few, key=lambda name: _mean_length(columns[name]))
    found = []
    for number, code in enumerate(names):
        for label in names[number + 1 :]:
            if few[code] == few[label]:
                pairs = {(a, b) for a, b in zip(columns[code], columns[label], strict=True) if a and b}
                if len(pairs) == few[code] == len({a for a, _ in pairs}) == len({b for _, b in pairs}):
                    items = tuple(CodeItem(code=a, label=b) for a, b in sorted(pairs))
                    found.append(CodeList(name="paired", title=f"{code} → {label}", items=items))
    return found


def _mean_length(values: Sequence[str | None]) -> float:
    known = [len(one) for one in values if one]
    return sum(known) / len(known)


def labels_of(values: Iterable[str], code_lists: Iterable[CodeList]) -> tuple[str, ...]:
    """Return the labels of codes by the list that knows most of them; none where no list knows enough."""
    distinct = {one for one in values if one}
    if not 2 <= len(distinct) <= MOST_CODES:
        return ()
    best: tuple[str, ...] = ()
    for one in code_lists:
        labels = tuple(item.label for item in one.items if item.code in distinct)
        if len(labels) >= _KNOWN_SHARE * len(distinct) and len(labels) > len(best):
            best = labels
    return best


def translations(columns: Columns) -> dict[str, tuple[str, ...]]:
    """Return, for each column in another language, the values of the main column in the same rows."""
    found = {}
    for name, main in language_twins(columns).items():
        beside = {b for a, b in zip(columns[name], columns[main], strict=True) if a and b}
        if beside:
            found[name] = tuple(sorted(beside))
    return found
