"""Article 31: an agency names the unit and the person in charge of its public data, or publishes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError, NotFoundError
from catalog_service.services.browsing import detail
from catalog_service.services.compiling import publish_entry
from catalog_service.services.delivering import receive
from catalog_service.services.platform import Platform
from tests.acceptance.support import agencies, entry, new_platform, revise

ID = "sports/venues"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with new_platform(tmp_path / "home") as opened:
        yield opened


def agency(**changes: str) -> Agency:
    (one,) = agencies({"sports": "体育局"})
    return one.model_copy(update=changes)


@pytest.mark.parametrize("missing", ["responsible_unit", "responsible_person"])
def test_an_agency_without_either_publishes_nothing(platform: Platform, tmp_path: Path, missing: str) -> None:
    catalog = Catalog(agencies=(agency(**{missing: ""}),), datasets=(entry(ID, ["name"]),))
    report = revise(platform, catalog, tmp_path)
    assert [(one.code, one.article) for one in report.problems] == [("no-responsible", 31)]
    assert (report.counts.draft, report.counts.published) == (1, 0)
    with pytest.raises(NotFoundError):
        detail(platform, ID)
    with pytest.raises(InvalidError) as refused:
        publish_entry(platform, ID)
    assert refused.value.problems[0].article == 31
    file = tmp_path / "venues.csv"
    file.write_text("name\n体育场\n", encoding="utf-8")
    with pytest.raises(InvalidError):
        receive(platform, ID, file)


def test_once_both_are_named_the_entry_can_be_published(platform: Platform, tmp_path: Path) -> None:
    revise(platform, Catalog(agencies=(agency(responsible_unit=""),), datasets=(entry(ID, ["name"]),)), tmp_path)
    assert revise(platform, Catalog(agencies=(agency(responsible_unit="信息科"),)), tmp_path).agencies == 1
    assert publish_entry(platform, ID).state.value == "published"
    assert detail(platform, ID).responsible_unit == "信息科"
