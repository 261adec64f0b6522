"""The chain: whatever is changed, removed, inserted or moved is found and named, on both databases."""

import datetime as dt
import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from catalog_service.catalog.errors import CorruptError
from catalog_service.catalog.ledger import GENESIS, LedgerRow, chain, document_of
from catalog_service.catalog.ledger_proof import faults
from catalog_service.services import ledger
from catalog_service.services.ledger_keys import heads_path
from catalog_service.services.platform import Platform
from catalog_service.settings import Settings
from catalog_service.store.ledger_tables import ledger_entry as table
from tests.support.homes import open_platform
from tests.unit.ledger.support import INSPECTOR, codes, entry, fill, forget_heads, intruder, rewrite_all, sign, told
from tests.unit.store.servers import migrated_postgresql_database

SIZE = 12


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    url = "" if request.param == "sqlite" else migrated_postgresql_database()
    with open_platform(Settings(home=tmp_path_factory.mktemp("ledger"), database_url=url)) as platform:
        fill(platform, SIZE)
        yield platform


@pytest.fixture
def platform(opened: Platform) -> Iterator[Platform]:
    with intruder(opened) as connection:
        rows = [row._asdict() for row in connection.execute(sa.select(table))]
    yield opened
    with intruder(opened) as connection:
        connection.execute(table.delete())
        connection.execute(table.insert(), rows)
        forget_heads(connection)
    heads_path(opened.settings).unlink(missing_ok=True)


def test_what_was_not_touched_is_sound(platform: Platform) -> None:
    sign(platform)
    found = ledger.verify(platform, INSPECTOR)
    assert (found.size, found.signed, found.problems) == (SIZE, SIZE, ())


def test_a_flipped_byte_is_named(platform: Platform) -> None:
    with intruder(platform) as connection:
        changed = sa.func.replace(table.c.document, "publish", "pubLish")
        connection.execute(table.update().where(table.c.sequence == 5).values(document=changed))
    assert "entry 5 does not fit its hash" in told(platform)


def test_a_changed_hash_is_named(platform: Platform) -> None:
    with intruder(platform) as connection:
        connection.execute(table.update().where(table.c.sequence == 5).values(hash="f" * 64))
    assert codes(platform) == ["entry-changed", "entry-changed"]  # the entry, and the one that rests on it
    assert "entry 5 " in told(platform)


def test_columns_that_hide_an_entry_from_the_search_are_named(platform: Platform) -> None:
    columns = ("principal_id", "principal_name", "agency", "action", "target", "outcome", "source_agency")
    with intruder(platform) as connection:
        for number, column in enumerate(columns, start=1):
            connection.execute(table.update().where(table.c.sequence == number).values({column: "other"}))
    assert codes(platform) == ["entry-columns"] * len(columns)
    assert "columns of entry 7" in told(platform)


def test_a_removed_entry_is_named(platform: Platform) -> None:
    with intruder(platform) as connection:
        connection.execute(table.delete().where(table.c.sequence.in_([7, 8])))
    assert told(platform) == "entries 7 to 8 are missing"


def test_two_entries_that_changed_places_are_named(platform: Platform) -> None:
    with intruder(platform) as connection:
        rows = {row.sequence: row.document for row in connection.execute(sa.select(table))}
        for place, other in ((3, 4), (4, 3)):
            connection.execute(table.update().where(table.c.sequence == place).values(document=rows[other]))
        rewrite_all(connection)
    assert "in the place of entry 3 stands entry 4" in told(platform)


def test_an_inserted_entry_is_named(platform: Platform) -> None:
    with intruder(platform) as connection:
        for number in range(SIZE, 5, -1):
            connection.execute(table.update().where(table.c.sequence == number).values(sequence=number + 1))
        row = connection.execute(sa.select(table).where(table.c.sequence == 5)).one()._asdict()
        forged = document_of(6, row["at"], entry(1))
        values = {"sequence": 6, "document": forged, "hash": chain(row["hash"], forged), "spool_id": None}
        connection.execute(table.insert(), row | values)
        rewrite_all(connection)
    assert "in the place of entry 7 stands entry 6" in told(platform)


def test_a_tail_that_was_cut_off_is_named_by_the_signed_head(platform: Platform) -> None:
    sign(platform)
    with intruder(platform) as connection:
        connection.execute(table.delete().where(table.c.sequence > 9))
    assert "entries 10 to 12 were removed" in told(platform)


def test_a_tail_and_the_signed_heads_of_the_database_cut_off_are_found_by_the_file_outside(platform: Platform) -> None:
    sign(platform)
    with intruder(platform) as connection:
        connection.execute(table.delete().where(table.c.sequence > 9))
        forget_heads(connection)
    assert "tail-missing" in codes(platform)


def test_a_chain_rewritten_whole_contradicts_the_signed_head(platform: Platform) -> None:
    sign(platform)
    with intruder(platform) as connection:
        row = connection.execute(sa.select(table).where(table.c.sequence == 2)).one()
        content = json.loads(row.document) | {"target": "beta/other"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        source = {"target": "beta/other", "document": text}
        connection.execute(table.update().where(table.c.sequence == 2).values(source))
        rewrite_all(connection)
    assert codes(platform)[-1] == "chain-rewritten"


def test_a_forged_head_is_no_head(platform: Platform) -> None:
    sign(platform)
    path = heads_path(platform.settings)
    path.write_text(path.read_text("utf-8").replace('"size":12', '"size":11'), "utf-8")
    assert set(codes(platform)) == {"bad-signature", "head-missing"}


def test_a_head_removed_from_the_file_is_named(platform: Platform) -> None:
    sign(platform)
    heads_path(platform.settings).unlink()
    assert codes(platform) == ["head-missing"]


def test_a_broken_chain_is_not_signed(platform: Platform) -> None:
    with intruder(platform) as connection:
        connection.execute(table.update().where(table.c.sequence == 5).values(document="{}"))
    with pytest.raises(CorruptError, match="entry 5"):
        sign(platform)


def _rows(count: int) -> list[LedgerRow]:
    at, previous, rows = dt.datetime(2026, 1, 5, tzinfo=dt.UTC), GENESIS, []
    for number in range(1, count + 1):
        one = entry(number)
        document = document_of(number, at, one)
        previous = chain(previous, document)
        columns = (one.principal_id, one.principal_name, one.agency, one.action, one.target, one.outcome, one.source_agency)
        rows.append(LedgerRow(number, document, previous, at, *columns))
    return rows


ROWS = _rows(8)


@limits(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_single_byte_can_be_changed_unseen(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(ROWS) - 1))
    field = data.draw(st.sampled_from(["document", "hash", "principal_id", "action", "target", "outcome"]))
    text = getattr(ROWS[place], field)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda char: char != text[at]))
    changed = ROWS[place]._replace(**{field: text[:at] + other + text[at + 1 :]})
    found = list(faults([*ROWS[:place], changed, *ROWS[place + 1 :]], [], lambda _: True))
    assert found
    assert str(place + 1) in found[0].message.en


@limits(max_examples=40, deadline=None)
@given(st.permutations(range(8)), st.integers(0, 8))
def test_no_other_order_and_no_part_without_its_beginning_is_sound(order: list[int], kept: int) -> None:
    rows = [ROWS[number] for number in order][:kept]
    is_beginning = rows == ROWS[:kept]
    assert (list(faults(rows, [], lambda _: True)) == []) is is_beginning


def test_nothing_was_wrong_with_the_rows() -> None:
    assert list(faults(ROWS, [], lambda _: True)) == []
