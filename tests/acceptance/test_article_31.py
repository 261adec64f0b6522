"""Article 31: an agency names the unit and the person in charge of its public data, or publishes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from catalog_service.catalog.agency import Agency
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError, NotFoundError
from catalog_service.catalog.principal import Role
from catalog_service.services.browsing import detail
from catalog_service.services.compiling import publish_entry
from catalog_service.services.delivering import receive
from catalog_service.services.platform import Platform
from tests.acceptance.desks import open_desks
from tests.acceptance.support import agencies, entry, new_platform, revise
from tests.support.people import account, browser_of, csrf

ID = "sports/venues"
WORDS = "correct horse battery 31"


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


def test_over_http_an_agency_without_unit_or_person_cannot_submit_until_it_has_named_them(tmp_path: Path) -> None:
    with open_desks(tmp_path / "desks") as desks:
        place = "/agencies/transport"
        answer = desks.client.get(f"/api/v1{place}", headers=desks.responsible)
        known, tag = answer.json(), {"If-Match": answer.headers["etag"]}
        nobody = desks.client.put(f"/api/v1{place}", json=known | {"responsible_person": ""}, headers=desks.reviewer | tag)
        content = entry("transport/venues", ["name"]).model_dump(mode="json", by_alias=True, exclude_none=True)
        desks.post(desks.compiler, "/records", content)
        path, edition = "/records/transport/venues/events", {"If-Match": '"1"'}
        refused = desks.ask(desks.compiler, "POST", path, 422, {"event": "submit"}, **edition)
        assert [(one["code"], one["article"]) for one in refused["problems"]] == [("no-responsible", 31)]
        assert "请先登记" in refused["problems"][0]["message"]
        named = known | {"responsible_person": "王某"}
        desks.ask(desks.responsible, "PUT", place, 409, named, **tag)
        desks.ask(desks.responsible, "PUT", place, 200, named, **{"If-Match": nobody.headers["etag"]})
        assert desks.ask(desks.compiler, "POST", path, 200, {"event": "submit"}, **edition)["work"] == "submitted"
        assert [one["details"]["changed"] for one in desks.logged("register_agency")] == ["responsible_person"] * 2


def test_an_agency_registers_its_own_people_and_the_authority_the_agencies(tmp_path: Path) -> None:
    with open_desks(tmp_path / "desks") as desks:
        answer = desks.client.get("/api/v1/agencies/transport", headers=desks.responsible)
        known, tag = answer.json(), {"If-Match": answer.headers["etag"]}
        for changes, code in (
            ({"name": "别的局"}, "registered-by-authority"),
            ({"kind": "enterprise"}, "registered-by-authority"),
        ):
            refused = desks.ask(desks.responsible, "PUT", "/agencies/transport", 403, known | changes, **tag)
            assert (refused["problems"][0]["code"], refused["problems"][0]["article"]) == (code, 31)
        for who, status in ((desks.stranger, 403), (desks.compiler, 403), (desks.inspector, 403), (desks.anonymous, 401)):
            desks.ask(who, "PUT", "/agencies/transport", status, known, **tag)
            desks.get(who, "/agencies/transport", status)
        *_, other = agencies({"a": "甲", "b": "乙", "c": "丙", "d": "丁", "sports": "体育局"})  # a code of its own
        new = other.model_dump(mode="json")
        desks.ask(desks.reviewer, "PUT", "/agencies/other", 422, new)
        desks.ask(desks.responsible, "PUT", "/agencies/sports", 403, new)
        assert desks.ask(desks.reviewer, "PUT", "/agencies/sports", 200, new)["name"] == "体育局"
        desks.ask(desks.reviewer, "PUT", "/agencies/sports", 409, new)
        taken = new | {"slug": "arena"}
        assert desks.ask(desks.reviewer, "PUT", "/agencies/arena", 409, taken)["problems"][0]["code"] == "duplicate-uscc"
        assert desks.get(desks.reviewer, "/agencies/nobody", 404)["problems"]


def test_the_responsible_person_names_them_on_a_page(tmp_path: Path) -> None:
    with open_desks(tmp_path / "desks") as desks:
        owner = account(desks.platform, Role.RESPONSIBLE, agency="transport", password=WORDS)
        browser = browser_of(TestClient(desks.client.app), owner.login, WORDS)
        assert "/desk/agencies/transport" in browser.get("/desk").text
        page = browser.get("/desk/agencies/transport").text
        tag = page.split('name="tag" value="')[1].split('"')[0]
        form = {"csrf": csrf(browser, "/desk/agencies/transport"), "tag": tag, "responsible_unit": "数据处"}
        form |= {"responsible_person": "王某"}
        assert "已保存" in browser.post("/desk/agencies/transport", data=form).text
        assert browser.post("/desk/agencies/transport", data=form).status_code == 409
        assert browser.get("/desk/agencies/civil").status_code == 403
        detail = desks.get(desks.anonymous, "/datasets/transport/stops")
        assert (detail["responsible_unit"], "王某" in str(detail)) == ("数据处", False)
