"""Every role, event, standing, own and other agency: through the service, on both databases; generated, not sampled."""

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.catalog.errors import WuxiError
from catalog_service.catalog.history import DIRECTLY, DeskEntry, new_entry
from catalog_service.catalog.life_cycle import STANDINGS, TRANSITIONS, Event, Standing
from catalog_service.catalog.principal import Role
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.services import desk, life_cycle
from catalog_service.services.platform import Platform
from catalog_service.store.entries import document_of
from tests.support.actors import INSPECTOR, actor
from tests.unit.catalog.samples import dataset
from tests.unit.catalog.test_life_cycle import is_legal, may
from tests.unit.services.life_cycle_platform import make_platform, target


@pytest.fixture(params=["sqlite", "postgresql"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    with make_platform(tmp_path / "home", request.param) as made:
        yield made


def place(platform: Platform, name: str, standing: Standing) -> DeskEntry:
    """Put an entry where no path need have led it."""
    content = dataset(name)
    live, work = standing
    has_record = live is not None or work is not RecordState.DRAFT
    with platform.database.transaction() as transaction:
        if has_record:
            transaction.catalog.put_record(content, live or work or RecordState.DRAFT, 1)
        entry = new_entry(content.id).model_copy(
            update={
                "title": content.title,
                "live": live,
                "work": work,
                "edition": 1,
                "version": int(has_record),
                "live_version": 1 if live is not None else None,
                "updated_at": dt.datetime.now(dt.UTC),
            }
        )
        return transaction.desk.put(None, entry, DIRECTLY, document=None if work is None else document_of(content))


def outcome(platform: Platform, role: Role, event: Event, entry: DeskEntry, *, is_own: bool) -> str:
    who = actor(role, "civil" if is_own else "tax")
    try:
        if event is Event.SAVE:
            document = dataset(entry.dataset_id.partition("/")[2]).model_dump(mode="json", by_alias=True)
            life_cycle.save_draft(platform, who, document, edition=entry.edition)
        else:
            life_cycle.perform(platform, who, (event,), [target(entry)], "理由")
    except WuxiError as error:
        return error.problems[0].code
    return "done"


@pytest.mark.slow
@pytest.mark.parametrize("event", TRANSITIONS)
def test_every_combination_ends_as_the_table_says(platform: Platform, event: Event) -> None:
    for number, standing in enumerate(STANDINGS):
        shared = place(platform, f"shared_{number}", standing)
        for role, is_own in itertools.product(Role, (True, False)):
            legal, permitted = is_legal(event, standing), may(role, event, is_own=is_own)
            entry = place(platform, f"{role.value}_{int(is_own)}_{number}", standing) if legal and permitted else shared
            found = outcome(platform, role, event, entry, is_own=is_own)
            if not permitted:
                assert found == ("foreign-catalog" if may(role, event, is_own=True) else "not-permitted")
            else:
                assert found == ("done" if legal else "illegal-transition")
            after = desk.history(platform, INSPECTOR, entry.dataset_id).entry
            expected = TRANSITIONS[event].moves[standing] if found == "done" else standing
            assert (after.standing, after.edition) == (expected, 2 if found == "done" else 1)
