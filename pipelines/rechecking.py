"""Check data again because somebody asks (Art. 25): to look closer, or for Great Expectations' Data Docs.

What is published stays what it is: a failing check is reported and gates the next version. Not here: checks that do not hold
any more (rejudging).
"""

from collections.abc import Sequence
from pathlib import Path

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.catalog.quality import QualityRun
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, published_catalog
from pipelines.deriving import judge_derived
from pipelines.keys import quality_key
from pipelines.rejudging import judge_delivered
from pipelines.workbench import Workbench

MOST_PAGES = 500
"""Pages of one site of Data Docs; a page takes about 0.1 s and 100 KB."""


def recheck(platform: Platform, ids: Sequence[str] | None = None, *, docs: Path | None = None) -> list[QualityRun]:
    """Run the rules on the version judged last of these data sets (None: of all) and store the outcome.

    That is the published one, or one that was withheld after it and becomes visible if it passes now.

    With `docs`, Data Docs of these checks are written into that folder: a page per data set, for the first five hundred.

    Raises:
        NotFoundError: one of `ids` is not a data set with data that were judged.
    """
    catalog, published = published_catalog(platform), current(platform)
    available = [id_ for id_ in catalog.order if quality_key(catalog.dataset[id_]) in published]
    for id_ in ids or ():
        if id_ not in available:
            zh, en = f"{id_} 没有可供检查的数据", f"{id_} has no data to check"
            raise NotFoundError(problem("nothing-to-check", zh, en))
    runs: list[QualityRun] = []
    for id_ in available if ids is None else ids:
        dataset = catalog.dataset[id_]
        with Workbench(platform, catalog, dataset) as bench:
            page = docs / f"{dataset.agency}__{dataset.name}.html" if docs is not None and len(runs) < MOST_PAGES else None
            judge = judge_derived if dataset.delivery is None else judge_delivered
            outcome = judge(bench, page=page)
        runs += [outcome.quality] if outcome is not None and outcome.quality is not None else []
    if docs is not None:
        _write_index(docs, catalog, runs[:MOST_PAGES])
    return runs


def _write_index(docs: Path, catalog: Catalog, runs: Sequence[QualityRun]) -> None:
    from expectations.gx_docs import write_index

    pages = []
    for run in runs:
        dataset = catalog.dataset[run.table.partition("/")[2]]
        good = all(one.passed is not False for one in run.measurements)
        pages.append((f"{dataset.title}（{dataset.id}）", f"{dataset.agency}__{dataset.name}.html", good))
    write_index(docs, pages)
