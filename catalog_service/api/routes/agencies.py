"""公共管理服务机构 (Art. 2), and who is in charge of public data in each (Art. 31)."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from catalog_service.api.dependencies import LANGUAGE, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.models import AgenciesOut
from catalog_service.api.openapi import errors
from catalog_service.catalog.agency import Agency
from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.catalog.principal import Action
from catalog_service.services import agencies, browsing

router = APIRouter(prefix="/api/v1/agencies", tags=["catalog"], dependencies=LANGUAGE)
MANAGING = needs(Action.MANAGE_AGENCY)
Slug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
BasedOn = Annotated[
    str,
    Header(alias="If-Match", max_length=40, description="所依据的 ETag，新登记的不填 / ETag it is based on"),
]


@router.get("", operation_id="list_agencies", summary="机构 / agencies", responses=errors(), dependencies=[PUBLIC])
def list_agencies(platform: PlatformDep) -> AgenciesOut:
    """All agencies with the number of their published entries, those with most first."""
    found = browsing.agencies(platform)
    return AgenciesOut(items=found, total=len(found))


@router.get(
    "/{slug}",
    operation_id="get_agency",
    summary="机构登记信息 / what is registered of an agency",
    responses=errors(401, 403, 404),
    dependencies=[MANAGING],
)
def get_agency(platform: PlatformDep, principal: PrincipalDep, slug: Slug, response: Response) -> Agency:
    """With the unit and the person in charge; for the agency's responsible person and the authority. `ETag` tags it."""
    return _tagged(response, agencies.registration(platform, principal, slug))


@router.put(
    "/{slug}",
    operation_id="put_agency",
    summary="登记机构、内设机构和责任人 / register an agency, its unit and its person in charge",
    responses=errors(401, 403, 409),
    dependencies=[MANAGING],
)
def put_agency(
    platform: PlatformDep, principal: PrincipalDep, slug: Slug, body: Agency, response: Response, if_match: BasedOn = ""
) -> Agency:
    """The authority registers all; an agency its own unit, person, basis of reference and English name (Art. 31, 37)."""
    if body.slug != slug:
        zh, en = "机构标识应与地址中的一致", "the slug must be that of the address"
        raise InvalidError(problem("other-agency", zh, en, field="slug"))
    return _tagged(response, agencies.register(platform, principal, body, tag=if_match.strip().strip('"')))


def _tagged(response: Response, found: agencies.Registration) -> Agency:
    response.headers["ETag"] = f'"{found.tag}"'
    return found.agency
