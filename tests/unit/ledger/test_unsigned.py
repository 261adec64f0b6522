"""A ledger that cannot be signed stops changes and protected reads after four hours, and nothing else."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.catalog.decision import Zone
from catalog_service.catalog.errors import UnsignedError
from catalog_service.catalog.ledger import SIGNING_GRACE, LedgerQuery, require_signed
from catalog_service.catalog.principal import ANONYMOUS, operator
from catalog_service.services import ledger
from catalog_service.services.access import Wish, analyst_session, open_read
from catalog_service.services.ids import new_id
from catalog_service.services.platform import Platform
from tests.unit.ledger.support import INSPECTOR, entry, sign
from tests.unit.services.reading_platform import STOPS, make_platform

LONG_AGO = SIGNING_GRACE + dt.timedelta(minutes=1)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with make_platform(tmp_path) as platform:
        yield platform


def note_long_ago(platform: Platform) -> None:
    """Let an entry of long ago be the first one without a signed head, given that all are signed."""
    with platform.database.transaction() as transaction:
        transaction.ledger.append_spooled([(new_id(), dt.datetime.now(dt.UTC) - LONG_AGO, entry(1))])


def change(platform: Platform, action: str = "publish_entry") -> None:
    with platform.database.transaction() as transaction:
        transaction.ledger.append(entry(1, action=action))


def test_what_cannot_be_signed_stops_changes_and_protected_reads_until_it_can(platform: Platform) -> None:
    key = platform.settings.home_path / "keys" / "ledger.pem"
    sign(platform)
    change(platform)
    sign(platform)
    key.chmod(0o644)
    note_long_ago(platform)
    with pytest.raises(UnsignedError):
        change(platform)
    with pytest.raises(UnsignedError):
        open_read(platform, operator("root"), Wish(STOPS, Zone.MAIN))
    with pytest.raises(UnsignedError):
        analyst_session(platform, operator("root"))
    open_read(platform, ANONYMOUS, Wish(STOPS))
    change(platform, "sign_in")
    assert ledger.search(platform, INSPECTOR, LedgerQuery(limit=5)).items, "inspectors find out what is wrong"
    key.chmod(0o600)
    platform.seal()
    change(platform)
    open_read(platform, operator("root"), Wish(STOPS, Zone.MAIN))


def test_what_a_killed_process_left_is_signed_before_it_stops_anything(platform: Platform) -> None:
    sign(platform)
    note_long_ago(platform)
    with Platform(platform.settings) as later:
        change(later)
    platform.spool.mkdir(parents=True, exist_ok=True)
    note = ["n1", (dt.datetime.now(dt.UTC) - LONG_AGO).isoformat(), entry(2).model_dump(mode="json")]
    (platform.spool / "dead.jsonl").write_text(json.dumps(note) + "\n")
    ledger.settle(platform)
    change(platform)


@pytest.mark.parametrize(("waited", "holds"), [(None, True), (dt.timedelta(), True), (SIGNING_GRACE, True), (LONG_AGO, False)])
def test_four_hours_are_allowed(waited: dt.timedelta | None, holds: bool) -> None:
    now = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
    since = None if waited is None else now - waited
    if holds:
        require_signed(since, now)
    else:
        with pytest.raises(UnsignedError) as refused:
            require_signed(since, now)
        assert refused.value.problems[0].article == 34
