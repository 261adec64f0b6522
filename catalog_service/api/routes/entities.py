"""Entities of the base databases (Art. 15, 18, 26): one record and why, its history, conflicts per source, review."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, DatasetId, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.entity import DecisionKind, IdentityDecision, Key, PairState
from catalog_service.catalog.model import DatasetId as DatasetName
from catalog_service.catalog.model import Line
from catalog_service.catalog.principal import Action
from catalog_service.catalog.record import PrintableText
from catalog_service.services import conflicts, entities, entity_decisions, pair_review
from catalog_service.services.entity_views import ConflictReport, EntityView, HistoryView, ObjectionView, ReviewView

router = APIRouter(prefix="/api/v1/entities/{agency}/{name}", tags=["entities"], dependencies=LANGUAGE)
KeyParts = Annotated[
    list[PrintableText], Query(alias="key", min_length=1, max_length=8, description="主键各部分 / parts of the key")
]
DecisionId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$", description="决定编号 / id of the decision")]
Limit = Annotated[int, Query(ge=0, le=1_000)]


class DecisionIn(BaseModel):
    """A decision on identity."""

    model_config = ConfigDict(extra="forbid")

    kind: DecisionKind
    key: Key
    target: Key
    reason: Line
    source: DatasetName | None = None


class PairIn(BaseModel):
    """A decision on a proposed pair."""

    model_config = ConfigDict(extra="forbid")

    pair: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    is_same: bool
    reason: Line


@router.get(
    "",
    operation_id="get_entity",
    summary="主数据记录 / a golden record",
    dependencies=[PUBLIC],
    responses=errors(401, 403, 404, 422),
)
def get_entity(
    platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, key: KeyParts, on: dt.date | None = None
) -> EntityView:
    """One record and why it says so, now or at the end of a day; values that may not be seen are masked."""
    return entities.show(platform, principal, dataset_id, tuple(key), on=on)


@router.get(
    "/history",
    operation_id="get_entity_history",
    summary="历史 / history",
    dependencies=[PUBLIC],
    responses=errors(401, 403, 404, 422),
)
def get_history(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, key: KeyParts) -> HistoryView:
    """What happened to one entity: changes of its record, and decisions on its identity."""
    return entities.history(platform, principal, dataset_id, tuple(key))


@router.get(
    "/conflicts",
    operation_id="get_conflicts",
    summary="冲突报告 / conflicts",
    dependencies=[needs(Action.SEE_FAILED_ROWS)],
    responses=errors(401, 403, 404),
)
def get_conflicts(
    platform: PlatformDep,
    principal: PrincipalDep,
    dataset_id: DatasetId,
    limit: Limit = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> ConflictReport:
    """Conflicts counted per source and listed; an agency sees those that its own data are part of."""
    return conflicts.report(platform, principal, dataset_id, limit=limit, offset=offset)


@router.get(
    "/objections",
    operation_id="list_source_objections",
    summary="来源异议 / objections to sources",
    dependencies=[needs(Action.SEE_FAILED_ROWS)],
    responses=errors(401, 403, 404),
)
def list_objections(
    platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, limit: Limit = 100
) -> tuple[ObjectionView, ...]:
    """Objections that the platform holds against disputed fields until their sources agree."""
    return conflicts.objections(platform, principal, dataset_id, limit=limit)


@router.get(
    "/review",
    operation_id="get_review",
    summary="待复核配对 / pairs to review",
    dependencies=[needs(Action.DECIDE_LINKAGE)],
    responses=errors(401, 403, 404),
)
def get_review(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId) -> ReviewView:
    """Pairs that linkage leaves to people, the likeliest first."""
    return pair_review.review(platform, principal, dataset_id)


@router.post(
    "/review",
    operation_id="decide_pair",
    summary="复核配对 / decide on a pair",
    dependencies=[needs(Action.DECIDE_LINKAGE)],
    responses=errors(401, 403, 404, 409, 422),
)
def decide_pair(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, decided: PairIn) -> IdentityDecision:
    """Decide on a proposed pair; it is remembered and not asked again."""
    state = PairState.SAME if decided.is_same else PairState.DIFFERENT
    return entity_decisions.decide_pair(platform, principal, decided.pair, state, reason=decided.reason, dataset_id=dataset_id)


@router.get(
    "/decisions",
    operation_id="list_identity_decisions",
    summary="身份决定一览 / decisions on identity",
    dependencies=[needs(Action.DECIDE_LINKAGE)],
    responses=errors(401, 403, 404),
)
def list_decisions(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId) -> tuple[IdentityDecision, ...]:
    """What was decided about entities, revoked decisions too, the latest first."""
    return entity_decisions.decisions(platform, principal, dataset_id)


@router.post(
    "/decisions/{decision_id}/revocation",
    operation_id="revoke_identity_decision",
    summary="撤销身份决定 / revoke a decision on identity",
    dependencies=[needs(Action.DECIDE_LINKAGE)],
    responses=errors(401, 403, 404),
)
def revoke(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, decision_id: DecisionId) -> IdentityDecision:
    """The next run makes the records as if it had not been taken; a reviewed pair is to be reviewed again."""
    return entity_decisions.revoke(platform, principal, dataset_id, decision_id)


@router.post(
    "/decisions",
    operation_id="decide_identity",
    summary="身份决定 / decide on identity",
    dependencies=[needs(Action.DECIDE_LINKAGE)],
    responses=errors(401, 403, 404, 422),
)
def decide(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId, decided: DecisionIn) -> IdentityDecision:
    """Merge, split or rename entities; the next run carries it out."""
    one = decided
    return entity_decisions.decide(
        platform, principal, dataset_id, one.kind, one.key, one.target, reason=one.reason, source=one.source
    )
