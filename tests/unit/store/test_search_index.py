"""The index follows every change: pinyin, facets, orders, pages, standings, and what a rebuilt index would be."""

import datetime as dt
import random
from collections.abc import Collection

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_service.catalog.data_standing import Freshness, QualityLevel
from catalog_service.catalog.publication import Publication
from catalog_service.catalog.record import SearchPage, SearchQuery
from catalog_service.catalog.vocabularies import RecordState
from catalog_service.store import members, pinyin
from catalog_service.store.database import Database
from catalog_service.store.search_index import SearchIndex
from catalog_service.store.search_tables import search_posting
from tests.support.big_catalog import datasets
from tests.unit.catalog.samples import agency, dataset

TITLES = {
    "chongqing": "重庆路停车场",
    "bank": "银行网点",
    "elders": "老年人绿色通行证",
    "green": "綠化 垃圾分类",
    "xian": "西安商会",
}


@pytest.fixture
def filled(database: Database) -> Database:
    with database.transaction() as transaction:
        transaction.catalog.put_agencies(
            [agency("civil", name="民政局"), agency("road", 1, name="交通运输局", jurisdiction="320281")]
        )
        for number, (name, title) in enumerate(TITLES.items()):
            fields = [{"name": "code", "title": "统一社会信用代码"}, {"name": "x", "title": f"负责人{number}"}]
            one = dataset(name, agency="road" if number % 2 else "civil", title=title, schema={"fields": fields})
            transaction.catalog.put_dataset(one, state=RecordState.PUBLISHED)
    return database


def search(database: Database, text: str = "", **query: object) -> SearchPage:
    with database.reading() as transaction:
        return transaction.catalog.search(SearchQuery.model_validate({"text": text, "limit": 100, **query}))


def names(page: SearchPage) -> list[str]:
    return [one.dataset.name for one in page.items]


SPOKEN = [
    ("chongqinglu", {"chongqing"}),
    ("zhongqinglu", {"chongqing"}),
    ("CQLTCC", {"chongqing"}),
    ("tingchechang", {"chongqing"}),
    ("tcc", {"chongqing"}),
    ("tingchech", {"chongqing"}),
    ("yinhang", {"bank"}),
    ("yinxing", {"bank"}),
    ("lvse", {"elders"}),
    ("luse", {"elders"}),
    ("lvhua", {"green"}),
    ("xian", {"xian"}),
    ("xianshanghui", {"xian"}),
    ("mzj", {"chongqing", "elders", "xian"}),
    ("jiaotongyunshu", {"bank", "green"}),
    ("tyshxydm", set(TITLES)),
    ("tongyishehuixinyongdaima", set(TITLES)),
    ("fzr", set(TITLES)),
    ("fuzeren 停车", {"chongqing"}),
    ("qingchong", set()),
    ("hanglu", set()),
]


def test_pinyin_finds_with_all_usual_readings(filled: Database) -> None:
    for text, found in SPOKEN:
        assert set(names(search(filled, text))) == found, text


def test_what_is_read_so_comes_after_what_is_written_so(filled: Database) -> None:
    with filled.transaction() as transaction:
        transaction.catalog.put_dataset(dataset("english", title="Yinhang list"), state=RecordState.PUBLISHED)
        transaction.catalog.put_dataset(dataset("described", title="甲", keywords=["银行"]), state=RecordState.PUBLISHED)
    assert names(search(filled, "yinhang")) == ["english", "bank", "described"]


def test_a_character_has_its_common_reading_whatever_stands_beside_it() -> None:
    assert {"chong", "zhong"} <= pinyin.terms("重")
    assert pinyin.divisions("xian") == (("xian",), ("xia", "n"), ("xi", "an"), ("xi", "a", "n"), ("x", "i", "a", "n"))
    assert pinyin.divisions("停车") == pinyin.divisions("a") == pinyin.divisions("20") == ()


LONG = "西安市街道企业诉讼建设项目方案备案信息"
"""Of its pinyin there are thousands of divisions; none of the first ones is the right one."""


def test_the_pinyin_of_long_names_is_found_however_many_ways_there_are_to_divide_it(filled: Database) -> None:
    with filled.transaction() as transaction:
        transaction.catalog.put_dataset(dataset("long", title=LONG), state=RecordState.PUBLISHED)
    whole = "xianshijiedaoqiyesusongjianshexiangmufanganbeianxinxi"
    for word in (whole, whole[:-1], whole[4:], whole[2:41], "XASJDQYSSJSXMFABAXX"):
        assert names(search(filled, word)) == ["long"], word
    assert names(search(filled, whole.replace("song", "sang"))) == []


@settings(max_examples=60, deadline=None)
@given(st.text("西安平方案两江皮袄企鹅酷爱饥饿县先千年昂贵翻", min_size=1, max_size=14), st.data())
def test_every_way_to_find_by_pinyin_is_right(text: str, data: st.DataObject) -> None:
    """Whatever part of the pinyin is asked for, a way finds the text: it has what the way needs, and is read so."""
    readings = [data.draw(st.sampled_from(pinyin._readings(char))) for char in text]
    *whole, last = readings
    rest = last[: data.draw(st.integers(1, 6))]
    word, ways = "".join(whole) + rest, pinyin.ways("".join(whole) + rest)
    terms = pinyin.terms(text)
    found = [one for one in ways if one.reading.occurs(text)]
    is_other = rest != last and rest in pinyin._syllables()  # a whole syllable is not taken for the beginning of another one
    assert is_other or not 2 <= len(word) <= 60 or any(all(some & terms for some in one.needed) for one in found)
    assert all(one.needed for one in ways)


def test_region_freshness_and_quality_are_facets_and_filters(filled: Database) -> None:
    with filled.transaction() as transaction:
        transaction.catalog.set_standing("civil/chongqing", freshness=Freshness.OVERDUE, quality=QualityLevel.GOOD)
        transaction.catalog.set_standing("civil/unknown", freshness=Freshness.OVERDUE)
    page = search(filled)
    assert page.facets.region == {"320200": 3, "320281": 2}
    assert page.facets.freshness == {"never": 4, "overdue": 1}
    assert page.facets.quality == {"not_evaluated": 4, "good": 1}
    assert names(search(filled, region="320281")) == ["green", "bank"]
    assert names(search(filled, freshness="overdue", quality="good")) == ["chongqing"]
    assert search(filled, quality="poor").total == 0
    with filled.transaction() as transaction:
        transaction.catalog.put_agencies([agency("road", 1, name="交通运输局", jurisdiction="320282")])
    assert search(filled).facets.region == {"320200": 3, "320282": 2}


def publication(table: str, rows: int, when: dt.datetime) -> Publication:
    return Publication(table=table, version=0, row_count=rows, files=(), release_id="r", published_at=when)


def test_what_is_published_makes_standing_orders_and_totals(filled: Database) -> None:
    now = dt.datetime.now(dt.UTC)
    with filled.transaction() as transaction:
        note = transaction.catalog.note_published
        note(publication("standard/civil/elders", 50, now))
        note(publication("standard/road/bank", 700, now + dt.timedelta(hours=1)))
        note(publication("open/road/bank", 600, now))
        note(publication("quarantine/road/bank", 9, now))
        note(publication("base/road/bank_conflicts", 9, now))
    assert names(search(filled, sort="rows"))[:2] == ["bank", "elders"]
    assert names(search(filled, sort="updated"))[0] == "bank"
    with filled.reading() as transaction:
        assert transaction.catalog.open_totals() == (1, 600)
        assert list(transaction.catalog.latest_open(5)) == ["road/bank"]
        standing = transaction.catalog.standing("road/bank")
    assert (standing.row_count, standing.open_row_count, standing.freshness) == (700, 600, Freshness.CURRENT)
    closed = dataset("bank", agency="road", title="银行网点", opening={"class": "none", "basis": {"law": "l"}})
    with filled.transaction() as transaction:
        transaction.catalog.put_dataset(closed, state=RecordState.PUBLISHED)
        assert transaction.catalog.open_totals() == (0, 0)


def test_pages_stay_right_while_entries_come_and_go(filled: Database) -> None:
    with filled.transaction() as transaction:
        for number in range(40):
            transaction.catalog.put_dataset(dataset(f"p{number:02d}", title=f"名录{number:02d}"), state=RecordState.PUBLISHED)
    for sort in ("relevance", "title", "updated", "rows"):
        first = search(filled, "名录", sort=sort, limit=15)
        with filled.transaction() as transaction:
            gone = first.items[3].dataset
            transaction.catalog.put_dataset(gone, state=RecordState.WITHDRAWN)
            transaction.catalog.put_dataset(dataset(f"a_{sort}", title="一名录"), state=RecordState.DRAFT)
        rest, cursor = [], first.next_cursor
        while cursor is not None:
            page = search(filled, "名录", sort=sort, limit=15, cursor=cursor)
            rest += names(page)
            cursor = page.next_cursor
        assert len(rest) == 25, sort
        assert not set(rest) & set(names(first)), sort
        with filled.transaction() as transaction:
            transaction.catalog.put_dataset(gone, state=RecordState.PUBLISHED)


def test_dependents_are_found_without_reading_the_catalog(database: Database) -> None:
    source = dataset("source")
    refers = dataset(
        "refers", schema={"fields": [{"name": "f", "title": "f", "reference": {"dataset": source.id, "field": "code"}}]}
    )
    union = dataset("union", delivery=None, derivation={"kind": "union", "sources": [source.id]})
    with database.transaction() as transaction:
        for one in (source, refers, union):
            transaction.catalog.put_dataset(one, state=RecordState.PUBLISHED)
        assert [one.id for one in transaction.catalog.dependents(source.id)] == [refers.id, union.id]
        transaction.catalog.put_dataset(refers, state=RecordState.WITHDRAWN)
        assert [one.id for one in transaction.catalog.dependents(source.id)] == [union.id]


def postings(database: Database) -> dict[tuple[str, str, int], bytes]:
    with database._engine.connect() as connection, connection.begin():
        rows = connection.execute(sa.select(search_posting))
        return {(row.kind, row.term, row.block): bytes(row.members) for row in rows}


def test_after_any_changes_the_index_is_what_a_new_one_would_be(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    monkeypatch.setattr("catalog_service.store.search_index._MOST_COLLECTED", 2_000)
    versions = [list(datasets(8, seed=seed, fields=3)) for seed in range(3)]
    for _ in range(4):
        with database.transaction() as transaction:
            for _ in range(6):
                one = chance.choice(chance.choice(versions))
                transaction.catalog.put_dataset(one, state=chance.choice([RecordState.PUBLISHED, RecordState.DRAFT]))
                transaction.catalog.set_standing(one.id, quality=chance.choice(list(QualityLevel)))
    kept = postings(database)
    with database.transaction() as transaction:
        transaction.catalog.reindex()
    assert postings(database) == kept, "nothing was stale"
    with database.transaction() as transaction:
        index: SearchIndex = transaction.catalog._index
        index._connection.execute(search_posting.delete())
        index._connection.execute(sa.text("DELETE FROM search_entry"))
        transaction.catalog.reindex()
    assert {(kind, term) for kind, term, _ in postings(database)} == {(kind, term) for kind, term, _ in kept}


def positions(numbers: Collection[int]) -> members.Positions:
    return np.array(sorted(numbers), np.uint16)


@pytest.mark.parametrize("count", [1, 4_095, 4_096, 65_536])
def test_sets_of_numbers_survive_both_encodings(count: int) -> None:
    chosen = set(random.Random(count).sample(range(65_536), count))
    stored = members.changed(None, positions(chosen), positions(()))
    assert stored is not None
    assert len(stored) == min(2 * count, 8_192)
    assert set(members.numbers(members.bitmap(stored))) == chosen
    half = set(list(chosen)[: count // 2])
    fewer = members.changed(stored, positions(()), positions(half))
    assert fewer is not None
    assert set(members.numbers(members.bitmap(fewer))) == chosen - half
    assert members.common_count(fewer, members.bitmap(stored)) == count - len(half)
    assert members.changed(stored, positions(()), positions(chosen)) is None
