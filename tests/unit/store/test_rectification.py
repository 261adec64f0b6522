"""Issues on both databases: none twice, none lost, whatever the order of runs and however many end at the same moment."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from catalog_service.catalog.quality import QualityRun
from catalog_service.catalog.rectification import Rectification, RectificationQuery, RectificationState
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services.ids import new_id
from catalog_service.services.rectification import take_in
from catalog_service.store.database import Database
from catalog_service.store.rectification_tables import checks_seen
from catalog_service.store.rectification_tables import rectification as table
from tests.support import city
from tests.unit.catalog.test_rectification import expected_open, made_run, runs

ID = "health/beds"
TODAY = dt.date(2026, 5, 6)


@pytest.fixture
def published(database: Database) -> Database:
    entry = city.dataset(ID, ["code"], ["code"])
    with database.transaction() as transaction:
        transaction.catalog.put_agencies([city.agency("health")])
        transaction.catalog.put_dataset(entry, state=RecordState.PUBLISHED)
    return database


def forget(database: Database) -> None:
    with database._engine.begin() as connection:
        connection.execute(table.delete())
        connection.execute(checks_seen.delete())


def take(database: Database, run: QualityRun) -> None:
    with database.transaction() as transaction:
        take_in(transaction, run)


def everything(database: Database) -> list[Rectification]:
    with database.reading() as transaction:
        return transaction.rectification.issues.find()


def open_rules(database: Database) -> list[str]:
    return sorted(one.rule for one in everything(database) if one.is_open)


@given(taken=runs)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_open_issues_are_those_of_the_newest_data(published: Database, taken: list[QualityRun]) -> None:
    forget(published)
    for number, run in enumerate(taken, start=1):
        take(published, run)
        assert open_rules(published) == sorted(expected_open(taken[:number]))
    for one in everything(published):
        assert one.is_open == (one.closed_at is None)
        assert (one.state is RectificationState.CORRECTED) == (one.correction is not None)
        assert one.history[0].event == "open"
        assert one.agency == "health"


def test_runs_that_end_at_the_same_moment_open_one_issue(published: Database) -> None:
    taken = [made_run(version, version, {"a": (version + 1) % 2, "b": 1}) for version in range(8)]
    for _ in range(2):
        forget(published)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda run: take(published, run), reversed(taken)))
        assert open_rules(published) == sorted(expected_open(taken)) == ["b"]
        assert len([one for one in everything(published) if one.rule == "b"]) == 1


def test_the_database_itself_refuses_a_second_open_issue(published: Database) -> None:
    take(published, made_run(1, 0, {"a": 3}))
    (one,) = everything(published)
    with pytest.raises(sa.exc.IntegrityError), published.transaction() as transaction:
        transaction.rectification.issues.add(one.model_copy(update={"id": new_id()}))
    closed = {"id": new_id(), "state": RectificationState.LAPSED}
    with published.transaction() as transaction:
        transaction.rectification.issues.add(one.model_copy(update=closed))


def test_issues_are_found_by_agency_state_and_overdue_soonest_first(published: Database) -> None:
    take(published, made_run(1, 0, {"a": 3, "b": 1, "c": 1}))
    first = everything(published)[0]
    late = first.model_copy(
        update={"revision": 2, "deadline": first.deadline.model_copy(update={"due": TODAY - dt.timedelta(days=1)})}
    )
    with published.transaction() as transaction:
        transaction.rectification.issues.save(late)
    with published.reading() as transaction:
        found, cursor = transaction.rectification.find(RectificationQuery(agency="health", limit=2), TODAY)
        assert (found[0].id, len(found)) == (late.id, 2)
        rest, end = transaction.rectification.find(RectificationQuery(agency="health", limit=2, cursor=cursor), TODAY)
        assert (len(rest), end) == (1, None)
        assert {one.id for one in (*found, *rest)} == {one.id for one in everything(published)}
        counts = [
            transaction.rectification.count(RectificationQuery.model_validate(asked), TODAY)
            for asked in (
                {"is_overdue": True},
                {"agency": "police"},
                {"dataset": ID, "is_open": True},
                {"state": "corrected"},
            )
        ]
        assert counts == [1, 0, 3, 0]
