"""Article 16: data are collected under a statute, or with consent after the data subjects were told; else not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError
from catalog_service.services.browsing import detail
from catalog_service.services.compiling import import_catalog, publish_entry
from catalog_service.services.delivering import receive
from catalog_service.services.platform import Platform
from tests.acceptance.desks import open_desks
from tests.acceptance.support import agencies, entry, new_platform, revise

ID = "culture/readers"
CONSENT = {"purpose": "借阅服务", "manner": "窗口登记", "scope": "姓名、电话", "channel": "图书馆服务台"}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with new_platform(tmp_path / "home") as opened:
        yield opened


def catalog(basis: dict[str, Any]) -> Catalog:
    return Catalog(agencies=agencies({"culture": "文化广电局"}), datasets=(entry(ID, ["name", "phone"], basis=basis),))


def test_an_entry_without_basis_stays_a_draft_and_collects_nothing(platform: Platform, tmp_path: Path) -> None:
    report = revise(platform, catalog({}), tmp_path)
    assert [(one.code, one.article) for one in report.problems] == [("collection-basis", 16)]
    assert (report.counts.draft, report.counts.published) == (1, 0)
    with pytest.raises(InvalidError) as refused:
        publish_entry(platform, ID)
    assert refused.value.problems[0].article == 16
    file = tmp_path / "readers.csv"
    file.write_text("name,phone\n甲,1\n", encoding="utf-8")
    with pytest.raises(InvalidError) as refused:
        receive(platform, ID, file)
    assert refused.value.problems[0].code == "not-in-catalog"


@pytest.mark.parametrize("basis", [{"statute": {"law": "公共图书馆法", "article": "第三十四条"}}, {"consent": CONSENT}])
def test_a_statute_or_full_consent_is_a_basis_and_is_public(platform: Platform, tmp_path: Path, basis: dict[str, Any]) -> None:
    assert revise(platform, catalog(basis), tmp_path).problems == ()
    shown = detail(platform, ID).collection_basis.model_dump(exclude_none=True)
    assert shown == basis


@pytest.mark.parametrize("missing", list(CONSENT))
def test_consent_must_say_purpose_manner_scope_and_channel(platform: Platform, tmp_path: Path, missing: str) -> None:
    document = catalog({"consent": CONSENT}).model_dump_json(by_alias=True)
    path = tmp_path / "catalog.json"
    path.write_text(document.replace(f'"{missing}":"{CONSENT[missing]}"', f'"{missing}":""'), encoding="utf-8")
    assert CONSENT[missing] not in path.read_text(encoding="utf-8")
    report = import_catalog(platform, path, publish=True)
    assert (report.counts.refused, report.counts.published) == (1, 0)
    assert any(missing in (one.where.field or "") for one in report.problems)


def test_over_http_an_entry_without_basis_is_a_draft_for_good(tmp_path: Path) -> None:
    """The compiler may write it down, and is refused with article and remedy until a basis is there."""
    with open_desks(tmp_path / "desks") as desks:
        content = entry("transport/riders", ["name", "phone"], basis={}).model_dump(
            mode="json", by_alias=True, exclude_none=True
        )
        desks.post(desks.compiler, "/records", content)
        submit = {"event": "submit"}
        refused = desks.ask(desks.compiler, "POST", "/records/transport/riders/events", 422, submit, **{"If-Match": '"1"'})
        assert [(one["code"], one["article"]) for one in refused["problems"]] == [("collection-basis", 16)]
        assert "请填写法律法规依据" in refused["problems"][0]["message"]
        path = "/records/transport/riders"
        desks.ask(desks.compiler, "PUT", path, 200, content | {"basis": {"consent": CONSENT}}, **{"If-Match": '"1"'})
        done = desks.ask(desks.compiler, "POST", f"{path}/events", 200, submit, **{"If-Match": '"2"'})
        assert done["work"] == "submitted"
