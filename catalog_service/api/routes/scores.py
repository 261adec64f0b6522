"""Indicators, scores and monthly evaluations (Art. 4, 8, 32)."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, status
from pydantic import BaseModel, ConfigDict

from catalog_service.api.dependencies import LANGUAGE, SLUG, DatasetId, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.evaluation import Month
from catalog_service.catalog.indicators import IndicatorSet
from catalog_service.catalog.model import Slug
from catalog_service.catalog.principal import Action
from catalog_service.formats.indicator_sets import shipped_indicator_sets
from catalog_service.services import evaluating, score_export, scorecards
from catalog_service.services.evaluating import EvaluationDetail, EvaluationView, Issued, Reproduction
from catalog_service.services.scorecards import AgencyCard, CityCard, DatasetScore

router = APIRouter(prefix="/api/v1", tags=["scores"], dependencies=LANGUAGE)
SEE, CITY, EVALUATE = (needs(one) for one in (Action.SEE_SCORES, Action.SEE_STATISTICS, Action.EVALUATE))
AgencyPath = Annotated[str, Path(pattern=SLUG)]
MonthPath = Annotated[Month, Path()]
_EVALUATION = "/evaluations/{agency}/{month}"


class EvaluationIn(BaseModel):
    """The month to evaluate, of one agency or of all."""

    model_config = ConfigDict(extra="forbid")

    month: Month
    agency: Slug | None = None


class PublicationIn(BaseModel):
    """The month whose evaluations are published."""

    model_config = ConfigDict(extra="forbid")

    month: Month


class PublishedOut(BaseModel):
    """The agencies whose evaluations are public now."""

    month: str
    agencies: tuple[str, ...]


@router.get(
    "/indicator-sets",
    operation_id="list_indicator_sets",
    summary="指标体系 / indicator sets",
    responses=errors(),
    dependencies=[PUBLIC],
)
def list_indicator_sets() -> list[IndicatorSet]:
    """Dimensions, indicators, weights, grade bounds and metadata points, by the day from which they hold."""
    return list(shipped_indicator_sets().sets)


@router.get("/scores", operation_id="get_scores", summary="市总览 / the city", responses=errors(401, 403), dependencies=[CITY])
def get_scores(platform: PlatformDep, principal: PrincipalDep) -> CityCard:
    """Scores of today, of the city and by agency."""
    return scorecards.city_card(platform, principal)


@router.get(
    "/scores/{agency}",
    operation_id="get_agency_scores",
    summary="机构评分卡 / scorecard of an agency",
    responses=errors(401, 403, 404),
    dependencies=[SEE],
)
def get_agency_scores(platform: PlatformDep, principal: PrincipalDep, agency: AgencyPath) -> AgencyCard:
    """Scores of today of an agency and its data sets, and the duties of this month."""
    return scorecards.agency_card(platform, principal, agency)


@router.get(
    "/scores/{agency}/workbook",
    operation_id="get_agency_scores_workbook",
    summary="机构评分卡（Excel） / scorecard as a workbook",
    responses=errors(401, 403, 404),
    dependencies=[SEE],
    response_class=Response,
)
def get_agency_workbook(platform: PlatformDep, principal: PrincipalDep, agency: AgencyPath) -> Response:
    """The scorecard as an Excel workbook."""
    content = score_export.agency_workbook(platform, principal, agency)
    headers = {"Content-Disposition": f'attachment; filename="scorecard-{agency}.xlsx"', "Cache-Control": "no-store"}
    return Response(content, media_type=score_export.MEDIA_TYPE, headers=headers)


@router.get(
    "/datasets/{agency}/{name}/score",
    operation_id="get_dataset_score",
    summary="数据集评分 / score of a data set",
    responses=errors(401, 403, 404),
    dependencies=[SEE],
)
def get_dataset_score(platform: PlatformDep, principal: PrincipalDep, dataset_id: DatasetId) -> DatasetScore:
    """The score of a data set by dimension, indicator, field and rule, and what to mend in its metadata."""
    return scorecards.dataset_score(platform, principal, dataset_id)


@router.get(
    "/evaluations",
    operation_id="list_evaluations",
    summary="月度评价 / monthly evaluations",
    responses=errors(),
    dependencies=[PUBLIC],
)
def list_evaluations(
    platform: PlatformDep,
    principal: PrincipalDep,
    agency: Annotated[str | None, Query(pattern=SLUG)] = None,
    month: Annotated[Month | None, Query()] = None,
) -> list[EvaluationView]:
    """Published evaluations; an agency sees its own, the authority all."""
    return evaluating.evaluations(platform, principal, agency=agency, month=month)


@router.post(
    "/evaluations",
    operation_id="evaluate_month",
    summary="评价一个月 / evaluate a month",
    status_code=status.HTTP_201_CREATED,
    responses=errors(401, 403, 404, 422),
    dependencies=[EVALUATE],
)
def evaluate_month(platform: PlatformDep, principal: PrincipalDep, body: EvaluationIn) -> Issued:
    """Issue the evaluations of a month that is over; what was issued before stays as it is."""
    return evaluating.evaluate_month(platform, principal, body.month, agency=body.agency)


@router.post(
    "/evaluations/publications",
    operation_id="publish_evaluations",
    summary="公布月度评价 / publish evaluations",
    status_code=status.HTTP_201_CREATED,
    responses=errors(401, 403, 409, 422),
    dependencies=[EVALUATE],
)
def publish_evaluations(platform: PlatformDep, principal: PrincipalDep, body: PublicationIn) -> PublishedOut:
    """Publish the evaluations of a month to everybody."""
    return PublishedOut(month=body.month, agencies=evaluating.publish(platform, principal, body.month))


@router.get(
    _EVALUATION,
    operation_id="get_evaluation",
    summary="机构月度评价 / an evaluation",
    responses=errors(404),
    dependencies=[PUBLIC],
)
def get_evaluation(platform: PlatformDep, principal: PrincipalDep, agency: AgencyPath, month: MonthPath) -> EvaluationView:
    """One evaluation: for everybody where it is published, before that for the agency and the authority."""
    return evaluating.show(platform, principal, agency, month)


@router.get(
    f"{_EVALUATION}/facts",
    operation_id="get_evaluation_facts",
    summary="评价依据 / the facts of an evaluation",
    responses=errors(401, 403, 404),
    dependencies=[SEE],
)
def get_evaluation_facts(
    platform: PlatformDep, principal: PrincipalDep, agency: AgencyPath, month: MonthPath
) -> EvaluationDetail:
    """The evaluation with every rule outcome, metadata check and obligation that it rests on."""
    return evaluating.detail(platform, principal, agency, month)


@router.get(
    f"{_EVALUATION}/reproduction",
    operation_id="reproduce_evaluation",
    summary="重新计算核对 / compute an evaluation anew",
    responses=errors(401, 403, 404),
    dependencies=[SEE],
)
def reproduce_evaluation(platform: PlatformDep, principal: PrincipalDep, agency: AgencyPath, month: MonthPath) -> Reproduction:
    """The evaluation beside the same computed from frozen facts and from stored history as of the end of its month."""
    return evaluating.reproduce(platform, principal, agency, month)
