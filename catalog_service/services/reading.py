"""What every reading use case needs: the published entry and its tables (Art. 13).

Here: finding a published entry. Not here: the decision on its data (access), the answers (browsing and others).
"""

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.errors import NotFoundError, problem
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.record import CatalogRecord
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.views import FileView, ProductView
from catalog_service.store.database import Transaction


def published_record(transaction: Transaction, dataset_id: str) -> CatalogRecord:
    """Return the record of a published entry.

    Raises:
        NotFoundError: there is no such entry, or it is not published (which nobody need know).
    """
    record = transaction.catalog.record(dataset_id)
    if record.state is not RecordState.PUBLISHED:
        zh, en = f"公共数据目录中没有 {dataset_id}", f"the catalog has no entry {dataset_id}"
        raise NotFoundError(problem("unknown-dataset", zh, en, article=13))
    return record


def agency_of(agencies: dict[str, Agency], slug: str) -> tuple[str, str]:
    """Return name and English name of an agency; the slug where nothing is known of it."""
    agency = agencies.get(slug)
    return (slug, slug) if agency is None else (agency.name, agency.name_en or agency.name)


def open_table(dataset_id: str) -> str:
    """Return the key of the table that is opened to all."""
    return f"open/{dataset_id}"


def product_view(publication: Publication, *, is_current: bool) -> ProductView:
    """Return what readers see of a version of an open product."""
    files = tuple(
        FileView(number=number, size_bytes=one.size_bytes, row_count=one.row_count, sha256=one.sha256)
        for number, one in enumerate(publication.files, start=1)
    )
    return ProductView(
        version=publication.version,
        row_count=publication.row_count,
        size_bytes=sum(one.size_bytes for one in files),
        published_at=publication.published_at,
        is_current=is_current,
        files=files,
    )
