"""Catalog entries (Art. 13, 14): list, search, detail, fields, quality, lineage, versions. Metadata are public."""

from typing import Annotated

from fastapi import APIRouter, Query

from catalog_service.api.dependencies import LANGUAGE, DatasetId, PlatformDep
from catalog_service.api.identity import PUBLIC
from catalog_service.api.links import with_distributions, with_urls
from catalog_service.api.models import DetailOut, SearchParameters, VersionsOut
from catalog_service.api.openapi import errors
from catalog_service.services import browsing, measuring, tracing
from catalog_service.services.lineage_views import LineageView
from catalog_service.services.views import CatalogPage, QualityView, SchemaView

router = APIRouter(prefix="/api/v1/datasets", tags=["catalog"], dependencies=[*LANGUAGE, PUBLIC])


@router.get("", operation_id="search_datasets", summary="检索目录 / search the catalog", responses=errors())
def search_datasets(platform: PlatformDep, parameters: Annotated[SearchParameters, Query()]) -> CatalogPage:
    """Published entries that answer all parameters, hits in the title first; `next_cursor` leads to the next page."""
    return browsing.search(platform, parameters.query())


@router.get("/{agency}/{name}", operation_id="get_dataset", summary="目录条目 / a catalog entry", responses=errors(404))
def get_dataset(platform: PlatformDep, dataset_id: DatasetId) -> DetailOut:
    """The six elements of Article 13, legal bases, what is published, and links to what is open."""
    return with_distributions(browsing.detail(platform, dataset_id))


@router.get("/{agency}/{name}/schema", operation_id="get_schema", summary="信息项 / fields", responses=errors(404))
def get_schema(platform: PlatformDep, dataset_id: DatasetId) -> SchemaView:
    """The fields with type, key, and the sharing and opening attribute in force for each."""
    return browsing.schema(platform, dataset_id)


@router.get("/{agency}/{name}/quality", operation_id="get_quality", summary="质量概要 / quality", responses=errors(404))
def get_quality(platform: PlatformDep, dataset_id: DatasetId) -> QualityView:
    """The latest quality run: outcomes per rule and per dimension of GB/T 36344."""
    return measuring.quality(platform, dataset_id)


@router.get("/{agency}/{name}/lineage", operation_id="get_lineage", summary="数据来源 / lineage", responses=errors(404))
def get_lineage(platform: PlatformDep, dataset_id: DatasetId) -> LineageView:
    """Sources in order, data sets built from this one, and its latest deliveries with their row counts."""
    return tracing.lineage(platform, dataset_id)


@router.get("/{agency}/{name}/versions", operation_id="list_versions", summary="版本 / versions", responses=errors(404))
def list_versions(platform: PlatformDep, dataset_id: DatasetId) -> VersionsOut:
    """All versions of the open product with immutable URLs; empty where nothing is open."""
    found = browsing.versions(platform, dataset_id)
    return VersionsOut(dataset=dataset_id, items=tuple(with_urls(dataset_id, one) for one in found))
