"""The ledger (Art. 21, 34): search for inspectors, uses of an agency's data, signed heads for everybody."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict

from catalog_service.api.dependencies import LANGUAGE, SLUG, PlatformDep
from catalog_service.api.identity import PUBLIC, PrincipalDep, needs
from catalog_service.api.openapi import errors
from catalog_service.catalog.errors import Language, Problem
from catalog_service.catalog.ledger import LedgerPage, LedgerQuery, StoredEntry
from catalog_service.catalog.principal import Action
from catalog_service.services import ledger
from catalog_service.services.ledger import PublishedHeads

router = APIRouter(prefix="/api/v1/ledger", tags=["ledger"], dependencies=LANGUAGE)
SEARCH, USES = [needs(Action.SEE_LEDGER)], [needs(Action.SEE_USES)]


class LedgerParameters(LedgerQuery):
    """Query parameters of a search in the ledger; everything given must hold."""

    lang: Language | None = None

    def query(self) -> LedgerQuery:
        """Return the question that they are."""
        return LedgerQuery(**self.model_dump(exclude={"lang"}))


class VerificationOut(BaseModel):
    """The outcome of a check of the whole ledger."""

    model_config = ConfigDict(extra="forbid")

    is_sound: bool
    size: int
    signed: int
    problems: tuple[Problem, ...]


@router.get(
    "/entries", operation_id="search_ledger", summary="查询台账 / search", responses=errors(401, 403), dependencies=SEARCH
)
def search_ledger(
    platform: PlatformDep, principal: PrincipalDep, parameters: Annotated[LedgerParameters, Query()]
) -> LedgerPage:
    """Entries that answer all parameters, newest first; the search itself is an entry."""
    return ledger.search(platform, principal, parameters.query())


@router.get(
    "/entries/{sequence}",
    operation_id="get_ledger_entry",
    summary="台账记录 / an entry",
    responses=errors(401, 403, 404),
    dependencies=SEARCH,
)
def get_entry(platform: PlatformDep, principal: PrincipalDep, sequence: Annotated[int, Path(ge=1, le=2**53)]) -> StoredEntry:
    """One entry by its number."""
    return ledger.entry(platform, principal, sequence)


@router.get(
    "/uses/{agency}",
    operation_id="list_uses",
    summary="谁用了本机构的数据 / who used an agency's data",
    responses=errors(401, 403),
    dependencies=USES,
)
def list_uses(
    platform: PlatformDep,
    principal: PrincipalDep,
    agency: Annotated[str, Path(pattern=SLUG)],
    parameters: Annotated[LedgerParameters, Query()],
) -> LedgerPage:
    """Article 21: every use of this agency's data, for the agency itself and for inspectors."""
    return ledger.uses(platform, principal, agency, parameters.query())


@router.get(
    "/verification", operation_id="verify_ledger", summary="校验台账 / verify", responses=errors(401, 403), dependencies=SEARCH
)
def verify_ledger(platform: PlatformDep, principal: PrincipalDep) -> VerificationOut:
    """Check every entry, the whole chain and all signed heads; each fault names its entry."""
    found = ledger.verify(platform, principal)
    return VerificationOut(is_sound=not found.problems, **dict(found))


@router.get(
    "/heads", operation_id="list_ledger_heads", summary="签名检查点 / signed heads", responses=errors(), dependencies=[PUBLIC]
)
def list_heads(platform: PlatformDep) -> PublishedHeads:
    """The newest signed heads and the key that proves them: whoever keeps them can prove a later change of the ledger."""
    return ledger.published_heads(platform)
