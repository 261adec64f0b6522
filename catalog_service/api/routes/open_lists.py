"""Open lists (Art. 23): public, in versions; and proposals of what could now be opened."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, StringConstraints

from catalog_service.api.dependencies import LANGUAGE, SLUG, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.api.routes.share_requests import Id
from catalog_service.catalog.open_list import OpenList, OpenProposal, ProposalEvent
from catalog_service.catalog.principal import Action
from catalog_service.services import open_lists

router = APIRouter(prefix="/api/v1/open-lists", tags=["opening"], dependencies=[*LANGUAGE, PUBLIC])
proposals = APIRouter(prefix="/api/v1/open-proposals", tags=["opening"], dependencies=[*LANGUAGE, needs(Action.SEE_REQUESTS)])

Agency = Annotated[str, Path(pattern=SLUG, description="机构简称 / slug of the agency")]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


class OpenListsOut(BaseModel):
    """Open lists."""

    items: tuple[OpenList, ...]


class ProposalsOut(BaseModel):
    """Proposals, newest first."""

    items: tuple[OpenProposal, ...]


class AnswerIn(BaseModel):
    """The answer to a proposal."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(max_length=2_000)] = ""


@router.get("", operation_id="list_open_lists", summary="开放清单 / open lists", responses=errors())
def list_open_lists(platform: PlatformDep) -> OpenListsOut:
    """The newest open list of every agency that has published one."""
    return OpenListsOut(items=open_lists.open_lists(platform))


@router.get("/{agency}", operation_id="get_open_list", summary="机构的开放清单 / of an agency", responses=errors(404))
def get_open_list(platform: PlatformDep, agency: Agency) -> OpenList:
    """The newest open list of an agency."""
    return open_lists.open_list(platform, agency)


@router.get("/{agency}/versions", operation_id="list_open_list_versions", summary="清单各版本 / versions", responses=errors())
def list_versions(platform: PlatformDep, agency: Agency) -> OpenListsOut:
    """All published versions of an agency's open list, newest first."""
    return OpenListsOut(items=open_lists.versions_of(platform, agency))


@router.get(
    "/{agency}/versions/{version}",
    operation_id="get_open_list_version",
    summary="清单的一版 / one version",
    responses=errors(404),
)
def get_version(platform: PlatformDep, agency: Agency, version: Version) -> OpenList:
    """One version; it never changes."""
    return open_lists.open_list(platform, agency, version)


@router.post(
    "/{agency}/versions",
    operation_id="publish_open_list",
    summary="发布开放清单 / publish",
    status_code=201,
    responses=errors(401, 403, 404, 409),
    dependencies=[needs(Action.PUBLISH_OPEN_LIST)],
)
def publish(platform: PlatformDep, principal: PrincipalDep, agency: Agency) -> OpenList:
    """A new version of the agency's open list, made of its published entries."""
    return open_lists.publish_open_list(platform, principal, agency)


@proposals.get("", operation_id="list_open_proposals", summary="开放建议 / proposals", responses=errors(401, 403))
def list_proposals(platform: PlatformDep, principal: PrincipalDep) -> ProposalsOut:
    """Proposals to the asker's agency; for the authority and inspectors all."""
    return ProposalsOut(items=open_lists.proposals(platform, principal))


@proposals.post(
    "",
    operation_id="propose_opening",
    summary="提出开放建议 / propose",
    responses=errors(401, 403),
    dependencies=[needs(Action.PROPOSE_OPENING)],
)
def propose(platform: PlatformDep, principal: PrincipalDep) -> ProposalsOut:
    """Looks at all entries and proposes those that now qualify; returns the new proposals."""
    return ProposalsOut(items=open_lists.propose(platform, principal))


@proposals.post(
    "/{id}/{event}", operation_id="answer_open_proposal", summary="答复开放建议 / answer", responses=errors(401, 403, 404, 409)
)
def answer(platform: PlatformDep, principal: PrincipalDep, id: Id, event: ProposalEvent, body: AnswerIn) -> OpenProposal:  # noqa: A002
    """Accept, or decline with reasons."""
    return open_lists.answer(platform, principal, id, event, body.reason)
