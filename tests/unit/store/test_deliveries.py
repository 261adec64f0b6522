import datetime as dt
import threading

import pytest

from catalog_service.catalog.delivery import Delivery
from catalog_service.catalog.errors import ConflictError, NotFoundError, problem
from catalog_service.catalog.vocabularies import DeliveryState
from catalog_service.store.database import Database

NOON = dt.datetime(2020, 5, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def delivery(number: int, *, sha256: str | None = None, dataset: str = "civil/people") -> Delivery:
    return Delivery(
        id=f"{number:08d}",
        dataset=dataset,
        file_name="人口.csv",
        sha256=sha256 or f"{number:064x}",
        size_bytes=1,
        received_at=NOON + dt.timedelta(minutes=number),
    )


def test_the_same_file_again_is_the_delivery_that_is_there(database: Database) -> None:
    with database.transaction() as transaction:
        add = transaction.deliveries.add
        assert add(delivery(1, sha256="a")) == (delivery(1, sha256="a"), True)
        assert add(delivery(2, sha256="a")) == (delivery(1, sha256="a"), False)
        assert add(delivery(3, sha256="a", dataset="civil/other"))[1]
        assert add(delivery(4, sha256="b"))[1]


def test_a_rejected_file_may_be_delivered_again_but_not_revived_after_that(database: Database) -> None:
    rejected = delivery(1, sha256="a").model_copy(
        update={"state": DeliveryState.REJECTED, "problems": (problem("x", "坏", "bad", row=3),)}
    )
    with database.transaction() as transaction:
        transaction.deliveries.add(delivery(1, sha256="a"))
        transaction.deliveries.save(rejected)
        assert transaction.deliveries.get(rejected.id) == rejected
        assert transaction.deliveries.add(delivery(2, sha256="a"))[1]
        with pytest.raises(ConflictError):
            transaction.deliveries.save(delivery(1, sha256="a"))
        assert transaction.deliveries.get(rejected.id) == rejected


def test_order_and_selection(database: Database) -> None:
    with database.transaction() as transaction:
        for number in (3, 1, 2):
            transaction.deliveries.add(delivery(number))
        transaction.deliveries.add(delivery(4, dataset="civil/other"))
        transaction.deliveries.save(delivery(2).model_copy(update={"state": DeliveryState.LOADED}))
    with database.reading() as transaction:
        found = transaction.deliveries
        assert [one.id for one in found.pending()] == ["00000001", "00000003", "00000004"]
        assert [one.id for one in found.pending("civil/people")] == ["00000001", "00000003"]
        assert [one.id for one in found.list()] == ["00000004", "00000003", "00000002", "00000001"]
        assert [one.id for one in found.list("civil/people", limit=2)] == ["00000003", "00000002"]
        last = found.last("civil/people")
        assert last is not None
        assert last.received_at == NOON + dt.timedelta(minutes=3)
        assert found.last("civil/none") is None
        assert found.list("\x00") == []
        for missing in ("nothing", "\x00"):
            with pytest.raises(NotFoundError):
                found.get(missing)


def test_saving_what_was_never_added_is_refused(database: Database) -> None:
    with database.transaction() as transaction, pytest.raises(NotFoundError):
        transaction.deliveries.save(delivery(9))


def test_an_instant_without_time_zone_is_refused(database: Database) -> None:
    naive = delivery(1).model_copy(update={"received_at": dt.datetime(2020, 5, 1)})  # noqa: DTZ001
    with pytest.raises(Exception, match="time zone"), database.transaction() as transaction:
        transaction.deliveries.add(naive)


def test_of_eight_simultaneous_deliveries_of_one_file_one_is_new(database: Database) -> None:
    barrier = threading.Barrier(8)
    outcomes: list[tuple[str, bool]] = []

    def deliver(number: int) -> None:
        barrier.wait()
        with database.transaction() as transaction:
            stored, is_new = transaction.deliveries.add(delivery(number, sha256="same"))
        outcomes.append((stored.id, is_new))

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert [is_new for _, is_new in outcomes].count(True) == 1
    assert len({delivery_id for delivery_id, _ in outcomes}) == 1
