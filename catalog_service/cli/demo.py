"""The demo: build the city, import its catalog, deliver its files, run the main job, compare with the known truth.

A second demo in the same home finds everything done and only shows it again. Not here: the city (pipelines.demo).
"""

import pyarrow as pa
from rich.progress import track

from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.errors import Language, Text, WuxiError
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import operator
from catalog_service.catalog.quality import QualityRun
from catalog_service.cli.console import Session
from catalog_service.cli.reports import Progress
from catalog_service.services.access import analyst_session
from catalog_service.services.compiling import ImportReport, import_catalog
from catalog_service.services.delivering import receive, recent
from catalog_service.services.platform import Platform, open_platform
from catalog_service.services.publishing import current, published_catalog
from pipelines.demo.city import DemoCity, build_city
from pipelines.demo.truth import score
from pipelines.keys import conflicts_key, main_key
from pipelines.running import run_main_job
from pipelines.workbench import Outcome


class RuleCounts(Model):
    """Rules of all checked tables."""

    tables: int
    evaluated: int
    passed: int
    warnings: int
    blocking: int
    not_evaluated: int


class GoldenSummary(Model):
    """One golden data set: its records, its conflicts, and how much of the truth was recovered."""

    dataset: str
    title: Text
    sources: int
    records: int
    conflicts: int
    true_records: int
    found_records: int
    false_records: int
    field_values: int
    correct_values: int


class Refusal(Model):
    """A delivery that was refused before it was accepted."""

    dataset: str
    file_name: str
    reasons: tuple[Text, ...]


class DemoSummary(Model):
    """Everything the demo tells."""

    agencies: int
    entries: int
    faults_of_sample: tuple[Text, ...]
    delivered: int
    duplicates: int
    refused: tuple[Refusal, ...]
    deliveries: tuple[Delivery, ...]
    golden: tuple[GoldenSummary, ...]
    rules: RuleCounts
    open_tables: dict[str, int]
    """Open data set id → rows."""
    titles: dict[str, Text]


def run_demo(session: Session, scale: float) -> DemoSummary:
    """Build and run the demo city in the session's home, or find it done."""
    folder = session.settings.home_path / "demo"
    done = folder / f"summary-{scale}.json"
    if done.exists():
        return DemoSummary.model_validate_json(done.read_text(encoding="utf-8"))
    with open_platform(session.settings) as platform:
        with session.err.status(session.text("生成演示城市…", "building the demo city …")):
            city = build_city(folder, scale=scale)
        with session.err.status(session.text("导入目录…", "importing the catalog …")):
            imported = import_catalog(platform, city.catalog_file, publish=True)
            faulty = import_catalog(platform, city.faulty_catalog_file, publish=False)
        if imported.problems:
            raise RuntimeError(f"the demo catalog has faults: {imported.problems[:3]}")
        duplicates, refused = _deliver(session, platform, city)
        with Progress(session) as progress:
            outcomes = run_main_job(platform, on_start=progress.start, on_outcome=progress.advance)
        summary = _summarise(platform, city, faulty, duplicates, refused, outcomes)
    done.write_text(summary.model_dump_json(indent=1), encoding="utf-8")
    return summary


def _deliver(session: Session, platform: Platform, city: DemoCity) -> tuple[int, list[Refusal]]:
    """Deliver every file; count repeats and collect refusals."""
    duplicates, refused = 0, []
    text = session.text("报送", "delivering")
    for one in track(city.deliveries, description=text, console=session.err, transient=True):
        try:
            _, is_new = receive(platform, one.dataset_id, one.path)
            duplicates += not is_new
        except WuxiError as error:
            refused.append(Refusal(dataset=one.dataset_id, file_name=one.path.name, reasons=_texts(error)))
    return duplicates, refused


def _texts(error: WuxiError) -> tuple[Text, ...]:
    return tuple(one.message for one in error.problems)


def _summarise(
    platform: Platform,
    city: DemoCity,
    faulty: ImportReport,
    duplicates: int,
    refused: list[Refusal],
    outcomes: list[Outcome],
) -> DemoSummary:
    catalog, published = published_catalog(platform), current(platform)
    runs = [one.quality for one in outcomes if one.quality is not None]
    golden_ids = [id_ for id_ in city.truth.tables if main_key(catalog.dataset[id_]) in published]
    tables = {id_: _table(platform, main_key(catalog.dataset[id_])) for id_ in golden_ids}
    scores = {one.dataset_id: one for one in score(city.truth, tables)}
    golden = tuple(
        GoldenSummary(
            dataset=id_,
            title=scores[id_].title,
            sources=len(catalog.dataset[id_].upstream),
            records=published[main_key(catalog.dataset[id_])].row_count,
            conflicts=published[conflicts_key(catalog.dataset[id_])].row_count,
            true_records=scores[id_].true_records,
            found_records=scores[id_].found_records,
            false_records=scores[id_].false_records,
            field_values=scores[id_].field_values,
            correct_values=scores[id_].correct_values,
        )
        for id_ in golden_ids
    )
    open_tables = {key.removeprefix("open/"): one.row_count for key, one in published.items() if key.startswith("open/")}
    return DemoSummary(
        agencies=len(catalog.agencies),
        entries=len(catalog.datasets),
        faults_of_sample=tuple(Text(zh=one.to(Language.ZH), en=one.to(Language.EN)) for one in faulty.problems),
        delivered=len(city.deliveries),
        duplicates=duplicates,
        refused=tuple(refused),
        deliveries=tuple(reversed(recent(platform, limit=len(city.deliveries)))),
        golden=golden,
        rules=_count(runs),
        open_tables=open_tables,
        titles={one.id: Text(zh=one.title, en=one.title_en) for one in catalog.datasets},
    )


def _table(platform: Platform, key: str) -> pa.Table:
    zone, agency, name = key.split("/")
    with analyst_session(platform, operator(platform.settings.operator), "演示 demo") as session:
        return session.sql(f'FROM "{zone}"."{agency}"."{name}"').to_arrow_table()


def _count(runs: list[QualityRun]) -> RuleCounts:
    measured = [one for run in runs for one in run.measurements]
    blocking = [one for run in runs for one in run.blocking]
    return RuleCounts(
        tables=len(runs),
        evaluated=sum(one.passed is not None for one in measured),
        passed=sum(one.passed is True for one in measured),
        warnings=sum(one.passed is False for one in measured) - sum(one.passed is False for one in blocking),
        blocking=len(blocking),
        not_evaluated=sum(one.passed is None for one in measured),
    )
