"""One data, one source (Art. 15): findings of double collection, decisions, uses, impact, and the origin of a golden value."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, SLUG, DatasetId, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.finding import DuplicateOutcome, Finding
from catalog_service.catalog.principal import Action
from catalog_service.services import matching, uses, value_tracing
from catalog_service.store.matching import FindingQuery

router = APIRouter(prefix="/api/v1", tags=["one source"], dependencies=LANGUAGE)
SEEING, DECIDING = needs(Action.SEE_DRAFTS), needs(Action.DECIDE_DUPLICATE)
FindingId = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$", description="疑点编号 / id of the finding")]
FieldName = Annotated[str | None, Query(alias="field", pattern=SLUG, description="信息项 / field")]


class FindingParameters(BaseModel):
    """Query parameters; everything given must hold."""

    model_config = ConfigDict(extra="forbid")

    dataset: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_]{0,62}/[a-z][a-z0-9_]{0,62}$")] = None
    agency: Annotated[str | None, Field(pattern=SLUG)] = None
    is_open: bool | None = Field(default=None, description="只列待决定的 / only those that wait")
    page: int = Field(default=1, ge=1, le=10_000)
    lang: str | None = Field(default=None, max_length=10)

    def query(self) -> FindingQuery:
        """Return the question that they are."""
        return FindingQuery(**self.model_dump(exclude={"lang"}))


class DecisionIn(BaseModel):
    """How a finding ends."""

    model_config = ConfigDict(extra="forbid")

    outcome: DuplicateOutcome
    law: str = Field(default="", max_length=400, description="依据的法律法规，依法另行采集时必填 / the law")
    article: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=2_000)


@router.get(
    "/findings",
    operation_id="list_findings",
    summary="重复采集疑点 / findings",
    responses=errors(401, 403),
    dependencies=[SEEING],
)
def list_findings(
    platform: PlatformDep, principal: PrincipalDep, parameters: Annotated[FindingParameters, Query()]
) -> matching.FindingPage:
    """Fields that seem to be collected twice, those that wait for a decision first, by score."""
    return matching.findings(platform, principal, parameters.query())


@router.get(
    "/findings/{finding_id}",
    operation_id="get_finding",
    summary="一项疑点及证据 / a finding",
    responses=errors(401, 403, 404),
    dependencies=[SEEING],
)
def get_finding(platform: PlatformDep, principal: PrincipalDep, finding_id: FindingId) -> Finding:
    """Both fields, the score, the evidence in words and numbers, a masked sample, decisions."""
    return matching.finding(platform, principal, finding_id)


@router.post(
    "/findings/{finding_id}/decision",
    operation_id="decide_finding",
    summary="对疑点作出决定 / decide on a finding",
    responses=errors(401, 403, 404, 409),
    dependencies=[DECIDING],
)
def decide_finding(platform: PlatformDep, principal: PrincipalDep, finding_id: FindingId, body: DecisionIn) -> Finding:
    """Obtain by sharing, become the source of record (the authority), or collect separately by law."""
    return matching.decide(
        platform, principal, finding_id, body.outcome, law=body.law, article=body.article, reason=body.reason
    )


@router.get(
    "/findings/{finding_id}/share-request",
    operation_id="prefill_share_request",
    summary="预填共享申请 / the beginning of a share request",
    responses=errors(401, 403, 404),
    dependencies=[SEEING],
)
def prefill_share_request(platform: PlatformDep, principal: PrincipalDep, finding_id: FindingId) -> matching.SharePrefill:
    """Data set, fields and purpose of the request that takes the place of collecting again (Art. 20)."""
    return matching.share_prefill(platform, principal, finding_id)


@router.get(
    "/datasets/{agency}/{name}/impact",
    operation_id="get_impact",
    summary="使用情况与变更影响 / uses and impact",
    responses=errors(404),
    dependencies=[PUBLIC],
)
def get_impact(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, field: FieldName = None) -> uses.Impact:
    """Who uses which field for what, and whom a change would touch; grants are shown to the source agency and the authority."""
    return uses.impact(platform, principal, dataset_id, field)


@router.get(
    "/datasets/{agency}/{name}/origin",
    operation_id="get_origin",
    summary="主数据取值溯源 / origin of a golden value",
    responses=errors(401, 403, 404),
    dependencies=[SEEING],
)
def get_origin(
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset_id: DatasetId,
    key: Annotated[list[str], Query(max_length=16, description="主键各项的值 / values of the key")],
    field: Annotated[str, Query(pattern=SLUG)],
) -> value_tracing.ValueOrigin:
    """The source, the delivered file and the row that a golden value came from."""
    return value_tracing.trace(platform, principal, dataset_id, key, field)
