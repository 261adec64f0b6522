"""Article 13: one unified catalog; an entry has its six elements or it is not in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError, Language
from catalog_service.catalog.record import SearchQuery
from catalog_service.services.browsing import detail, search
from catalog_service.services.compiling import ImportReport, import_catalog
from catalog_service.services.delivering import receive
from catalog_service.services.platform import Platform
from tests.acceptance.desks import Desks, open_desks
from tests.acceptance.support import agencies, entry, new_platform, revise

# the six elements and where they stand in an entry
ELEMENTS = {
    "name": "title",
    "content": "schema",
    "source": "agency",
    "sharing attribute": "sharing",
    "opening attribute": "opening",
    "update cycle": "frequency",
}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with new_platform(tmp_path / "home") as opened:
        yield opened


def import_documents(platform: Platform, folder: Path, *datasets: dict[str, Any]) -> ImportReport:
    document = {
        "agencies": [one.model_dump(mode="json") for one in agencies({"transport": "交通运输局"})],
        "datasets": list(datasets),
    }
    path = folder / "目录.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return import_catalog(platform, path, publish=True)


def bus_stops() -> dict[str, Any]:
    document: dict[str, Any] = entry("transport/bus_stops", ["stop_id", "name"], ["stop_id"]).model_dump(
        mode="json", by_alias=True
    )
    return document


def test_an_entry_with_all_six_elements_is_published_with_them(platform: Platform, tmp_path: Path) -> None:
    assert import_documents(platform, tmp_path, bus_stops()).counts.published == 1
    shown = detail(platform, "transport/bus_stops")
    assert (shown.title, shown.agency_name) == ("bus_stops", "交通运输局")
    assert (shown.sharing.zh, shown.opening.zh, shown.frequency.zh) == ("无条件共享", "无条件开放", "不定期")
    assert shown.description


@pytest.mark.parametrize("element", ELEMENTS)
def test_an_entry_that_lacks_an_element_is_refused_with_its_place(platform: Platform, tmp_path: Path, element: str) -> None:
    document = bus_stops()
    del document[ELEMENTS[element]]
    report = import_documents(platform, tmp_path, document)
    assert (report.counts.read, report.counts.refused, report.counts.published) == (1, 1, 0)
    problem = next(one for one in report.problems if (one.where.field or "").startswith(ELEMENTS[element]))
    assert problem.where.file == "目录.json"
    assert problem.where.row is not None
    assert problem.to(Language.ZH) != problem.to(Language.EN)
    assert search(platform, SearchQuery()).total == 0
    (tmp_path / "stops.csv").write_text("stop_id,name\n1,甲\n", encoding="utf-8")
    with pytest.raises(InvalidError):
        receive(platform, "transport/bus_stops", tmp_path / "stops.csv")


@pytest.mark.parametrize(
    ("element", "value"),
    [("title", ""), ("title", "  "), ("frequency", "often"), ("sharing", {"class": "maybe"}), ("schema", {"fields": []})],
)
def test_an_element_without_a_proper_value_is_no_element(
    platform: Platform, tmp_path: Path, element: str, value: object
) -> None:
    report = import_documents(platform, tmp_path, bus_stops() | {element: value})
    assert (report.counts.refused, report.counts.published) == (1, 0)


def test_one_faulty_entry_does_not_keep_back_the_others(platform: Platform, tmp_path: Path) -> None:
    faulty = bus_stops() | {"name": "ferries"}
    del faulty["frequency"]
    counts = import_documents(platform, tmp_path, bus_stops(), faulty).counts
    assert (counts.read, counts.added, counts.refused, counts.published) == (2, 1, 1, 1)


def test_entries_of_all_agencies_form_one_catalog(platform: Platform, tmp_path: Path) -> None:
    names = {"education": "教育局", "health": "卫生健康委员会", "transport": "交通运输局"}
    for one in agencies(names):
        catalog = Catalog(agencies=(one,), datasets=(entry(f"{one.slug}/places", ["name"], title=f"{one.name}场所名录"),))
        assert revise(platform, catalog, tmp_path).problems == ()
    page = search(platform, SearchQuery(text="场所"))
    assert page.total == 3
    assert page.facets.agency == dict.fromkeys(names, 1)


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with open_desks(tmp_path_factory.mktemp("desks")) as opened:
        yield opened


@pytest.mark.parametrize("element", ELEMENTS)
def test_over_http_a_draft_may_lack_an_element_and_a_submission_may_not(desks: Desks, element: str) -> None:
    part = ELEMENTS[element]
    name = f"lacks_{part}"
    content = entry(f"transport/{name}", ["id"]).model_dump(mode="json", by_alias=True, exclude_none=True)
    if part == "agency":
        refused = desks.post(desks.compiler, "/records", content | {"agency": ""}, 422)
        assert refused["problems"][0]["code"] == "no-identity"
        return
    del content[part]
    desks.post(desks.compiler, "/records", content)
    path, edition = f"/records/transport/{name}/events", {"If-Match": '"1"'}
    refused = desks.ask(desks.compiler, "POST", path, 422, {"event": "submit"}, **edition)
    assert [(one["where"]["field"], one["article"]) for one in refused["problems"]] == [(part, 13)]
    shown = desks.get(desks.compiler, f"/records/transport/{name}")
    assert [one["where"]["field"] for one in shown["problems"]] == [part]
