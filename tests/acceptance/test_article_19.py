"""Article 19: sharing is the rule; conditional sharing and none need a legal basis, and conditions must be listed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError, Language
from catalog_service.services.browsing import detail, schema
from catalog_service.services.compiling import ImportReport, publish_entry
from catalog_service.services.platform import Platform
from tests.acceptance.support import agencies, entry, new_platform, revise

ID = "civil_affairs/elders"
BASIS = {"law": "老年人权益保障法", "article": "第三十条"}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with new_platform(tmp_path / "home") as opened:
        yield opened


def publish_with(platform: Platform, folder: Path, sharing: dict[str, Any], income: str | None = None) -> ImportReport:
    fields = ["name", {"name": "income", "sharing": income}]
    catalog = Catalog(agencies=agencies({"civil_affairs": "民政局"}), datasets=(entry(ID, fields, sharing=sharing),))
    return revise(platform, catalog, folder)


@pytest.mark.parametrize(
    ("sharing", "codes"),
    [
        ({"class": "conditional"}, {"sharing-basis", "sharing-conditions"}),
        ({"class": "conditional", "conditions": "仅限养老服务"}, {"sharing-basis"}),
        ({"class": "conditional", "basis": BASIS}, {"sharing-conditions"}),
        ({"class": "none"}, {"sharing-basis"}),
    ],
)
def test_what_restricts_sharing_without_basis_or_conditions_is_not_published(
    platform: Platform, tmp_path: Path, sharing: dict[str, Any], codes: set[str]
) -> None:
    report = publish_with(platform, tmp_path, sharing)
    assert {one.code for one in report.problems} == codes
    assert {one.article for one in report.problems} == {19}
    assert all("共享" in one.to(Language.ZH) and "sharing" in one.to(Language.EN) for one in report.problems)
    assert (report.counts.published, report.counts.draft) == (0, 1)
    with pytest.raises(InvalidError):
        publish_entry(platform, ID)


@pytest.mark.parametrize(
    "sharing",
    [
        {"class": "unconditional"},
        {"class": "conditional", "conditions": "仅限养老服务", "basis": BASIS},
        {"class": "none", "basis": BASIS},
    ],
)
def test_each_class_is_published_once_it_says_what_it_must(platform: Platform, tmp_path: Path, sharing: dict[str, Any]) -> None:
    assert publish_with(platform, tmp_path, sharing).problems == ()
    shown = detail(platform, ID)
    assert shown.sharing.value == sharing["class"]
    assert shown.sharing_conditions == sharing.get("conditions", "")
    assert (shown.sharing_basis and shown.sharing_basis.law) == sharing.get("basis", {}).get("law")


def test_a_field_may_be_stricter_than_its_data_set_and_never_looser(platform: Platform, tmp_path: Path) -> None:
    restricted = {"class": "conditional", "conditions": "仅限养老服务", "basis": BASIS}
    report = publish_with(platform, tmp_path, restricted, income="unconditional")
    assert [(one.code, one.article) for one in report.problems] == [("looser-sharing", 19)]
    assert publish_with(platform, tmp_path, restricted, income="none").problems == ()
    classes = {one.name: one.sharing.value for one in schema(platform, ID).fields}
    assert classes == {"name": "conditional", "income": "none"}


@pytest.mark.parametrize(
    ("sharing", "field", "code"),
    [
        ("unconditional", {"sharing_treatment": {"kind": "mask"}}, "treated-unconditional"),
        ("conditional", {"sharing_treatment": {"kind": "date"}}, "treatment-type"),
        ("conditional", {"sharing_treatment": {"kind": "mask", "keep_last": 1}}, None),
    ],
)
def test_what_is_shared_in_part_is_shared_under_conditions_and_says_how(
    platform: Platform, tmp_path: Path, sharing: str, field: dict[str, Any], code: str | None
) -> None:
    terms = {"class": sharing, "conditions": "仅限养老服务", "basis": BASIS}
    catalog = Catalog(
        agencies=agencies({"civil_affairs": "民政局"}), datasets=(entry(ID, [{"name": "name", **field}], sharing=terms),)
    )
    problems = revise(platform, catalog, tmp_path).problems
    assert [(one.code, one.article) for one in problems] == ([(code, 19)] if code else [])


def test_quasi_identifiers_are_fields_of_the_entry(platform: Platform, tmp_path: Path) -> None:
    declared = {"quasi_identifiers": ["name", "street"]}
    catalog = Catalog(
        agencies=agencies({"civil_affairs": "民政局"}), datasets=(entry(ID, ["name"], deidentification=declared),)
    )
    problems = revise(platform, catalog, tmp_path).problems
    assert [(one.code, one.where.field) for one in problems] == [("unknown-quasi-identifier", "deidentification")]
