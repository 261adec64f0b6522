"""A whole catalog as a file: the national form as XLSX or as CSV files in a ZIP, or JSON. What is written can be read again.

Here: which writer a file gets. Not here: what may leave the platform (services.exchanging).
"""

from collections.abc import Callable
from pathlib import Path

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError, problem
from catalog_service.formats.workbook_writing import write_archive, write_workbook


def write_catalog(catalog: Catalog, path: Path) -> None:
    """Write a catalog in the form that the file's name asks for.

    Raises:
        InvalidError: there is no such form, or the form cannot hold a text of the catalog.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise InvalidError(
            problem(
                "unknown-catalog-format",
                f"不支持的目录文件类型 {path.suffix}，请使用 {'、'.join(WRITERS)}",
                f"unknown type of catalog file {path.suffix}; use one of {', '.join(WRITERS)}",
            )
        )
    write(catalog, path)


def write_template(path: Path) -> None:
    """Write the empty form that agencies fill in, as a workbook."""
    write_workbook(Catalog(), path)


def _write_json(catalog: Catalog, path: Path) -> None:
    path.write_text(catalog.model_dump_json(by_alias=True, exclude_none=True, indent=1), encoding="utf-8", newline="\n")


WRITERS: dict[str, Callable[[Catalog, Path], None]] = {".xlsx": write_workbook, ".zip": write_archive, ".json": _write_json}
"""Writer of each form, by suffix."""
