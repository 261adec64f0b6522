"""The catalog as files (Art. 13): the national form, empty for agencies and filled for everybody.

Here: what may leave the platform, and where it is written. Not here: the forms themselves (formats), importing (compiling).
"""

from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.classification import Classification
from catalog_service.catalog.principal import Action, Principal, authorize
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.formats.classification import shipped_classification
from catalog_service.formats.exporting import write_catalog, write_template
from catalog_service.services.platform import Platform


class CatalogForm(StrEnum):
    """Forms of a catalog file, by suffix: workbook, CSV files in a ZIP, JSON."""

    XLSX = "xlsx"
    ZIP = "zip"
    JSON = "json"


def classification() -> Classification:
    """Return the classification of resources in force."""
    return shipped_classification()


def template(platform: Platform) -> Path:
    """Return the empty form for agencies as a file of its own, which the caller deletes."""
    path = _new_file(platform, CatalogForm.XLSX)
    write_template(path)
    return path


def export_published(platform: Platform, form: CatalogForm) -> Path:
    """Return the published catalog as a file of its own, which the caller deletes. Persons are left out: it is for everybody.

    Raises:
        InvalidError: the form cannot hold a text of the catalog; another one can.
    """
    with platform.database.reading() as transaction:
        catalog = transaction.catalog.snapshot()
    agencies = tuple(one.model_copy(update={"responsible_person": ""}) for one in catalog.agencies)
    path = _new_file(platform, form)
    write_catalog(Catalog(agencies=agencies, code_lists=catalog.code_lists, datasets=catalog.datasets), path)
    return path


def export_whole(platform: Platform, path: Path, *, principal: Principal, state: RecordState | None) -> Catalog:
    """Write the entries in a state (None: in any) and all that is known of them, in the form that the file's name asks for.

    Raises:
        UnauthenticatedError: nobody is signed in.
        ForbiddenError: the principal may not see drafts.
        InvalidError: there is no such form, or it cannot hold a text of the catalog.
    """
    authorize(principal, Action.SEE_DRAFTS)
    with platform.database.reading() as transaction:
        catalog = transaction.catalog.snapshot(state)
    write_catalog(catalog, path)
    return catalog


def _new_file(platform: Platform, form: CatalogForm) -> Path:
    with NamedTemporaryFile(dir=platform.settings.home_path / "tmp", suffix=f".{form.value}", delete=False) as made:
        return Path(made.name)
