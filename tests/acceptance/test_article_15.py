"""Article 15: collect within the catalog only; one datum, one source, used by many."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.errors import InvalidError
from catalog_service.services.compiling import import_catalog, withdraw_entry
from catalog_service.services.delivering import receive, recent
from catalog_service.services.platform import Platform
from catalog_service.services.tracing import lineage
from tests.acceptance.desks import open_desks
from tests.acceptance.support import agencies, deliver, entry, new_platform, publish, query, revise, run

NAMES = {"authority": "大数据管理局", "market": "市场监管局", "statistics": "统计局", "tax": "税务局"}
GOLDEN = entry(
    "authority/companies",
    ["code", "name", "address", "tax_number"],
    ["code"],
    base_database="legal_entity",
    derivation={
        "kind": "golden",
        "sources": [
            {"dataset": "market/companies"},
            {"dataset": "tax/payers", "fields": {"name": "payer_name"}},
            {"dataset": "statistics/units"},
        ],
        "field_order": {"address": ["statistics/units"]},
    },
)
CATALOG = Catalog(
    agencies=agencies(NAMES),
    datasets=(
        entry("market/companies", ["code", "name", "address"], ["code"]),
        entry("tax/payers", ["code", "payer_name", "tax_number"], ["code"]),
        entry("statistics/units", ["code", "name", "address"], ["code"]),
        GOLDEN,
    ),
)
TEXTS = {
    "market/companies": "code,name,address\n1,锡山机械厂,东路1号\n2,惠山纺织厂,\n",
    "tax/payers": "code,payer_name,tax_number\n1,锡山机械,T1\n3,滨湖渔业,T3\n",
    "statistics/units": "code,name,address\n1,锡山机械厂,东路一号\n2,惠山纺织,西路2号\n",
}


def write(folder: Path, id_: str) -> Path:
    path = folder / f"{id_.replace('/', '_')}.csv"
    path.write_text(TEXTS[id_], encoding="utf-8")
    return path


@pytest.fixture
def unpublished(tmp_path: Path) -> Iterator[Platform]:
    """A platform on which nothing is published yet."""
    with new_platform(tmp_path / "home") as platform:
        yield platform


def refused(platform: Platform, id_: str, path: Path) -> tuple[str, int | None]:
    with pytest.raises(InvalidError) as error:
        receive(platform, id_, path)
    assert recent(platform) == []
    assert not (platform.lake.root / "landing" / id_).exists()
    return error.value.problems[0].code, error.value.problems[0].article


def test_data_outside_the_published_catalog_are_refused(unpublished: Platform, tmp_path: Path) -> None:
    path = write(tmp_path, "tax/payers")
    assert refused(unpublished, "tax/payers", path) == ("not-in-catalog", 15)
    document = tmp_path / "draft.json"
    document.write_text(CATALOG.model_dump_json(by_alias=True), encoding="utf-8")
    import_catalog(unpublished, document, publish=False)
    assert refused(unpublished, "tax/payers", path) == ("not-in-catalog", 15)
    revise(unpublished, CATALOG, tmp_path)
    assert refused(unpublished, "authority/companies", path) == ("derived", 15)
    withdraw_entry(unpublished, "authority/companies")
    withdraw_entry(unpublished, "tax/payers")
    assert refused(unpublished, "tax/payers", path) == ("not-in-catalog", 15)


@pytest.fixture(scope="module", params=[1, -1], ids=["by rank", "reversed"])
def companies(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The three sources, in two orders of arrival, each run on its own."""
    folder = tmp_path_factory.mktemp("companies")
    with publish(folder, CATALOG) as platform:
        for id_ in list(TEXTS)[:: request.param]:
            deliver(platform, id_, write(folder, id_))
            run(platform)
        yield platform


def test_the_source_of_record_wins_per_field_and_others_fill_gaps(companies: Platform) -> None:
    rows = query(
        companies,
        "SELECT code, name, name__source, address, address__source, tax_number, tax_number__source, tax_number__row "
        "FROM base.authority.companies ORDER BY code",
    )
    market, tax, statistics = "market/companies", "tax/payers", "statistics/units"
    assert rows == [
        ("1", "锡山机械厂", market, "东路一号", statistics, "T1", tax, 2),
        ("2", "惠山纺织厂", market, "西路2号", statistics, None, None, None),
        ("3", "滨湖渔业", tax, None, None, "T3", tax, 3),
    ]


def test_disagreements_are_reported_exactly(companies: Platform) -> None:
    rows = query(
        companies,
        "SELECT code, field, source, value, votes, is_chosen FROM base.authority.companies_conflicts ORDER BY ALL",
    )
    assert rows == [
        ("1", "address", "market/companies", "东路1号", 1, False),
        ("1", "address", "statistics/units", "东路一号", 1, True),
        ("1", "name", "market/companies", "锡山机械厂", 2, True),
        ("1", "name", "statistics/units", "锡山机械厂", 2, True),
        ("1", "name", "tax/payers", "锡山机械", 1, False),
        ("2", "name", "market/companies", "惠山纺织厂", 1, True),
        ("2", "name", "statistics/units", "惠山纺织", 1, False),
    ]


def test_who_uses_which_source_is_visible(companies: Platform) -> None:
    used_by = [(one.dataset, one.relation) for one in lineage(companies, "tax/payers").downstream]
    assert used_by == [("authority/companies", "golden")]
    sources = [(one.rank, one.dataset) for one in lineage(companies, "authority/companies").upstream]
    assert sources == [(1, "market/companies"), (2, "tax/payers"), (3, "statistics/units")]


def test_a_declared_copy_has_no_vote(tmp_path: Path) -> None:
    sources: list[dict[str, Any]] = [
        {"dataset": "market/companies"},
        {"dataset": "statistics/units", "copy_of": "market/companies"},
    ]
    golden = entry(
        "authority/companies", ["code", "name", "address"], ["code"], derivation={"kind": "golden", "sources": sources}
    )
    delivered = tuple(one for one in CATALOG.datasets if one.id in ("market/companies", "statistics/units"))
    with publish(tmp_path, CATALOG.model_copy(update={"datasets": (*delivered, golden)})) as platform:
        for one in delivered:
            deliver(platform, one.id, write(tmp_path, one.id))
        run(platform)
        rows = query(platform, "SELECT code, name, address, _conflict_count FROM base.authority.companies ORDER BY code")
    assert rows == [("1", "锡山机械厂", "东路1号", 0), ("2", "惠山纺织厂", "西路2号", 0)]


def test_over_http_a_submission_rests_only_on_what_is_in_the_catalog(tmp_path: Path) -> None:
    """Collected within the catalog only: a derived entry waits until its source is submitted too, and is published after it."""
    with open_desks(tmp_path / "desks") as desks:
        union = {"derivation": {"kind": "union", "sources": ["transport/taxis"]}}
        for id_, changes in (("transport/fleet", union), ("transport/taxis", {})):
            content = entry(id_, ["plate"], **changes).model_dump(mode="json", by_alias=True, exclude_none=True)
            desks.post(desks.compiler, "/records", content)

        def act(who: dict[str, str], id_: str, edition: int, status: int, **event: object) -> Any:
            return desks.ask(who, "POST", f"/records/{id_}/events", status, event, **{"If-Match": f'"{edition}"'})

        refused = act(desks.compiler, "transport/fleet", 1, 422, event="submit")
        assert [(one["code"], one["article"]) for one in refused["problems"]] == [("unknown-source", 15)]
        act(desks.compiler, "transport/taxis", 1, 200, event="submit")
        act(desks.compiler, "transport/fleet", 1, 200, event="submit")
        refused = act(desks.reviewer, "transport/fleet", 2, 422, event="approve", publishing=True)
        assert [(one["code"], one["article"]) for one in refused["problems"]] == [("unknown-source", 15)]
        act(desks.reviewer, "transport/taxis", 2, 200, event="approve", publishing=True)
        act(desks.reviewer, "transport/fleet", 2, 200, event="approve", publishing=True)
        refused = act(desks.responsible, "transport/taxis", 4, 409, event="withdraw", reasons="不再采集")
        assert refused["problems"][0]["code"] == "has-dependents"
