"""The catalog builds everything Dagster knows: assets, checks, jobs, schedules, sensors. No list is kept by hand.

`build_defs` is a pure function of a catalog snapshot. Not here: what the assets do (loading, deriving).
"""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import dagster as dg

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.quality import Measurement, QualityRun
from catalog_service.catalog.vocabularies import Dimension, Severity
from catalog_service.settings import Settings
from expectations.rules import derive_rules
from pipelines.daily import build_daily
from pipelines.deriving import derive
from pipelines.evaluating import build_evaluation
from pipelines.keys import main_key, produced_keys, raw_key
from pipelines.loading import load_pending
from pipelines.resources import platform_resource
from pipelines.schedules import build_schedules
from pipelines.sensors import build_sensors
from pipelines.workbench import Outcome, Workbench

OnOutcome = Callable[[Outcome], None]


def build_defs(
    catalog: Catalog,
    settings: Settings,
    *,
    on_outcome: OnOutcome | None = None,
    resource_overrides: Mapping[str, object] | None = None,
) -> dg.Definitions:
    """Return the definitions of a catalog snapshot.

    Args:
        catalog: the published catalog.
        settings: where the platform lives.
        on_outcome: called after each data set, in the process that runs it (progress of the CLI).
        resource_overrides: resources to use instead of those made from `settings`.
    """
    assets = [_data_set_asset(catalog, catalog.dataset[id_], on_outcome) for id_ in catalog.order]
    definitions = dg.Definitions(
        assets=[*_agency_specs(catalog), *_landing_specs(catalog), *assets],
        sensors=build_sensors(catalog, settings),
        resources={"platform": platform_resource(settings), **(resource_overrides or {})},
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(definitions, build_schedules(catalog), build_evaluation(), build_daily())


def _agency_specs(catalog: Catalog) -> list[dg.AssetSpec]:
    """The agencies, as the places all data come from."""
    delivering = {one.agency for one in catalog.datasets if one.delivery is not None}
    return [
        dg.AssetSpec(["agency", one.slug], description=one.name, group_name=one.slug)
        for one in catalog.agencies
        if one.slug in delivering
    ]


def _landing_specs(catalog: Catalog) -> list[dg.AssetSpec]:
    """Delivered files: they come from outside."""
    return [
        dg.AssetSpec(
            ["landing", one.agency, one.name],
            deps=[["agency", one.agency]],
            description=f"{one.title}：报送文件",
            group_name=one.agency,
            kinds={one.delivery.format.value},
        )
        for one in catalog.datasets
        if one.delivery is not None
    ]


def _data_set_asset(catalog: Catalog, dataset: Dataset, on_outcome: OnOutcome | None) -> dg.AssetsDefinition:
    """All tables of one data set: made together, visible together."""

    @dg.multi_asset(
        name=f"{dataset.agency}__{dataset.name}",
        specs=_specs(catalog, dataset),
        check_specs=_check_specs(catalog, dataset),
        pool=f"{dataset.agency}__{dataset.name}",
        # Optional outputs: a run without news yields no check results. The tables are made together whatever is selected.
        can_subset=True,
        required_resource_keys={"platform"},
    )
    def _asset(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        with Workbench(context.resources.platform, catalog, dataset) as bench:
            outcome = load_pending(bench) if dataset.delivery is not None else derive(bench)
        for delivery in outcome.deliveries:
            context.log.info("delivery %s (%s): %s", delivery.id, delivery.file_name, delivery.state.value)
        for problem in outcome.withheld:
            context.log.warning("withheld: %s", problem.message.en)
        if on_outcome is not None:
            on_outcome(outcome)
        yield from _results(dataset, outcome, context.selected_asset_keys, context.selected_asset_check_keys)

    return _asset


def _specs(catalog: Catalog, dataset: Dataset) -> list[dg.AssetSpec]:
    """Raw depends on landing, the main table on raw or its sources and on what it refers to, the rest on the main table."""
    main, raw = main_key(dataset), raw_key(dataset)
    needed = [main_key(catalog.dataset[id_]) for id_ in (*dataset.upstream, *sorted(catalog.references[dataset.id]))]
    agency = catalog.agency[dataset.agency]
    specs = []
    for key in produced_keys(dataset):
        own = [raw] if dataset.delivery is not None else []
        deps = {raw: [f"landing/{dataset.id}"], main: [*own, *needed]}.get(key, [main])
        specs.append(
            dg.AssetSpec(
                key.split("/"),
                deps=[one.split("/") for one in deps],
                description=f"{dataset.title}：{dataset.description}",
                group_name=dataset.agency,
                kinds={"deltalake"},
                tags={"frequency": dataset.frequency.value},
                metadata={
                    "title": dataset.title,
                    "agency": agency.name,
                    "sharing": dataset.sharing.class_.zh,
                    "opening": dataset.opening.class_.zh,
                },
            )
        )
    return specs


def _check_specs(catalog: Catalog, dataset: Dataset) -> list[dg.AssetCheckSpec]:
    """One check per quality dimension that has rules: an event per rule would cost more than the rules themselves."""
    rules = derive_rules(dataset, catalog)
    return [
        dg.AssetCheckSpec(
            dimension.value,
            asset=main_key(dataset).split("/"),
            description=f"{dimension.zh}：" + "；".join(rule.reason.zh for rule in rules if rule.dimension is dimension),
        )
        for dimension in Dimension
        if any(rule.dimension is dimension for rule in rules)
    ]


def _results(
    dataset: Dataset, outcome: Outcome, keys: AbstractSet[dg.AssetKey], checks: AbstractSet[dg.AssetCheckKey]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    versions = {one.table: one for one in outcome.published}
    main = main_key(dataset)
    for key in produced_keys(dataset):
        if dg.AssetKey(key.split("/")) not in keys:
            continue
        metadata: dict[str, Any] = {"unchanged": key not in versions}
        if key in versions:
            metadata = {"delta_version": versions[key].version, "dagster/row_count": versions[key].row_count}
        if key == main:
            metadata |= {"deliveries": len(outcome.deliveries), "withheld": [one.message.zh for one in outcome.withheld]}
        yield dg.MaterializeResult(asset_key=key.split("/"), metadata=metadata)
    for result in _check_results(main, outcome.quality):
        if dg.AssetCheckKey(dg.AssetKey(main.split("/")), result.check_name or "") in checks:
            yield result


def _check_results(main: str, run: QualityRun | None) -> Iterator[dg.AssetCheckResult]:
    """The rules of each dimension as one check: an error where a blocking rule failed, with a table of all its rules."""
    measured = () if run is None else run.measurements
    for dimension in Dimension:
        group = [one for one in measured if one.rule.dimension is dimension]
        if not group:
            continue
        failing = [one for one in group if one.passed is not True]
        blocking = any(one.rule.severity is Severity.BLOCKING for one in failing)
        yield dg.AssetCheckResult(
            asset_key=main.split("/"),
            check_name=dimension.value,
            passed=not failing,
            severity=dg.AssetCheckSeverity.ERROR if blocking else dg.AssetCheckSeverity.WARN,
            metadata={"rules": dg.MetadataValue.table([_record(one) for one in group])},
        )


def _record(one: Measurement) -> dg.TableRecord:
    outcome = {True: "通过", False: "未通过", None: "未评"}[one.passed]
    return dg.TableRecord(
        {
            "rule": one.rule.name,
            "severity": one.rule.severity.zh,
            "outcome": outcome,
            "evaluated": one.evaluated_count,
            "unexpected": one.unexpected_count,
            "reason": one.rule.reason.zh,
            "error": one.error,
        }
    )
