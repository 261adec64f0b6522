"""Pages of the ledger (Art. 21, 34): search for inspectors, who used an agency's data.

Not here: what is in it (services.ledger).
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from catalog_service.catalog.ledger import LedgerQuery
from catalog_service.catalog.principal import Action
from catalog_service.catalog.record import PrintableText
from catalog_service.services import browsing, ledger
from catalog_service.services.platform import Platform
from catalog_service.web.formatting import start_of_day
from catalog_service.web.identity import PrincipalDep, needs
from catalog_service.web.rendering import render

router = APIRouter(include_in_schema=False, default_response_class=Response)
_METHODS = ["GET", "HEAD"]
Optional = Annotated[PrintableText, Query()]
"""A part of a form that may be left empty."""
Name = Annotated[str, Query(pattern=r"^([a-z][a-z0-9_]{0,62})?$")]
Day = Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
Cursor = Annotated[str, Query(pattern=r"^[0-9]{0,18}$")]


@router.api_route("/ledger", methods=_METHODS, dependencies=[needs(Action.SEE_LEDGER)])
def show_ledger(
    request: Request,
    principal: PrincipalDep,
    who: Optional = "",
    agency: Name = "",
    action: Name = "",
    target: Optional = "",
    outcome: Literal["", "done", "allowed", "denied"] = "",
    since: Day = "",
    until: Day = "",
    cursor: Cursor = "",
) -> Response:
    """Entries of the ledger that answer the filters, newest first."""
    platform: Platform = request.app.state.platform
    chosen = {"who": who, "agency": agency, "action": action, "target": target, "outcome": outcome}
    period = {"since": start_of_day(since), "until": start_of_day(until, days=1)}
    query = _query({**chosen, **period, "cursor": cursor})
    context = {"page": ledger.search(platform, principal, query), "chosen": {**chosen, "since": since, "until": until}}
    context |= {"agencies": browsing.agencies(platform), "heads": ledger.published_heads(platform, newest=1)}
    return render(request, "ledger.html", context)


@router.api_route("/ledger/uses/{agency}", methods=_METHODS, dependencies=[needs(Action.SEE_USES)])
def show_uses(
    request: Request,
    principal: PrincipalDep,
    agency: Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")],
    cursor: Cursor = "",
) -> Response:
    """Who used the data of an agency, newest first."""
    platform: Platform = request.app.state.platform
    page = ledger.uses(platform, principal, agency, _query({"cursor": cursor}))
    names = {one.slug: one for one in browsing.agencies(platform)}
    return render(request, "ledger_uses.html", {"page": page, "agency": agency, "agencies": names})


def _query(asked: dict[str, object]) -> LedgerQuery:
    """Return the question; what was left empty in the form is not asked."""
    return LedgerQuery.model_validate({name: value for name, value in asked.items() if value})
