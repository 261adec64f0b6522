"""A version that was judged before is judged again (Art. 25): what its rules rest on is another than it was.

What is published stays what it is; what was withheld becomes visible when it passes now. Not here: the first judgement
(loading, deriving), checks that somebody asks for (rechecking).
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.quality import Metric
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.services import clocks
from catalog_service.services.delivering import withheld
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import release
from catalog_service.store.database import Transaction
from expectations.rules import derive_rules
from lake.manifest import Snapshot
from pipelines.checking import BLOCKED, check, gate
from pipelines.keys import main_key, quality_key
from pipelines.workbench import Outcome, Workbench, finished


def outdated(platform: Platform, catalog: Catalog, datasets: Sequence[Dataset] | None = None) -> list[str]:
    """Return those of the data sets (None: of all) whose newest check does not hold any more.

    What they refer to was published after it, their entry has other rules or a code list other codes since, or a rule is about
    the day of the check.
    """
    chosen = catalog.datasets if datasets is None else datasets
    referred = {id_: catalog.dataset[id_] for one in chosen for id_ in one.referred if id_ in catalog.dataset}
    tables = [*(quality_key(one) for one in chosen), *(main_key(one) for one in referred.values())]
    with platform.database.reading() as transaction:
        published = transaction.publications.times(tables)
        lists = transaction.catalog.code_list_times()
        changed = transaction.catalog.update_times(one.id for one in chosen if quality_key(one) in published)
        return [
            one.id
            for one in chosen
            if (checked := published.get(quality_key(one))) is not None
            and (
                any(published.get(main_key(referred[id_]), checked) > checked for id_ in one.referred & referred.keys())
                or any(lists.get(field.code_list or "", checked) > checked for field in one.schema_.fields)
                or (changed[one.id] > checked and _has_other_rules(transaction, catalog, one, checked))
                or (_is_of_a_day(one) and clocks.local_day(checked) < clocks.today(platform))
            )
        ]


def is_outdated(bench: Workbench) -> bool:
    """Tell whether the newest check of a data set does not hold any more."""
    return bool(outdated(bench.platform, bench.catalog, [bench.dataset]))


def judge_delivered(bench: Workbench, *, page: Path | None = None) -> Outcome | None:
    """Judge the version of a delivered data set again that was judged last; None where there is none.

    With `page`, the outcome is also written there as a page of Data Docs.
    """
    with bench.platform.database.reading() as transaction:
        delivery = withheld(transaction, bench.dataset.id)
    version = None if delivery is None else bench.lake.version_of(main_key(bench.dataset), delivery.id)
    if delivery is None or version is None:
        return judge_published(bench, page=page)
    return _judge_withheld(bench, delivery, bench.lake.snapshot(main_key(bench.dataset), version), page)


def judge_published(bench: Workbench, *, page: Path | None = None) -> Outcome | None:
    """Check the published version again: a failing check is reported and gates the next version."""
    published = bench.published(bench.dataset)
    if published is None:
        return None
    run, quality = check(bench, bench.lake.snapshot(published.table, published.version), page=page)
    return Outcome(dataset=bench.dataset.id, quality=run, published=tuple(release(bench.platform, quality, checked=run)))


def _judge_withheld(bench: Workbench, delivery: Delivery, main: Snapshot, page: Path | None) -> Outcome:
    run, visible = check(bench, main, page=page)
    reasons = gate(run)
    others = tuple(one for one in delivery.problems if one.code != BLOCKED)
    if reasons:
        done = delivery.model_copy(update={"problems": (*others, *reasons)})
    else:
        done = finished(delivery, state=DeliveryState.LOADED, problems=others)
        product = bench.open_product(main)
        visible = (*visible, main, *([product] if product else []))
    published = release(bench.platform, visible, (done,), recipes=bench.recipes, checked=run)
    return Outcome(dataset=bench.dataset.id, deliveries=(done,), quality=run, published=tuple(published), withheld=reasons)


def _has_other_rules(transaction: Transaction, catalog: Catalog, dataset: Dataset, checked: dt.datetime) -> bool:
    before = transaction.desk.live_at(checked, dataset.id)
    return any(derive_rules(one, catalog) != derive_rules(dataset, catalog) for one in before)


def _is_of_a_day(dataset: Dataset) -> bool:
    return any(one.metric is Metric.FRESH for one in dataset.rules)
