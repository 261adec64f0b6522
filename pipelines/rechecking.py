"""Check published data again (Art. 25): after a rule or a reference has changed, or to look closer.

The published version stays what it is: a failing check is reported and gates the next version.
"""

from collections.abc import Sequence

from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.catalog.quality import QualityRun
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current, published_catalog, release
from pipelines.keys import main_key
from pipelines.workbench import Workbench


def recheck(platform: Platform, ids: Sequence[str] | None = None) -> list[QualityRun]:
    """Run the rules on the published version of these data sets (None: of all) and store the outcome.

    Raises:
        NotFoundError: one of `ids` is not a data set with published data.
    """
    catalog, published = published_catalog(platform), current(platform)
    available = [id_ for id_ in catalog.order if main_key(catalog.dataset[id_]) in published]
    for id_ in ids or ():
        if id_ not in available:
            zh, en = f"{id_} 没有已发布的数据可供检查", f"{id_} has no published data to check"
            raise NotFoundError(problem("nothing-to-check", zh, en))
    runs = []
    for id_ in available if ids is None else ids:
        dataset = catalog.dataset[id_]
        with Workbench(platform, catalog, dataset) as bench:
            run, quality = bench.check(platform.lake.snapshot(main_key(dataset), published[main_key(dataset)].version))
        release(platform, (quality,))
        runs.append(run)
    return runs
