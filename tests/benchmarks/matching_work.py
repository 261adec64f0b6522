"""What the matching benchmark does with each data set: profiles, findings, counts. Not here: labels, bars, printing."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.schema import CodeList
from catalog_service.catalog.vocabularies import FieldType
from catalog_service.matching.codes import labels_of, paired_columns, translations
from catalog_service.matching.index import Index
from catalog_service.matching.profiles import EntryProfile, FieldProfile, Name, profile
from catalog_service.matching.scoring import judge
from catalog_service.matching.sketches import Sketch, parts_of, sketch

Column = tuple[str, str]
Pair = tuple[Column, Column]
Tables = Mapping[str, Mapping[str, Sequence[str]]]
_NEAR = 0.15


@dataclass(frozen=True)
class Quality:
    """How good a list of scored pairs is; recall at ground truth: of the best n, n being the number of true pairs."""

    precision: float
    recall: float
    f1: float
    recall_at_truth: float
    found: int


def quality(scored: Mapping[Pair, float], truth: set[Pair], threshold: float) -> Quality:
    """Return the quality of the pairs that reach the threshold."""
    hits = {pair for pair, score in scored.items() if score >= threshold}
    true = len(hits & truth)
    best = sorted(scored, key=lambda pair: -scored[pair])[: len(truth)]
    precision, recall = true / max(1, len(hits)), true / len(truth)
    f1 = 2 * true / max(1, len(hits) + len(truth))
    return Quality(precision, recall, f1, len(set(best) & truth) / len(truth), len(hits))


def best_quality(scored: Mapping[Pair, float], truth: set[Pair]) -> Quality:
    """Return the quality at the threshold that is best for this data set, which a peer without a fixed one is given."""
    thresholds = sorted(set(scored.values()))
    steps = thresholds[:: max(1, len(thresholds) // 400)]
    return max((quality(scored, truth, one) for one in steps), key=lambda found: found.f1)


def containment(tables: Tables) -> dict[Pair, float]:
    """Return the peer without any engine: containment of the plain values, the smaller in the larger set."""
    sets = {(name, column): {v for v in values if v} for name, columns in tables.items() for column, values in columns.items()}
    found = {}
    for one, other in itertools.combinations(sorted(sets), 2):
        if one[0] != other[0] and sets[one] and sets[other]:
            found[one, other] = len(sets[one] & sets[other]) / min(len(sets[one]), len(sets[other]))
    return found


def table_profiles(tables: Tables) -> list[EntryProfile]:
    """Return profiles of bare tables: names of columns and values are all there is; code lists as the tables carry them."""
    code_lists = [one for columns in tables.values() for one in paired_columns(columns)]
    return [
        EntryProfile(
            id=name,
            agency=name,
            title=name,
            scope={},
            fields=tuple(_column(column, one) for column, one in value_sketches(columns, code_lists).items()),
        )
        for name, columns in tables.items()
    ]


def value_sketches(columns: Mapping[str, Sequence[str]], code_lists: Iterable[CodeList] = ()) -> dict[str, Sketch | None]:
    """Return the sketches of a table's columns, as the pipeline makes them."""
    beside = translations(columns)
    lists, found = list(code_lists), {}
    for column, values in columns.items():
        distinct = list(dict.fromkeys(value for value in values if value))
        made = sketch(distinct, row_count=sum(map(bool, values)))
        others = labels_of(distinct, lists) or beside.get(column) or parts_of(distinct)
        found[column] = made and made.model_copy(update={"translated": sketch(others)})
    return found


def findings(entries: Sequence[EntryProfile]) -> dict[Pair, float]:
    """Return what the product finds when each entry is compared with all others."""
    index = Index(entries)
    found: dict[Pair, float] = {}
    for entry in entries:
        for match in index.search(entry):
            first, second = sorted([(entry.id, match.field), (match.dataset, match.other)])
            found[first, second] = max(found.get((first, second), 0.0), match.judgement.score)
    return found


def entry_ranking(datasets: Sequence[Dataset]) -> list[tuple[float, str, str]]:
    """Return pairs of entries by the mean of their two best pairs of fields (one only: half), best first; metadata only."""
    entries = [profile(one, one.keywords[0] if one.keywords else "") for one in datasets]
    index = Index(entries)
    found = []
    for number, entry in enumerate(entries):
        scopes = index.scopes(entry)
        for position in range(number + 1, len(entries)):
            # Without a common scope no pair of fields is near the threshold.
            near = scopes[position] >= _NEAR
            best = _best_fields(entry, entries[position], float(scopes[position])) if near else []
            if best:
                found.append((sum(best[:2]) / 2, entry.id, entries[position].id))
    return sorted(found, reverse=True)


def _best_fields(one: EntryProfile, other: EntryProfile, scope: float) -> list[float]:
    """Return the scores of the pairs of fields, each field in one pair, findings or not."""
    judged = [(judge(a, b, scope, findings_only=False), a.name, b.name) for a in one.fields for b in other.fields]
    scored = sorted(((judgement.score, a, b) for judgement, a, b in judged if judgement is not None), reverse=True)
    taken: set[tuple[int, str]] = set()
    best = []
    for score, a, b in scored:
        if not taken & {(0, a), (1, b)}:
            taken |= {(0, a), (1, b)}
            best.append(score)
    return best


def _column(name: str, found: Sketch | None) -> FieldProfile:
    return FieldProfile(
        name=name,
        title=name,
        names=(Name.of(name),),
        type=FieldType.TEXT,
        identifier=None,
        data_element="",
        code_list=None,
        is_public=True,
        sketch=found,
        is_empty=found is None,
    )
