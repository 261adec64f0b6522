"""Resource codes of imported entries (政务信息资源目录编制指南): checked against those given out, filled in where known.

Here: what is wrong with a code, in view of all others. Not here: giving out codes (store.resource_codes).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from catalog_service.catalog.classification import code_problems
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.errors import Problem, problem
from catalog_service.formats.classification import shipped_classification
from catalog_service.formats.entries import CatalogDocument, with_datasets
from catalog_service.store.entries import Entries


def with_codes(document: CatalogDocument, entries: Entries) -> CatalogDocument:
    """Return the document with the codes that its entries have already, and without entries whose code is wrong."""
    coded = replace(
        document,
        catalog=with_datasets(document.catalog, tuple(_known(one, entries) for one in document.catalog.datasets)),
    )
    datasets = coded.catalog.datasets
    mentioned = (*datasets, *(one.dataset for one in document.refused))
    owners = entries.code_owners({code for one in mentioned for code in (one.code, *one.related) if code})
    for one in mentioned:
        if one.code:
            owners.setdefault(one.code, one.id)

    def faults(one: Dataset) -> list[Problem]:
        return [*code_problems(one, shipped_classification()), *_faults(one, owners, entries)]

    rest = tuple(coded.rest(faults))
    found = {one.id: wrong for one in datasets if (wrong := faults(one))}
    return replace(coded, problems=(*coded.problems, *rest)).without(found)


def _known(dataset: Dataset, entries: Entries) -> Dataset:
    """Return an entry that brings no code with the one it has."""
    code = "" if dataset.code or not dataset.classification else entries.code_of(dataset.id, dataset.classification)
    return dataset.model_copy(update={"code": code}) if code else dataset


def _faults(dataset: Dataset, owners: Mapping[str, str], entries: Entries) -> Iterator[Problem]:
    owner = owners.get(dataset.code, dataset.id)
    given = entries.code_of(dataset.id, dataset.classification) if dataset.code else ""
    if owner != dataset.id:
        yield problem(
            "code-taken",
            f"资源代码 {dataset.code} 已属于 {owner}，请留空，由平台生成",
            f"the resource code {dataset.code} is that of {owner}; leave it empty, the platform makes it",
            field="code",
        )
    elif given and given != dataset.code:
        yield problem(
            "code-changed",
            f"该条目的资源代码是 {given}，不得更改；请改正或留空",
            f"the entry's resource code is {given} and never changes; correct it or leave it empty",
            field="code",
        )
    for code in dataset.related:
        if code not in owners:
            yield problem(
                "unknown-related",
                f"关联资源代码 {code} 不存在，请核对",
                f"there is no resource with the code {code}; check it",
                field="related",
            )
