"""What checks remember, overridden gates and reminders, on both databases."""

import datetime as dt

import pytest

from catalog_service.catalog.errors import ConflictError
from catalog_service.catalog.freshness import Reminder, ReminderKind
from catalog_service.catalog.gate import GateOverride
from catalog_service.catalog.quality import CheckMemory, FailedRows, RepeatedKeys
from catalog_service.store.database import Database

NOW = dt.datetime(2026, 5, 7, 1, 2, 3, tzinfo=dt.UTC)


def test_memory_is_kept_whole_and_replaced(database: Database) -> None:
    memory = CheckMemory(
        counts={"ab": {"x": 1}},
        keys={"k": RepeatedKeys(files=("ab",), row_count=2)},
        failed=FailedRows(files=("ab",), fingerprint="f", counts={"r": 2}, version=3),
    )
    with database.transaction() as transaction:
        assert transaction.quality.memory("standard/a/b") == CheckMemory()
        transaction.quality.remember("standard/a/b", CheckMemory())
        transaction.quality.remember("standard/a/b", memory)
    with database.reading() as transaction:
        assert transaction.quality.memory("standard/a/b") == memory


def test_a_version_is_let_pass_once(database: Database) -> None:
    one = GateOverride(
        id="1",
        dataset="a/b",
        table="standard/a/b",
        version=3,
        run_id="r",
        rules=(),
        reason="合并期间编码暂时重复，下周改正",
        principal_id="p",
        principal_name="王五",
        decided_at=NOW,
    )
    with database.transaction() as transaction:
        transaction.quality.add_override(one)
        transaction.quality.add_override(one.model_copy(update={"id": "2", "version": 4}))
        assert [found.version for found in transaction.quality.overrides("standard/a/b")] == [4, 3]
        assert transaction.quality.override("standard/a/b", 3) == one
        assert transaction.quality.override("standard/a/b", 5) is None
    with pytest.raises(ConflictError), database.transaction() as transaction:
        transaction.quality.add_override(one.model_copy(update={"id": "3"}))


def test_reminders_come_once_and_are_settled(database: Database) -> None:
    day = dt.date(2026, 5, 6)
    one = Reminder(id="1", dataset="a/b", agency="a", kind=ReminderKind.BEFORE, due_on=day, created_at=NOW)
    with database.transaction() as transaction:
        assert transaction.quality.add_reminder(one)
        assert not transaction.quality.add_reminder(one.model_copy(update={"id": "2"}))
        assert transaction.quality.add_reminder(one.model_copy(update={"id": "3", "kind": ReminderKind.AFTER}))
        assert [found.id for found in transaction.quality.reminders(agency="a")] == ["3", "1"]
        assert transaction.quality.reminders(agency="b") == []
        assert transaction.quality.settle_reminders("a/b", day, NOW) == 0
        assert transaction.quality.settle_reminders("a/b", day + dt.timedelta(days=1), NOW) == 2
        assert transaction.quality.reminders() == []
        assert len(transaction.quality.reminders(open_only=False)) == 2
