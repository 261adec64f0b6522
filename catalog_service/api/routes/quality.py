"""Quality (Art. 15, 25, 32): trend, DQV, failing rows, overridden gates, declared rules, freshness and reminders."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, SLUG, DatasetId, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.declared_rules import DeclaredRule
from catalog_service.catalog.freshness import Freshness, Reminder
from catalog_service.catalog.gate import GateOverride
from catalog_service.catalog.principal import Action
from catalog_service.catalog.record import CatalogRecord
from catalog_service.formats import dqv
from catalog_service.services import freshness, measuring, overriding, ruling
from catalog_service.services.quality_views import FailedRowsView, TrendView

router = APIRouter(prefix="/api/v1", tags=["quality"], dependencies=LANGUAGE)
_DATASET = "/datasets/{agency}/{name}"
_TYPES = {"json-ld": "application/ld+json", "turtle": "text/turtle; charset=utf-8"}
SEE, OVERRIDE, RULES = (needs(one) for one in (Action.SEE_FAILED_ROWS, Action.OVERRIDE_GATE, Action.MANAGE_RULES))


class OverrideIn(BaseModel):
    """A decision to publish a version that blocking rules withhold."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=0, le=2**53)
    reason: str = Field(max_length=2_000)


@router.get(
    f"{_DATASET}/quality/trend",
    operation_id="get_quality_trend",
    summary="质量趋势 / trend",
    responses=errors(404),
    dependencies=[PUBLIC],
)
def get_trend(platform: PlatformDep, dataset_id: DatasetId) -> TrendView:
    """What the last sixty runs found, by dimension, oldest first."""
    return measuring.trend(platform, dataset_id)


@router.get(
    f"{_DATASET}/quality/dqv",
    operation_id="get_quality_dqv",
    summary="质量的 DQV 描述 / DQV",
    responses=errors(404),
    dependencies=[PUBLIC],
    response_class=Response,
)
def get_dqv(
    request: Request, platform: PlatformDep, dataset_id: DatasetId, form: Literal["json-ld", "turtle"] = "json-ld"
) -> Response:
    """The latest run in the W3C Data Quality Vocabulary."""
    run, base = measuring.latest_run(platform, dataset_id), str(request.base_url).rstrip("/")
    text = dqv.to_turtle(run, dataset_id, base) if form == "turtle" else dqv.to_json_ld(run, dataset_id, base)
    return Response(text, media_type=_TYPES[form])


@router.get(
    f"{_DATASET}/quality/failed-rows",
    operation_id="list_failed_rows",
    summary="不合格记录 / failing rows",
    responses=errors(401, 403, 404),
    dependencies=[SEE],
)
def list_failed_rows(
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset_id: DatasetId,
    rule: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=measuring.MOST_FAILED_ROWS)] = 100,
) -> FailedRowsView:
    """Rows that broke rules in the last check, for the agency, quality officers and inspectors; sensitive parts are masked."""
    return measuring.failed_rows(platform, principal, dataset_id, rule=rule, limit=limit)


@router.get(
    f"{_DATASET}/quality/overrides",
    operation_id="list_overrides",
    summary="人工放行记录 / overridden gates",
    responses=errors(404),
    dependencies=[PUBLIC],
)
def list_overrides(platform: PlatformDep, dataset_id: DatasetId) -> list[GateOverride]:
    """Versions that were published although blocking rules failed: who decided, and why."""
    return overriding.overrides(platform, dataset_id)


@router.post(
    f"{_DATASET}/quality/overrides",
    operation_id="override_gate",
    summary="人工放行 / let a withheld version pass",
    status_code=201,
    responses=errors(401, 403, 404, 409, 422),
    dependencies=[OVERRIDE],
)
def override_gate(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, body: OverrideIn) -> GateOverride:
    """Publish the version that was withheld last, with a reason; it holds for this version only."""
    return overriding.override_gate(platform, principal, dataset_id, version=body.version, reason=body.reason)


@router.put(
    f"{_DATASET}/rules",
    operation_id="put_rule",
    summary="声明质量规则 / declare a rule",
    responses=errors(401, 403, 404, 422),
    dependencies=[RULES],
)
def put_rule(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, rule: DeclaredRule) -> CatalogRecord:
    """Add a rule to the published entry, or replace the one of the same name."""
    return ruling.put_rule(platform, principal, dataset_id, rule)


@router.delete(
    f"{_DATASET}/rules/{{check_name}}",
    operation_id="drop_rule",
    summary="撤销质量规则 / drop a rule",
    responses=errors(401, 403, 404),
    dependencies=[RULES],
)
def drop_rule(
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset_id: DatasetId,
    check_name: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,130}$")],
) -> CatalogRecord:
    """Take a declared rule out of the published entry; rules that follow from its fields stay."""
    return ruling.drop_rule(platform, principal, dataset_id, check_name)


@router.get(
    f"{_DATASET}/freshness",
    operation_id="get_freshness",
    summary="更新时效 / freshness",
    responses=errors(404),
    dependencies=[PUBLIC],
)
def get_freshness(platform: PlatformDep, dataset_id: DatasetId) -> Freshness:
    """The promised update cycle against the actual one, by the working-day calendar."""
    return freshness.freshness(platform, dataset_id)


@router.get(
    "/freshness",
    operation_id="list_freshness",
    summary="各数据集更新时效 / freshness of all",
    responses=errors(),
    dependencies=[PUBLIC],
)
def list_freshness(platform: PlatformDep, agency: Annotated[str | None, Query(pattern=SLUG)] = None) -> list[Freshness]:
    """How all published data sets (of an agency) stand today, the longest overdue first."""
    return freshness.freshness_of_all(platform, agency=agency)


@router.get(
    "/reminders",
    operation_id="list_reminders",
    summary="更新提醒 / reminders to update",
    responses=errors(401, 403),
    dependencies=[SEE],
)
def list_reminders(
    platform: PlatformDep, principal: PrincipalDep, agency: Annotated[str | None, Query(pattern=SLUG)] = None
) -> list[Reminder]:
    """Open reminders that updates are due or overdue; an agency sees its own."""
    return freshness.reminders(platform, principal, agency)
