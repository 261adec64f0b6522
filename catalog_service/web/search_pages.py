"""The search page, and the page where agencies find the national form. Each asks the services and renders what comes back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from catalog_service.catalog.data_standing import Freshness, QualityLevel
from catalog_service.catalog.errors import Text
from catalog_service.catalog.record import PrintableText, SearchQuery, SearchSort
from catalog_service.catalog.register import DIVISIONS
from catalog_service.catalog.vocabularies import (
    BaseDatabase,
    FileFormat,
    Frequency,
    OpeningClass,
    SharingClass,
    Term,
)
from catalog_service.services import browsing, exchanging
from catalog_service.services.platform import Platform
from catalog_service.web.identity import PUBLIC
from catalog_service.web.naming import regions, themes
from catalog_service.web.rendering import render

router = APIRouter(include_in_schema=False, default_response_class=Response, dependencies=[PUBLIC])
_METHODS = ["GET", "HEAD"]
_VOCABULARIES: dict[str, type[Term]] = {
    "opening": OpeningClass,
    "sharing": SharingClass,
    "base_database": BaseDatabase,
    "frequency": Frequency,
    "format": FileFormat,
    "freshness": Freshness,
    "quality": QualityLevel,
}
_FACETS = ("opening", "theme", "agency", "region", "base_database", "freshness", "quality", "frequency", "format", "sharing")


class SearchForm(BaseModel):
    """What the address of the search page can say; what is empty is not asked for."""

    model_config = ConfigDict(extra="ignore")

    q: PrintableText = ""
    agency: PrintableText = ""
    theme: PrintableText = ""
    region: PrintableText = ""
    base_database: BaseDatabase | None = None
    opening: OpeningClass | None = None
    sharing: SharingClass | None = None
    frequency: Frequency | None = None
    format: FileFormat | None = None
    freshness: Freshness | None = None
    quality: QualityLevel | None = None
    sort: SearchSort = SearchSort.RELEVANCE
    cursor: Annotated[str, StringConstraints(max_length=2_000)] | None = None

    def chosen(self, agencies: dict[str, Text]) -> dict[str, str]:
        """Return the filters by facet; an agency or a region that does not exist is none."""
        given = {facet: str(getattr(self, facet) or "") for facet in _FACETS}
        given["agency"] = given["agency"] if given["agency"] in agencies else ""
        given["region"] = given["region"] if given["region"] in DIVISIONS else ""
        return {facet: value for facet, value in given.items() if value}


@router.api_route("/search", methods=_METHODS)
def show_search(request: Request, form: Annotated[SearchForm, Query()]) -> Response:
    """Entries that answer the search, with facets to narrow it."""
    platform: Platform = request.app.state.platform
    agencies = browsing.agency_names(platform)
    chosen = form.chosen(agencies)
    page = browsing.search(
        platform, SearchQuery.model_validate({"text": form.q, "sort": form.sort, "cursor": form.cursor, **chosen})
    )
    return render(request, "search.html", _context(form, chosen, agencies) | {"page": page, "facets": page.facets.model_dump()})


@router.api_route("/catalog-form", methods=_METHODS)
def show_form(request: Request) -> Response:
    """The national form: the template, the published catalog, the classification of resources."""
    return render(request, "form.html", {"classification": exchanging.classification()})


def _context(form: SearchForm, chosen: dict[str, str], agencies: dict[str, Text]) -> dict[str, object]:
    terms: dict[str, dict[str, Text]] = {
        facet: {one.value: Text(zh=one.zh, en=one.en) for one in vocabulary} for facet, vocabulary in _VOCABULARIES.items()
    }
    names = terms | {"agency": agencies, "region": regions(), "theme": themes()}
    sorts = [one for one in SearchSort if form.q or one is not SearchSort.RELEVANCE]
    current = form.sort if form.q or form.sort is not SearchSort.RELEVANCE else SearchSort.TITLE
    return {"text": form.q, "chosen": chosen, "names": names, "order": _FACETS, "sorts": sorts, "sort": current}
