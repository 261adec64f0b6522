"""Article 32 over HTTP: indicators from city to failing row, what to mend, monthly evaluations that can be computed again."""

import datetime as dt
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from fastapi import FastAPI
from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.ledger import LedgerQuery
from catalog_service.catalog.objection import ObjectionKind, ObjectionWish
from catalog_service.catalog.principal import ANONYMOUS, Role
from catalog_service.catalog.schema import CodeItem, CodeList
from catalog_service.services import objections
from catalog_service.services.platform import Platform
from catalog_service.services.sealing import seal
from tests.acceptance.support import agencies, deliver, entry, publish, run
from tests.support.people import account, bearer, browser_of

SHOPS = "market/shops"
FIELDS = ["code", {"name": "name", "required": True}, {"name": "kind", "code_list": "kinds"}, "spaces:integer"]
ROWS = "code,name,kind,spaces\n1,甲店,A,3\n2,乙店,X,4\n3,丙店,B,\n4,丁店,A,1\n"
MENDED = ROWS.replace(",X,", ",B,")
PASSWORD = "a long enough password"  # noqa: S105


@contextmanager
def at(day: str, platform: Platform | None = None) -> Iterator[None]:
    """Be in the morning of a day; what was done is signed at its end, as the running service does."""
    with time_machine.travel(dt.datetime.fromisoformat(f"{day}T10:00:00+08:00")):
        yield
        if platform is not None:
            seal(platform.settings, platform.database)


def make(folder: Path) -> Platform:
    kinds = CodeList(name="kinds", title="门店类型", items=(CodeItem(code="A", label="甲"), CodeItem(code="B", label="乙")))
    catalog = Catalog(
        agencies=agencies({"market": "市场监管局", "civil": "民政局", "authority": "大数据管理局"}),
        code_lists=(kinds,),
        datasets=(
            entry(SHOPS, FIELDS, ["code"], frequency="monthly", keywords=["门店"]),
            entry("market/fairs", ["code"], ["code"], frequency="monthly"),
            entry("civil/homes", ["code"], ["code"], frequency="irregular"),
        ),
    )
    with at("2026-10-12"):
        opened = publish(folder, catalog)
        load(opened, folder, SHOPS, ROWS)
        load(opened, folder, "civil/homes", "code\n1\n2\n")
        seal(opened.settings, opened.database)
    return opened


def load(platform: Platform, folder: Path, id_: str, text: str) -> None:
    path = folder / "delivered.csv"
    path.write_text(text, encoding="utf-8")
    deliver(platform, id_, path)
    run(platform)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """What is never changed by a test."""
    with make(tmp_path_factory.mktemp("scores")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def october(platform: Platform) -> Iterator[None]:
    with at("2026-10-20", platform):
        yield


@pytest.fixture(scope="module")
def app(platform: Platform) -> FastAPI:
    return create_app(platform)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """A browser or program that is nobody yet."""
    return TestClient(app, raise_server_exceptions=False)


def get(client: TestClient, url: str, headers: dict[str, str], status: int = 200) -> Any:
    answer = client.get(f"/api/v1{url}", headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_from_the_city_down_to_the_row_that_breaks_a_rule(platform: Platform, client: TestClient) -> None:
    officer = bearer(platform, Role.QUALITY_OFFICER, agency="authority")
    city = get(client, "/scores", officer)
    assert (city["datasets"], city["unevaluated"], city["waiting"]) == (3, 1, 0)
    points = {one["agency"]: one["outcome"]["quality"]["points"] for one in city["agencies"]}
    assert list(points) == ["market", "civil"], "the lowest first"
    card = get(client, "/scores/market", officer)
    assert card["outcome"]["quality"]["points"] == points["market"] < points["civil"] == 100
    shops = get(client, f"/datasets/{SHOPS}/score", officer)
    assert [one["score"]["points"] for one in card["datasets"]] == [shops["score"]["points"], None], "未评 is neither 0 nor 100"
    assert shops["rules"][0]["observation"]["rule"] == "kind__in_set"
    # one of four rows is wrong: 75 in conformity (weight 15 of 85, consistency has no rule), all else is whole
    found = {one["dimension"]: one["points"] for one in shops["score"]["dimensions"]}
    assert found == {"conformity": 75, "completeness": 100, "accuracy": 100, "timeliness": 100, "accessibility": 100}
    assert shops["score"]["points"] == 95.58
    assert sum(one["loss"] for one in shops["rules"]) == pytest.approx(4.41)
    assert {one["field"]: one["score"]["points"] for one in shops["fields"]} == {"code": 100, "name": 100, "kind": 75}
    rows = get(client, f"/datasets/{SHOPS}/quality/failed-rows?rule=kind__in_set", officer)
    assert [(json.loads(one["key"]), one["value"]) for one in rows["rows"]] == [({"code": "2"}, "X")]


def test_the_same_way_by_the_pages(platform: Platform, client: TestClient) -> None:
    officer = account(platform, Role.QUALITY_OFFICER, agency="authority", password=PASSWORD)
    browser_of(client, officer.login, PASSWORD)
    page, way = client.get("/scores"), ["/scores/agencies/market", f"/scores/datasets/{SHOPS}"]
    for link in [*way, f"/scores/datasets/{SHOPS}/rows?rule=kind__in_set"]:
        assert page.status_code == 200
        assert "<svg" in page.text
        assert f'href="{link}"' in page.text
        page = client.get(link)
    assert "<code>X</code>" in page.text
    assert "共有 1 行不合格" in page.text
    english = client.get(f"/scores/datasets/{SHOPS}?lang=en").text
    assert "What to mend" in english
    assert "not evaluated" in english
    assert not re.search(r'(src|href)="https?:|style="|<script', english), "nothing from elsewhere, no inline style"
    book = openpyxl.load_workbook(io.BytesIO(client.get("/scores/agencies/market/workbook.xlsx").content))
    assert book.sheetnames[1] == "data sets"
    assert [row[0].value for row in book["data sets"].iter_rows(min_row=2)] == [SHOPS, "market/fairs"]
    assert client.get("/scores/workbook.xlsx").status_code == 200


def test_what_to_mend_in_an_entry_and_what_it_brings(platform: Platform, client: TestClient) -> None:
    found = get(client, f"/datasets/{SHOPS}/score", bearer(platform, Role.COMPILER, agency="market"))
    gains = {one["check"]: one["gain"] for one in found["fixes"]}
    assert "keywords" not in gains
    assert gains["category"] == 30
    assert found["metadata"]["earned"] + sum(gains.values()) == pytest.approx(found["metadata"]["possible"]) == 405
    assert [one["gain"] for one in found["fixes"]] == sorted(gains.values(), reverse=True)


@pytest.mark.parametrize(
    ("role", "agency", "city", "card"),
    [
        (None, None, 401, 401),
        (Role.COMPILER, "civil", 403, 403),
        (Role.RESPONSIBLE, "market", 403, 200),
        (Role.REVIEWER, "authority", 200, 200),
        (Role.GOVERNMENT, None, 200, 200),
        (Role.ADMINISTRATOR, None, 403, 403),
    ],
)
def test_an_agency_sees_its_own_scores_and_the_authority_all(
    platform: Platform, client: TestClient, role: Role | None, agency: str | None, city: int, card: int
) -> None:
    headers = {} if role is None else bearer(platform, role, agency=agency)
    found = [client.get(f"/api/v1{url}", headers=headers) for url in ("/scores", "/scores/market", f"/datasets/{SHOPS}/score")]
    assert [one.status_code for one in found] == [city, card, card]
    assert client.post("/api/v1/evaluations", json={"month": "2026-09"}, headers=headers).status_code in (401, 403)


def test_weights_and_formula_are_public(client: TestClient) -> None:
    (given,) = get(client, "/indicator-sets", {})
    assert given["dimensions"]["accuracy"]["weight"] == 25
    page = client.get("/scores/method").text
    for words in ("规范性", "完整性", "准确性", "一致性", "时效性", "可访问性", "未评", "封顶", "X ="):
        assert words in page
    assert "数据质量 × 50 + 目录元数据 × 20 + 履责时限 × 30" in page


def test_a_month_is_evaluated_once_and_stays_whatever_comes_later(tmp_path: Path) -> None:
    with make(tmp_path) as platform:
        client = TestClient(create_app(platform), raise_server_exceptions=False)
        with at("2026-10-13", platform):
            objections.file(platform, ANONYMOUS, ObjectionWish(dataset=SHOPS, kind=ObjectionKind.WRONG, description="店名有误"))
        with at("2026-10-31", platform):
            officer = bearer(platform, Role.QUALITY_OFFICER, agency="authority")
            market, civil = (bearer(platform, Role.COMPILER, agency=one) for one in ("market", "civil"))
            body = {"month": "2026-10"}
            early = client.post("/api/v1/evaluations", json=body, headers=officer)
            assert (early.status_code, early.json()["problems"][0]["code"]) == (422, "month-not-over")
        with at("2026-11-02", platform):
            done = client.post("/api/v1/evaluations", json={**body, "agency": "market"}, headers=officer)
        assert done.status_code == 201, done.text
        (issued,) = done.json()["issued"]
        outcome = issued["evaluation"]["outcome"]
        # quality, metadata, and an objection that was not taken up within five working days
        assert outcome["quality"]["points"] == 95.58
        assert {one["article"]: (one["kept"], one["missed"]) for one in outcome["duties"]["articles"]}[26] == (0, 1)
        assert outcome["duties"]["points"] == 0
        assert outcome["points"] == pytest.approx((95.58 * 50 + outcome["metadata_points"] * 20) / 100, abs=0.01)

        with at("2026-11-10", platform):
            load(platform, tmp_path, SHOPS, MENDED)
            load(platform, tmp_path, "market/fairs", "code\n1\n")
            assert get(client, "/scores/market", officer)["outcome"]["quality"]["points"] == 100
            again = client.post("/api/v1/evaluations", json=body, headers=officer).json()
            assert (again["standing"], [one["evaluation"]["agency"] for one in again["issued"]]) == (["market"], ["civil"])
            assert get(client, "/evaluations/market/2026-10", market) == issued
            proof = get(client, "/evaluations/market/2026-10/reproduction", market)
            assert (proof["is_reproduced"], proof["differing"]) == (True, [])
            assert proof["from_stored_history"] == proof["from_frozen_facts"] == outcome
            # issued late, after the data of November: still as of the end of October
            facts = get(client, "/evaluations/civil/2026-10/facts", officer)["facts"]
            assert facts["as_of"] == "2026-10-31T16:00:00Z"

            sees_published(client, officer, market, civil)
        with platform.database.reading() as transaction:
            noted = transaction.ledger.search(LedgerQuery(action="evaluate")).items
        assert {one.entry.target for one in noted} == {"evaluation:market:2026-10", "evaluation:civil:2026-10"}
        assert noted[-1].entry.details["facts_sha256"] or noted[0].entry.details["facts_sha256"]


def sees_published(client: TestClient, officer: dict[str, str], market: dict[str, str], civil: dict[str, str]) -> None:
    """Before its publication an evaluation is for the agency and the authority, after it for all; its facts never are."""
    assert [one["evaluation"]["agency"] for one in get(client, "/evaluations", civil)] == ["civil"]
    assert get(client, "/evaluations", {}) == []
    get(client, "/evaluations/market/2026-10", {}, 404)
    get(client, "/evaluations/market/2026-10", civil, 404)
    assert client.post("/api/v1/evaluations/publications", json={"month": "2026-10"}, headers=market).status_code == 403
    assert client.post("/api/v1/evaluations/publications", json={"month": "2026-10"}, headers=officer).status_code == 201
    assert {one["evaluation"]["agency"] for one in get(client, "/evaluations", {})} == {"civil", "market"}
    get(client, "/evaluations/market/2026-10/facts", {}, 401)
    get(client, "/evaluations/market/2026-10/facts", civil, 403)
    page = client.get("/evaluations/market/2026-10")
    assert (page.status_code, "市场监管局 2026-10 月度评价" in page.text) == (200, True)
    assert client.post("/api/v1/evaluations/publications", json={"month": "2026-10"}, headers=officer).status_code == 409
