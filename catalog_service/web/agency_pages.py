"""The page on which an agency names its unit and person in charge of public data (Art. 31, 37).

Not here: who may, and what is compared (services.agencies).
"""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from catalog_service.catalog.principal import Action
from catalog_service.services import agencies
from catalog_service.web.forms import CsrfDep, see
from catalog_service.web.identity import PrincipalDep, needs
from catalog_service.web.rendering import render

router = APIRouter(
    prefix="/desk/agencies",
    include_in_schema=False,
    default_response_class=Response,
    dependencies=[needs(Action.MANAGE_AGENCY), CsrfDep],
)
Slug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
_Text = Annotated[str, Field(max_length=400)]


class RegistrationForm(BaseModel):
    """What an agency says of itself."""

    model_config = ConfigDict(extra="forbid")

    csrf: str
    tag: Annotated[str, Field(max_length=40)]
    responsible_unit: _Text = ""
    responsible_person: _Text = ""
    reference_basis: _Text = ""
    name_en: _Text = ""


@router.get("/{slug}")
def show_registration(request: Request, principal: PrincipalDep, slug: Slug) -> Response:
    """What is registered, as a form."""
    found = agencies.registration(request.app.state.platform, principal, slug)
    return render(request, "desk_agency.html", {"found": found, "is_saved": "saved" in request.query_params})


@router.post("/{slug}")
def save_registration(
    request: Request, principal: PrincipalDep, slug: Slug, form: Annotated[RegistrationForm, Form()]
) -> Response:
    """Change it."""
    platform = request.app.state.platform
    known = agencies.registration(platform, principal, slug).agency
    said = form.model_dump(include=set(agencies.OWN_PARTS))
    agency = known.model_validate(known.model_dump() | said)
    agencies.register(platform, principal, agency, tag=form.tag)
    return see(f"/desk/agencies/{slug}?saved=1")
