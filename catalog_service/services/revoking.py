"""Revoking a grant by its own number (Art. 21): the step is taken in the request that the grant answers.

Here: finding that request. Not here: the steps (sharing, opening).
"""

from catalog_service.catalog.grant import GranteeKind
from catalog_service.catalog.open_request import OpenEvent
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.share_request import ShareEvent
from catalog_service.services import granting, opening, sharing
from catalog_service.services.opening import OpenAction
from catalog_service.services.platform import Platform
from catalog_service.services.sharing import ShareAction


def revoke(platform: Platform, principal: Principal, grant_id: str, reason: str) -> None:
    """End a grant at once.

    Raises:
        NotFoundError: there is no such grant, or it is none of the asker's business.
        UnauthenticatedError, ForbiddenError: it is not the asker's to revoke.
        ConflictError, InvalidError: it has ended already; reasons are missing.
    """
    grant = granting.show_grant(platform, principal, grant_id).grant
    match grant.grantee.kind:
        case GranteeKind.AGENCY:
            sharing.act(platform, principal, grant.request, ShareEvent.REVOKE, ShareAction(reason=reason))
        case GranteeKind.APPLICANT:
            opening.act(platform, principal, grant.request, OpenEvent.REVOKE, OpenAction(reason=reason))
