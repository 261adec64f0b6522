"""Article 34: inspections: who did what is on record, searchable by inspectors, and nobody changes it unseen.

Article 36 (abuse of office) rests on the same record and has tests of its own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from catalog_service.api.app import create_app
from catalog_service.catalog.catalog import Catalog
from catalog_service.catalog.principal import Role
from catalog_service.services.platform import Platform
from catalog_service.store.ledger_tables import ledger_entry
from tests.acceptance.support import agencies, deliver, entry, publish, run
from tests.support import people

ID = "market/shops"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("inspection")
    catalog = Catalog(
        agencies=agencies({"market": "市场监管局", "health": "卫健委"}), datasets=(entry(ID, ["code", "name"], ["code"]),)
    )
    with publish(folder, catalog) as opened:
        (folder / "shops.csv").write_text("code,name\n1,甲店\n2,乙店\n", encoding="utf-8")
        deliver(opened, ID, folder / "shops.csv")
        run(opened)
        yield opened


@pytest.fixture(scope="module")
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def inspector(platform: Platform) -> dict[str, str]:
    return people.bearer(platform, Role.INSPECTOR)


def search(client: TestClient, inspector: dict[str, str], **asked: str) -> list[dict[str, object]]:
    answer = client.get("/api/v1/ledger/entries", params=asked, headers=inspector)
    assert answer.status_code == 200, answer.text
    return [one["entry"] for one in answer.json()["items"]]


def test_a_read_is_on_record_before_its_answer_arrives(client: TestClient, inspector: dict[str, str]) -> None:
    assert client.get(f"/api/v1/datasets/{ID}/download.csv").status_code == 200
    found = search(client, inspector, target=ID, outcome="allowed")
    assert found[0]["principal_id"] == "anonymous"
    assert found[0]["rows"] == 2


def test_a_denial_is_on_record_with_who_tried(platform: Platform, client: TestClient, inspector: dict[str, str]) -> None:
    curious = people.account(platform, Role.COMPILER, agency="health")
    headers = {"Authorization": f"Bearer {people.key_of(platform, curious)}"}
    assert client.get("/api/v1/ledger/entries", headers=headers).status_code == 403
    [found] = search(client, inspector, who=curious.id, outcome="denied")
    assert (found["agency"], found["target"]) == ("health", "GET /api/v1/ledger/entries")


def test_inspectors_read_everything_and_change_nothing(client: TestClient, inspector: dict[str, str]) -> None:
    assert client.get("/ledger", headers=inspector).status_code == 200
    assert client.post("/api/v1/accounts", json={"login": "x.y.z", "name": "x"}, headers=inspector).status_code == 403
    assert client.delete("/api/v1/ledger/entries/1", headers=inspector).status_code == 405
    assert search(client, inspector, action="search_ledger"), "the inspector's own searches are on record too"


def test_the_source_agency_sees_who_used_its_data(platform: Platform, client: TestClient) -> None:
    client.get(f"/api/v1/datasets/{ID}/download.csv")
    own = people.bearer(platform, Role.RESPONSIBLE, agency="market")
    uses = client.get("/api/v1/ledger/uses/market", headers=own).json()["items"]
    assert {one["entry"]["target"] for one in uses} == {ID}
    other = people.bearer(platform, Role.RESPONSIBLE, agency="health")
    assert client.get("/api/v1/ledger/uses/market", headers=other).status_code == 403


def test_signed_heads_are_public_and_a_change_of_the_record_is_named(
    platform: Platform, client: TestClient, inspector: dict[str, str]
) -> None:
    platform.close_auditor()  # as when the service stops: the head is signed
    heads = client.get("/api/v1/ledger/heads").json()
    assert heads["algorithm"] == "Ed25519"
    assert heads["items"]
    verdict = client.get("/api/v1/ledger/verification", headers=inspector).json()
    assert verdict["is_sound"], verdict
    engine = sa.create_engine(platform.settings.sqlalchemy_url)
    true = sa.select(ledger_entry.c.outcome).where(ledger_entry.c.sequence == 3)
    with engine.begin() as connection:
        before = connection.scalar(true)
        connection.execute(ledger_entry.update().where(ledger_entry.c.sequence == 3).values(outcome="x"))
    verdict = client.get("/api/v1/ledger/verification", headers=inspector).json()
    with engine.begin() as connection:
        connection.execute(ledger_entry.update().where(ledger_entry.c.sequence == 3).values(outcome=before))
    engine.dispose()
    assert not verdict["is_sound"]
    assert "entry 3" in verdict["problems"][0]["message"]["en"]


def test_records_of_what_was_denied_name_the_code_never_the_data(
    client: TestClient, inspector: dict[str, str], tmp_path: Path
) -> None:
    client.get("/api/v1/keys", headers={"Authorization": "Bearer wxk_secret-that-leaked"})
    found = search(client, inspector, target="GET /api/v1/keys", outcome="denied")
    assert found[0]["details"] == {"codes": ["bad-key"]}
    assert "leaked" not in str(found)
