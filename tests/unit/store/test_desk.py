import datetime as dt
from typing import Any

import pytest

from catalog_service.catalog.errors import NotFoundError
from catalog_service.catalog.history import Act, DeskQuery, new_entry
from catalog_service.catalog.life_cycle import Event, Standing
from catalog_service.catalog.principal import Principal
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store.database import Database
from tests.unit.catalog.samples import dataset, dataset_data

WHO = Principal(id="1", name="张三", agency="civil")
DRAFT = Standing(work=RecordState.DRAFT)


def save(database: Database, document: str, title: str = "名称") -> None:
    with database.transaction() as transaction:
        before = transaction.desk.find("civil/people")
        after = (before or new_entry("civil/people")).moved(DRAFT, WHO.name, title=title)
        transaction.desk.put(before, after, Act(event=Event.SAVE, principal=WHO), document=document, is_saved=True)


def test_drafts_may_be_anything_and_every_saved_one_is_kept(database: Database) -> None:
    save(database, '{"agency": "civil"}', title="带\x00控制符")
    save(database, '{"agency": "civil", "title": "四个字节 🀄"}')
    with database.reading() as transaction:
        entry = transaction.desk.entry("civil/people")
        assert (entry.edition, entry.version, entry.live_version, entry.updated_by) == (2, 0, None, "张三")
        assert transaction.desk.draft("civil/people") == {"agency": "civil", "title": "四个字节 🀄"}
        assert transaction.desk.document_at("civil/people", 1) == {"agency": "civil"}
        assert transaction.desk.document_at("civil/people", 0) == {}
        changes = transaction.desk.changes("civil/people")
        assert [(one.edition, one.event, one.state_before, one.principal_id) for one in changes] == [
            (1, Event.SAVE, None, "1"),
            (2, Event.SAVE, RecordState.DRAFT, "1"),
        ]
        with pytest.raises(NotFoundError):
            transaction.catalog.record("civil/people")


@pytest.mark.parametrize("hostile", ["", "civil/none", "a' OR '1'='1", "\x00", "\ud800"])
def test_an_unknown_entry_is_not_found_whatever_it_is_called(database: Database, hostile: str) -> None:
    with database.reading() as transaction:
        assert transaction.desk.find(hostile) is None
        with pytest.raises(NotFoundError):
            transaction.desk.entry(hostile)


def test_entries_are_listed_by_agency_and_state_page_by_page(database: Database) -> None:
    with database.transaction() as transaction:
        for number in range(5):
            transaction.catalog.put_dataset(dataset(f"n{number}"), state=RecordState.PUBLISHED)
        transaction.catalog.put_dataset(dataset("other", agency="tax"), state=RecordState.DRAFT)
    with database.reading() as transaction:
        first = transaction.desk.find_all(DeskQuery(agency="civil", limit=3))
        assert [one.dataset_id for one in first] == ["civil/n0", "civil/n1", "civil/n2", "civil/n3"]
        rest = transaction.desk.find_all(DeskQuery(agency="civil", limit=3, after="civil/n2"))
        assert [one.dataset_id for one in rest] == ["civil/n3", "civil/n4"]
        drafts = transaction.desk.find_all(DeskQuery(states=(RecordState.DRAFT, RecordState.RETURNED)))
        assert [one.dataset_id for one in drafts] == ["tax/other"]
        assert transaction.desk.counts(DeskQuery()) == {RecordState.DRAFT: 1, RecordState.PUBLISHED: 5}


def test_direct_storing_is_in_the_history_and_ends_the_work(database: Database) -> None:
    save(database, '{"title": "草稿"}')
    with database.transaction() as transaction:
        transaction.catalog.put_dataset(dataset(title="甲"), state=RecordState.PUBLISHED)
        transaction.catalog.put_dataset(dataset(title="甲"), state=RecordState.PUBLISHED)
        transaction.catalog.put_dataset(dataset(title="乙"), state=RecordState.PUBLISHED)
    with database.reading() as transaction:
        entry = transaction.desk.entry("civil/people")
        assert (entry.edition, entry.standing, entry.live_version) == (3, Standing(RecordState.PUBLISHED), 2)
        assert transaction.desk.draft("civil/people") is None
        assert [transaction.desk.document_at("civil/people", one)["title"] for one in (1, 2, 3)] == ["草稿", "甲", "乙"]


def test_a_day_is_seen_as_it_was(database: Database) -> None:
    moments = [dt.datetime.now(dt.UTC)]

    def put(state: RecordState, **changes: Any) -> None:
        with database.transaction() as transaction:
            transaction.catalog.put_dataset(dataset(**changes), state=state)
        moments.append(dt.datetime.now(dt.UTC))

    put(RecordState.DRAFT)
    put(RecordState.PUBLISHED)
    put(RecordState.PUBLISHED, title="新")
    put(RecordState.WITHDRAWN, title="新")
    with database.transaction() as transaction:
        transaction.catalog.put_dataset(dataset("second"), state=RecordState.PUBLISHED)
    with database.reading() as transaction:
        seen = [[one.title for one in transaction.desk.live_at(moment, "civil/people")] for moment in moments]
        assert seen == [[], [], ["名称 people"], ["新"], []]
        now = dt.datetime.now(dt.UTC)
        assert [one.id for one in transaction.desk.live_at(now)] == ["civil/second"]
        assert transaction.desk.live_at(moments[0]) == ()


def test_what_is_under_review_is_found_by_its_state(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.catalog.put_dataset(dataset(), state=RecordState.SUBMITTED)
        transaction.catalog.put_dataset(dataset("draft"), state=RecordState.DRAFT)
    with database.reading() as transaction:
        found = transaction.desk.in_work([RecordState.SUBMITTED, RecordState.APPROVED])
    assert {id_: document["title"] for id_, document in found.items()} == {"civil/people": dataset_data()["title"]}
