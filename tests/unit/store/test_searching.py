import base64
import json
import random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog_service.catalog.errors import InvalidError
from catalog_service.catalog.record import SearchPage, SearchQuery
from catalog_service.catalog.vocabularies import FileFormat, OpeningClass, RecordState, SharingClass
from catalog_service.store import members
from catalog_service.store.database import Database
from catalog_service.store.search_tables import search_entry
from catalog_service.store.searching import Search
from tests.unit.catalog.samples import agency, dataset

TITLES = (
    "無錫市人口基礎信息",
    "无锡市法人单位（企业）名录",
    "100% 完成率_统计",
    "乾坤大厦",
    'O\'Brien "quoted" \\ back',
    "ＦＵＬＬ ｗｉｄｔｈ 目录",
    "道路 Traffic 20",
    "a",
    "[x] *?^$—‘单’“双”",
    "𠮷野家 🀄",
)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.transaction() as transaction:
        transaction.catalog.put_agencies([agency(name="民政局", name_en="Civil Affairs"), agency("traffic", 1, name="交通局")])
        for index, title in enumerate(TITLES):
            entry = dataset(f"d{index}", title=title, title_en=f"Title {index}", theme="城市 管理" if index % 2 else "综合政务")
            transaction.catalog.put_dataset(entry, state=RecordState.PUBLISHED)
        transaction.catalog.put_dataset(dataset("hidden", title="草稿 无锡"), state=RecordState.DRAFT)
        transaction.catalog.put_dataset(dataset("gone", title="撤回 无锡"), state=RecordState.WITHDRAWN)
    return database


def search(database: Database, text: str = "", **query: object) -> SearchPage:
    with database.reading() as transaction:
        return transaction.catalog.search(SearchQuery.model_validate({"text": text, "limit": 100, **query}))


def ids(page: SearchPage) -> list[str]:
    return [one.dataset.name for one in page.items]


def test_every_substring_of_every_title_finds_its_entry(filled: Database) -> None:
    with filled._engine.connect() as connection, connection.begin():
        numbers = {row.dataset_id: row.number for row in connection.execute(sa.select(search_entry))}
        for index, title in enumerate(TITLES):
            parts = {title[start:end] for start in range(len(title)) for end in range(start + 1, len(title) + 1)}
            for part in [one for one in parts if len(one) == 1] + random.Random(index).sample(
                sorted(parts), min(len(parts), 12)
            ):
                answer = Search(connection, SearchQuery(text=part), RecordState.PUBLISHED)
                assert numbers[f"civil/d{index}"] in members.numbers(answer._ranks[-1]), part


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), title=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_every_substring_of_any_title_finds_its_entry(database: Database, data: st.DataObject, title: str) -> None:
    entry = dataset("any", title=f"题{title}")
    start = data.draw(st.integers(0, len(entry.title) - 1))
    end = data.draw(st.integers(start + 1, len(entry.title)))
    with database.transaction() as transaction:
        transaction.catalog.put_dataset(entry, state=RecordState.PUBLISHED)
    assert ids(search(database, entry.title[start:end])) == ["any"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("%", {"d2"}),
        ("_", {"d2"}),
        ("'", {"d4"}),
        ('"', {"d4"}),
        ("\\", {"d4"}),
        ("%%", set()),
        ("x' OR '1'='1", set()),
        ("'; DROP TABLE catalog_record; --", set()),
        ("无锡 企业", {"d1"}),
        ("企业 無錫", {"d1"}),
        ("无锡 交通", set()),
        ("full WIDTH", {"d5"}),
        ("title 3", {"d3"}),
        ("乾", {"d3"}),
        ("干坤", {"d3"}),
        ("㎡", set()),
    ],
)
def test_words_are_literal_and_all_must_occur(filled: Database, text: str, found: set[str]) -> None:
    assert set(ids(search(filled, text))) == found


def test_description_keywords_fields_agency_and_id_are_searched(filled: Database) -> None:
    entry = dataset(
        "road_works",
        agency="traffic",
        title="养护",
        description="桥梁养护计划",
        keywords=["Schnee", "涵洞"],
        schema={"fields": [{"name": "bridge_id", "title": "橋名", "title_en": "Bridge"}]},
    )
    with filled.transaction() as transaction:
        transaction.catalog.put_dataset(entry, state=RecordState.PUBLISHED)
    for text in ("桥梁", "schnee", "涵洞", "桥名", "bridge_", "BRIDGE", "交通局", "traffic/road", "路 road 交通局"):
        assert ("road_works" in ids(search(filled, text))) is (text != "路 road 交通局"), text


def test_a_renamed_agency_is_found_by_its_new_name(filled: Database) -> None:
    with filled.transaction() as transaction:
        transaction.catalog.put_agencies([agency(name="民政和社会局")])
    assert search(filled, "民政和社会").total == len(TITLES)
    assert search(filled, "Civil Affairs").total == 0


def test_only_published_entries_are_found_unless_drafts_are_asked_for(filled: Database) -> None:
    assert not {"hidden", "gone"} & set(ids(search(filled, "无锡")))
    with filled.reading() as transaction:
        drafts = transaction.catalog.search(SearchQuery(text="无锡"), state=RecordState.DRAFT)
    assert ids(drafts) == ["hidden"]


def test_title_hits_come_first_and_pages_join_without_gap(filled: Database) -> None:
    with filled.transaction() as transaction:
        for index in range(25):
            where = {"title": f"养老 {index}"} if index % 3 == 0 else {"title": f"甲 {index % 4}", "description": "养老"}
            transaction.catalog.put_dataset(dataset(f"p{index}", **where), state=RecordState.PUBLISHED)
    whole = search(filled, "养老")
    titles = [one.dataset.title for one in whole.items]
    assert whole.total == 25
    assert ["养老" in title for title in titles] == [True] * 9 + [False] * 16
    for limit in (1, 7, 25):
        found: list[str] = []
        cursor: str | None = None
        while True:
            page = search(filled, "养老", limit=limit, cursor=cursor)
            assert (page.total, page.facets) == (25, whole.facets)
            found += ids(page)
            if (cursor := page.next_cursor) is None:
                break
        assert found == ids(whole)


def test_filters_and_facets(filled: Database) -> None:
    special = dataset(
        "special",
        agency="traffic",
        theme="交通服务",
        base_database="geography",
        frequency="weekly",
        sharing={"class": "conditional", "conditions": "c", "basis": {"law": "l"}},
        opening={"class": "none", "basis": {"law": "l"}},
        delivery={"format": "xlsx"},
    )
    with filled.transaction() as transaction:
        transaction.catalog.put_dataset(special, state=RecordState.PUBLISHED)
    for name in ("agency", "theme", "base_database", "frequency"):
        assert ids(search(filled, **{name: getattr(special, name)})) == ["special"], name
    assert ids(search(filled, sharing=SharingClass.CONDITIONAL)) == ["special"]
    assert ids(search(filled, opening=OpeningClass.NONE, format=FileFormat.XLSX)) == ["special"]
    assert search(filled, format=FileFormat.PARQUET).total == 0
    facets = search(filled).facets
    assert facets.agency == {"civil": 10, "traffic": 1}
    assert facets.opening == {"unconditional": 10, "none": 1}
    assert facets.sharing == {"unconditional": 10, "conditional": 1}
    assert facets.theme == {"综合政务": 5, "城市 管理": 5, "交通服务": 1}


def _forged(*position: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "無", "////", _forged(1), _forged("q", 0, "a", "b"), _forged("q", 2**80, "\x00", "b"), _forged({"a": 1})],
)
def test_a_forged_cursor_is_refused(filled: Database, cursor: str) -> None:
    with pytest.raises(InvalidError, match="cursor"):
        search(filled, cursor=cursor)


def test_a_cursor_belongs_to_its_question(filled: Database) -> None:
    cursor = search(filled, "无锡", limit=1).next_cursor
    assert cursor is not None
    with pytest.raises(InvalidError):
        search(filled, "法人", cursor=cursor)


def test_a_long_question_is_answered(filled: Database) -> None:
    assert search(filled, " ".join(chr(0x4E00 + n) for n in range(200))).total == 0
