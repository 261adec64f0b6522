"""Registration of agencies (Art. 2, 31, 37): who is in charge of public data, and on what management by reference rests.

Here: the authority registers agencies, an agency keeps its own part current. Not here: import from files (compiling), lists of
agencies for everybody (browsing).
"""

import hashlib

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.errors import ConflictError, ForbiddenError, NotFoundError, problem
from catalog_service.catalog.ledger import entry_by
from catalog_service.catalog.model import Model
from catalog_service.catalog.principal import Action, Principal, authorize, is_permitted
from catalog_service.services.compiling import EVERY_AGENCY
from catalog_service.services.platform import Platform

OWN_PARTS = frozenset({"name_en", "responsible_unit", "responsible_person", "reference_basis"})
"""What an agency says of itself; everything else is registered by the authority."""


class Registration(Model):
    """What is registered of an agency, persons included, and the tag that a change of it names."""

    agency: Agency
    tag: str


def registration(platform: Platform, principal: Principal, slug: str) -> Registration:
    """Return what is registered of an agency.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: it is another agency's, or the role is not enough.
        NotFoundError: there is no such agency.
    """
    authorize(principal, Action.MANAGE_AGENCY, agency=slug)
    with platform.database.reading() as transaction:
        known = transaction.catalog.agencies([slug]).get(slug)
    if known is None:
        raise NotFoundError(problem("unknown-agency", f"没有登记机构 {slug}", f"there is no agency {slug}"))
    return _tagged(known)


def register(platform: Platform, principal: Principal, agency: Agency, *, tag: str = "") -> Registration:
    """Register an agency, or change what is registered; `tag` is that of what the change is based on, empty for a new one.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: it is another agency's, or only the authority registers that.
        ConflictError: somebody changed it meanwhile, or another agency has the same unified social credit code.
    """
    authorize(principal, Action.MANAGE_AGENCY, agency=agency.slug)
    with platform.database.transaction() as transaction:
        transaction.catalog.lock()
        known = transaction.catalog.agencies([agency.slug]).get(agency.slug)
        _require_current(known, tag)
        changed = _changed(known, agency)
        if not is_permitted(principal, Action.MANAGE_AGENCY, agency=EVERY_AGENCY) and not changed <= OWN_PARTS:
            raise _for_the_authority(changed - OWN_PARTS)
        transaction.catalog.put_agencies([agency])
        details = {"changed": ", ".join(sorted(changed))}
        transaction.ledger.append(entry_by(principal, "register_agency", agency.slug, details=details))
    return _tagged(agency)


def _changed(known: Agency | None, agency: Agency) -> set[str]:
    return {name for name in Agency.model_fields if known is None or getattr(known, name) != getattr(agency, name)}


def _require_current(known: Agency | None, tag: str) -> None:
    current = "" if known is None else _tagged(known).tag
    if tag != current:
        zh = "机构登记信息已被他人修改，请重新打开，核对后再改"
        en = "somebody changed what is registered of the agency; open it again, look, then change it"
        raise ConflictError(problem("changed-meanwhile", zh, en))


def _for_the_authority(parts: set[str]) -> ForbiddenError:
    names = "、".join(sorted(parts))
    zh = f"机构只能登记本机构的内设机构、责任人、参照执行依据和英文名称；{names} 由大数据主管部门登记，请向其提出"
    en = f"an agency registers its unit and person in charge only; the authority registers {names}: ask there"
    return ForbiddenError(problem("registered-by-authority", zh, en, article=31))


def _tagged(agency: Agency) -> Registration:
    return Registration(agency=agency, tag=hashlib.sha256(agency.model_dump_json().encode()).hexdigest()[:16])
