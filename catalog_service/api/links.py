"""URLs of downloads, as paths from the server's root."""

from catalog_service.api.models import DetailOut, DistributionOut, VersionOut
from catalog_service.services.export_forms import ExportForm
from catalog_service.services.views import DetailView, ProductView

PREFIX = "/api/v1"
PARQUET = "application/vnd.apache.parquet"
EXPORT_TYPES = {
    ExportForm.CSV: "text/csv; charset=utf-8",
    ExportForm.JSON: "application/json",
    ExportForm.JSONL: "application/x-ndjson",
    ExportForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportForm.PARQUET: PARQUET,
}


def version_urls(dataset_id: str, product: ProductView) -> tuple[str, ...]:
    """Return the immutable URL of each file of a version."""
    base = f"{PREFIX}/datasets/{dataset_id}/versions/{product.version}/download.parquet"
    if len(product.files) == 1:
        return (base,)
    return tuple(f"{base}?file={file.number}" for file in product.files)


def with_distributions(detail: DetailView) -> DetailOut:
    """Return an entry with links to its downloads; none where nothing is open and published."""
    links: list[DistributionOut] = []
    if detail.product is not None:
        for file, url in zip(detail.product.files, version_urls(detail.id, detail.product), strict=True):
            links.append(_parquet(url, file.size_bytes, file.sha256))
        links += [_export(detail.id, form) for form in ExportForm if form is not ExportForm.PARQUET]
    return DetailOut(**dict(detail), distributions=tuple(links))


def with_urls(dataset_id: str, product: ProductView) -> VersionOut:
    """Return a version with the URLs of its files."""
    return VersionOut(**dict(product), urls=version_urls(dataset_id, product))


def _parquet(url: str, size_bytes: int, sha256: str) -> DistributionOut:
    return DistributionOut(format="Parquet", media_type=PARQUET, url=url, size_bytes=size_bytes, sha256=sha256)


def _export(dataset_id: str, form: ExportForm) -> DistributionOut:
    url = f"{PREFIX}/datasets/{dataset_id}/download.{form.value}"
    return DistributionOut(format=form.name, media_type=EXPORT_TYPES[form], url=url, size_bytes=None, sha256=None)
