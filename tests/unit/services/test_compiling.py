import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.errors import ConflictError, InvalidError, NotFoundError
from catalog_service.catalog.record import SearchQuery
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.compiling import (
    ImportReport,
    import_catalog,
    list_entries,
    publish_entry,
    show,
    withdraw_entry,
)
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from tests.support.homes import open_platform
from tests.unit.catalog.samples import USCCS, agency, dataset_data

SHARED = Path(os.environ.get("WUXI_SHARED", Path(__file__).resolve().parents[4] / "shared"))
FOLDER = SHARED / "data" / "catalogue_shanghai_2014"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with open_platform(Settings(home=tmp_path / "home")) as platform:
        yield platform


def load(platform: Platform, *datasets: dict[str, Any], publish: bool = True, **sections: Any) -> ImportReport:
    sections.setdefault("agencies", [agency().model_dump(mode="json")])
    path = platform.settings.home_path / "catalog.json"
    path.write_text(json.dumps({"datasets": datasets} | sections), "utf-8")
    report = import_catalog(platform, path, publish=publish)
    counts = report.counts
    assert counts.read == counts.added + counts.updated + counts.unchanged + counts.refused
    return report


def counted(report: ImportReport) -> dict[str, int]:
    return {name: count for name, count in report.counts.model_dump().items() if count}


def codes(report: ImportReport) -> list[str]:
    return [one.code for one in report.problems]


def golden(name: str, *sources: str, **changes: Any) -> dict[str, Any]:
    derivation = {"kind": "golden", "sources": [{"dataset": source} for source in sources]}
    return dataset_data(name, delivery=None, derivation=derivation, **changes)


def union(name: str, source: str) -> dict[str, Any]:
    return dataset_data(name, delivery=None, derivation={"kind": "union", "sources": [source]})


def test_an_import_publishes_and_the_same_again_changes_nothing(platform: Platform) -> None:
    entries = [dataset_data("a"), golden("g", "civil/a")]
    first = load(platform, *entries)
    assert (counted(first), first.agencies, first.problems) == ({"read": 2, "added": 2, "published": 2}, 1, ())
    before = [show(platform, one) for one in ("civil/a", "civil/g")]
    again = load(platform, *entries)
    assert (counted(again), again.agencies) == ({"read": 2, "unchanged": 2, "published": 2}, 0)
    assert [show(platform, one) for one in ("civil/a", "civil/g")] == before
    changed = load(platform, dataset_data("a", title="新"), entries[1])
    assert counted(changed) == {"read": 2, "updated": 1, "unchanged": 1, "published": 2}
    assert (show(platform, "civil/a").version, show(platform, "civil/g").version) == (2, 1)


def test_faults_of_form_are_refused_and_faults_of_law_keep_a_draft(platform: Platform) -> None:
    report = load(platform, dataset_data("good"), dataset_data("no_basis", basis={}), dataset_data("bad", frequency="x"))
    assert counted(report) == {"read": 3, "added": 2, "refused": 1, "published": 1, "draft": 1}
    assert sorted(codes(report)) == ["collection-basis", "invalid-entry"]
    for one in report.problems:
        assert one.where.file == "catalog.json"
        assert one.where.row is not None
        assert one.where.field in {"basis", "frequency"}
    assert show(platform, "civil/no_basis", state=RecordState.DRAFT).state is RecordState.DRAFT
    with pytest.raises(NotFoundError):
        show(platform, "civil/no_basis")
    with pytest.raises(NotFoundError):
        show(platform, "civil/bad", state=None)


@pytest.mark.parametrize("publish", [True, False])
def test_no_fault_hides_another_one(platform: Platform, publish: bool) -> None:
    """Form, resource code and law of one entry, all in one go; each at its place."""
    faulty = dataset_data("bad", frequency="x", basis={}, classification="99999999", code="30100507/000100001")
    coded = dataset_data("coded", sharing={"class": "none"}, related=["30100507/000199999"])
    report = load(platform, dataset_data("good"), faulty, coded, publish=publish)
    assert counted(report)["refused"] == 2
    assert sorted((one.code, one.where.field) for one in report.problems) == [
        ("code-mismatch", "code"),
        ("collection-basis", "basis"),
        ("invalid-entry", "classification"),
        ("invalid-entry", "frequency"),
        ("sharing-basis", "sharing.basis"),
        ("unknown-related", "related"),
    ]
    assert all(one.where.row for one in report.problems)


def test_whoever_rests_on_an_unpublished_entry_is_not_published_either(platform: Platform) -> None:
    chain = [
        union("third", "civil/second"),
        union("second", "civil/first"),
        dataset_data("first", basis={}),
        dataset_data("free"),
    ]
    report = load(platform, *chain)
    assert counted(report) == {"read": 4, "added": 4, "published": 1, "draft": 3}
    assert codes(report) == ["unknown-source", "unknown-source", "collection-basis"]
    mended = load(platform, *chain[:2], dataset_data("first"), chain[3])
    assert counted(mended) == {"read": 4, "updated": 3, "unchanged": 1, "published": 4}


def test_a_circle_is_not_published_and_its_neighbours_are(platform: Platform) -> None:
    report = load(platform, union("a", "civil/b"), union("b", "civil/a"), dataset_data("c"))
    assert codes(report) == ["cycle", "cycle"]
    assert counted(report) == {"read": 3, "added": 3, "published": 1, "draft": 2}


def test_a_published_entry_never_changes_by_an_import_that_may_not_publish_or_has_faults(platform: Platform) -> None:
    load(platform, dataset_data("a"))
    before = show(platform, "civil/a")
    unasked = load(platform, dataset_data("a", title="新"), publish=False)
    assert (counted(unasked), codes(unasked)) == ({"read": 1, "refused": 1}, ["published-entry-kept"])
    faulty = load(platform, dataset_data("a", title="新", basis={}))
    assert (counted(faulty), codes(faulty)) == ({"read": 1, "refused": 1}, ["collection-basis", "published-entry-kept"])
    assert show(platform, "civil/a") == before


def test_a_change_that_breaks_a_published_entry_is_refused_until_both_change(platform: Platform) -> None:
    load(platform, dataset_data("a"), golden("g", "civil/a"))
    schema = {"fields": [{"name": "other", "title": "另"}], "key": ["other"]}
    alone = load(platform, dataset_data("a", schema=schema))
    assert codes(alone) == ["breaks-dependent", "published-entry-kept"]
    assert show(platform, "civil/a").version == 1
    together = load(platform, dataset_data("a", schema=schema), golden("g", "civil/a", schema=schema))
    assert (counted(together), together.problems) == ({"read": 2, "updated": 2, "published": 2}, ())


def test_drafts_are_imported_with_their_problems_and_published_later(platform: Platform) -> None:
    report = load(platform, golden("g", "civil/a"), dataset_data("a"), publish=False)
    assert (counted(report), report.problems) == ({"read": 2, "added": 2, "draft": 2}, ())
    assert list_entries(platform, SearchQuery()).total == 0
    assert list_entries(platform, SearchQuery(), state=RecordState.DRAFT).total == 2
    with pytest.raises(InvalidError, match="civil/a"):
        publish_entry(platform, "civil/g")
    assert publish_entry(platform, "civil/a").state is RecordState.PUBLISHED
    assert publish_entry(platform, "civil/g").version == 1
    assert [one.id for one in list_entries(platform, SearchQuery(text="名称")).items] == ["civil/a", "civil/g"]


def test_withdrawal_needs_that_nothing_published_rests_on_the_entry(platform: Platform) -> None:
    load(platform, dataset_data("a"), golden("g", "civil/a"))
    with pytest.raises(ConflictError, match="civil/g"):
        withdraw_entry(platform, "civil/a")
    assert withdraw_entry(platform, "civil/g").state is RecordState.WITHDRAWN
    withdraw_entry(platform, "civil/a")
    assert list_entries(platform, SearchQuery()).total == 0
    with pytest.raises(NotFoundError):
        withdraw_entry(platform, "civil/none")


def test_an_agency_that_cannot_be_registered_is_reported_and_the_rest_imported(platform: Platform) -> None:
    impostor = agency("impostor", 0).model_dump(mode="json")
    lists = [{"name": "sex", "title": "性别", "items": [{"code": "1", "label": "男"}]}]
    report = load(
        platform,
        dataset_data("a"),
        dataset_data("b", agency="impostor"),
        agencies=[agency().model_dump(mode="json"), impostor],
        code_lists=lists,
    )
    assert (report.agencies, report.code_lists) == (1, 1)
    assert codes(report) == ["duplicate-uscc", "unknown-agency"]
    assert report.problems[0].where.row is not None
    assert USCCS[0] in report.problems[0].message.zh
    assert counted(report) == {"read": 2, "added": 2, "published": 1, "draft": 1}


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no {FOLDER}")
def test_the_shanghai_plan_becomes_190_drafts_and_its_other_form_changes_nothing(platform: Platform) -> None:
    csv, xlsx = (next(FOLDER.glob(f"*{suffix}")) for suffix in (".csv", ".xlsx"))
    first = import_catalog(platform, csv, publish=True)
    assert counted(first) == {"read": 190, "added": 190, "draft": 190}
    assert set(codes(first)) == {"unknown-agency"}
    assert [one.where.row for one in first.problems] == list(range(2, 192))
    assert len(first.notices) == 12
    second = import_catalog(platform, xlsx, publish=True)
    assert counted(second) == {"read": 190, "unchanged": 190, "draft": 190}
    drafts = list_entries(platform, SearchQuery(text="加油"), state=RecordState.DRAFT)
    assert [one.dataset.title for one in drafts.items] == ["加油站"]
