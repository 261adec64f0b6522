"""整改 (Art. 25, 32): issues of rules that data fail, the answers of agencies, dismissals by the authority."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.identity import PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.errors import Language
from catalog_service.catalog.principal import Action
from catalog_service.catalog.rectification import RectificationQuery, StepEvent
from catalog_service.services import rectification
from catalog_service.services.rectification_views import RectificationDetail, RectificationPage, list_issues, show_issue

router = APIRouter(prefix="/api/v1/quality/issues", tags=["quality"], dependencies=LANGUAGE)
SEE, ACT = needs(Action.SEE_RECTIFICATION), needs(Action.HANDLE_RECTIFICATION, Action.DISMISS_RECTIFICATION)
Id = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]


class IssueParameters(RectificationQuery):
    """Which issues; everything given must hold."""

    lang: Language | None = None

    def query(self) -> RectificationQuery:
        """Return the question that they are."""
        return RectificationQuery.model_validate(self.model_dump(exclude={"lang"}))


class RectificationStepIn(BaseModel):
    """An answer of the agency, or a dismissal by the authority; both need words."""

    model_config = ConfigDict(extra="forbid")

    event: StepEvent
    reason: Annotated[str, Field(max_length=2_000)] = ""


@router.get(
    "",
    operation_id="list_quality_issues",
    summary="整改事项 / issues of rectification",
    responses=errors(401, 403),
    dependencies=[SEE],
)
def list_quality_issues(
    platform: PlatformDep, principal: PrincipalDep, parameters: Annotated[IssueParameters, Query()]
) -> RectificationPage:
    """Issues of one's agency, or of all for the authority, soonest due first."""
    return list_issues(platform, principal, parameters.query())


@router.get(
    "/{id_}",
    operation_id="get_quality_issue",
    summary="一个整改事项 / one issue",
    responses=errors(401, 403, 404),
    dependencies=[SEE],
)
def get_quality_issue(platform: PlatformDep, principal: PrincipalDep, id_: Id) -> RectificationDetail:
    """One issue with its history, the count of its deadline and failing rows, sensitive parts masked."""
    return show_issue(platform, principal, id_)


@router.post(
    "/{id_}/steps",
    operation_id="act_on_quality_issue",
    summary="答复或销案 / answer or dismiss",
    responses=errors(401, 403, 404, 409, 422),
    dependencies=[ACT],
)
def act_on_quality_issue(
    platform: PlatformDep, principal: PrincipalDep, id_: Id, step: RectificationStepIn
) -> RectificationDetail:
    """Answer what was done; or dismiss with reasons. Only data that pass the rule correct an issue."""
    rectification.act(platform, principal, id_, step.event, reason=step.reason)
    return show_issue(platform, principal, id_)
