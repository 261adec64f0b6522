"""Shapes that only the API has: query parameters, links to downloads, health. The rest are the services' views."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from catalog_service.api.dependencies import SLUG
from catalog_service.catalog.data_standing import Freshness, QualityLevel
from catalog_service.catalog.errors import Language
from catalog_service.catalog.record import PrintableText, SearchQuery, SearchSort
from catalog_service.catalog.vocabularies import BaseDatabase, FileFormat, Frequency, OpeningClass, SharingClass
from catalog_service.services.views import AgencyView, DetailView, ProductView


class SearchParameters(BaseModel):
    """Query parameters of a search; everything given must hold."""

    model_config = ConfigDict(extra="forbid")

    q: PrintableText = Field(
        default="",
        description="关键词、全拼或拼音首字母，以空格分隔 / words, pinyin or its first letters, separated by spaces",
    )
    agency: Annotated[str, StringConstraints(pattern=SLUG)] | None = None
    theme: PrintableText | None = None
    base_database: BaseDatabase | None = None
    sharing: SharingClass | None = None
    opening: OpeningClass | None = None
    frequency: Frequency | None = None
    format: FileFormat | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = Field(
        default=None, description="提供机构的行政区划代码 / division code of the agency's government"
    )
    freshness: Freshness | None = None
    quality: QualityLevel | None = None
    sort: SearchSort = SearchSort.RELEVANCE
    limit: int = Field(default=20, ge=1, le=100)
    cursor: Annotated[str, StringConstraints(max_length=2_000)] | None = Field(
        default=None, description="上一页的 next_cursor / next_cursor of the page before"
    )
    lang: Language | None = None

    def query(self) -> SearchQuery:
        """Return the question that they are."""
        return SearchQuery(text=self.q, **self.model_dump(exclude={"q", "lang"}))


class DistributionOut(BaseModel):
    """dcat:Distribution: one way to download an open data set."""

    format: str
    media_type: str
    url: str
    size_bytes: int | None
    """Bytes, where they are known beforehand."""
    sha256: str | None


class DetailOut(DetailView):
    """A catalog entry with links to what can be downloaded without identity."""

    distributions: tuple[DistributionOut, ...]


class VersionOut(ProductView):
    """A version of an open data set and the URLs of its files, which never serve other bytes."""

    urls: tuple[str, ...]


class VersionsOut(BaseModel):
    """All versions of an open data set, newest first."""

    dataset: str
    items: tuple[VersionOut, ...]


class AgenciesOut(BaseModel):
    """All agencies."""

    items: tuple[AgencyView, ...]
    total: int


class HealthOut(BaseModel):
    """The process answers; `ready` also means: database and lake do."""

    status: str
