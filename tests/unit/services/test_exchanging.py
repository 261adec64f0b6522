"""The catalog as files: what goes out can come in again; codes are checked against all others when they come in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.errors import InvalidError, UnauthenticatedError
from catalog_service.catalog.principal import ANONYMOUS, operator
from catalog_service.formats.documents import read_document
from catalog_service.services.compiling import ImportReport, import_catalog, show
from catalog_service.services.exchanging import CatalogForm, export_published, export_whole, template
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.support.homes import open_platform
from tests.unit.catalog.samples import agency, dataset_data

PLACE = "30100606"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with open_platform(Settings(home=tmp_path / "home")) as platform:
        yield platform


def load(platform: Platform, *datasets: dict[str, Any]) -> ImportReport:
    path = platform.settings.home_path / "catalog.json"
    path.write_text(json.dumps({"agencies": [agency().model_dump(mode="json")], "datasets": datasets}), "utf-8")
    return import_catalog(platform, path, publish=True)


def codes(report: ImportReport) -> list[str]:
    return [one.code for one in report.problems]


def test_the_published_catalog_goes_out_and_comes_in_unchanged(platform: Platform) -> None:
    load(platform, dataset_data("a", classification=PLACE), dataset_data("b"), dataset_data("draft", basis={}))
    for form in CatalogForm:
        path = export_published(platform, form)
        document = read_document(path)
        assert document.problems == ()
        assert [one.id for one in document.catalog.datasets] == ["civil/a", "civil/b"]
        assert document.catalog.agencies[0].responsible_person == "", "persons are not for everybody"
        counts = import_catalog(platform, path, publish=True).counts
        assert (counts.read, counts.unchanged) == (2, 2)
        path.unlink()


def test_everything_goes_out_to_those_who_may_see_drafts(platform: Platform, tmp_path: Path) -> None:
    load(platform, dataset_data("a"), dataset_data("draft", basis={}))
    whole = export_whole(platform, tmp_path / "c.zip", principal=operator("test"), state=None)
    assert len(whole.datasets) == 2
    assert read_document(tmp_path / "c.zip").catalog == whole
    with pytest.raises(UnauthenticatedError):
        export_whole(platform, tmp_path / "d.zip", principal=ANONYMOUS, state=None)
    with pytest.raises(InvalidError, match="unknown type"):
        export_whole(platform, tmp_path / "c.pdf", principal=operator("test"), state=None)


def test_the_template_is_an_empty_catalog(platform: Platform) -> None:
    found = read_document(template(platform))
    assert (found.read, found.problems, found.notices) == (0, (), ())


def test_codes_are_made_kept_and_checked_against_all_others(platform: Platform) -> None:
    load(platform, dataset_data("a", classification=PLACE))
    code = show(platform, "civil/a").dataset.code
    assert code == f"{PLACE}/000100001"
    again = load(platform, dataset_data("a", classification=PLACE))
    assert (again.counts.unchanged, again.problems) == (1, ())
    assert codes(load(platform, dataset_data("a", classification=PLACE, code=f"{PLACE}/000100002"))) == ["code-changed"]
    assert codes(load(platform, dataset_data("b", classification=PLACE, code=code))) == ["code-taken"]
    assert codes(load(platform, dataset_data("b", classification="39999999"))) == ["unknown-classification"]
    assert codes(load(platform, dataset_data("b", classification=PLACE, code="10100101/000100001"))) == ["code-mismatch"]
    assert codes(load(platform, dataset_data("b", related=["10100101/000100001"]))) == ["unknown-related"]
    twins = [dataset_data(name, classification=PLACE, code=f"{PLACE}/000100009") for name in ("c", "d")]
    assert codes(load(platform, *twins)) == ["code-taken"]
    assert codes(load(platform, dataset_data("e", related=[code]))) == []


def test_faults_of_law_name_the_column_of_the_form(platform: Platform) -> None:
    load(platform, dataset_data("a"))
    path = export_published(platform, CatalogForm.ZIP)
    document = read_document(path)
    assert document.place("civil/a", "basis").field == "采集依据 (AB2)"
    assert document.place("civil/a", "schema.label").model_dump(include={"sheet", "row"}) == {"sheet": "信息项", "row": 3}
