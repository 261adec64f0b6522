import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    Language,
    NotFoundError,
    TooLargeError,
    UnauthenticatedError,
)
from catalog_service.catalog.history import DeskQuery, Target
from catalog_service.catalog.ledger import LedgerQuery
from catalog_service.catalog.life_cycle import Event
from catalog_service.catalog.principal import ANONYMOUS
from catalog_service.catalog.record import SearchQuery
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import browsing, desk, life_cycle
from catalog_service.services.compiling import publish_entry, withdraw_entry
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import published_catalog
from tests.support.actors import COMPILER, INSPECTOR, RESPONSIBLE, REVIEWER, STRANGER
from tests.unit.catalog.samples import dataset_data
from tests.unit.services.life_cycle_platform import make_platform, published, revised, submitted, target

ID = "civil/people"
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


@pytest.fixture(params=BOTH)
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    with make_platform(tmp_path / "home", request.param) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """For tests that leave nothing, or something of their own."""
    with make_platform(tmp_path_factory.mktemp("shared") / "home") as made:
        yield made


def titles(platform: Platform) -> dict[str, str]:
    """What everybody sees, by three ways: catalog of the pipelines, page of the entry, search."""
    catalog = {one.id: one.title for one in published_catalog(platform).datasets}
    assert catalog == {one.id: one.title for one in browsing.search(platform, SearchQuery()).items}
    assert all(browsing.detail(platform, id_).title == title for id_, title in catalog.items())
    return catalog


def test_the_whole_life_of_an_entry(platform: Platform) -> None:
    draft = life_cycle.save_draft(platform, COMPILER, {"agency": "civil", "name": "people", "title": "甲"}, edition=0)
    with pytest.raises(InvalidError) as refused:
        life_cycle.submit(platform, COMPILER, target(draft))
    assert {one.where.field for one in refused.value.problems} >= {"description", "frequency", "sharing", "opening", "schema"}
    draft = life_cycle.save_draft(platform, COMPILER, dataset_data(title="甲"), edition=draft.edition)
    waiting = life_cycle.submit(platform, COMPILER, target(draft))
    back = life_cycle.return_with_reasons(platform, REVIEWER, target(waiting), "请写明来源")
    view = desk.view(platform, COMPILER, ID)
    assert view.returned is not None
    assert (view.returned.reasons, view.entry.state) == ("请写明来源", RecordState.RETURNED)
    assert titles(platform) == {}
    again = life_cycle.save_draft(platform, RESPONSIBLE, dataset_data(title="乙"), edition=back.edition)
    again = life_cycle.submit(platform, RESPONSIBLE, target(again))
    approved = life_cycle.approve(platform, REVIEWER, target(again))
    assert titles(platform) == {}
    live = life_cycle.publish(platform, REVIEWER, target(approved))
    assert (titles(platform), live.version, live.live_version) == ({ID: "乙"}, 2, 2)
    second = revised(platform, live, title="丙")
    second = life_cycle.submit(platform, COMPILER, target(second))
    assert titles(platform) == {ID: "乙"}
    suspended = life_cycle.suspend(platform, REVIEWER, target(second), "核查中")
    assert titles(platform) == {}
    resumed = life_cycle.resume(platform, REVIEWER, target(suspended))
    assert titles(platform) == {ID: "乙"}
    third = life_cycle.approve(platform, REVIEWER, target(resumed), publishing=True)
    assert titles(platform) == {ID: "丙"}
    gone = life_cycle.withdraw(platform, RESPONSIBLE, target(third), "职能划转")
    assert titles(platform) == {}
    history = desk.history(platform, INSPECTOR, ID)
    assert [one.edition for one in history.changes] == list(range(1, gone.edition + 1))
    events = "save save submit return save submit approve publish revise save submit suspend resume approve publish withdraw"
    assert " ".join(one.event.value for one in history.changes) == events
    assert history.changes[3].principal_id == REVIEWER.id
    with platform.database.reading() as transaction:
        page = transaction.ledger.search(LedgerQuery(target=ID, limit=200))
    logged = [one.entry.action.removeprefix("entry_") for one in reversed(page.items)]
    assert logged == [one.event.value for one in history.changes]
    again = life_cycle.revise(platform, COMPILER, target(gone))
    assert (again.state, desk.view(platform, COMPILER, ID).document["title"]) == (RecordState.DRAFT, "丙")


def test_a_draft_withdrawn_before_it_was_submitted_can_be_taken_up_again(platform: Platform) -> None:
    draft = life_cycle.save_draft(platform, COMPILER, dataset_data(title="甲"), edition=0)
    gone = life_cycle.withdraw(platform, RESPONSIBLE, target(draft), "暂不编制")
    assert gone.live is RecordState.WITHDRAWN
    again = life_cycle.submit(platform, COMPILER, target(revised(platform, gone, title="乙")))
    assert titles(platform) == {}
    live = life_cycle.approve(platform, REVIEWER, target(again), publishing=True)
    assert (titles(platform), live.version) == ({ID: "乙"}, 1)


def test_two_editors_never_overwrite_each_other(platform: Platform) -> None:
    draft = life_cycle.save_draft(platform, COMPILER, dataset_data(title="甲"), edition=0)
    first = life_cycle.save_draft(platform, RESPONSIBLE, dataset_data(title="乙"), edition=draft.edition)
    with pytest.raises(ConflictError) as stale:
        life_cycle.save_draft(platform, COMPILER, dataset_data(title="丙"), edition=draft.edition)
    told = stale.value.to(Language.ZH)
    assert RESPONSIBLE.name in told
    assert "名称（修改）：甲 → 乙" in told
    with pytest.raises(ConflictError):
        life_cycle.submit(platform, COMPILER, target(draft))
    with pytest.raises(ConflictError) as exists:
        life_cycle.save_draft(platform, COMPILER, dataset_data(title="丁"), edition=0)
    assert "乙 → 丁" in exists.value.to(Language.ZH)
    assert desk.view(platform, COMPILER, ID).entry == first


def test_a_revision_can_be_given_up_and_its_number_is_not_given_again(platform: Platform) -> None:
    live = published(platform, title="甲")
    second = life_cycle.submit(platform, COMPILER, target(revised(platform, live, title="乙")))
    back = life_cycle.return_with_reasons(platform, REVIEWER, target(second), "不必要")
    dropped = life_cycle.discard(platform, COMPILER, target(back))
    assert (dropped.state, titles(platform)) == (RecordState.PUBLISHED, {ID: "甲"})
    assert desk.view(platform, COMPILER, ID).document["title"] == "甲"
    third = life_cycle.submit(platform, COMPILER, target(revised(platform, dropped, title="丙")))
    assert third.version == 3
    final = life_cycle.approve(platform, REVIEWER, target(third), publishing=True)
    assert (final.live_version, titles(platform)) == (3, {ID: "丙"})


def test_many_are_submitted_and_reviewed_at_once_each_wholly_or_not_at_all(platform: Platform) -> None:
    source = life_cycle.save_draft(platform, COMPILER, dataset_data("source"), edition=0)
    union = {"delivery": None, "derivation": {"kind": "union", "sources": ["civil/source"]}}
    derived = life_cycle.save_draft(platform, COMPILER, dataset_data("derived", **union), edition=0)
    poor = life_cycle.save_draft(platform, COMPILER, dataset_data("poor", basis={}), edition=0)
    stale = Target(dataset_id="civil/source2", edition=1)
    targets = [target(derived), target(poor), stale, target(source)]
    report = life_cycle.perform(platform, COMPILER, (Event.SUBMIT,), targets)
    assert [one.dataset_id for one in report.done] == ["civil/derived", "civil/source"]
    assert {one.dataset_id: one.problems[0].code for one in report.refused} == {
        "civil/poor": "collection-basis",
        "civil/source2": "unknown-dataset",
    }
    alone = life_cycle.perform(platform, REVIEWER, (Event.APPROVE, Event.PUBLISH), [target(report.done[0]), target(poor)])
    assert [one.problems[0].code for one in alone.refused] == ["illegal-transition", "unknown-source"]
    assert desk.view(platform, REVIEWER, "civil/derived").entry == report.done[0]
    both = life_cycle.perform(platform, REVIEWER, (Event.APPROVE, Event.PUBLISH), [target(one) for one in report.done])
    assert (len(both.done), both.refused) == (2, ())
    assert set(titles(platform)) == {"civil/derived", "civil/source"}


def test_what_published_entries_rest_on_stays_unless_they_go_along(platform: Platform) -> None:
    source = published(platform, "source")
    derived = published(platform, "derived", delivery=None, derivation={"kind": "union", "sources": ["civil/source"]})
    for alone in (life_cycle.suspend, life_cycle.withdraw):
        with pytest.raises(ConflictError, match="civil/derived"):
            alone(platform, REVIEWER, target(source), "理由")
    report = life_cycle.perform(platform, REVIEWER, (Event.SUSPEND,), [target(source), target(derived)], "理由")
    assert (len(report.done), titles(platform)) == (2, {})
    with pytest.raises(InvalidError, match="civil/source"):
        life_cycle.resume(platform, REVIEWER, target(report.done[1]))
    assert len(life_cycle.perform(platform, REVIEWER, (Event.RESUME,), [target(one) for one in report.done]).done) == 2


def test_a_revision_must_not_break_what_is_published(platform: Platform) -> None:
    source = published(platform, "source")
    published(platform, "derived", delivery=None, derivation={"kind": "union", "sources": ["civil/source"]})
    changed = revised(platform, source, schema={"fields": [{"name": "other", "title": "另"}]})
    with pytest.raises(InvalidError) as refused:
        life_cycle.submit(platform, COMPILER, target(changed))
    assert refused.value.problems[0].code == "breaks-dependent"


@pytest.mark.parametrize(
    ("changes", "code", "article"),
    [
        ({"basis": {}}, "collection-basis", 16),
        ({"sharing": {"class": "none"}}, "sharing-basis", 19),
        ({"sharing": {"class": "conditional", "basis": {"law": "某法"}}}, "sharing-conditions", 19),
        ({"opening": {"class": "none"}}, "opening-basis", 22),
        ({"opening": {"class": "conditional"}}, "opening-conditions", 22),
        (
            {
                "sharing": {"class": "none", "basis": {"law": "某法"}},
                "schema": {"fields": [{"name": "code", "title": "编号", "sharing": "unconditional"}]},
            },
            "looser-sharing",
            19,
        ),
        (
            {
                "opening": {"class": "none", "basis": {"law": "某法"}},
                "schema": {"fields": [{"name": "code", "title": "编号", "opening": "unconditional"}]},
            },
            "looser-opening",
            22,
        ),
        ({"classification": "19876543"}, "unknown-classification", None),
    ],
)
def test_the_gates_of_law_close_at_submission_and_not_for_drafts(
    shared: Platform, changes: dict[str, Any], code: str, article: int | None
) -> None:
    draft = life_cycle.save_draft(shared, COMPILER, dataset_data(code.replace("-", "_"), **changes), edition=0)
    with pytest.raises(InvalidError) as refused:
        life_cycle.submit(shared, COMPILER, target(draft))
    found = {one.code: one for one in refused.value.problems}
    assert found[code].article == article
    assert "请" in found[code].message.zh
    assert desk.view(shared, COMPILER, draft.dataset_id).entry == draft


def test_nobody_works_in_another_agencys_catalog(platform: Platform) -> None:
    entry = submitted(platform)
    with pytest.raises(ForbiddenError) as refused:
        life_cycle.save_draft(platform, STRANGER, dataset_data(), edition=entry.edition)
    assert [(one.code, one.article) for one in refused.value.problems] == [("foreign-catalog", 14)]
    with pytest.raises(ForbiddenError) as refused:
        life_cycle.submit(platform, STRANGER, target(entry))
    assert [(one.code, one.article) for one in refused.value.problems] == [("foreign-catalog", 14)]
    for reading in (desk.view, desk.history):
        with pytest.raises(ForbiddenError):
            reading(platform, STRANGER, ID)
        with pytest.raises(UnauthenticatedError):
            reading(platform, ANONYMOUS, ID)
    with pytest.raises(ForbiddenError):
        life_cycle.approve(platform, COMPILER, target(entry))
    assert [one.dataset_id for one in desk.find(platform, COMPILER, DeskQuery()).items] == [ID]
    assert desk.find(platform, STRANGER, DeskQuery()).items == ()
    assert [one.dataset_id for one in desk.find(platform, INSPECTOR, DeskQuery()).items] == [ID]


@pytest.mark.parametrize(
    ("document", "error", "code"),
    [
        ({}, InvalidError, "no-identity"),
        ({"agency": "civil"}, InvalidError, "no-identity"),
        ({"agency": "civil", "name": "A b"}, InvalidError, "no-identity"),
        ({"agency": "civil", "name": 7}, InvalidError, "no-identity"),
        (dataset_data(title="\ud800"), InvalidError, "bad-text"),
        (dataset_data(description="长" * 1_500_000), TooLargeError, "draft-too-large"),
    ],
)
def test_what_cannot_be_stored_is_refused(
    shared: Platform, document: dict[str, Any], error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as refused:
        life_cycle.save_draft(shared, COMPILER, document, edition=0)
    assert refused.value.problems[0].code == code  # type: ignore[attr-defined]


def test_the_operator_publishes_and_withdraws_what_is_at_work(platform: Platform) -> None:
    life_cycle.save_draft(platform, COMPILER, dataset_data(title="草稿"), edition=0)
    assert publish_entry(platform, ID).dataset.title == "草稿"
    assert titles(platform) == {ID: "草稿"}
    assert withdraw_entry(platform, ID).state is RecordState.WITHDRAWN
    assert [one.event for one in desk.history(platform, INSPECTOR, ID).changes] == [Event.SAVE, Event.PUBLISH, Event.WITHDRAW]
    with pytest.raises(ForbiddenError):
        publish_entry(platform, ID, principal=COMPILER)


def test_days_and_editions_that_never_were_are_not_found(platform: Platform) -> None:
    entry = published(platform)
    today = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    assert desk.as_of(platform, ID, today).id == ID
    assert [one.id for one in desk.catalog_as_of(platform, today)] == [ID]
    assert desk.catalog_as_of(platform, dt.date(2020, 5, 1)) == ()
    with pytest.raises(NotFoundError) as refused:
        desk.as_of(platform, ID, dt.date(2020, 5, 1))
    assert refused.value.problems[0].article == 14
    with pytest.raises(NotFoundError):
        desk.comparison(platform, REVIEWER, ID, before=1, after=entry.edition + 1)


def test_reasons_are_text_and_an_entry_is_named_once(platform: Platform) -> None:
    entry = submitted(platform)
    for reasons in ("\x00", "长" * 2_001):
        with pytest.raises(InvalidError):
            life_cycle.return_with_reasons(platform, REVIEWER, target(entry), reasons)
    with pytest.raises(ConflictError):
        life_cycle.perform(platform, REVIEWER, (Event.APPROVE,), [target(entry), target(entry)])
