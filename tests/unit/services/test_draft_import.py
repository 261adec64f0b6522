import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.errors import ForbiddenError, UnauthenticatedError
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.catalog.record import SearchQuery
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import browsing, desk, life_cycle
from catalog_service.services.draft_import import DraftReport, import_drafts
from catalog_service.services.platform import Platform
from tests.support.actors import COMPILER, REVIEWER
from tests.unit.catalog.samples import agency, dataset_data
from tests.unit.services.life_cycle_platform import make_platform, published, submitted, target


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with make_platform(tmp_path_factory.mktemp("import") / "home") as made:
        yield made


def load(platform: Platform, folder: Path, *datasets: dict[str, Any], **sections: Any) -> DraftReport:
    path = folder / "本局目录.json"
    path.write_text(json.dumps({"datasets": datasets, **sections}, ensure_ascii=False), encoding="utf-8")
    report = import_drafts(platform, COMPILER, path)
    assert report.read == report.saved + report.unchanged + report.refused
    return report


def test_entries_of_a_file_become_drafts_and_revisions_each_wholly_or_not_at_all(platform: Platform, tmp_path: Path) -> None:
    live, waiting = published(platform, "live"), submitted(platform, "waiting")
    entries = [
        dataset_data("fresh"),
        dataset_data("live", title="修订"),
        dataset_data("waiting", title="改"),
        dataset_data("foreign", agency="tax"),
        dataset_data("faulty", frequency="x", title=""),
    ]
    report = load(platform, tmp_path, *entries)
    assert (report.read, report.saved, report.ids) == (5, 2, ("civil/fresh", "civil/live"))
    assert sorted(one.code for one in report.problems) == [
        "foreign-catalog",
        "illegal-transition",
        "invalid-entry",
        "invalid-entry",
    ]
    assert all(one.where.file == "本局目录.json" and one.where.row for one in report.problems)
    assert desk.view(platform, COMPILER, "civil/live").entry.state is RecordState.REVISING
    assert [one.title for one in browsing.search(platform, SearchQuery(text="live")).items] == ["名称 live"]
    assert desk.view(platform, COMPILER, "civil/waiting").entry == waiting
    again = load(platform, tmp_path, *entries)
    assert (again.saved, again.unchanged, again.refused) == (0, 2, 3)
    revision = desk.view(platform, COMPILER, "civil/live").entry
    done = life_cycle.submit(platform, COMPILER, target(revision))
    assert life_cycle.approve(platform, REVIEWER, target(done), publishing=True).live_version == (live.live_version or 0) + 1


def test_what_drafts_need_before_submission_is_told_with_the_faults_of_the_file(platform: Platform, tmp_path: Path) -> None:
    lawless = {"sharing": {"class": "none"}, "basis": {}}
    report = load(platform, tmp_path, dataset_data("lawless", **lawless), dataset_data("worse", frequency="x", **lawless))
    assert (report.saved, report.refused) == (1, 1)
    told = [(one.code, one.article) for one in report.problems]
    assert told == [("invalid-entry", None), *[("sharing-basis", 19), ("collection-basis", 16)] * 2]


def test_new_code_lists_come_along_and_agencies_are_left_to_their_registration(platform: Platform, tmp_path: Path) -> None:
    field = {"name": "kind", "title": "类别", "code_list": "kinds"}
    kinds = {"name": "kinds", "title": "类别", "items": [{"code": "1", "label": "甲"}]}
    other = agency().model_copy(update={"responsible_person": "他人"}).model_dump(mode="json")
    entry = dataset_data("coded", schema={"fields": [field]})
    report = load(platform, tmp_path, entry, code_lists=[kinds], agencies=[other])
    assert (report.saved, report.problems) == (1, ())
    assert [(one.code, one.where.row is not None) for one in report.notices] == [("agency-left-out", True)]
    again = load(platform, tmp_path, entry, code_lists=[kinds | {"title": "种类"}])
    assert [one.code for one in again.problems] == ["code-list-differs"]
    with platform.database.reading() as transaction:
        registry = transaction.catalog.registry()
    assert registry.code_list["kinds"].title == "类别"
    assert registry.agency["civil"].responsible_person != "他人"


def test_only_compilers_may(platform: Platform, tmp_path: Path) -> None:
    with pytest.raises(ForbiddenError):
        import_drafts(platform, REVIEWER, tmp_path / "none.json")
    with pytest.raises(UnauthenticatedError):
        import_drafts(platform, ANONYMOUS, tmp_path / "none.json")
