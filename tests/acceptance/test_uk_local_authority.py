"""Some 18 publishers' lists of the same bodies: base records with provenance and conflicts, compared with the golden register.

What cannot be known from the lists is a fact here too: the register's 25 former districts of Northern Ireland have
neither a GSS nor a SNAC code and stand in its maps under codes of an earlier edition, so no list can lead to them.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_service.catalog.dataset import Dataset
from catalog_service.services.platform import Platform
from pipelines.workbench import Outcome
from tests.acceptance import uk_lists as uk
from tests.acceptance.support import balance, counted, deliver, measured, publish, query, run, run_job
from tests.support.shared_data import needs

pytestmark = [needs("uk_local_authority"), pytest.mark.slow]

REGISTERS = {
    "local-authority-eng": "local-authorities.tsv",
    "local-authority-nir": "local-authorities.tsv",
    "local-authority-sct": "local-authority-sct.tsv",
    "principal-local-authority": "principal-local-authority.tsv",
}
FORMER_NIR = 25
PUBLISHERS = ("statistics/ward_hierarchy", "communities/authorities", "esd/areas", "survey/boundary_line")


def read(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


def register() -> dict[str, dict[str, str]]:
    """The golden register: every body by its code."""
    bodies = {f"{name}:{row[name]}": row for name, file in REGISTERS.items() for row in read(uk.ROOT / "data" / name / file)}
    assert len(bodies) == 444
    assert sum(bool(row["end-date"]) for row in bodies.values()) == FORMER_NIR
    return bodies


def agreement(platform: Platform, golden: Dataset) -> dict[str, int]:
    """How much of the golden register the golden records tell."""
    has_cy = "name_cy" if "name_cy" in golden.schema_.names else "NULL"
    rows = query(platform, f"SELECT register_code, name, {has_cy} FROM base.{golden.id.replace('/', '.')}")
    bodies = register()
    found = {code: (name, name_cy) for code, name, name_cy in rows if code in bodies}
    facts = {
        "records": len(rows),
        "bodies found": len(found),
        "former bodies found": sum(bool(bodies[code]["end-date"]) for code in found),
        "name agrees": sum(bodies[code]["name"] == name for code, (name, _) in found.items()),
        "official name agrees": sum(bodies[code].get("official-name") == name for code, (name, _) in found.items()),
        "Welsh name agrees": sum(bodies[code].get("name-cy") == name for code, (_, name) in found.items() if name),
    }
    print(f"{golden.id} against the golden register of {len(bodies)}: {facts}")  # noqa: T201 (for the reader of -s)
    return facts


@pytest.fixture(scope="module")
def by_gss(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The lists that carry the GSS code, and the golden records made of them."""
    catalog = uk.catalog(uk.BY_GSS)
    with publish(tmp_path_factory.mktemp("by_gss"), catalog) as platform:
        for one in catalog.datasets:
            if one.delivery is not None:
                deliver(platform, one.id, uk.FILES[one.id])
        run(platform)
        yield platform


def test_gss_lists_give_one_record_per_body(by_gss: Platform) -> None:
    assert agreement(by_gss, uk.BY_GSS) == {
        "records": 450,
        "bodies found": 444 - FORMER_NIR,
        "former bodies found": 0,
        "name agrees": 400,
        "official name agrees": 0,
        "Welsh name agrees": 15,
    }
    sources = query(by_gss, "SELECT name__source, count(*) FROM base.register.authorities_by_gss GROUP BY 1 ORDER BY 1")
    assert sources == [("esd/areas", 11), ("statistics/ward_hierarchy", 438), ("survey/boundary_line", 1)]
    # the statistical office also lists regions, countries and codes it has replaced since: no body of the register
    assert counted(by_gss, "SELECT count(*) FROM base.register.authorities_by_gss WHERE register_code IS NULL") == 31
    assert counted(by_gss, "SELECT count(*) FROM open.register.authorities_by_gss") == 450


def test_gss_conflicts_are_those_that_plain_python_finds(by_gss: Platform) -> None:
    named: dict[str, set[str]] = defaultdict(set)
    votes = 0
    for id_ in PUBLISHERS:
        entry = uk.DELIVERED[id_]
        code, name = (
            next(one.title for one in entry.schema_.fields if one.name in names)
            for names in (("item_code", "ons_code", "code"), ("name", "label"))
        )
        for row in read(uk.FILES[id_]):
            if row[code]:
                named[row[code]].add(row[name].strip())
    disputed = {code for code, names in named.items() if len(names) > 1}
    for id_ in PUBLISHERS:
        title = next(one.title for one in uk.DELIVERED[id_].schema_.fields if one.name in ("item_code", "ons_code", "code"))
        # a source that lists a body twice still has one voice about it
        votes += len({row[title] for row in read(uk.FILES[id_])} & disputed)
    found = query(by_gss, "SELECT DISTINCT gss FROM base.register.authorities_by_gss_conflicts WHERE field = 'name'")
    assert {code for (code,) in found} == disputed
    assert len(disputed) == 367
    assert counted(by_gss, "SELECT count(*) FROM base.register.authorities_by_gss_conflicts") == votes == 1_441
    # the same publisher's two other maps are declared copies: they have no vote
    voters = query(by_gss, "SELECT DISTINCT source FROM base.register.authorities_by_gss_conflicts ORDER BY 1")
    assert [source for (source,) in voters] == sorted(PUBLISHERS)


def test_provenance_leads_to_the_delivered_row(by_gss: Platform) -> None:
    ((name, source, row, hectares, hectares_source, hectares_row),) = query(
        by_gss,
        "SELECT name, name__source, name__row, hectares, hectares__source, hectares__row "
        "FROM base.register.authorities_by_gss WHERE gss = 'E07000223'",
    )
    assert (name, source, hectares_source) == ("Adur", "statistics/ward_hierarchy", "survey/district")
    lines = uk.FILES[source].read_text(encoding="utf-8").splitlines()
    assert lines[row - 1].split("\t")[:3:2] == ["E07000223", "Adur"]
    assert f",{hectares:.3f}," in uk.FILES[hectares_source].read_text(encoding="utf-8").splitlines()[hectares_row - 1]


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, dict[str, Outcome]]]:
    """All lists and maps, delivered as they are."""
    with publish(tmp_path_factory.mktemp("lists"), uk.catalog()) as platform:
        for id_, path in uk.FILES.items():
            deliver(platform, id_, path)
        yield platform, run_job(platform)


@pytest.mark.slow
def test_every_list_is_loaded_whole_or_refused_with_its_reason(lists: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, outcomes = lists
    reports = balance(outcomes.values())
    # rows of the files, as their publishers wrote them; an empty one is skipped
    expected = {
        "boundary_commission/authorities": 351,
        "boundary_commission/councils": 351,
        "communities/authorities": 441,
        "communities/linked": 444,
        "directgov/authorities": 565,
        "directgov/contacts": 565,
        "education/edubase": 207,
        "esd/areas": 418,
        "eurostat/authorities": 174,
        "eurostat/nuts": 1_887,
        "food_standards/authorities": 406,
        "general_register/districts": 175,
        "geoplace/custodians": 380,
        "geoplace/street_custodians": 425,
        "land_registry/transactions": 352,
        "northern_ireland/authorities": 36,
        "standards/iso_3166_2": 217,
        "statistics/ward_hierarchy": 439,
        "survey/boundary_line": 408,
        "survey/county": 28,
        "survey/district": 380,
        "survey/gazetteer": 208,
        "survey/open_names": 408,
        "welsh_government/authorities": 23,
        "welsh_government/names": 22,
    }
    lists_only = {id_: report for id_, report in reports.items() if not id_.startswith("register/")}
    refused = {id_ for id_, report in lists_only.items() if report[0][0] == "rejected"}
    assert {id_: report for id_, report in lists_only.items() if id_ not in refused} == {
        id_: [("loaded", count, count, 0)] for id_, count in expected.items()
    }
    problems = {id_: [(one.code, one.where.row) for one in outcomes[id_].deliveries[0].problems] for id_ in refused}
    assert problems == {"geoplace/street_areas": [("unclosed-quote", 149)], "legislation/orders": [("control-character", 12)]}
    assert all(report[0][0] == "loaded" for id_, report in reports.items() if id_.startswith("register/"))
    # lists without a common key are published all the same
    assert counted(platform, "SELECT count(*) FROM open.land_registry.transactions") == 352
    assert query(platform, "SELECT reviewed::VARCHAR FROM standard.boundary_commission.councils WHERE name = 'York'") == [
        ("2014-07-22",)
    ]


@pytest.mark.slow
def test_a_refused_list_is_taken_once_its_publisher_has_corrected_it(tmp_path: Path) -> None:
    catalog = uk.catalog()
    kept = [one for one in catalog.datasets if one.id in ("geoplace/street_areas", "legislation/orders")]
    corrections = {"geoplace/street_areas": ('NOTTINGHAMSHIRE"', "NOTTINGHAMSHIRE (2)"), "legislation/orders": ("\x12", "")}
    with publish(tmp_path / "home", catalog.model_copy(update={"datasets": tuple(kept)})) as platform:
        for id_, (wrong, right) in corrections.items():
            text = uk.FILES[id_].read_text(encoding="utf-8")
            assert wrong in text
            path = tmp_path / uk.FILES[id_].name
            path.write_text(text.replace(wrong, right), encoding="utf-8")
            deliver(platform, id_, path)
        assert balance(run(platform).values()) == {
            "geoplace/street_areas": [("loaded", 232, 232, 0)],
            "legislation/orders": [("loaded", 18, 18, 0)],
        }


@pytest.mark.slow
def test_golden_records_by_the_older_code_and_by_the_registers_own(lists: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, _ = lists
    assert agreement(platform, uk.BY_GSS)["name agrees"] == 400
    assert agreement(platform, uk.BY_SNAC) == {
        "records": 433,
        "bodies found": 408,
        "former bodies found": 0,
        "name agrees": 2,
        "official name agrees": 356,
        "Welsh name agrees": 0,
    }
    assert agreement(platform, uk.BY_REGISTER_CODE) == {
        "records": 446,
        "bodies found": 444 - FORMER_NIR,
        "former bodies found": 0,
        "name agrees": 401,
        "official name agrees": 0,
        "Welsh name agrees": 14,
    }
    conflicts = query(
        platform,
        "SELECT field, count(DISTINCT register_code) FROM base.register.authorities_by_register_code_conflicts GROUP BY 1",
    )
    assert conflicts == [("name", 405)]


@pytest.mark.slow
def test_one_body_with_all_its_codes(lists: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, _ = lists
    names = [one for one in uk.BY_REGISTER_CODE.schema_.names if one.endswith("_code") or one in ("gss", "snac")]
    rows = query(
        platform,
        f"SELECT {', '.join(names)} FROM base.register.authorities_by_register_code "
        "WHERE register_code = 'local-authority-eng:BAS'",
    )
    codes = dict(zip(names, rows[0], strict=True))
    assert codes == {
        "register_code": "local-authority-eng:BAS",
        "gss": "E06000022",
        "snac": "00HA",
        "iso_code": "GB-BAS",
        "os_code": "7000000000025554",
        "gazetteer_code": "BS",
        "edubase_code": "800",
        "food_code": "857",
        "custodian_code": "114",
        "district_code": "300",
    }


@pytest.mark.slow
def test_the_registers_maps_are_held_against_the_publishers_lists(lists: tuple[Platform, dict[str, Outcome]]) -> None:
    platform, _ = lists
    missing = {
        one.id: [m.unexpected_count for rule, m in measured(platform, one.id).items() if rule.endswith("__reference")]
        for one in uk.DELIVERED.values()
        if any(field.reference for field in one.schema_.fields)
    }
    assert missing == {
        "communities/linked": [3],
        "register/iso_map": [0],
        "register/communities_map": [0],
        "register/survey_map": [0],
        "register/gazetteer_map": [0],
        "register/edubase_map": [0],
        "register/food_map": [0],
        # county councils: the custodians' own list holds districts and unitary authorities only
        "register/custodian_map": [27],
        "register/district_map": [0],
    }
