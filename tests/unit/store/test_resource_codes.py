import pytest

from catalog_service.catalog.dataset import Dataset
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store.database import Database
from tests.unit.catalog.samples import dataset

POLICE, CIVIL = "30100507", "30100606"


def put(database: Database, *datasets: Dataset) -> list[str]:
    with database.transaction() as transaction:
        return [transaction.catalog.put_dataset(one, state=RecordState.PUBLISHED).dataset.code for one in datasets]


def test_codes_count_within_place_and_provider_and_stay(database: Database) -> None:
    entries = [dataset(f"d{n}", classification=POLICE, agency="civil" if n < 3 else "police") for n in range(5)]
    first = put(database, *entries)
    assert first == [
        f"{POLICE}/000100001",
        f"{POLICE}/000100002",
        f"{POLICE}/000100003",
        f"{POLICE}/000200001",
        f"{POLICE}/000200002",
    ]
    assert put(database, *reversed(entries)) == first[::-1]
    assert put(database, dataset("d1", title="新名称", classification=POLICE)) == [first[1]]
    assert put(database, dataset("new", classification=POLICE)) == [f"{POLICE}/000100004"]


def test_another_place_gives_another_code_and_the_way_back_the_old_one(database: Database) -> None:
    (old,) = put(database, dataset("d", classification=POLICE))
    (moved,) = put(database, dataset("d", classification=CIVIL, code=old))
    assert moved == f"{CIVIL}/000100001"
    assert put(database, dataset("d", classification=POLICE)) == [old]
    assert put(database, dataset("unclassified")) == [""]


def test_a_code_brought_along_is_kept_and_not_given_out_again(database: Database) -> None:
    brought = dataset("brought", classification=POLICE, code=f"{POLICE}/000100007")
    assert put(database, dataset("a", classification=POLICE), brought, dataset("b", classification=POLICE)) == [
        f"{POLICE}/000100001",
        f"{POLICE}/000100007",
        f"{POLICE}/000100008",
    ]
    with database.reading() as transaction:
        assert transaction.catalog.code_owners([brought.code, f"{POLICE}/999999999"]) == {brought.code: brought.id}


def test_a_withdrawn_entry_keeps_its_code(database: Database) -> None:
    (code,) = put(database, dataset("d", classification=POLICE))
    with database.transaction() as transaction:
        transaction.catalog.put_dataset(dataset("d", classification=POLICE), state=RecordState.WITHDRAWN)
    assert put(database, dataset("other", classification=POLICE)) != [code]


@pytest.mark.parametrize("classification", ["4", "30100507x", "3010050"])
def test_a_classification_has_eight_digits(classification: str) -> None:
    with pytest.raises(ValueError, match="classification"):
        dataset("d", classification=classification)
