import datetime as dt

import pytest

from catalog_service.catalog.errors import ConflictError, NotFoundError
from catalog_service.catalog.schema import CodeItem, CodeList
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store.database import Database
from tests.unit.catalog.samples import USCCS, agency, dataset


def test_what_is_stored_comes_back_as_it_was(database: Database) -> None:
    golden = dataset(
        "golden",
        title="四个字节 🀄，撇号 ' 与 \x00",
        delivery=None,
        derivation={"kind": "golden", "sources": [{"dataset": "civil/people", "copy_of": None}], "field_order": {}},
        issued="2020-05-01",
    )
    codes = CodeList(name="sex", title="性别", items=(CodeItem(code="01", label="男"),))
    with database.transaction() as transaction:
        transaction.catalog.put_agencies([agency()])
        transaction.catalog.put_code_lists([codes])
        transaction.catalog.put_dataset(dataset(), state=RecordState.PUBLISHED)
        transaction.catalog.put_dataset(golden, state=RecordState.PUBLISHED)
        transaction.catalog.put_dataset(dataset("secret"), state=RecordState.DRAFT)
    with database.reading() as transaction:
        catalog = transaction.catalog.snapshot()
        assert catalog.agencies == (agency(),)
        assert catalog.code_lists == (codes,)
        assert catalog.datasets == (golden, dataset())
        assert len(transaction.catalog.snapshot(None).datasets) == 3
        assert transaction.catalog.states()["civil/secret"] is RecordState.DRAFT


def test_every_version_is_kept_and_nothing_new_makes_none(database: Database) -> None:
    first, second = dataset(title="旧"), dataset(title="新")
    with database.transaction() as transaction:
        put = transaction.catalog.put_dataset
        made = put(first, state=RecordState.DRAFT)
        assert (made.version, made.created_at.tzinfo) == (1, dt.UTC)
        assert put(first, state=RecordState.DRAFT) == made
        published = put(first, state=RecordState.PUBLISHED)
        assert (published.version, published.state) == (1, RecordState.PUBLISHED)
        changed = put(second, state=RecordState.PUBLISHED)
        assert (changed.version, changed.created_at) == (2, made.created_at)
        assert changed.updated_at >= published.updated_at
    with database.reading() as transaction:
        assert transaction.catalog.record("civil/people") == changed
        assert transaction.catalog.version("civil/people", 1) == first
        assert transaction.catalog.version("civil/people", 2) == second
        for missing in (0, 3, 2**40):
            with pytest.raises(NotFoundError):
                transaction.catalog.version("civil/people", missing)


@pytest.mark.parametrize("hostile", ["a/b", "", "a/b' OR '1'='1", "\x00", "\ud800", "a" * 10_000])
def test_an_unknown_entry_is_not_found_whatever_it_is_called(database: Database, hostile: str) -> None:
    with database.reading() as transaction, pytest.raises(NotFoundError):
        transaction.catalog.record(hostile)


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def store_and_fail() -> None:
        with database.transaction() as transaction:
            transaction.catalog.put_dataset(dataset(), state=RecordState.PUBLISHED)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        store_and_fail()
    with database.reading() as transaction:
        assert transaction.catalog.snapshot().datasets == ()


def test_two_agencies_cannot_share_a_code_and_one_can_be_changed(database: Database) -> None:
    with database.transaction() as transaction:
        transaction.catalog.put_agencies([agency()])
        with pytest.raises(ConflictError, match=USCCS[0]):
            transaction.catalog.put_agencies([agency("impostor")])
        transaction.catalog.put_agencies([agency(name="新名称")])
    with database.reading() as transaction:
        assert [one.name for one in transaction.catalog.registry().agencies] == ["新名称"]
