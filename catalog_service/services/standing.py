"""Good standing: which entries can be published together, and what keeps the others back (Art. 13–16).

Here: the judgement over several entries at once, a pure function. Not here: the faults of one entry (catalog), storing
(compiling).
"""

from collections.abc import Iterable, Mapping
from graphlib import CycleError

from catalog_service.catalog.catalog import Catalog, dataset_problems
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Problem, problem
from catalog_service.services.expressions import expression_problems

Faults = dict[str, list[Problem]]


def foundations(dataset: Dataset) -> set[str]:
    """Return the ids of the entries that an entry rests on: sources and references."""
    return (set(dataset.upstream) | dataset.referred) - {dataset.id}


def with_entries(catalog: Catalog, datasets: Iterable[Dataset]) -> Catalog:
    """Return the catalog with the given entries added, or in place of their namesakes."""
    merged = {one.id: one for one in catalog.datasets} | {one.id: one for one in datasets}
    return Catalog(agencies=catalog.agencies, code_lists=catalog.code_lists, datasets=tuple(merged.values()))


def judge(candidates: Iterable[Dataset], published: Catalog) -> tuple[frozenset[str], Faults]:
    """Return the ids of the candidates that can join the published catalog together, and the faults of the others.

    Whoever rests on an entry that is kept back is kept back too, and so is a change that would break a published entry.
    """
    standing = {one.id: one for one in candidates}
    kept_back: Faults = {}
    unjudged = set(standing)
    while True:
        world = with_entries(published, standing.values())
        found = {name: faults for name in unjudged if (faults := _faults(standing[name], world))}
        found = found or _cycles(world, standing) or _breaks(standing, published, world)
        if not found:
            return frozenset(standing), kept_back
        for name in found:
            del standing[name]
        kept_back |= found
        unjudged = {name for name, one in standing.items() if foundations(one) & found.keys()}


def _faults(dataset: Dataset, world: Catalog) -> list[Problem]:
    return [*dataset_problems(dataset, world), *expression_problems(dataset)]


def _cycles(catalog: Catalog, suspects: Mapping[str, Dataset]) -> Faults:
    """Return the suspects that derive from themselves through others."""
    try:
        _ = catalog.order
    except CycleError as error:
        circle: list[str] = error.args[1]
        names = " → ".join(circle)
        fault = problem("cycle", f"数据集互相派生，形成循环：{names}", f"data sets derive from each other: {names}", article=15)
        return {name: [fault] for name in circle if name in suspects}
    return {}


def _breaks(standing: Mapping[str, Dataset], before: Catalog, after: Catalog) -> Faults:
    """Return the changes that would take away what published entries rest on."""
    found: Faults = {}
    for dependent in before.datasets:
        culprits = foundations(dependent) & standing.keys()
        if dependent.id in standing or not culprits:
            continue
        reasons = list(dataset_problems(dependent, after))
        if reasons and not any(dataset_problems(dependent, before)):
            for name in culprits:
                found.setdefault(name, []).append(_breaking(dependent.id, reasons))
    return found


def _breaking(dependent: str, reasons: Iterable[Problem]) -> Problem:
    zh = "；".join(one.message.zh for one in reasons)
    en = "; ".join(one.message.en for one in reasons)
    return problem(
        "breaks-dependent",
        f"改动会使已发布的 {dependent} 失效（{zh}），请同时修改该条目",
        f"the change would break the published entry {dependent} ({en}); change that entry too",
    )
